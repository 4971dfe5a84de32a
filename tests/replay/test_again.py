"""What is asked of a saved callback when it is decided again."""

from datetime import datetime, timedelta

import pytest

from app.engine.decide import decide
from app.engine.timestamp import read_time
from app.errors import Unreadable
from app.model import Mode
from app.replay.again import Clock, again
from tests.builders import MONDAY_NOON, callback, parameters, ruleset
from tests.replay.lines import CLOCK, saved

HOUR = timedelta(hours=1)
LATER = MONDAY_NOON + HOUR


@pytest.mark.parametrize(
    ("decided_at", "received_at", "timestamp", "at", "timed"),
    [
        ("2026-11-23T15:00:00Z", LATER, "2026-11-23T12:00:00Z", MONDAY_NOON + 3 * HOUR, True),
        (None, LATER, "2026-11-23T12:00:00Z", LATER, True),
        (None, None, "2026-11-23T11:00:00Z", MONDAY_NOON - HOUR, True),
        (None, None, "some day", MONDAY_NOON, False),
        (None, None, "", MONDAY_NOON, False),
    ],
)
def test_the_time(
    decided_at: str | None, received_at: datetime | None, timestamp: str, at: datetime, timed: bool
) -> None:
    """When it was decided, else when it came, else its Timestamp, else today's."""
    decision = {"rule": "x", "decided_at": decided_at} if decided_at else None
    asked = again(saved(at=received_at, decision=decision, Timestamp=timestamp), CLOCK, {})
    assert (asked.at, asked.is_timed) == (at, timed)


def test_a_fixed_time() -> None:
    """It is that of every callback."""
    asked = again(saved(at=LATER), Clock(MONDAY_NOON, MONDAY_NOON - HOUR), {})
    assert (asked.at, asked.is_timed) == (MONDAY_NOON - HOUR, True)


def test_a_repeat_is_decided_from_the_first_one() -> None:
    """A changed worker in the repeat made no difference then, and makes none now."""
    first = parameters({"tier": "gold"})
    asked = again(saved({"tier": "silver"}, decision={"decided_from": first}), CLOCK, {})
    assert asked.callback.params == first
    assert asked.callback.task == {"tier": "gold"}


@pytest.mark.parametrize(("given", "expected"), [(3, 3), (0, 0), (-1, 0), ("3", 0), (None, 0)])
def test_rejections(given: object, expected: int) -> None:
    """They are given to the decision; what is no number counts as none."""
    asked = again(saved(decision={"rejections": given}), CLOCK, {})
    assert asked.rejections == expected


def test_decided_as_the_service_does() -> None:
    """The same decision as for the request, whatever was rejected, answered inline or told by vars."""
    rules = ruleset("""
        max_rejections: 2
        vars: {limit: 3}
        default: {defer: nobody}
        rules: [{name: big, when: task.n > vars.limit, post: {instruction: accept}}]
        """)
    for rejections in (1, 2):
        for answered in (None, "inline"):
            kept = saved({"n": 4}, decision={"rejections": rejections, "answered": answered})
            asked = again(kept, CLOCK, {"limit": 9})
            call = callback({"n": 4}, {"contact_uri": "client:alice"})
            assert asked.decided(rules) == decide(rules, call, MONDAY_NOON, rejections)
    answered_inline = again(saved({"n": 4}, decision={"answered": "inline"}), CLOCK, rules.variables)
    assert answered_inline.decided(rules).mode is Mode.POST


@pytest.mark.parametrize(
    ("decision", "said"),
    [
        ({"decided_at": "some day"}, "decided_at"),
        ({"decided_at": 5}, "decided_at"),
        ({"decided_from": "x"}, "decided_from"),
        ({"decided_from": {"TaskSid": 5}}, "decided_from"),
        ({"decided_from": {"TaskSid": "WT1"}}, "WorkspaceSid is missing"),
    ],
)
def test_an_odd_decision(decision: dict[str, object], said: str) -> None:
    """The sentence names what is odd."""
    with pytest.raises(Unreadable, match=said):
        again(saved(decision=decision), CLOCK, {})


def test_a_time_is_utc() -> None:
    """Wherever it was written."""
    kept = saved(decision={"decided_at": "2026-11-23T13:00:00+01:00"})
    assert again(kept, CLOCK, {}).at == MONDAY_NOON == read_time("2026-11-23T12:00:00Z")
