"""From the beginning to the end of tasks and reservations, whoever brings it about."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Literal

from app.sandbox import effects
from app.sandbox.errors import INVALID_PARAMETER, RequestError
from app.sandbox.events import EventType
from app.sandbox.resources import LIVE, Activity, Reservation, Status, Task, Worker, Workflow
from app.sandbox.workspace import MOST_RECENT, Workspace, own

DAY = 86_400
"""The seconds that a task may wait when nothing else is said (`Timeout` of the Task resource)."""

KEPT = 300
"""The seconds for which a task that was closed can still be read over REST."""

_EVENTS: Mapping[Status, EventType] = {
    "accepted": "reservation.accepted",
    "rejected": "reservation.rejected",
    "timeout": "reservation.timeout",
    "canceled": "reservation.canceled",
    "rescinded": "reservation.rescinded",
    "wrapping": "reservation.wrapup",
    "completed": "reservation.completed",
}


class Lifecycle(Workspace):
    """A workspace in which tasks are added, reserved, accepted and closed, by hand or when time is over."""

    def add_task(
        self,
        attributes: Mapping[str, Any] | None = None,
        priority: int = 0,
        timeout: int = DAY,
        workflow: Workflow | None = None,
        channel: str = "default",
        virtual_start: datetime | None = None,
    ) -> Task:
        """Add a pending task that enters no workflow yet; `timeout` is how many seconds it may wait.

        Its age counts from `virtual_start`, or from now. Raises TypeError if not JSON.
        """
        with self._changed:
            self.expire()
            now = self._now()
            task = Task(
                sid=self._sids.new("WT"),
                serial=next(self._serials),
                attributes=own(attributes),
                priority=priority,
                timeout=timeout,
                workflow=workflow or self.workflow,
                queue=self.queue,
                created=now,
                updated=now,
                queued=now,
                virtual_start=virtual_start or now,
                channel=channel,
            )
            self._tasks[task.sid] = task
            self._of_task[task.sid] = []
            # By its name: plans for tomorrow must not keep what is forgotten by then.
            self._agenda.plan(now + timedelta(seconds=timeout), partial(self._give_up, task.sid))
            self._tell(now, "task.created", task)
            return task

    def reserve(self, task: Task, worker: Worker) -> Reservation:
        """Reserve a worker for a task and call nobody. Raises ValueError when the task is not pending."""
        with self._changed:
            self.expire()
            if task.status != "pending":
                raise ValueError(f"task {task.sid} is {task.status}, only a pending task can be reserved")
            return self._reserve(task, worker, self.clock())

    def rescind(self, reservation: Reservation) -> None:
        """Take a pending reservation from its worker; the task waits again. Any other one stays as it is."""
        with self._acting() as now:
            if reservation.status == "pending":
                self._end(reservation, "rescinded", "rescinded", now)

    def cancel(self, task: Task, reason: str = "") -> None:
        """Cancel a task, and its reservation if one is pending."""
        with self._acting() as now:
            self._cancel(task, reason, now)

    def complete(self, task: Task, reason: str = "") -> None:
        """Complete a task, and the reservation that was accepted for it."""
        with self._acting() as now:
            task.reason = reason
            for reservation in self._in_status(task, "accepted", "wrapping"):
                self._settle(reservation, "completed", now)
            self._close(task, "completed", reason, now)

    def wrap_up(self, task: Task, reason: str = "") -> None:
        """Let the worker who accepted a task finish additional duties."""
        with self._acting() as now:
            for reservation in self._in_status(task, "accepted"):
                self._settle(reservation, "wrapping", now)
            task.reason = reason
            effects.touch(task, now)

    def delete_task(self, task: Task) -> None:
        """Delete a task, whatever its status: a reservation that is pending is canceled before."""
        with self._acting() as now:
            if task.status in {"pending", "reserved"}:
                self._cancel(task, "deleted", now)
            for reservation in self._in_status(task, "accepted", "wrapping"):
                self._settle(reservation, "completed", now)
            self._left(task)
            self._forget(task, now)
            self._tell(now, "task.deleted", task)

    def delete_worker(self, worker: Worker) -> None:
        """Delete a worker. Raises RequestError 400 while a reservation binds the worker."""
        with self._acting():
            if any(each.status in LIVE for each in self._of_worker.get(worker.sid, ())):
                raise RequestError(
                    400, INVALID_PARAMETER, f"{worker.sid} has reservations and cannot be deleted"
                )
            self._workers.pop(worker.sid, None)

    def move(self, worker: Worker, activity: Activity, *, reject: bool = False) -> None:
        """Put a worker into an activity, and `reject` what is pending for the worker if wanted."""
        with self._acting() as now:
            self._change_activity(worker, activity, now)
            for reservation in self._of_worker[worker.sid] if reject else ():
                if reservation.status == "pending":
                    self._end(reservation, "rejected", "rejected with the worker's activity", now)

    def reorder(self, task: Task, **fields: Any) -> None:
        """Set a task's `priority`, `virtual_start` or `channel`."""
        with self._acting() as now:
            for name, value in fields.items():
                setattr(task, name, value)
            effects.touch(task, now)

    def _reserve(self, task: Task, worker: Worker, now: datetime) -> Reservation:
        reservation = Reservation(
            sid=self._sids.new("WR"),
            serial=next(self._serials),
            task=task,
            worker=worker,
            queue=task.queue,
            created=now,
            updated=now,
            deadline=now + timedelta(seconds=task.workflow.reservation_timeout),
        )
        task.status = "reserved"
        self._reservations[reservation.sid] = reservation
        self._of_task[task.sid].append(reservation)
        self._of_worker[worker.sid].append(reservation)
        self._live.append(reservation)
        self._recent[reservation.sid] = reservation
        if len(self._recent) > MOST_RECENT:
            del self._recent[next(iter(self._recent))]
        if task.queue.reservation_activity:
            reservation.worker_before = worker.activity
            self._move(reservation, task.queue.reservation_activity, now)
        self._agenda.plan(reservation.deadline, partial(self._time_out, reservation))
        self._tell(now, "reservation.created", reservation)
        return reservation

    def _settle(self, reservation: Reservation, status: Status, at: datetime) -> None:
        """Move a reservation to a status, with all that follows for its task, its worker and others."""
        effects.settle(reservation, status, at)
        self._tell(at, _EVENTS[status], reservation)
        if status == "accepted":
            self._follow_acceptance(reservation, at)
        elif status == "completed":
            if reservation.post_work_activity:
                self._move(reservation, self.activity(reservation.post_work_activity), at)
            self._close(reservation.task, "completed", reservation.task.reason, at)
        elif status != "wrapping":
            self._follow_failure(reservation, at)
        self._changed.notify_all()

    def _follow_acceptance(self, reservation: Reservation, at: datetime) -> None:
        task = reservation.task
        if reservation.queue.assignment_activity:
            self._move(reservation, reservation.queue.assignment_activity, at)
        for rival in self._in_status(task, "pending"):
            self._end(rival, "rescinded", "rescinded, another worker accepted", at)
        for before in self._in_status(task, "accepted", "wrapping"):
            # Who transferred the task is done with it, and the task is not.
            if before is not reservation:
                effects.settle(before, "completed", at)
                self._tell(at, "reservation.completed", before)
        task.status = "assigned"
        self._left(task)

    def _follow_failure(self, reservation: Reservation, at: datetime) -> None:
        task = reservation.task
        self._give_back(reservation, at)
        if task.status == "canceled":
            self._cancel(task, task.reason, at)
        elif task.status == "pending" and any(self._in_status(task, "pending")):
            task.status = "reserved"
        elif task.status == "pending":
            self._came_back(task)

    def _came_back(self, task: Task) -> None:
        """Let a task wait again whose reservation came to nothing."""

    def _left(self, task: Task) -> None:
        """Let a task wait no longer: it was accepted or closed."""

    def _give_back(self, reservation: Reservation, at: datetime) -> None:
        # Unless somebody else has moved the worker meanwhile.
        before, worker = reservation.worker_before, reservation.worker
        if before and worker.activity is reservation.queue.reservation_activity:
            self._move(reservation, before, at)

    def _end(self, reservation: Reservation, status: Status, outcome: str, at: datetime) -> None:
        self._settle(reservation, status, at)
        reservation.outcome = f"{outcome} ({reservation.outcome})"

    def _time_out(self, reservation: Reservation, at: datetime) -> None:
        if reservation.status != "pending":
            return
        seconds = int((reservation.deadline - reservation.created).total_seconds())
        self._end(reservation, "timeout", f"timeout after {seconds} s", at)
        self._move(reservation, self.timeout_activity, at)
        self._go_on(at)

    def _give_up(self, task_sid: str, at: datetime) -> None:
        task = self._tasks.get(task_sid)
        if task and task.status in {"pending", "reserved"}:
            self._cancel(task, "Task TTL Exceeded", at)
            self._go_on(at)

    def _cancel(self, task: Task, reason: str, at: datetime) -> None:
        self._close(task, "canceled", reason, at)

    def _close(self, task: Task, status: Literal["canceled", "completed"], reason: str, at: datetime) -> None:
        for reservation in self._in_status(task, "pending"):
            self._end(reservation, "canceled", "canceled with its task", at)
        is_first = task.closed is None
        effects.close(task, status, reason, at)
        self._left(task)
        if is_first:
            self._agenda.plan(at + timedelta(seconds=KEPT), partial(self._forget, task))
            self._tell(at, "task.canceled" if status == "canceled" else "task.completed", task)

    def _forget(self, task: Task, _at: datetime) -> None:
        self._tasks.pop(task.sid, None)
        for reservation in self._of_task.pop(task.sid, ()):
            self._reservations.pop(reservation.sid, None)
            self._of_worker[reservation.worker.sid].remove(reservation)

    def _move(self, reservation: Reservation, activity: Activity, at: datetime) -> None:
        """Put the worker into another activity because of a reservation."""
        self._change_activity(reservation.worker, activity, at)

    def _change_activity(self, worker: Worker, activity: Activity, at: datetime) -> None:
        effects.move(worker, activity, at)
        self._tell(at, "worker.activity.update", worker)

    def _in_status(self, task: Task, *statuses: Status) -> Iterator[Reservation]:
        return (each for each in self._of_task.get(task.sid, ()) if each.status in statuses)
