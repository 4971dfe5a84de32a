"""All that delivers, on a real database, with a clock that stands still and a Twilio that a test scripts."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Condition, Event
from typing import Any

from app.delivery.courier import Courier
from app.delivery.policy import Sight
from app.delivery.promises import Promises
from app.delivery.rejected import Rejected
from app.delivery.reservations import SEEN
from app.delivery.worker import Worker
from app.journal import Journal
from app.metrics import Note, unnoted
from app.model import Call, Delivery, Outcome
from app.rulebook import Rulebook
from app.service import Desk
from app.storage import Callbacks, Database, Ledger, Rejections
from tests.builders import ACCOUNT
from tests.delivery.deliveries import NOW, TAKEN
from tests.waiting import until


@dataclass
class Clock:
    """A time that stands still until it is set."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def add(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@dataclass
class Twilio:
    """A Transport that keeps every call, waits while `open` is not set, and answers as it is told.

    `outcomes` and `sights` are given in turn; then every update is taken and every reservation is pending.
    """

    outcomes: list[Outcome] = field(default_factory=list)
    sights: list[Sight] = field(default_factory=list)
    sent: list[Call] = field(default_factory=list)
    looked: list[Call] = field(default_factory=list)
    open: Event = field(default_factory=Event)
    changed: Condition = field(default_factory=Condition)

    def __post_init__(self) -> None:
        self.open.set()

    def send(self, call: Call) -> Outcome:
        self._keep(self.sent, call)
        self.open.wait(10)
        return self.outcomes.pop(0) if self.outcomes else TAKEN

    def look(self, call: Call) -> Sight:
        self._keep(self.looked, call)
        return self.sights.pop(0) if self.sights else Sight(SEEN, "pending", {})

    def wait_until_sent(self, count: int) -> None:
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.sent) >= count, 10)

    def _keep(self, calls: list[Call], call: Call) -> None:
        with self.changed:
            calls.append(call)
            self.changed.notify_all()


@dataclass
class Process:
    """What one process has, under its own name: several share a database."""

    database: Database
    ledger: Ledger
    promises: Promises
    worker: Worker
    rejected: Rejected
    journal: Journal
    clock: Clock
    twilio: Twilio

    def desk(
        self,
        rulebook: Rulebook,
        clock: Callable[[], datetime] | None = None,
        timeout: int = 120,
        note: Note = unnoted,
        *,
        by_timestamp: bool = False,
    ) -> Desk:
        """A desk whose posts this process delivers."""
        return Desk(
            rulebook=rulebook,
            database=self.database,
            promises=self.promises,
            deliver=self.worker.deliver,
            holds_back=self.worker.holds_back,
            rejected=self.rejected,
            journal=self.journal,
            account_sid=ACCOUNT,
            reservation_timeout=timeout,
            by_timestamp=by_timestamp,
            clock=clock or self.clock,
            note=note,
        )

    def find(self, reservation_sid: str) -> Delivery:
        found = self.ledger.find(reservation_sid)
        assert found
        return found

    def ended(self, reservation_sid: str) -> Delivery:
        """The delivery, when it has ended."""
        until(lambda: self.find(reservation_sid).finished)
        return self.find(reservation_sid)


@contextmanager
def process(
    address: str,
    twilio: Twilio | None = None,
    clock: Clock | None = None,
    *,
    owner: str = "one",
    picks_up: bool = True,
    chance: Callable[[], float] = lambda: 0.5,
    variables: Mapping[str, object] | None = None,
    **options: Any,
) -> Iterator[Process]:
    """A process that delivers; with `picks_up` it looks for what is due, too."""
    twilio, clock = twilio or Twilio(), clock or Clock()
    database = Database(address)
    ledger = Ledger(database)
    courier = Courier(twilio, lambda: variables or {}, clock, chance)
    rejected = Rejected(Rejections(database), clock)
    promises = Promises(database, owner, clock)
    chores = [promises.catch_up, rejected.exchange]
    worker = Worker(ledger, courier, owner, clock, chores=chores, delivered=rejected.delivered, **options)
    journal = Journal(Callbacks(database), farewell=0.5)
    journal.start()
    if picks_up:
        worker.start()
    try:
        yield Process(database, ledger, promises, worker, rejected, journal, clock, twilio)
    finally:
        twilio.open.set()
        worker.stop()
        journal.stop()
        database.close()
