"""The TaskQueue resource."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request

from app.sandbox import routing
from app.sandbox.expressions import Scope
from app.sandbox.resources import TaskQueue
from app.sandbox.rest import parameters
from app.sandbox.rest.parameters import Table
from app.sandbox.rest.representations import Representation, as_json, timestamp
from app.sandbox.rest.views import Route, Views, deleted, form, found, ordered
from app.sandbox.wire import Form

MOST_RESERVED = 50

FIELDS: Table = {
    "FriendlyName": ("name", parameters.name),
    "TargetWorkers": ("target_workers", parameters.expression),
    "MaxReservedWorkers": ("max_reserved_workers", parameters.number(1, MOST_RESERVED)),
    "TaskOrder": ("task_order", parameters.word("FIFO", "LIFO")),
    "ReservationActivitySid": ("reservation_activity", parameters.sid("WA")),
    "AssignmentActivitySid": ("assignment_activity", parameters.sid("WA")),
}
ACTIVITIES = ("reservation_activity", "assignment_activity")
ORDERS = {
    "DateUpdated": lambda queue: queue.updated,
    "DateCreated": lambda queue: queue.created,
    "FriendlyName": lambda queue: queue.name,
}


class QueueViews(Views):
    """Create, fetch, list, update and delete."""

    def routes(self) -> Sequence[Route]:
        """Return the routes of task queues."""
        queues = "/<workspace>/TaskQueues"
        return (
            ("POST", queues, self.create_queue),
            ("GET", queues, self.list_queues),
            ("GET", f"{queues}/<sid>", self.fetch_queue),
            ("POST", f"{queues}/<sid>", self.update_queue),
            ("DELETE", f"{queues}/<sid>", self.delete_queue),
        )

    def create_queue(self) -> Response:
        """Add a queue, of everybody unless TargetWorkers says otherwise."""
        given = form()
        parameters.require(given, "FriendlyName")
        return as_json(self._json(self._taskrouter.add_queue(**self._fields(given))), 201)

    def fetch_queue(self, sid: str) -> Response:
        """Return one queue."""
        return as_json(self._json(self._queue(sid)))

    def list_queues(self) -> Response:
        """Return a page of the queues: by name, by one of their workers, or by a worker's attributes."""
        rows = self._taskrouter.queues()
        now = self._taskrouter.clock()
        given = parameters.read(request.args.to_dict(flat=False), _FILTERS)
        if name := given.get("name"):
            rows = [row for row in rows if row.name == name]
        if sid := given.get("worker"):
            worker = self._taskrouter.find_worker(sid)
            rows = [row for row in rows if worker and routing.is_member(row, worker, now)]
        if "attributes" in given:
            scope = Scope(given["attributes"], {"worker": given["attributes"]}, now)
            rows = [row for row in rows if row.target_workers.holds(scope)]
        rows, by = ordered(rows, ORDERS)
        return self._page("task_queues", rows, self._json, by=by)

    def update_queue(self, sid: str) -> Response:
        """Set any of its fields; waiting tasks are offered to whoever belongs to it now."""
        queue = self._queue(sid)
        self._taskrouter.change(queue, **self._fields(form()))
        return as_json(self._json(queue))

    def delete_queue(self, sid: str) -> Response:
        """Delete one that no workflow and no waiting task refers to."""
        self._taskrouter.delete_queue(self._queue(sid))
        return deleted()

    def _fields(self, given: Form) -> dict[str, Any]:
        fields = parameters.read(given, FIELDS)
        for name in ACTIVITIES:
            if name in fields:
                fields[name] = self._existing_activity(fields[name])
        return fields

    def _queue(self, sid: str) -> TaskQueue:
        return found(self._taskrouter.find_queue(sid))

    def _json(self, queue: TaskQueue) -> Representation:
        reservation, assignment = queue.reservation_activity, queue.assignment_activity
        return {
            **self._common,
            "sid": queue.sid,
            "friendly_name": queue.name,
            "target_workers": queue.target_workers.text,
            "max_reserved_workers": queue.max_reserved_workers,
            "task_order": queue.task_order,
            "reservation_activity_sid": reservation.sid if reservation else None,
            "reservation_activity_name": reservation.name if reservation else None,
            "assignment_activity_sid": assignment.sid if assignment else None,
            "assignment_activity_name": assignment.name if assignment else None,
            "date_created": timestamp(queue.created),
            "date_updated": timestamp(queue.updated),
            "url": f"{self._root}/TaskQueues/{queue.sid}",
            "links": {"workspace": self._root},
        }


_FILTERS: Table = {
    "FriendlyName": ("name", parameters.text),
    "WorkerSid": ("worker", parameters.sid("WK")),
    "EvaluateWorkerAttributes": ("attributes", parameters.attributes),
}
