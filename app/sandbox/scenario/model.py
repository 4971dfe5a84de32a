"""What a scenario says. Times of the day are minutes since midnight, by the clocks of its time zone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from app.sandbox.faults import Faults
from app.sandbox.habits import Habits, Seconds
from app.sandbox.legs import Legs
from app.sandbox.scenario.drawing import numbered

DAY = 24 * 60


class Span(NamedTuple):
    """From a minute of the day until another; one that ends before it begins goes over midnight."""

    begins: int
    ends: int


def on_duty(shifts: Sequence[Span]) -> list[Span]:
    """Return when somebody with these shifts is there on a day, without what overlaps, in order."""
    parts = []
    for begins, ends in shifts:
        parts += [Span(begins, ends)] if begins < ends else [Span(0, ends), Span(begins, DAY)]
    merged: list[Span] = []
    for part in sorted(part for part in parts if part.begins < part.ends):
        if merged and part.begins <= merged[-1].ends:
            merged[-1] = Span(merged[-1].begins, max(merged[-1].ends, part.ends))
        else:
            merged.append(part)
    return merged


@dataclass(frozen=True, slots=True)
class ActivitySpec:
    """An activity beside Idle, Busy and Offline; the SID is that of the user's own workspace, if given."""

    name: str
    available: bool
    sid: str = ""


@dataclass(frozen=True, slots=True)
class QueueSpec:
    """A task queue, the expression of its workers, and its SID in the user's own workspace, if given."""

    name: str
    workers: str
    sid: str = ""
    max_reserved_workers: int = 1
    task_order: str = "FIFO"


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of task, so many among all as its share says.

    `attributes` may hold what is drawn for each task, see `drawing`. Callers hang up after `patience`
    (None: never). `talk` goes before that of the worker.
    """

    name: str
    share: float
    attributes: Mapping[str, Any]
    priority: int = 0
    patience: Seconds | None = None
    talk: Seconds | None = None


@dataclass(frozen=True, slots=True)
class Team:
    """Workers with skills, shifts and habits in common; `{number}` in a text is each one's own, from 1."""

    name: str
    count: int
    attributes: Mapping[str, Any]
    shifts: Sequence[Span]
    habits: Habits

    @property
    def names(self) -> list[str]:
        """The names of its workers; where none of them says where the number stands, it comes last."""
        pattern = self.name if "{number}" in self.name or self.count == 1 else f"{self.name} {{number}}"
        return [numbered(pattern, number) for number in range(1, self.count + 1)]


@dataclass(frozen=True, slots=True)
class Outage:
    """A time of the day in which requests and callbacks fail."""

    span: Span
    faults: Faults


@dataclass(frozen=True, slots=True)
class Scenario:
    """A day, or a part of one: what comes, who is there, and what goes wrong.

    `by_hour` holds how many tasks come in each hour of the day. `workflow` is a Workflow's configuration as
    Twilio has it, with queues by SID or by name. Without a `day` it is the next Monday.
    """

    name: str
    zone: ZoneInfo
    day: date | None
    span: Span
    by_hour: Mapping[int, int]
    kinds: Sequence[Kind]
    teams: Sequence[Team]
    queues: Sequence[QueueSpec]
    activities: Sequence[ActivitySpec]
    workflow: Mapping[str, Any] | None
    reservation_timeout: int
    legs: Legs
    ringing: float
    outages: Sequence[Outage]
