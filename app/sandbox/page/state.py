"""What there is now, as one document for the page: pure, from a TaskRouter to values that JSON can hold.

A run may make tens of thousands of tasks. The document counts all of them, and shows those that matter now:
`rows` are the first of a list and `more` is how many follow.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from heapq import nlargest
from itertools import islice
from operator import attrgetter
from typing import Any

from app.sandbox.page.callbacks import callback_row, callbacks_of, how_many
from app.sandbox.page.rows import Row, alert_row, moment, reservation_row, task_row, worker_row
from app.sandbox.resources import LIVE, Alert, Reservation, Task, TaskQueue, Worker, Workflow
from app.sandbox.routing import is_member
from app.sandbox.taskrouter import TaskRouter

CALLBACKS = 200
"""How many callbacks are shown when nobody wants more."""

_STATUS = attrgetter("status")
_UPDATED = attrgetter("updated")
"""Lists are searched by it from their end: of those that changed at one time, the newest comes first."""

_WORKERS = 1000
_TASKS = 100
_CANCELED = 20
_LIVE = 500
_ENDED = 100
_ALERTS = 100

State = dict[str, Any]
Part = dict[str, Any]
"""`rows`, and `more`: how many there are beside these."""


def state_of(taskrouter: TaskRouter, callbacks: int = CALLBACKS) -> State:
    """Return what there is now, with at most so many callbacks.

    Without the time: while nothing happens the state stays the same.
    """
    with taskrouter.at_once():
        return _Look(taskrouter).state(callbacks)


@dataclass(slots=True)
class _Look:
    """One look at a workspace that stands still meanwhile: each list is fetched once."""

    taskrouter: TaskRouter

    def state(self, callbacks: int) -> State:
        tasks, reservations = self.taskrouter.tasks(), self.taskrouter.reservations()
        live = [each for each in reservations if each.status in LIVE]
        workers = self.taskrouter.workers()
        waiting = self.taskrouter.waiting()
        return {
            "workspace": {
                "sid": self.taskrouter.workspace_sid,
                "name": self.taskrouter.name,
                "account_sid": self.taskrouter.account_sid,
            },
            "activities": [
                {"sid": each.sid, "name": each.name, "available": each.available}
                for each in self.taskrouter.activities()
            ],
            "workflows": [_workflow(each) for each in self.taskrouter.workflows()],
            "counts": _counts(tasks, reservations, workers),
            "queues": self._queues(waiting, workers),
            "workers": _workers(workers, live),
            "waiting": _part(map(task_row, islice(waiting, _TASKS)), len(waiting)),
            "canceled": _canceled(tasks),
            "reservations": _reservations(reservations, live),
            "alerts": _alerts(self.taskrouter.alerts()),
            "callbacks": _callbacks(self.taskrouter.recent(), callbacks),
        }

    def _queues(self, waiting: Sequence[Task], workers: Sequence[Worker]) -> list[Row]:
        queues = self.taskrouter.queues()
        now = self.taskrouter.clock()
        members = {queue.sid: [each for each in workers if is_member(queue, each, now)] for queue in queues}
        number = Counter(task.queue.sid for task in waiting)
        oldest: dict[str, datetime] = {}
        for task in waiting:
            known = oldest.get(task.queue.sid, task.virtual_start)
            oldest[task.queue.sid] = min(known, task.virtual_start)
        return [_queue(each, number[each.sid], oldest.get(each.sid), members[each.sid]) for each in queues]


def _queue(queue: TaskQueue, waiting: int, oldest: datetime | None, members: Sequence[Worker]) -> Row:
    return {
        "key": queue.sid,
        "name": queue.name,
        "waiting": waiting,
        "oldest": moment(oldest) if oldest else "",
        "available": sum(worker.activity.available for worker in members),
        "members": len(members),
    }


def _workflow(workflow: Workflow) -> Row:
    return {
        "sid": workflow.sid,
        "name": workflow.name,
        "callback_url": workflow.callback_url,
        "fallback_url": workflow.fallback_url,
    }


def _counts(
    tasks: Iterable[Task], reservations: Iterable[Reservation], workers: Sequence[Worker]
) -> Mapping[str, Any]:
    return {
        "tasks": Counter(map(_STATUS, tasks)),
        "reservations": Counter(map(_STATUS, reservations)),
        "workers": len(workers),
        "available": sum(each.activity.available for each in workers),
    }


def _workers(workers: Sequence[Worker], live: Iterable[Reservation]) -> Part:
    bound = {each.worker.sid: each for each in live}
    shown = islice(workers, _WORKERS)
    return _part((worker_row(each, bound.get(each.sid)) for each in shown), len(workers))


def _canceled(tasks: Sequence[Task]) -> Part:
    canceled = [each for each in reversed(tasks) if each.status == "canceled"]
    last = nlargest(_CANCELED, canceled, key=_UPDATED)
    return _part(map(task_row, last), len(canceled))


def _reservations(reservations: Sequence[Reservation], live: Sequence[Reservation]) -> Part:
    """Those that are pending, accepted and wrapping, newest first; then those that ended last."""
    ended = [each for each in reversed(reservations) if each.status not in LIVE]
    last = nlargest(_ENDED, ended, key=_UPDATED)
    shown = [*islice(reversed(live), _LIVE), *last]
    return _part(map(reservation_row, shown), len(reservations))


def _alerts(alerts: Sequence[Alert]) -> Part:
    """The last alerts, newest first."""
    return _part(map(alert_row, islice(reversed(alerts), _ALERTS)), len(alerts))


def _callbacks(reservations: Sequence[Reservation], most: int) -> Part:
    """The last callbacks, newest first."""
    shown = islice(callbacks_of(reversed(reservations)), most)
    return _part((callback_row(*each) for each in shown), sum(map(how_many, reservations)))


def _part(rows: Iterable[Row], number: int) -> Part:
    shown = list(rows)
    return {"rows": shown, "more": number - len(shown)}
