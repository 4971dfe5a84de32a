"""What is counted of deliveries, and the ledger's queue, which is looked up when it is asked for."""

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from threading import Lock
from time import monotonic

from prometheus_client.core import GaugeMetricFamily, Metric

from app.delivery.courier import Carried
from app.delivery.policy import RATE_LIMITED, Again
from app.errors import StoreError
from app.metrics import Note
from app.metrics.catalogue import DELIVERIES, REST_REQUESTS, REST_SECONDS
from app.model import Attempt, Delivery
from app.storage import Database, Ledger
from app.storage.ledger import Queue

PATIENCE = 0.8  # seconds for the database
KEPT = 5.0  # seconds until the database is asked again, however often metrics are read
MOST_ATTEMPTS = 5


def note_requests(note: Note, carried: Carried) -> None:
    """Counts the requests of an attempt, and how long each took."""
    for each in carried.requests:
        note(REST_REQUESTS, (each.kind, each.outcome.ending, _status(each)))
        note(REST_SECONDS, (each.kind,), (each.ended - each.began).total_seconds())


def note_end(note: Note, delivery: Delivery, carried: Carried) -> None:
    """Counts a delivery, if this attempt was its last."""
    if not isinstance(carried.step, Again):
        note(DELIVERIES, (carried.step.state, str(min(delivery.attempts, MOST_ATTEMPTS + 1))))


class QueueMetrics:
    """A collector that asks the database. One that does not answer is a metric, and no failure."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        kept: float = KEPT,
    ) -> None:
        self._database = database
        self._ledger = Ledger(database)
        self._clock = clock
        self._kept = kept
        self._looked: tuple[float, Queue | None] | None = None
        self._looking = Lock()

    def describe(self) -> Iterable[Metric]:
        """The same without values: a registry asks before anybody reads."""
        return self._families(None)

    def collect(self) -> Iterable[Metric]:
        return self._families(self._queue())

    def _families(self, queue: Queue | None) -> Iterator[Metric]:
        yield GaugeMetricFamily("desk_database_up", "1 where the database answers, else 0.", int(bool(queue)))
        yield GaugeMetricFamily(
            "desk_deliveries_pending",
            "Deliveries that have not ended, of all machines; absent while the database does not answer.",
            queue.pending if queue else None,
        )
        yield GaugeMetricFamily(
            "desk_deliveries_oldest_seconds",
            "How long ago the oldest of them was promised, 0 where there is none.",
            self._age(queue) if queue else None,
        )

    def _age(self, queue: Queue) -> float:
        return max(0.0, (self._clock() - queue.oldest).total_seconds()) if queue.oldest else 0.0

    def _queue(self) -> Queue | None:
        with self._looking:
            if self._looked is None or monotonic() >= self._looked[0]:
                self._looked = (monotonic() + self._kept, self._ask())
            return self._looked[1]

    def _ask(self) -> Queue | None:
        try:
            return self._database.within(PATIENCE, self._ledger.queue)
        except StoreError:
            return None


def _status(request: Attempt) -> str:
    status = request.outcome.status
    if status is None:
        return "none"
    return str(status) if status == RATE_LIMITED else f"{min(max(status // 100, 1), 5)}xx"
