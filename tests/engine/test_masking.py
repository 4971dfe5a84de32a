"""Secrets where something is shown."""

import json

import pytest

from app.engine.masking import MAX_DEPTH, secrets_of, visible, visible_text
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
