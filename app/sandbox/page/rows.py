"""Tasks, reservations, alerts and workers as rows of the page: short, and ready for JSON.

`key` tells the page which row is which from one look to the next. Times are ISO 8601; how long ago that is
the page finds out by the sandbox's clock, so that a row changes only when something happens.
"""

from datetime import datetime
from typing import Any

import orjson

from app.sandbox.resources import Alert, Reservation, Task, Worker

Row = dict[str, Any]

SHORT = 160
"""The most characters of a task's attributes in a row."""


def moment(at: datetime) -> str:
    """Return a time in ISO 8601, to the millisecond."""
    return at.isoformat(timespec="milliseconds")


def short(attributes: dict[str, Any]) -> str:
    """Return the beginning of attributes as JSON in one line."""
    text = orjson.dumps(attributes).decode()
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


def task_row(task: Task) -> Row:
    """Return a task that waits, or that nobody got."""
    return {
        "key": task.sid,
        "task": task.sid,
        "status": task.status,
        "queue": task.queue.name,
        "workflow": task.workflow.name,
        "priority": task.priority,
        "since": moment(task.virtual_start),
        "updated": moment(task.updated),
        "rejections": task.rejections,
        "reason": task.reason,
        "attributes": short(task.attributes),
    }


def reservation_row(reservation: Reservation) -> Row:
    """Return a reservation; `limit` is how many seconds it may be pending."""
    task = reservation.task
    return {
        "key": reservation.sid,
        "task": task.sid,
        "status": reservation.status,
        "queue": reservation.queue.name,
        "worker": reservation.worker.name,
        "priority": task.priority,
        "created": moment(reservation.created),
        "updated": moment(reservation.updated),
        "limit": round((reservation.deadline - reservation.created).total_seconds()),
        "outcome": reservation.outcome,
        "attributes": short(task.attributes),
    }


def worker_row(worker: Worker, bound: Reservation | None) -> Row:
    """Return a worker, and the live reservation that binds the worker; `since` is when that began."""
    since = bound.updated if bound else max(worker.idle_since, worker.activity_since)
    return {
        "key": worker.sid,
        "name": worker.name,
        "activity": worker.activity.sid,
        "available": worker.activity.available,
        "status": bound.status if bound else "",
        "task": bound.task.sid if bound else "",
        "doing": short(bound.task.attributes) if bound else "",
        "since": moment(since),
    }


def alert_row(alert: Alert) -> Row:
    """Return an alert."""
    return {
        "key": str(alert.serial),
        "at": moment(alert.at),
        "code": alert.code,
        "text": alert.text,
        "reservation": alert.reservation_sid,
        "more": f"https://www.twilio.com/docs/api/errors/{alert.code}",
    }
