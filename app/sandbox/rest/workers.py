"""The Worker resource."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, request

from app.sandbox import routing
from app.sandbox.resources import Worker
from app.sandbox.rest import parameters
from app.sandbox.rest.parameters import Table
from app.sandbox.rest.representations import Representation, as_json, json_text, timestamp
from app.sandbox.rest.views import Route, Views, check_version, deleted, form, found, ordered

FIELDS: Table = {
    "FriendlyName": ("name", parameters.name),
    "ActivitySid": ("activity", parameters.sid("WA")),
    "Attributes": ("attributes", parameters.attributes),
    "RejectPendingReservations": ("reject", parameters.yes),
}
FILTERS: Table = {
    "ActivityName": ("activity_name", parameters.text),
    "ActivitySid": ("activity_sid", parameters.text),
    "Available": ("available", parameters.yes),
    "FriendlyName": ("name", parameters.text),
    "TargetWorkersExpression": ("expression", parameters.expression),
    "TaskQueueName": ("queue_name", parameters.text),
    "TaskQueueSid": ("queue_sid", parameters.text),
}
ORDERS = {
    "DateStatusChanged": lambda worker: worker.activity_since,
    "DateCreated": lambda worker: worker.created,
    "FriendlyName": lambda worker: worker.name,
}


class WorkerViews(Views):
    """Create, fetch, list, update and delete."""

    def routes(self) -> Sequence[Route]:
        """Return the routes of workers."""
        workers = "/<workspace>/Workers"
        return (
            ("POST", workers, self.create_worker),
            ("GET", workers, self.list_workers),
            ("GET", f"{workers}/<sid>", self.fetch_worker),
            ("POST", f"{workers}/<sid>", self.update_worker),
            ("DELETE", f"{workers}/<sid>", self.delete_worker),
        )

    def create_worker(self) -> Response:
        """Add a worker; an activity that is not known becomes one in which no tasks come."""
        given = form()
        parameters.require(given, "FriendlyName")
        fields = parameters.read(given, FIELDS)
        activity = self._taskrouter.activity(fields["activity"]) if "activity" in fields else None
        worker = self._taskrouter.add_worker(fields["name"], fields.get("attributes"), activity)
        return self._one(worker, 201)

    def fetch_worker(self, sid: str) -> Response:
        """Return one worker."""
        return self._one(self._worker(sid))

    def list_workers(self) -> Response:
        """Return a page of the workers, with Twilio's filters and Ordering."""
        given = parameters.read(request.args.to_dict(flat=False), FILTERS)
        rows, by = ordered([row for row in self._taskrouter.workers() if self._fits(row, given)], ORDERS)
        return self._page("workers", rows, self._json, by=by)

    def update_worker(self, sid: str) -> Response:
        """Set any of its fields, if If-Match names the worker's version."""
        worker, fields = self._worker(sid), parameters.read(form(), FIELDS)
        with self._taskrouter.at_once():
            check_version(worker.version)
            if "attributes" in fields:
                self._taskrouter.describe(worker, fields["attributes"])
            if "name" in fields:
                self._taskrouter.rename(worker, fields["name"])
            if "activity" in fields:
                activity = self._taskrouter.activity(fields["activity"])
                self._taskrouter.move(worker, activity, reject=fields.get("reject", False))
        return self._one(worker)

    def delete_worker(self, sid: str) -> Response:
        """Delete one whom no reservation binds, if If-Match names the worker's version."""
        worker = self._worker(sid)
        with self._taskrouter.at_once():
            check_version(worker.version)
            self._taskrouter.delete_worker(worker)
        return deleted()

    def _worker(self, sid: str) -> Worker:
        return found(self._taskrouter.find_worker(sid))

    def _fits(self, worker: Worker, given: Mapping[str, Any]) -> bool:
        facts = {
            "activity_name": worker.activity.name,
            "activity_sid": worker.activity.sid,
            "available": worker.activity.available,
            "name": worker.name,
        }
        if any(given.get(name, fact) != fact for name, fact in facts.items()):
            return False
        if "expression" in given and not routing.satisfies(
            worker, given["expression"], self._taskrouter.clock()
        ):
            return False
        return not {"queue_name", "queue_sid"} & given.keys() or self._is_member(worker, given)

    def _is_member(self, worker: Worker, given: Mapping[str, Any]) -> bool:
        return any(
            routing.is_member(queue, worker, self._taskrouter.clock())
            for queue in self._taskrouter.queues()
            if given.get("queue_name", queue.name) == queue.name
            and given.get("queue_sid", queue.sid) == queue.sid
        )

    def _one(self, worker: Worker, status: int = 200) -> Response:
        return as_json(self._json(worker), status, worker.version)

    def _json(self, worker: Worker) -> Representation:
        url = f"{self._root}/Workers/{worker.sid}"
        return {
            **self._common,
            "sid": worker.sid,
            "friendly_name": worker.name,
            "attributes": json_text(worker.attributes),
            "activity_sid": worker.activity.sid,
            "activity_name": worker.activity.name,
            "available": worker.activity.available,
            "date_created": timestamp(worker.created),
            "date_updated": timestamp(worker.updated),
            "date_status_changed": timestamp(worker.activity_since),
            "url": url,
            "links": {
                "activity": f"{self._root}/Activities/{worker.activity.sid}",
                "reservations": f"{url}/Reservations",
                "workspace": self._root,
            },
        }
