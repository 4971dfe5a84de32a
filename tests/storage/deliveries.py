"""Short ways to make and to end deliveries."""

from datetime import timedelta
from typing import Any

from app.model import Attempt, Delivery, Doubt, Ending, Outcome, Stage, State
from app.storage import Ledger
from tests.builders import MONDAY_NOON as NOW

LEASE = timedelta(seconds=10)
SECOND = timedelta(seconds=1)
MICROSECOND = timedelta(microseconds=1)
OURS, THEIRS = "desk-1:4711", "desk-2:4711"
SENT = Outcome(Ending.DELIVERED, "accepted", 200)
BUSY = Outcome(Ending.REFUSED, "too many requests", 429, 20429, 1.5)


def attempt(number: int = 1, outcome: Outcome = SENT, kind: str = "send") -> Attempt:
    return Attempt(number, Stage.POST, kind, NOW, NOW + SECOND, outcome)


def record(ledger: Ledger, delivery: Delivery, *made: Attempt, owner: str = OURS, **fields: Any) -> bool:
    """Writes down that it was delivered at the time of the last attempt, but for `fields`."""
    stands: dict[str, Any] = {
        "state": State.DELIVERED,
        "stage": Stage.POST,
        "doubt": Doubt.NONE,
        "due": delivery.due,
        "sent": None,
        "outcome": SENT,
        "finished": NOW + SECOND,
    }
    return ledger.record(delivery.id, owner, made, **stands | fields)
