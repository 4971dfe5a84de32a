"""R054: defaults that some calls cannot get."""

import pytest

from app.engine.catalogue import Check
from tests.builders import OFFLINE, problems


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("reply: {instruction: dequeue}", ["no `to`", "no call_sid"]),
        ("reply: {instruction: dequeue, to: 'client:alice'}", ["no call_sid"]),
        ("reply: {instruction: conference, from: '+18005550100'}", ["no `to`", "neither call_sid"]),
        ("reply: {instruction: call, from: '+18005550100', url: 'https://e.com', accept: true}", ["no `to`"]),
        ("post: {instruction: reject}", ["at the fallback URL without activity_sid"]),
    ],
)
def test_what_the_default_asks_of_a_call(action: str, said: list[str]) -> None:
    """One warning for each, at the default."""
    found = problems(f"\ndefault:\n  {action}\n")
    assert [(each.check, each.rule) for each in found] == [(Check.DEFAULT_CAN_FAIL, "default")] * len(said)
    for each, fragment in zip(found, said, strict=True):
        assert each.location is not None
        assert (each.location.line, each.location.column) == (3, 3)
        assert fragment in each.message
        assert each.hint == "reject with activity_sid and defer always hold"


@pytest.mark.parametrize(
    "action",
    [
        "defer: later",
        "reply: {instruction: accept}",
        f"reply: {{instruction: reject, activity_sid: {OFFLINE}}}",
        f"post: {{instruction: reject, activity_sid: {OFFLINE}}}",
        "reply: {instruction: call, to: 'client:a', from: '+18005550100', url: 'http://e.com', accept: true}",
    ],
)
def test_defaults_for_every_call(action: str) -> None:
    """Nothing of them depends on the task or the worker."""
    assert problems(f"default:\n  {action}\n") == ()
