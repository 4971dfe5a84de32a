"""A workspace: its workers, tasks and reservations, and what becomes of them as time passes."""

import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any, TypeAlias, TypeVar

import orjson

from app.sandbox import effects
from app.sandbox.resources import LIVE, Activity, Alert, Reservation, Status, Task, Worker
from app.sandbox.sids import Sids

DAY = 86_400
"""The seconds that a task may wait when nothing else is said (`Timeout` of the Task resource)."""


T = TypeVar("T", Reservation, Task)
Deadlines: TypeAlias = list[tuple[datetime, int, T]]
"""A heap of times by which something must have happened, each with the serial and the resource."""


def utc_now() -> datetime:
    """The clock of the sandbox when none is given."""
    return datetime.now(UTC)


class Workspace:
    """One workspace with one workflow and one queue. Safe across threads: `_changed` guards everything.

    SIDs are the same in every run with the same `seed`. `reservation_timeout` is in seconds by the `clock`.
    """

    def __init__(
        self, *, reservation_timeout: int = 120, clock: Callable[[], datetime] = utc_now, seed: int = 1
    ) -> None:
        self._changed = threading.Condition()
        self._sids = Sids(seed)
        self._serials = count(1)
        self.reservation_timeout = reservation_timeout
        self.clock = clock
        self.workspace_sid = self._sids.new("WS")
        self.workflow_sid = self._sids.new("WW")
        self.task_queue_sid = self._sids.new("WQ")
        self.idle = Activity(self._sids.new("WA"), "Idle", available=True)
        self.busy = Activity(self._sids.new("WA"), "Busy", available=False)
        self.offline = Activity(self._sids.new("WA"), "Offline", available=False)
        self._activities = {each.sid: each for each in (self.idle, self.busy, self.offline)}
        self._workers: dict[str, Worker] = {}
        self._tasks: dict[str, Task] = {}
        self._reservations: dict[str, Reservation] = {}
        # A run may make thousands: what is asked at every read must not walk through all of them.
        self._of_task: dict[str, list[Reservation]] = {}
        self._live: list[Reservation] = []
        self._answer_by: Deadlines[Reservation] = []
        self._assign_by: Deadlines[Task] = []
        self._picked_up: Deadlines[Reservation] = []

    def activity(self, sid: str) -> Activity:
        """Return the activity of this SID; an unknown SID becomes an activity in which no tasks come."""
        with self._changed:
            return self._activities.setdefault(sid, Activity(sid, sid, available=False))

    def add_worker(
        self, name: str, attributes: Mapping[str, Any] | None = None, activity: Activity | None = None
    ) -> Worker:
        """Add a worker, available unless another activity is given. Raises TypeError if not JSON."""
        with self._changed:
            now = self.clock()
            worker = Worker(
                sid=self._sids.new("WK"),
                serial=next(self._serials),
                name=name,
                attributes=_own(attributes),
                activity=activity or self.idle,
                created=now,
                updated=now,
                idle_since=now,
            )
            self._workers[worker.sid] = worker
            return worker

    def add_task(
        self,
        attributes: Mapping[str, Any] | None = None,
        priority: int = 0,
        timeout: int = DAY,
        workflow_sid: str = "",
    ) -> Task:
        """Add a pending task; `timeout` is how many seconds it may wait. Raises TypeError if not JSON."""
        with self._changed:
            now = self.clock()
            task = Task(
                sid=self._sids.new("WT"),
                serial=next(self._serials),
                attributes=_own(attributes),
                priority=priority,
                timeout=timeout,
                workflow_sid=workflow_sid or self.workflow_sid,
                created=now,
                updated=now,
            )
            self._tasks[task.sid] = task
            self._of_task[task.sid] = []
            heappush(self._assign_by, (now + timedelta(seconds=timeout), task.serial, task))
            return task

    def reserve(self, task: Task, worker: Worker) -> Reservation:
        """Reserve a worker for a task and call nobody. Raises ValueError when the task is not pending."""
        with self._changed:
            self.expire()
            if task.status != "pending":
                raise ValueError(f"task {task.sid} is {task.status}, only a pending task can be reserved")
            now = self.clock()
            reservation = Reservation(
                sid=self._sids.new("WR"),
                serial=next(self._serials),
                task=task,
                worker=worker,
                created=now,
                updated=now,
                deadline=now + timedelta(seconds=self.reservation_timeout),
            )
            task.status = "reserved"
            self._reservations[reservation.sid] = reservation
            self._of_task[task.sid].append(reservation)
            self._live.append(reservation)
            heappush(self._answer_by, (reservation.deadline, reservation.serial, reservation))
            return reservation

    def workers(self) -> list[Worker]:
        """All workers in the order of creation."""
        with self._changed:
            return list(self._workers.values())

    def tasks(self) -> list[Task]:
        """All tasks in the order of creation."""
        with self._changed:
            self.expire()
            return list(self._tasks.values())

    def reservations(self, task: Task | None = None) -> list[Reservation]:
        """All reservations, or those of one task, in the order of creation."""
        with self._changed:
            self.expire()
            return list(self._reservations.values() if task is None else self._of_task[task.sid])

    def alerts(self) -> list[Alert]:
        """All alerts, oldest first."""
        with self._changed:
            return sorted(
                (each for one in self._reservations.values() for each in one.alerts), key=lambda each: each.at
            )

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

    def expire(self) -> None:
        """Do what is due by the clock: phones are picked up, reservations time out, old tasks are canceled.

        Every reading method does this first, so it needs no thread.
        """
        with self._changed:
            now = self.clock()
            for reservation in _overdue(self._picked_up, now):
                if reservation.status == "pending":
                    effects.settle(reservation, "accepted", now)
                    self._changed.notify_all()
            for reservation in _overdue(self._answer_by, now):
                if reservation.status == "pending":
                    outcome = f"timeout after {self.reservation_timeout} s"
                    self._end(reservation, "timeout", outcome, reservation.deadline)
            for task in _overdue(self._assign_by, now):
                if task.status in {"pending", "reserved"}:
                    self.cancel(task, "Task TTL Exceeded")

    def rescind(self, reservation: Reservation) -> None:
        """Take a pending reservation from its worker; the task waits again. Any other one stays as it is."""
        with self._changed:
            if reservation.status == "pending":
                self._end(reservation, "rescinded", "rescinded", self.clock())

    def cancel(self, task: Task, reason: str = "") -> None:
        """Cancel a task, and its reservation if one is pending."""
        with self._changed:
            for reservation in self._of_task[task.sid]:
                if reservation.status == "pending":
                    self._end(reservation, "canceled", "canceled with its task", self.clock())
            effects.cancel(task, reason, self.clock())

    def _ring(self, reservation: Reservation, seconds: float) -> None:
        at = self.clock() + timedelta(seconds=seconds)
        # Whose time is over before is not reached any more.
        if at < reservation.deadline:
            heappush(self._picked_up, (at, next(self._serials), reservation))

    def _longest_idle(self) -> Worker | None:
        self._live = [each for each in self._live if each.status in LIVE]
        bound = {each.worker.sid for each in self._live}
        free = (each for each in self._workers.values() if each.activity.available and each.sid not in bound)
        return min(free, key=lambda each: each.idle_since, default=None)

    def _end(self, reservation: Reservation, status: Status, outcome: str, at: datetime) -> None:
        effects.settle(reservation, status, at)
        reservation.outcome = f"{outcome} ({reservation.outcome})"
        self._changed.notify_all()


def _overdue(deadlines: Deadlines[T], now: datetime) -> Iterator[T]:
    while deadlines and deadlines[0][0] <= now:
        yield heappop(deadlines)[2]


def _own(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    # A copy through JSON: what cannot be sent in a callback is refused here, with a TypeError.
    copy: dict[str, Any] = orjson.loads(orjson.dumps(dict(attributes or {})))
    return copy
