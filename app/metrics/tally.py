"""Counts what a process does, on a thread of its own: who has something counted waits for nothing."""

import logging
from collections import deque
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import Event, Lock, Thread
from typing import NamedTuple, Protocol

from prometheus_client import Metric as Family

from app.metrics.metric import COUNTER, MOST, OTHER, Labels, Metric
from app.metrics.slot import Slot, gathered

log = logging.getLogger(__name__)

ROUND = 0.5  # seconds until other processes can tell what was counted here
WAITING = 100_000  # events that wait to be counted; with more, the oldest are lost
LONGEST = 100  # characters of a label


class Note(Protocol):
    """Has something counted, and costs next to nothing."""

    def __call__(self, metric: Metric, labels: Labels = (), value: float = 1.0) -> None: ...


def unnoted(metric: Metric, labels: Labels = (), value: float = 1.0) -> None:
    """The Note of what nobody counts."""


class _Polled(NamedTuple):
    metric: Metric
    labels: Labels
    read: Callable[[], float]


class _Series:
    """One metric with one set of labels: its values so far, going on from those of the slot."""

    def __init__(self, metric: Metric, keys: tuple[str, ...], slot: Slot) -> None:
        self.metric = metric
        self.keys = keys
        self.values = [slot.read(metric.kind, key) for key in keys]

    def write(self, slot: Slot) -> None:
        for key, value in zip(self.keys, self.values, strict=True):
            slot.write(self.metric.kind, key, value)


class Tally:
    """The counts of this process, kept in a directory that the processes of one server share.

    Begin it in the process that counts. Of one that is killed, the last half second is lost. Raises OSError
    where the directory cannot be used.
    """

    def __init__(self, directory: Path, metrics: Iterable[Metric] = ()) -> None:
        self._directory = directory
        self._slot = Slot(directory)
        self._noted: deque[tuple[Metric, Labels, float]] = deque(maxlen=WAITING)
        self._polled: list[_Polled] = []
        self._before: dict[_Polled, float] = {}
        self._series: dict[tuple[Metric, Labels], _Series] = {}
        self._damaged: set[Path] = set()
        self._is_full = False
        self._is_gone = False
        self._writing = Lock()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="metrics", daemon=True)
        for metric in metrics:
            for labels in metric.always:
                self._one(metric, labels)

    def note(self, metric: Metric, labels: Labels = (), value: float = 1.0) -> None:
        """Counts an event soon. Costs next to nothing, and never raises."""
        self._noted.append((metric, labels, value))

    def poll(self, metric: Metric, read: Callable[[], float], labels: Labels = ()) -> None:
        """Asks for a value in each round: what a gauge is at, or a counter of this process has come to."""
        self._polled.append(_Polled(metric, labels, read))

    def start(self) -> None:
        """Begins to write down what is counted."""
        self._thread.start()

    def stop(self) -> None:
        """Writes down what is left, and leaves the place to another process."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()
        with self._writing:
            self._write()
            self._slot.close()

    def collect(self) -> Iterable[Family]:
        """What all processes have counted: of this one everything, of others all but the last half second."""
        with self._writing:
            if not self._stopping.is_set():
                self._write()
                self._look_for_the_slot()
            families, damaged = gathered(self._directory)
            for path in sorted(damaged - self._damaged):
                log.warning("a damaged file is not told", extra={"fields": {"file": path}})
            self._damaged = damaged
            return families

    def _look_for_the_slot(self) -> None:
        is_gone = self._slot.is_gone()
        if is_gone and not self._is_gone:
            log.warning(
                "what is counted is not told: the folder was removed; a restart makes it again",
                extra={"fields": {"folder": self._directory}},
            )
        self._is_gone = is_gone

    def _run(self) -> None:
        while not self._stopping.wait(ROUND):
            try:
                with self._writing:
                    self._write()
            except Exception:  # the next round may go better, and without this thread nothing is counted
                log.exception("metrics not written")

    def _write(self) -> None:
        changed: dict[_Series, None] = {}
        for _ in range(len(self._noted)):
            metric, labels, value = self._noted.popleft()
            if series := self._one_with_room(metric, labels):
                metric.add(series.values, value)
                changed[series] = None
        for polled in self._polled:
            if asked := self._asked(polled):
                changed[asked] = None
        for series in changed:
            series.write(self._slot)

    def _asked(self, polled: _Polled) -> _Series | None:
        now, series = polled.read(), self._one_with_room(polled.metric, polled.labels)
        if not series:
            return None
        if polled.metric.kind == COUNTER:
            series.values[0] += now - self._before.get(polled, 0)
            self._before[polled] = now
        else:
            series.values[0] = now
        return series

    def _one_with_room(self, metric: Metric, labels: Labels) -> _Series | None:
        """A series, or none where the disk has no room for another: the others are counted all the same."""
        try:
            return self._one(metric, labels)
        except OSError as error:
            if not self._is_full:
                fields = {"folder": self._directory, "error": error.strerror}
                log.error("nothing more is counted but what was before", extra={"fields": fields})  # noqa: TRY400  its text is all there is to know
            self._is_full = True
            return None

    def _one(self, metric: Metric, labels: Labels) -> _Series:
        found = self._series.get((metric, labels))
        return found or self._new(metric, tuple(label[:LONGEST] for label in labels))

    def _new(self, metric: Metric, labels: Labels) -> _Series:
        """A series; beyond the most, whatever its first label is, it is the OTHER one."""
        keys = metric.keys(labels)
        is_one_more = not self._slot.holds(metric.kind, keys[0])
        if is_one_more and labels and self._slot.held(metric.name) >= MOST:
            labels = (OTHER, *labels[1:])
            keys = metric.keys(labels)
        known = self._series.get((metric, labels))
        made = known or _Series(metric, keys, self._slot)
        self._series[metric, labels] = made
        return made
