"""The Workflow resource."""

from collections.abc import Sequence
from typing import Any

from flask import Response, request

from app.sandbox.lifecycle import DAY
from app.sandbox.resources import Workflow
from app.sandbox.rest import parameters
from app.sandbox.rest.parameters import Table
from app.sandbox.rest.representations import Representation, as_json, timestamp
from app.sandbox.rest.views import Route, Views, deleted, form, found

FIELDS: Table = {
    "FriendlyName": ("name", parameters.name),
    "Configuration": ("configuration", parameters.text),
    "AssignmentCallbackUrl": ("callback_url", parameters.url),
    "FallbackAssignmentCallbackUrl": ("fallback_url", parameters.url),
    "TaskReservationTimeout": ("reservation_timeout", parameters.number(1, DAY)),
}


class WorkflowViews(Views):
    """Create, fetch, list, update and delete."""

    def routes(self) -> Sequence[Route]:
        """Return the routes of workflows."""
        workflows = "/<workspace>/Workflows"
        return (
            ("POST", workflows, self.create_workflow),
            ("GET", workflows, self.list_workflows),
            ("GET", f"{workflows}/<sid>", self.fetch_workflow),
            ("POST", f"{workflows}/<sid>", self.update_workflow),
            ("DELETE", f"{workflows}/<sid>", self.delete_workflow),
        )

    def create_workflow(self) -> Response:
        """Add a workflow."""
        given = form()
        parameters.require(given, "FriendlyName", "Configuration")
        return as_json(self._json(self._taskrouter.add_workflow(**parameters.read(given, FIELDS))), 201)

    def fetch_workflow(self, sid: str) -> Response:
        """Return one workflow."""
        return as_json(self._json(self._workflow(sid)))

    def list_workflows(self) -> Response:
        """Return a page of the workflows, filtered by FriendlyName."""
        rows = self._taskrouter.workflows()
        if name := request.args.get("FriendlyName"):
            rows = [row for row in rows if row.name == name]
        return self._page("workflows", rows, self._json)

    def update_workflow(self, sid: str) -> Response:
        """Set any of its fields; tasks go on as before, unless ReEvaluateTasks lets them begin again."""
        workflow, given = self._workflow(sid), form()
        fields: dict[str, Any] = parameters.read(given, FIELDS)
        if "configuration" in fields:
            fields["routing"] = self._taskrouter.read_routing(fields["configuration"])
        self._taskrouter.change(workflow, **fields)
        if parameters.yes(given.get("ReEvaluateTasks", [""])[0]):
            self._taskrouter.evaluate_again(workflow)
        return as_json(self._json(workflow))

    def delete_workflow(self, sid: str) -> Response:
        """Delete one on which no task is on its way."""
        self._taskrouter.delete_workflow(self._workflow(sid))
        return deleted()

    def _workflow(self, sid: str) -> Workflow:
        return found(self._taskrouter.find_workflow(sid))

    def _json(self, workflow: Workflow) -> Representation:
        return {
            **self._common,
            "sid": workflow.sid,
            "friendly_name": workflow.name,
            "configuration": workflow.configuration,
            "document_content_type": "application/json",
            "assignment_callback_url": workflow.callback_url or None,
            "fallback_assignment_callback_url": workflow.fallback_url or None,
            "task_reservation_timeout": workflow.reservation_timeout,
            "date_created": timestamp(workflow.created),
            "date_updated": timestamp(workflow.updated),
            "url": f"{self._root}/Workflows/{workflow.sid}",
            "links": {"workspace": self._root},
        }
