"""What came of a run: a listener that counts, and the report that it makes of its counts."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from app.sandbox.callback import is_usable
from app.sandbox.events import Event
from app.sandbox.resources import Alert, Answer, Reservation, Task, Update

_SID = re.compile(r"\b([A-Z]{2})[0-9a-f]{32}\b")

PROMPT = 20
"""The seconds within which a caller wants to be answered: the usual service level."""


@dataclass(frozen=True, slots=True)
class Times:
    """How long some things took: how many there were, and their quantiles.

    `prompt` is the share of those that took PROMPT at most; only seconds have it.
    """

    count: int
    median: float
    p90: float
    p99: float
    longest: float
    prompt: float | None = None


@dataclass(frozen=True, slots=True)
class Count:
    """How often something came about: a status, what an update or an answer came to, or an alert's code."""

    name: str
    count: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class QueueReport:
    """What came of the tasks of a queue: seconds until they were accepted, and how many were canceled."""

    name: str
    waiting: Times | None
    canceled: int


@dataclass(frozen=True, slots=True)
class Report:
    """What came of a run. Times are seconds by the workspace's clock; of callbacks, real milliseconds."""

    begins: datetime
    ends: datetime
    tasks: int
    endings: Sequence[Count]
    waiting: Times | None
    queues: Sequence[QueueReport]
    reservations: int
    reservation_endings: Sequence[Count]
    rejected_tasks: int
    alerts: Sequence[Count]
    callbacks: Times | None
    unanswered: Sequence[Count]
    updates: Sequence[Count]


@dataclass(slots=True)
class Tally:
    """Counts events, and remembers of tasks nothing but numbers."""

    begins: datetime
    _tasks: int = 0
    _endings: Counter[tuple[str, str]] = field(default_factory=Counter)
    _canceled: Counter[str] = field(default_factory=Counter)
    _waits: defaultdict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    _reservations: Counter[str] = field(default_factory=Counter)
    _rejected: int = 0
    _alerts: Counter[int] = field(default_factory=Counter)
    _texts: dict[int, str] = field(default_factory=dict)
    _milliseconds: list[float] = field(default_factory=list)
    _unanswered: Counter[str] = field(default_factory=Counter)
    _updates: Counter[str] = field(default_factory=Counter)

    def __call__(self, event: Event) -> None:
        """Count an event."""
        subject, detail = event.subject, event.detail
        self._tasks += event.type == "task.created"
        if isinstance(detail, Alert):
            self._alerts[detail.code] += 1
            # It stands for all of its code, so it names none of them.
            self._texts.setdefault(detail.code, _SID.sub(r"\1…", detail.text))
        elif isinstance(detail, Answer):
            self._count_answer(detail)
        elif isinstance(detail, Update):
            self._updates[_named(detail)] += 1
        elif isinstance(subject, Reservation):
            self._count_reservation(event, subject)
        elif isinstance(subject, Task) and event.type in {"task.canceled", "task.completed"}:
            self._endings[subject.status, subject.reason] += 1
            self._canceled[subject.queue.name] += event.type == "task.canceled"

    def report(self, ends: datetime) -> Report:
        """Return what came of everything until now."""
        open_tasks = self._tasks - sum(self._endings.values())
        endings = [Count(status, count, reason) for (status, reason), count in self._endings.most_common()]
        queues = sorted({*self._waits, *(name for name, count in self._canceled.items() if count)})
        return Report(
            begins=self.begins,
            ends=ends,
            tasks=self._tasks,
            endings=[*endings, Count("open", open_tasks)] if open_tasks else endings,
            waiting=_waiting([wait for waits in self._waits.values() for wait in waits]),
            queues=[
                QueueReport(name, _waiting(self._waits.get(name, [])), self._canceled[name])
                for name in queues
            ],
            reservations=self._reservations["created"],
            reservation_endings=[
                each
                for each in _counts(self._reservations)
                if each.name in {"accepted", "rejected", "timeout", "canceled", "rescinded"}
            ],
            rejected_tasks=self._rejected,
            alerts=[Count(str(code), count, self._texts[code]) for code, count in self._alerts.most_common()],
            callbacks=times_of(self._milliseconds),
            unanswered=_counts(self._unanswered),
            updates=_counts(self._updates),
        )

    def _count_answer(self, answer: Answer) -> None:
        if is_usable(answer):
            self._milliseconds.append(answer.milliseconds)
        else:
            self._unanswered[answer.failure or f"answered {answer.status} {answer.content_type}".strip()] += 1

    def _count_reservation(self, event: Event, reservation: Reservation) -> None:
        _, _, what = event.type.partition(".")
        self._reservations[what] += 1
        task = reservation.task
        self._rejected += what == "rejected" and task.rejections == 1
        if what == "accepted" and not reservation.of_transfer:
            # Beside those of transfers only one reservation of a task is ever accepted.
            self._waits[reservation.queue.name].append((event.at - task.created).total_seconds())


def _counts(counter: Counter[str]) -> list[Count]:
    return [Count(name, count) for name, count in counter.most_common()]


def times_of(seconds: Iterable[float]) -> Times | None:
    """Return the quantiles of some times, None of none."""
    times = sorted(seconds)
    if not times:
        return None
    median, p90, p99 = (times[max(0, math.ceil(len(times) * share) - 1)] for share in (0.5, 0.9, 0.99))
    return Times(len(times), median, p90, p99, times[-1])


def _waiting(seconds: list[float]) -> Times | None:
    times = times_of(seconds)
    prompt = sum(each <= PROMPT for each in seconds)
    return times and replace(times, prompt=prompt / times.count)


def _named(update: Update) -> str:
    if update.fault != "ok" and not update.applied:
        return f"not applied ({update.fault})"
    return "applied" if update.applied else f"refused with {update.http_status}, {update.code}"
