"""Secrets where something is shown."""

import json

import pytest

from app.engine.instructions import INSTRUCTIONS
from app.engine.masking import MAX_DEPTH, impersonal, secrets_of, visible, visible_text
from app.model import Instruction
from tests.builders import ruleset

SECRETS = frozenset({"correct-horse", "horse-pin", "1234"})


def secrets(password: str, variables: str) -> frozenset[str]:
    """The secrets of rules with one password."""
    return secrets_of(
        ruleset(f"""\
        vars: {variables}
        default: {{defer: later}}
        rules:
          - name: only
            post: {{instruction: accept}}
            on_failure:
              instruction: conference
              from: "+18001231234"
              sip_auth_password: "{password}"
        """)
    )


@pytest.mark.parametrize(
    ("password", "variables", "found"),
    [
        ("{{ vars.a }}", "{a: hunter2, b: other}", {"hunter2"}),
        ("{{ vars.a ~ vars.b }}", "{a: hunter, b: two, c: 1}", {"huntertwo", "hunter"}),
        ("{{ vars.a ~ task.x }}", "{a: two, b: other}", {"two"}),
        ("{{ vars.a.b ~ task.x }}", "{a: {b: 77, c: other}}", {"77"}),
        ("{{ vars.a.b ~ task.x }}", "{a: {b: ''}}", set()),
        ("{{ task.x }}", "{a: hunter2}", set()),
        ("standing here", "{a: hunter2}", {"standing here"}),
    ],
)
def test_the_secrets_of_rules(password: str, variables: str, found: set[str]) -> None:
    """The values of secret parameters, and of the vars that they are made of; of no other var."""
    assert secrets(password, variables) == found


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("correct-horse", "***"),
        ("say correct-horse-pin", "say ***-pin"),
        ("1234", "***"),
        (1234, "***"),
        ("12345", "12345"),
        (12345, 12345),
        (True, True),
        (None, None),
        (1.5, 1.5),
        ({"horse-pin": [("1234", "x")]}, {"***": [("***", "x")]}),
        (float("inf"), "Infinity"),
        (float("-inf"), "-Infinity"),
        (10**30, 10**30),
    ],
)
def test_what_may_be_shown(value: object, shown: object) -> None:
    """A secret is masked at any depth, a short one only where it is a whole text; the rest stays as it is."""
    assert visible(value, SECRETS) == shown


def test_what_nests_deep_is_cut() -> None:
    """So that whatever a call holds can be shown."""
    deep: object = 1
    for _ in range(900):
        deep = [deep]

    shown = json.dumps(visible(deep, SECRETS))

    assert shown == "[" * MAX_DEPTH + '"\\u2026"' + "]" * MAX_DEPTH


def test_text_without_secrets_stays() -> None:
    """Where the rules hold none."""
    assert visible_text("correct-horse", frozenset()) == "correct-horse"


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_nothing_of_a_person_is_left(name: str) -> None:
    """Of each instruction: both ends of a call, and what is secret; the rest stays as it is."""
    given = {key: parameter.example for key, parameter in INSTRUCTIONS[name].parameters().items()}
    shown = impersonal(Instruction(name, given)).fields
    masked = {key for key in given if shown[key] == "***"}
    assert masked == given.keys() & {"to", "from", "sip_auth_password"}
    assert {key: shown[key] for key in given.keys() - masked} == {
        key: given[key] for key in given.keys() - masked
    }


def test_what_no_parameter_is_known_of_is_masked() -> None:
    """Another release may have written it."""
    assert impersonal(Instruction("accept", {"later": "+14155551212"})).fields == {"later": "***"}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://example.com/twiml", "https://example.com/twiml"),
        ("https://example.com", "https://example.com"),
        ("https://example.com:8443/a/b?caller=%2B1415#x", "https://example.com:8443/a/b?***"),
        ("https://example.com/?", "https://example.com/"),
        ("https://example.com/#bob", "https://example.com/?***"),
        ("https://bob:pw@example.com/", "https://***@example.com/"),
        ("https://[::1]/a?b", "https://[::1]/a?***"),
    ],
)
def test_of_a_url_its_place_is_left(url: str, shown: str) -> None:
    """Attributes are written into the query."""
    fields = impersonal(Instruction("redirect", {"call_sid": "CA1", "url": url})).fields
    assert fields == {"call_sid": "CA1", "url": shown}
