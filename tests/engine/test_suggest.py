"""The nearest known word to one that is not known."""

import pytest

from app.engine.suggest import did_you_mean, nearest

KEYS = ("to", "from", "call_sid", "post_work_activity_sid", "conference_record", "currentTime", "dayOfWeek")


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("form", "from"),
        ("call_sid", "call_sid"),
        ("callSid", "call_sid"),
        ("CallSid", "call_sid"),
        ("call-sid", "call_sid"),
        ("calsid", "call_sid"),
        ("PostWorkActivitySid", "post_work_activity_sid"),
        ("conference_recording", "conference_record"),
        ("callTo", "to"),
        ("currentTiem", "currentTime"),
        ("dayofweek", "dayOfWeek"),
        ("DAYOFWEEK", "dayOfWeek"),
        ("xyz", None),
        ("call_xyz", None),
        ("", None),
        ("_", None),
        ("x" * 100_000, None),
    ],
)
def test_the_nearest_word(word: str, near: str | None) -> None:
    """Typing errors, camelCase and hyphens are seen through; what is far from everything is not guessed."""
    assert nearest(word, KEYS) == near


def test_words_in_capitals() -> None:
    """A name in capitals is found by its letters, whatever their case."""
    assert nearest("support_numbr", ("SUPPORT_NUMBER",)) == "SUPPORT_NUMBER"
    assert nearest("Offline", ("OFFLINE",)) == "OFFLINE"


def test_a_hint() -> None:
    """A hint names the nearest word, or else all that are known."""
    assert did_you_mean("form", {"from": 1, "to": 2}) == "did you mean 'from'?"
    assert did_you_mean("xyz", {"to": 2, "from": 1}) == "known are from, to"
