"""What a verdict changes: the reservation, its task, its worker. The caller holds TaskRouter's lock."""

from collections.abc import Mapping
from datetime import datetime

from app.sandbox.judge import Verdict
from app.sandbox.resources import Activity, Reservation, Status, Task, TaskStatus, Worker
from app.sandbox.sids import Sids

MOST_REJECTIONS = 1000
"""A task is canceled after so many rejections, per the Reservation page."""

_TASK_STATUS: Mapping[Status, TaskStatus] = {
    "accepted": "assigned",
    "wrapping": "assigned",
    "completed": "completed",
    "rejected": "pending",
    "timeout": "pending",
    "rescinded": "pending",
    "canceled": "canceled",
}


def apply(verdict: Verdict, reservation: Reservation, sids: Sids, now: datetime) -> None:
    """Carry a verdict out, but for the worker's activity: see `move`.

    A leg is answered at once, so its SIDs stand in the task's attributes as soon as the order was taken.
    """
    if verdict.leg:
        _connect(verdict.leg, reservation.task, sids)
        _touch(reservation.task, now)
    if verdict.status:
        settle(reservation, verdict.status, now)
    else:
        _touch(reservation, now)
    reservation.outcome = verdict.outcome


def settle(reservation: Reservation, status: Status, now: datetime) -> None:
    """Move a reservation to a status, and its task and worker along with it."""
    reservation.status = status
    _touch(reservation, now)
    task = reservation.task
    task.status = _TASK_STATUS[status]
    if status == "rejected":
        task.rejections += 1
        if task.rejections >= MOST_REJECTIONS:
            task.status, task.reason = "canceled", f"rejected {MOST_REJECTIONS} times"
    _touch(task, now)
    if status not in {"accepted", "wrapping"}:
        reservation.worker.idle_since = now


def move(worker: Worker, activity: Activity, now: datetime) -> None:
    """Put a worker into an activity."""
    worker.activity = activity
    _touch(worker, now)


def cancel(task: Task, reason: str, now: datetime) -> None:
    """Cancel a task; the reason is kept with it."""
    task.status, task.reason = "canceled", reason
    _touch(task, now)


def _connect(leg: str, task: Task, sids: Sids) -> None:
    worker_leg = sids.new("CA")
    if leg == "call":
        task.attributes["worker_call_sid"] = worker_leg
        return
    customer = task.attributes.get("call_sid") or sids.new("CA")
    task.attributes["conference"] = {
        "sid": sids.new("CF"),
        "participants": {"worker": worker_leg, "customer": customer},
    }


def _touch(resource: Reservation | Task | Worker, now: datetime) -> None:
    resource.updated = now
    resource.version += 1
