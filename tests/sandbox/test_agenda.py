"""What is to happen when."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from app.sandbox.agenda import Agenda

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


def later(seconds: int) -> datetime:
    return NOON + timedelta(seconds=seconds)


def test_what_is_due_comes_in_order() -> None:
    """By time; of the same time, in the order of planning. What is planned for later stays."""
    agenda, happened = Agenda(), []
    for seconds, name in ((5, "c"), (1, "a"), (5, "d"), (2, "b"), (9, "e")):
        agenda.plan(later(seconds), lambda at, name=name: happened.append((name, at)))  # type: ignore[misc]
    for at, happens in agenda.due(later(5)):
        happens(at)
    assert happened == [("a", later(1)), ("b", later(2)), ("c", later(5)), ("d", later(5))]
    assert agenda.next_at == later(9)


def test_what_is_planned_meanwhile_comes_in_its_turn() -> None:
    """Also when it is due at once."""
    agenda, happened = Agenda(), []

    def again(at: datetime) -> None:
        happened.append(at)
        if len(happened) < 3:
            agenda.plan(at + timedelta(seconds=1), again)

    agenda.plan(NOON, again)
    for at, happens in agenda.due(later(60)):
        happens(at)
    assert happened == [NOON, later(1), later(2)]
    assert agenda.next_at is None
