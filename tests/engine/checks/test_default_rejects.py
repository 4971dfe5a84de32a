"""R062: a default that rejects what rules have rejected too often."""

import pytest

from app.engine.catalogue import Check
from app.model import Level
from tests.builders import OFFLINE, problems

REJECT = f"{{instruction: reject, activity_sid: {OFFLINE}}}"


def test_it_is_said_as_a_note_at_the_default() -> None:
    """It may be meant: the activity decides."""
    text = f"rules:\n  - {{name: no, reply: {REJECT}}}\ndefault:\n  reply: {REJECT}\n"
    (found,) = problems(text)
    assert (found.check, found.level, found.rule) == (Check.DEFAULT_REJECTS, Level.NOTE, "default")
    assert found.location
    assert (found.location.line, found.location.column) == (4, 3)


@pytest.mark.parametrize(
    ("rule", "default"),
    [
        ("reply: {instruction: accept}", f"reply: {REJECT}"),
        (f"reply: {REJECT}", "defer: a supervisor looks at it"),
        ("defer: somebody else does", f"post: {REJECT}"),
    ],
)
def test_one_of_the_two_alone_is_no_loop(rule: str, default: str) -> None:
    """Without a rule that rejects nothing is counted, and another default ends what is."""
    assert problems(f"rules:\n  - {{name: one, {rule}}}\ndefault:\n  {default}\n") == ()
