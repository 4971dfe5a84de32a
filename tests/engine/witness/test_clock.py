"""The minutes of a week."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.expressions.meaning import CLOCK, compare, value_of
from app.engine.expressions.tree import Comparison, Constant, Reference
from app.engine.scope import Scope
from app.engine.witness.clock import FULL, MONDAYS, WEEK, instants, minutes, reading
from app.model import Callback

CONSTANTS: Sequence[object] = (
    None,
    True,
    -1,
    0,
    9,
    9.5,
    12,
    30,
    59,
    60,
    930,
    1259.5,
    1800,
    2359,
    2400,
    "Mon",
    "SAT",
    "x",
)
NAMES = ("currentTime", "currentHour", "currentMin", "dayOfWeek")


@given(
    st.sampled_from(("==", "!=", "<", "<=", ">", ">=", "IN", "NOT IN", "CONTAINS", "HAS")),
    st.sampled_from(NAMES),
    st.sampled_from(CONSTANTS) | st.lists(st.sampled_from(CONSTANTS), max_size=3),
    st.booleans(),
    st.integers(0, WEEK - 1),
)
def test_each_minute(operator: str, name: str, constant: object, turned: bool, minute: int) -> None:
    """A minute is in the mask exactly when the comparison holds in it."""
    reference = Reference("taskrouter", (name,))
    left, right = (Constant(constant), reference) if turned else (reference, Constant(constant))
    comparison = Comparison(operator, left, right)
    scope = Scope(Callback({}), {}, MONDAYS[0] + timedelta(minutes=minute))
    held = compare(comparison, value_of(left, scope), value_of(right, scope))
    assert bool(minutes(comparison) >> minute & 1) == held


def test_instants() -> None:
    """The first minute that all zones allow, in winter and in summer."""
    nine = minutes(Comparison("==", Reference("taskrouter", ("currentHour",)), Constant(9)))
    days = [datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 7, 20, tzinfo=UTC)]
    assert list(instants([])) == [MONDAYS[0]]
    assert list(instants([("America/New_York", nine)])) == [
        days[0].replace(hour=14),
        days[1].replace(hour=13),
    ]
    assert list(instants([("America/New_York", nine), ("Europe/London", FULL)])) == [
        days[0].replace(hour=14),
        days[1].replace(hour=13),
    ]
    assert list(instants([("America/New_York", nine), (None, nine)])) == []


@pytest.mark.parametrize("monday", MONDAYS)
def test_reading(monday: datetime) -> None:
    """Both weeks begin on a Monday at noon."""
    read = [reading(Reference("taskrouter", (name,)), monday) for name in CLOCK]
    assert read == [1200, 12, 0, "Mon"]
