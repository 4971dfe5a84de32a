"""R056: calls and redirects that accept nothing."""

import pytest

from app.engine.catalogue import Check
from tests.builders import problems

CALL = "instruction: call, to: client:a, from: '+18005550101', url: https://example.com/a"
REDIRECT = "instruction: redirect, call_sid: '{{ task.call_sid }}', url: https://example.com/a"


def found(instruction: str, more: str = "", *, key: str = "reply") -> list[tuple[str, str, str | None]]:
    text = f"default: {{defer: later}}\nrules: [{{name: only, {key}: {{{instruction}{more}}}}}]\n"
    assert all(each.location and each.location.line == 2 for each in problems(text))
    return [(each.check, each.message, each.hint) for each in problems(text)]


@pytest.mark.parametrize(("instruction", "name"), [(CALL, "call"), (REDIRECT, "redirect")])
@pytest.mark.parametrize("key", ["reply", "post"])
@pytest.mark.parametrize(
    ("more", "hint"), [("", "add accept: true"), (", accept: false", "write accept: true")]
)
def test_without_accept(instruction: str, name: str, key: str, more: str, hint: str) -> None:
    """TaskRouter goes on waiting for somebody to accept."""
    message = f"{name}: the reservation stays pending, and somebody must accept it later"
    assert found(instruction, more, key=key) == [(Check.LEFT_PENDING, message, hint)]


@pytest.mark.parametrize("instruction", [CALL, REDIRECT])
@pytest.mark.parametrize("accept", ["true", "'true'", "'{{ task.accept }}'"])
def test_with_accept(instruction: str, accept: str) -> None:
    """What a template says is known only for each call."""
    assert found(instruction, f", accept: {accept}") == []


def test_on_failure() -> None:
    """What is posted after a failure can leave the reservation pending as well."""
    key = "post: {instruction: accept}, on_failure"
    assert [check for check, *_ in found(REDIRECT, key=key)] == [Check.LEFT_PENDING]


@pytest.mark.parametrize("instruction", ["accept", "dequeue", "conference, from: '+18005550101'"])
def test_other_instructions(instruction: str) -> None:
    """They accept the reservation themselves."""
    assert found(f"instruction: {instruction}") == []
