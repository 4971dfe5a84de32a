"""R058: attributes in URLs as they came."""

import pytest

from app.engine.catalogue import Check
from tests.builders import problems

RULES = """\
default: {defer: later}
vars: {base: https://example.com}
rules:
  - name: only
    task_type: "a"
    when: b != vars.base
    reply:
      instruction: conference
      to: client:alice
      from: "+18005550101"
      KEY: 'URL'
"""


def found(url: str, key: str = "status_callback") -> list[tuple[str, str]]:
    problems_found = problems(RULES.replace("KEY", key).replace("URL", url))
    assert all(each.rule == "only" and each.location and each.location.line == 11 for each in problems_found)
    return [(each.check, each.message) for each in problems_found]


@pytest.mark.parametrize("key", ["status_callback", "wait_url", "recording_status_callback"])
def test_every_url_counts(key: str) -> None:
    """Those that Twilio calls back as well as those of a document."""
    assert found("https://example.com/?a={{ task.a }}", key) == [
        (Check.UNESCAPED_TEXT, f"`{key}`: an attribute of the task could change the URL")
    ]


@pytest.mark.parametrize(
    ("url", "roots"),
    [
        ("{{ vars.base }}/?a={{ worker.a }}", "worker"),
        ("https://example.com/{{ task.a | lower }}/{{ worker.a }}", "task or worker"),
        ('https://example.com/{{ task.a | default("b") }}', "task"),
        ("https://example.com/?a={{ task.a | urlencode }}&b={{ task.b }}", "task"),
    ],
)
def test_what_is_not_escaped(url: str, roots: str) -> None:
    """A filter that is not urlencode leaves the text to the caller."""
    [(check, message)] = found(url)
    assert check == Check.UNESCAPED_TEXT
    assert f"an attribute of the {roots} could change" in message


@pytest.mark.parametrize(
    "url",
    [
        "{{ task.url }}",
        "{{ task.url | default(vars.base) }}",
        "{{task.base}}/a",
        "https://{{ worker.host }}/a",
    ],
)
def test_where_it_begins_the_url(url: str) -> None:
    """Then it is not a part that changes, but where the request goes."""
    assert found(url) == [
        (Check.UNESCAPED_TEXT, "`status_callback`: whoever sets the attribute chooses where this goes")
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://example.com/a",
        "{{ vars.base }}/a",
        "https://example.com/?a={{ task.a | urlencode }}",
        'https://example.com/?a={{ task.a | default("b") | urlencode }}',
        "https://example.com/?a={{ task.list | length }}",
        "https://example.com/?q={{ callback.TaskQueueSid }}&r={{ reservation.sid }}",
        'https://example.com/{{ "a" if task.a else "b" }}',
    ],
)
def test_what_no_caller_can_change(url: str) -> None:
    """Constants, vars, SIDs, numbers, and text that is escaped."""
    assert found(url) == []


def test_a_value_that_is_no_url() -> None:
    """A number in a text is validated for each call."""
    assert problems(RULES.replace("KEY: 'URL'", 'timeout: "{{ task.seconds }}"')) == ()
