"""A workspace: its workers, and what there is of tasks and reservations."""

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import orjson

from app.sandbox import effects
from app.sandbox.clock import Clock, utc_now
from app.sandbox.events import Event, EventType, Listener
from app.sandbox.resources import LIVE, Activity, Alert, Answer, Reservation, Task, TaskQueue, Update, Worker
from app.sandbox.setup import Part, Setup

MOST_ALERTS = 10_000
"""How many alerts are kept."""

MOST_RECENT = 5_000
"""How many reservations are kept with their callbacks, for people, when Twilio has forgotten their tasks."""


class Workspace(Setup):
    """Workers, and tasks and reservations to be read: Lifecycle makes and changes those.

    `reservation_timeout` is that of the first workflow, in seconds by the `clock`.
    """

    def __init__(self, *, reservation_timeout: int = 120, clock: Clock = utc_now, seed: int = 1) -> None:
        super().__init__(clock=clock, seed=seed)
        self.workflow.reservation_timeout = reservation_timeout
        self._workers: dict[str, Worker] = {}
        self._tasks: dict[str, Task] = {}
        self._reservations: dict[str, Reservation] = {}
        # A run may make thousands: what is asked at every read must not walk through all of them.
        self._of_task: dict[str, list[Reservation]] = {}
        self._of_worker: dict[str, list[Reservation]] = {}
        self._live: list[Reservation] = []
        self._alerts: deque[Alert] = deque(maxlen=MOST_ALERTS)
        self._recent: dict[str, Reservation] = {}
        self._listeners: list[Listener] = []

    def add_worker(
        self, name: str, attributes: Mapping[str, Any] | None = None, activity: Activity | None = None
    ) -> Worker:
        """Add a worker, available unless another activity is given. Raises TypeError if not JSON."""
        with self._acting() as now:
            worker = Worker(
                sid=self._sids.new("WK"),
                serial=next(self._serials),
                name=name,
                attributes=own(attributes),
                activity=activity or self.default_activity,
                created=now,
                updated=now,
                idle_since=now,
                activity_since=now,
            )
            self._workers[worker.sid] = worker
            self._of_worker[worker.sid] = []
        return worker

    def workers(self) -> list[Worker]:
        """All workers in the order of creation."""
        with self._changed:
            return list(self._workers.values())

    def tasks(self) -> list[Task]:
        """All tasks in the order of creation."""
        with self._changed:
            self.expire()
            return list(self._tasks.values())

    def reservations(self, of: Task | Worker | None = None) -> list[Reservation]:
        """All reservations, or those of one task or one worker, in the order of creation."""
        with self._changed:
            self.expire()
            if of is None:
                return list(self._reservations.values())
            return list((self._of_task if isinstance(of, Task) else self._of_worker).get(of.sid, ()))

    def alerts(self) -> list[Alert]:
        """The latest MOST_ALERTS alerts, oldest first."""
        with self._changed:
            return list(self._alerts)

    def alert(self, reservation: Reservation, code: int, text: str) -> None:
        """Write a line into the debugger: what was wrong with an answer for a reservation."""
        with self._changed:
            alert = Alert(next(self._serials), code, text, reservation.sid, self.clock())
            reservation.alerts.append(alert)
            self._alerts.append(alert)
            self._tell(alert.at, "alert", reservation, alert)

    def recent(self) -> list[Reservation]:
        """The latest MOST_RECENT reservations in the order of creation, whatever became of their tasks."""
        with self._changed:
            return list(self._recent.values())

    def find_recent(self, sid: str) -> Reservation | None:
        """Return one of the latest reservations, if it is among them."""
        return self._recent.get(sid)

    def listen(self, listener: Listener) -> None:
        """Let somebody be told of every event from now on."""
        with self._changed:
            self._listeners.append(listener)

    def find_worker(self, sid: str) -> Worker | None:
        """Return the worker of this SID, if there is one."""
        return self._workers.get(sid)

    def find_task(self, sid: str) -> Task | None:
        """Return the task of this SID as it is by now, if there is one."""
        self.expire()
        return self._tasks.get(sid)

    def find_reservation(self, sid: str) -> Reservation | None:
        """Return the reservation of this SID as it is by now, if there is one."""
        self.expire()
        return self._reservations.get(sid)

    def describe(self, resource: Task | Worker, attributes: Mapping[str, Any]) -> None:
        """Set the attributes of a task or a worker. Raises TypeError if not JSON."""
        with self._acting() as now:
            resource.attributes = own(attributes)
            if isinstance(resource, Worker):
                resource.memberships.clear()
            effects.touch(resource, now)

    def rename(self, worker: Worker, name: str) -> None:
        """Give a worker another name."""
        with self._acting() as now:
            worker.name = name
            worker.memberships.clear()
            effects.touch(worker, now)

    def _tell(
        self,
        at: datetime,
        kind: EventType,
        subject: Task | Reservation | Worker,
        detail: Answer | Update | Alert | None = None,
    ) -> None:
        for listener in self._listeners:
            listener(Event(at, kind, subject, detail))

    def _free(self) -> list[Worker]:
        """The workers who can be reserved: available, and bound by no reservation."""
        self._live = [each for each in self._live if each.status in LIVE]
        bound = {each.worker.sid for each in self._live}
        return [each for each in self._workers.values() if each.activity.available and each.sid not in bound]

    def _users_of(self, part: Part) -> Iterable[str]:
        if isinstance(part, Activity):
            return (each.sid for each in self._workers.values() if each.activity is part)
        waiting = (each for each in self._tasks.values() if each.status in {"pending", "reserved"})
        if isinstance(part, TaskQueue):
            return (each.sid for each in waiting if each.queue is part)
        return (each.sid for each in waiting if each.workflow is part)


def own(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return a copy of attributes. Raises TypeError for what is not JSON and could not be sent."""
    copy: dict[str, Any] = orjson.loads(orjson.dumps(dict(attributes or {})))
    return copy
