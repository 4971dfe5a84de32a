"""Taking deliveries on, while a callback waits for its answer."""

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from app.errors import StoreError
from app.model import Delivery, Promise, Saved, State
from app.storage import Database, Ledger

LEASE = timedelta(seconds=15)
REMEMBERED = 10_000  # answers that held an instruction while the database was away


class Promises:
    """What this process promises: `owner` names it in the ledger. Each method raises StoreError when the
    database does not answer within the `seconds`; then nothing is promised.
    """

    def __init__(
        self,
        database: Database,
        owner: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._database = database
        self._ledger = Ledger(database)
        self._owner = owner
        self._clock = clock
        self._untold: deque[Promise] = deque(maxlen=REMEMBERED)

    def take(self, promise: Promise, seconds: float, saved: Saved | None = None) -> tuple[Delivery, bool]:
        """The reservation's delivery, and whether it is new: then its first attempt is ours, and the callback
        is saved. A dead one becomes INLINE: the answer is to hold the instruction.

        One that is committed too late to be promised is withdrawn.
        """

        def take() -> tuple[Delivery, bool]:
            delivery, new = self._ledger.open(promise, self._owner, self._clock(), LEASE, saved)
            if delivery.state is State.DEAD:
                return self._ledger.give_inline(promise, self._clock()), False
            return delivery, new

        return self._database.within(seconds, take, undo=self._withdraw)

    def give_inline(self, promise: Promise, seconds: float) -> Delivery:
        """The reservation's delivery; where there was none, from now on there is one that sends nothing."""
        return self._database.within(seconds, lambda: self._ledger.give_inline(promise, self._clock()))

    def given_inline(self, promise: Promise) -> None:
        """Notes that the answer held it, for when the database is back: nobody may send it then."""
        self._untold.append(promise)

    def catch_up(self) -> None:
        """Tells the ledger what was given inline while it was away."""
        while self._untold:
            try:
                self._ledger.give_inline(self._untold[0], self._clock())
            except StoreError:
                return
            self._untold.popleft()

    def find(self, reservation_sid: str, seconds: float) -> Delivery | None:
        """The reservation's delivery, if there is one."""
        return self._database.within(seconds, lambda: self._ledger.find(reservation_sid))

    def _withdraw(self, opened: tuple[Delivery, bool]) -> None:
        delivery, new = opened
        if new:
            self._ledger.withdraw(delivery, self._owner, self._clock())
