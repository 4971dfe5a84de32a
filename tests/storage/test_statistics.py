"""What rules did, summed up by the database."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.model import Saved, State
from app.storage import Callbacks, Database, Hits, Ledger, Statistics
from tests.builders import MONDAY_NOON as NOW
from tests.builders import OFFLINE, parameters, promise
from tests.storage.deliveries import LEASE, OURS, attempt, record

HOUR = timedelta(hours=1)
REJECT = {"instruction": "reject", "activity_sid": OFFLINE}
ACCEPT = {"instruction": "accept"}


def saved(hour: int, rule: str, instruction: object = None, **more: object) -> Saved:
    decision: dict[str, Any] = {"rule": rule, "mode": "reply", "task_type": "", "instruction": instruction}
    return Saved(0, parameters(), NOW + hour * HOUR, "/assignment", {**decision, **more})


def test_hits_are_counted_by_rule(ours: Database) -> None:
    """With the last of them, and how many were rejections."""
    Callbacks(ours).add_all(
        [
            saved(0, "night", REJECT),
            saved(2, "night", ACCEPT),
            saved(1, "night"),
            saved(1, "odd \0 ☎", REJECT),
        ]
    )
    assert Statistics(ours).hits(None, None) == {
        "night": Hits(3, NOW + 2 * HOUR, 1),
        "odd \0 ☎": Hits(1, NOW + HOUR, 1),
    }


@pytest.mark.parametrize(
    "more",
    [
        {"on_failure": REJECT},
        {"reason": '"instruction":{"instruction":"reject"'},
        {"decided_from": {"TaskAttributes": '{"instruction":{"instruction":"reject"}}'}},
    ],
)
def test_only_what_was_decided_is_a_rejection(ours: Database, more: dict[str, object]) -> None:
    """Neither what to do when a post fails, nor a text that looks like it, in either form of JSON."""
    Callbacks(ours).add_all([saved(0, "a", ACCEPT, **more), saved(0, "a", REJECT, half="\ud83d", **more)])
    assert Statistics(ours).hits(None, None)["a"].rejections == 1


@pytest.mark.parametrize(
    ("since", "until", "hits", "failures"),
    [
        (None, None, 3, 3),
        (NOW + HOUR, None, 2, 2),
        (None, NOW + HOUR, 1, 1),
        (NOW + HOUR, NOW + 2 * HOUR, 1, 1),
        (NOW + 9 * HOUR, None, None, None),
    ],
)
def test_a_time_bounds_what_is_counted(
    ours: Database,
    ledger: Ledger,
    since: datetime | None,
    until: datetime | None,
    hits: int | None,
    failures: int | None,
) -> None:
    """By when the callback came; `until` is the first moment that is too late."""
    Callbacks(ours).add_all([saved(hour, "night") for hour in range(3)])
    for hour in range(3):
        deliver(ledger, f"WR{hour}", State.DEAD, arrived=NOW + hour * HOUR)
    found = Statistics(ours).hits(since, until).get("night")
    assert (found.hits if found else None) == hits
    assert Statistics(ours).failures(since, until).get("night") == failures


def deliver(ledger: Ledger, reservation: str, state: State, **more: object) -> None:
    delivery, _ = ledger.open(promise(reservation, **more), OURS, NOW, LEASE)
    assert record(ledger, delivery, attempt(), state=state)


def test_failures_are_what_nobody_knows_to_have_arrived(ours: Database, ledger: Ledger) -> None:
    """Dead and ambiguous deliveries, by rule."""
    for number, state in enumerate((State.DEAD, State.AMBIGUOUS, State.DELIVERED, State.SUPERSEDED)):
        deliver(ledger, f"WR{number}", state)
    deliver(ledger, "WR9", State.DEAD, rule="day")
    assert Statistics(ours).failures(None, None) == {"night": 2, "day": 1}
