"""What an instruction or the end of a reservation changes in the resources. The caller holds the lock."""

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

from app.sandbox.resources import (
    Activity,
    Reservation,
    Status,
    Task,
    TaskQueue,
    TaskStatus,
    Worker,
    Workflow,
)
from app.sandbox.sids import Sids

MOST_REJECTIONS = 1000
"""A task is canceled after so many rejections, per the Reservation page."""

_TASK_STATUS: Mapping[Status, TaskStatus] = {
    "accepted": "assigned",
    "wrapping": "wrapping",
    "completed": "completed",
    "rejected": "pending",
    "timeout": "pending",
    "rescinded": "pending",
    "canceled": "pending",
}


def settle(reservation: Reservation, status: Status, now: datetime) -> None:
    """Move a reservation to a status, and its task and worker along with it.

    A task whose reservation is canceled waits again, unless it is canceled itself: see `close`. One whose
    transfer comes to nothing stays with the worker who has it.
    """
    reservation.status = status
    touch(reservation, now)
    task = reservation.task
    task.status = "assigned" if _is_lost_transfer(reservation, status) else _TASK_STATUS[status]
    if status == "rejected" and not reservation.of_transfer:
        task.rejections += 1
        if task.rejections >= MOST_REJECTIONS:
            task.status, task.reason = "canceled", f"rejected {MOST_REJECTIONS} times"
    touch(task, now)
    if status not in {"accepted", "wrapping"}:
        reservation.worker.idle_since = now


def _is_lost_transfer(reservation: Reservation, status: Status) -> bool:
    return reservation.of_transfer and _TASK_STATUS[status] == "pending"


def move(worker: Worker, activity: Activity, now: datetime) -> None:
    """Put a worker into an activity; whoever becomes available is idle from now on."""
    if activity.available and not worker.activity.available:
        worker.idle_since = now
    if worker.activity is not activity:
        worker.activity, worker.activity_since = activity, now
    touch(worker, now)


def close(task: Task, status: Literal["canceled", "completed"], reason: str, now: datetime) -> None:
    """Cancel or complete a task; the reason is kept with it, and when it was closed first."""
    task.status, task.reason, task.closed = status, reason, task.closed or now
    touch(task, now)


def connect(leg: Literal["call", "conference"], task: Task, sids: Sids, now: datetime) -> None:
    """Write the worker's leg into the task's attributes: that is how a client sees that a call was made."""
    worker_leg = sids.new("CA")
    if leg == "call":
        task.attributes["worker_call_sid"] = worker_leg
    else:
        customer = task.attributes.get("call_sid") or sids.new("CA")
        task.attributes["conference"] = {
            "sid": sids.new("CF"),
            "participants": {"worker": worker_leg, "customer": customer},
        }
    touch(task, now)


def touch(resource: Activity | TaskQueue | Workflow | Reservation | Task | Worker, now: datetime) -> None:
    """Count a change: the ETag becomes another one."""
    resource.updated = now
    resource.version += 1
