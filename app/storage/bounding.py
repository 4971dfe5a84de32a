"""Operations that are given up after a time, whatever they wait for.

No driver can be trusted to come back in time: libpq connects no faster than in two seconds, and a disk that
hangs stops a thread for good. So the operation waits in a thread of its own, and the caller does not.
"""

import logging
from collections.abc import Callable
from queue import SimpleQueue
from threading import Event, Lock, Thread
from time import monotonic
from typing import Any, Generic, TypeVar

from app.errors import StoreError

THREADS = 4
PAUSE = 0.5  # seconds in which nothing is tried after the database was found lost
FAREWELL = 1.0  # seconds for a thread to end

T = TypeVar("T")

log = logging.getLogger(__name__)


class Circuit:
    """Whether it is worth trying: not for a moment after a failure, and then for one at a time."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._open_until: float | None = None

    def admits(self) -> bool:
        """Whether to try. Where it was found lost, whoever is told so tries for all others."""
        with self._lock:
            if self._open_until is None:
                return True
            if self._clock() < self._open_until:
                return False
            self._open_until = self._clock() + PAUSE
            return True

    def trip(self) -> None:
        """It was tried, and in vain."""
        with self._lock:
            self._open_until = self._clock() + PAUSE

    def mend(self) -> None:
        """It answers."""
        with self._lock:
            self._open_until = None


class Bounds:
    """A few threads in which operations wait. They begin with the first one, and keep no process alive."""

    def __init__(self, circuit: Circuit) -> None:
        self._circuit = circuit
        self._lock = Lock()
        self._jobs: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        self._threads: list[Thread] = []
        self._open: set[_Job[Any]] = set()

    def within(
        self, seconds: float, operation: Callable[[], T], undo: Callable[[T], object] | None = None
    ) -> T:
        """The operation's result. Raises StoreError where it is not done by then; else what it raises."""
        job = _Job(operation, undo)
        self._put(job)
        if not job.ended.wait(seconds) and job.abandon():
            self._circuit.trip()
            raise StoreError(f"the database did not answer within {seconds:g} s")
        result = job.result()
        self._circuit.mend()
        return result

    def close(self) -> None:
        """Ends the threads, but for those that hang; the next operation begins new ones."""
        with self._lock:
            threads, self._threads = self._threads, []
            jobs, self._jobs = self._jobs, SimpleQueue()
        for _ in threads:
            jobs.put(None)
        for thread in threads:
            thread.join(FAREWELL)

    def _put(self, job: "_Job[Any]") -> None:
        if not self._circuit.admits():
            raise StoreError("the database did not answer a moment ago")
        with self._lock:
            if sum(each.abandoned for each in self._open) >= THREADS:
                raise StoreError("the database does not answer: too much waits for it already")
            self._open.add(job)
            self._jobs.put(job)
            if len(self._threads) < min(THREADS, len(self._open)):
                self._threads.append(self._thread())

    def _thread(self) -> Thread:
        thread = Thread(target=self._work, args=(self._jobs,), name="database", daemon=True)
        thread.start()
        return thread

    def _work(self, jobs: "SimpleQueue[_Job[Any] | None]") -> None:
        while job := jobs.get():
            try:
                job.run()
            finally:
                with self._lock:
                    self._open.discard(job)


class _Job(Generic[T]):
    """One operation. It is abandoned or ends, whichever comes first."""

    def __init__(self, operation: Callable[[], T], undo: Callable[[T], object] | None) -> None:
        self.ended = Event()
        self.abandoned = False
        self._operation = operation
        self._undo = undo
        self._lock = Lock()
        self._results: list[T] = []
        self._error: BaseException | None = None

    def abandon(self) -> bool:
        """Gives it up, and says whether there was something to give up."""
        with self._lock:
            self.abandoned = not self.ended.is_set()
            return self.abandoned

    def result(self) -> T:
        if self._error:
            raise self._error
        return self._results[0]

    def run(self) -> None:
        with self._lock:
            if self.abandoned:  # before it began
                return
        try:
            self._results.append(self._operation())
        except BaseException as error:
            self._error = error  # the caller gets it
        if self._end():
            self._clear_up()

    def _end(self) -> bool:
        """Ends it, and says whether that is too late."""
        with self._lock:
            self.ended.set()
            return self.abandoned

    def _clear_up(self) -> None:
        """Takes back what was done too late. What failed late may still have been done: nobody can tell."""
        try:
            if self._results and self._undo:
                self._undo(self._results[0])
        except StoreError as error:
            log.warning("not undone", extra={"fields": {"error": str(error)}})
        except Exception:
            log.exception("not undone")
