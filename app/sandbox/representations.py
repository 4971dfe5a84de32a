"""Resources as JSON: field names as in Twilio's OpenAPI document, URLs those of the sandbox."""

from datetime import datetime
from typing import Any

import orjson
from flask import Response

from app.sandbox.resources import Reservation, Task, Worker
from app.sandbox.taskrouter import TaskRouter

Representation = dict[str, Any]


def as_json(body: Representation, status: int = 200, version: int | None = None) -> Response:
    """Return a JSON response, with the version as its ETag when there is one."""
    response = Response(orjson.dumps(body), status, mimetype="application/json")
    if version is not None:
        response.set_etag(str(version))
    return response


def reservation_json(taskrouter: TaskRouter, root: str, reservation: Reservation) -> Representation:
    """The eleven fields of a TaskReservation; `root` is the workspace's URL."""
    task_url = f"{root}/Tasks/{reservation.task.sid}"
    return {
        "sid": reservation.sid,
        "account_sid": taskrouter.account_sid,
        "workspace_sid": taskrouter.workspace_sid,
        "task_sid": reservation.task.sid,
        "worker_sid": reservation.worker.sid,
        "worker_name": reservation.worker.name,
        "reservation_status": reservation.status,
        "date_created": _timestamp(reservation.created),
        "date_updated": _timestamp(reservation.updated),
        "url": f"{task_url}/Reservations/{reservation.sid}",
        "links": {
            "task": task_url,
            "worker": f"{root}/Workers/{reservation.worker.sid}",
            "workspace": root,
        },
    }


def task_json(taskrouter: TaskRouter, root: str, task: Task) -> Representation:
    """A Task; its attributes are JSON inside a string, as Twilio has them."""
    url = f"{root}/Tasks/{task.sid}"
    return {
        "sid": task.sid,
        "account_sid": taskrouter.account_sid,
        "workspace_sid": taskrouter.workspace_sid,
        "workflow_sid": task.workflow.sid,
        "task_queue_sid": task.queue.sid,
        "assignment_status": task.status,
        "attributes": orjson.dumps(task.attributes).decode(),
        "addons": "{}",
        "priority": task.priority,
        "reason": task.reason or None,
        "timeout": task.timeout,
        "age": int((taskrouter.clock() - task.created).total_seconds()),
        "date_created": _timestamp(task.created),
        "date_updated": _timestamp(task.updated),
        "task_queue_entered_date": _timestamp(task.queued),
        "url": url,
        "links": {"workspace": root, "reservations": f"{url}/Reservations"},
    }


def worker_json(taskrouter: TaskRouter, root: str, worker: Worker) -> Representation:
    """A Worker; its attributes are JSON inside a string, as Twilio has them."""
    url = f"{root}/Workers/{worker.sid}"
    return {
        "sid": worker.sid,
        "account_sid": taskrouter.account_sid,
        "workspace_sid": taskrouter.workspace_sid,
        "friendly_name": worker.name,
        "attributes": orjson.dumps(worker.attributes).decode(),
        "activity_sid": worker.activity.sid,
        "activity_name": worker.activity.name,
        "available": worker.activity.available,
        "date_created": _timestamp(worker.created),
        "date_updated": _timestamp(worker.updated),
        "date_status_changed": _timestamp(worker.idle_since),
        "url": url,
        "links": {"workspace": root},
    }


def _timestamp(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
