"""Who belongs to which task queue, remembered: the page asks each second, for each worker and queue."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.sandbox.expressions import Expression
from app.sandbox.resources import TaskQueue, Worker
from app.sandbox.routing import is_member


@dataclass(frozen=True, slots=True)
class _Answer:
    """Whether one worker belongs to one queue, and what that was read from."""

    expression: Expression
    attributes: Mapping[str, Any]
    name: str
    belongs: bool

    def holds_for(self, queue: TaskQueue, worker: Worker) -> bool:
        # Setup and Workspace put new objects in place of these: an old one was not changed.
        same = self.expression is queue.target_workers and self.attributes is worker.attributes
        return same and self.name == worker.name


@dataclass(slots=True)
class Members:
    """Finds the members of queues. Expressions tell the time in minutes: a new one is asked anew.

    Not safe across threads: the caller holds the workspace.
    """

    _minute: datetime | None = None
    _answers: dict[tuple[str, str], _Answer] = field(default_factory=dict)

    def of(
        self, queues: Iterable[TaskQueue], workers: Iterable[Worker], now: datetime
    ) -> dict[str, list[Worker]]:
        """Return the members by the SID of each queue; what is remembered of others is forgotten."""
        minute = now.replace(second=0, microsecond=0)
        known = self._answers if minute == self._minute else {}
        self._minute, self._answers = minute, {}
        workers = list(workers)
        return {
            queue.sid: [worker for worker in workers if self._belongs(known, queue, worker, now)]
            for queue in queues
        }

    def _belongs(
        self, known: Mapping[tuple[str, str], _Answer], queue: TaskQueue, worker: Worker, now: datetime
    ) -> bool:
        key = (queue.sid, worker.sid)
        answer = known.get(key)
        if answer is None or not answer.holds_for(queue, worker):
            belongs = is_member(queue, worker, now)
            answer = _Answer(queue.target_workers, worker.attributes, worker.name, belongs)
        self._answers[key] = answer
        return answer.belongs
