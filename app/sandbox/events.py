"""What happens in a workspace, told to whoever listens, by the names of TaskRouter's own events.

Source: "TaskRouter Events Reference" of Twilio's documentation. The last three are the sandbox's own: what a
callback URL answered, what was sent to the Reservation resource, and a line of Twilio's debugger.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Literal, NamedTuple
from urllib.parse import urlsplit

from app.sandbox.resources import Alert, Answer, Reservation, Task, Update, Worker

EventType = Literal[
    "task.created",
    "task-queue.entered",
    "task.canceled",
    "task.completed",
    "task.deleted",
    "reservation.created",
    "reservation.accepted",
    "reservation.rejected",
    "reservation.timeout",
    "reservation.canceled",
    "reservation.rescinded",
    "reservation.wrapup",
    "reservation.completed",
    "worker.activity.update",
    "callback.answered",
    "reservation.updated",
    "alert",
]


class Event(NamedTuple):
    """Something that happened, and to what; the sandbox's own events hold the answer, update or alert."""

    at: datetime
    type: EventType
    subject: Task | Reservation | Worker
    detail: Answer | Update | Alert | None = None


Listener = Callable[[Event], None]
"""Told of each event when it has happened, with the workspace locked: it is quick, and changes nothing."""


def as_record(event: Event) -> dict[str, object]:
    """An event as a JSON object: time, type, the SIDs of what it happened to, and what became of that."""
    record: dict[str, object] = {"at": event.at.isoformat(timespec="milliseconds"), "type": event.type}
    subject = event.subject
    if isinstance(subject, Worker):
        return record | {"worker": subject.sid, "name": subject.name, "activity": subject.activity.name}
    task = subject.task if isinstance(subject, Reservation) else subject
    record |= {"task": task.sid, "queue": task.queue.name, "priority": task.priority}
    if isinstance(subject, Reservation):
        record |= {"reservation": subject.sid, "worker": subject.worker.sid, "outcome": subject.outcome}
    elif task.reason:
        record["reason"] = task.reason
    return record | _detail(event.detail)


def _detail(detail: Answer | Update | Alert | None) -> dict[str, object]:
    # Nothing that differs from run to run, such as how long an answer took.
    match detail:
        case Answer():
            answer = detail.body.decode("utf-8", "replace")
            return {"path": urlsplit(detail.url).path, "status": detail.status, "answer": answer}
        case Update():
            return {"status": detail.http_status, "code": detail.code, "fault": detail.fault}
        case Alert():
            return {"code": detail.code, "text": detail.text}
    return {}
