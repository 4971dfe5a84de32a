"""Saved callbacks, as they are searched and removed."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from app.model import Mode, Saved
from app.storage import Callbacks, Database, Sought
from tests.builders import MONDAY_NOON as NOW
from tests.builders import parameters

Params = Mapping[str, str | list[str]]

HOUR = timedelta(hours=1)
ODD = "später \0 \ud83d ☎ \\u0000"


@pytest.fixture
def callbacks(ours: Database) -> Callbacks:
    return Callbacks(ours)


def saved(number: int, rule: str = "night", mode: Mode = Mode.REPLY, **params: str) -> Saved:
    """The callback that came `number` hours after noon."""
    decision = {"rule": rule, "mode": mode.value, "task_type": f"type{number}", "instruction": None}
    given = parameters({"n": number}, ReservationSid=f"WR{number}", **params)
    return Saved(0, given, NOW + number * HOUR, "/assignment", decision)


def numbers(found: Sequence[Saved]) -> list[object]:
    return [each.params["ReservationSid"] for each in found]


def test_what_was_saved_is_read_back_as_it_was(callbacks: Callbacks) -> None:
    """A repeated parameter is a list, and odd text stands letter for letter; `line` is the row's number."""
    given: Params = {**parameters(), "More": ["a", ODD], ODD: ODD}
    decision = {"rule": ODD, "mode": "post", "task_type": ODD, "more": [2**70 + 1]}
    one = Saved(7, given, NOW, "/assignment", decision)
    callbacks.add_all([one, saved(2)])
    callbacks.add_all([])
    [first, second] = callbacks.each()
    assert first == Saved(1, given, NOW, "/assignment", decision)
    assert second.line == 2
    assert numbers(list(callbacks.each(Sought(rules=[ODD], task_types=[ODD])))) == ["WR" + "0" * 31 + "1"]


@pytest.mark.parametrize(
    ("sought", "expected"),
    [
        (Sought(), ["WR0", "WR1", "WR2", "WR3"]),
        (Sought(since=NOW + HOUR), ["WR1", "WR2", "WR3"]),
        (Sought(until=NOW + HOUR), ["WR0"]),
        (Sought(since=NOW + HOUR, until=NOW + 3 * HOUR), ["WR1", "WR2"]),
        (Sought(rules=["day"]), ["WR1"]),
        (Sought(rules=["day", "night"], modes=[Mode.POST, Mode.DEFER]), ["WR2", "WR3"]),
        (Sought(task_types=["type0", "type3"]), ["WR0", "WR3"]),
        (Sought(task_sid="WT9"), ["WR3"]),
        (Sought(worker_sid="WK9"), ["WR2"]),
        (Sought(reservation_sid="WR2", task_sid="WT9"), []),
        (Sought(reservation_sid="WR2"), ["WR2"]),
    ],
)
def test_all_that_is_asked_must_be_true(callbacks: Callbacks, sought: Sought, expected: list[str]) -> None:
    """Several rules, modes or types are alternatives."""
    callbacks.add_all(
        [
            saved(0),
            saved(1, rule="day"),
            saved(2, mode=Mode.POST, WorkerSid="WK9"),
            saved(3, mode=Mode.DEFER, TaskSid="WT9"),
        ]
    )
    assert numbers(list(callbacks.each(sought))) == expected
    assert numbers(callbacks.newest(sought, 10)) == expected[::-1]


def test_many_are_read_in_pages(callbacks: Callbacks) -> None:
    """Forwards for an export, backwards for a list."""
    callbacks.add_all([saved(n) for n in range(5)])
    assert numbers(callbacks.page(Sought(), 0, 2)) == ["WR0", "WR1"]
    assert numbers(callbacks.page(Sought(), 4, 2)) == ["WR4"]
    assert numbers(callbacks.newest(Sought(), 2)) == ["WR4", "WR3"]
    assert numbers(callbacks.newest(Sought(), 2, before=4)) == ["WR2", "WR1"]


def test_those_that_are_named_are_removed(callbacks: Callbacks) -> None:
    """And a new row gets no number that was given before."""
    callbacks.add_all([saved(n) for n in range(3)])
    assert callbacks.remove([2, 3, 9]) == 2
    assert callbacks.remove([]) == 0
    callbacks.add_all([saved(4)])
    assert [each.line for each in callbacks.each()] == [1, 4]


def test_what_is_old_is_removed_a_few_at_a_time(callbacks: Callbacks) -> None:
    """The oldest first, up to a moment."""
    callbacks.add_all([saved(n) for n in range(4)])
    assert callbacks.purge(NOW + 3 * HOUR, 2) == 2
    assert numbers(list(callbacks.each())) == ["WR2", "WR3"]
    assert callbacks.purge(NOW + 3 * HOUR, 2) == 1
    assert callbacks.purge(NOW + 3 * HOUR, 2) == 0
