"""The Workspace resource: there is one, and it cannot be deleted."""

from collections.abc import Sequence

from flask import Response, request

from app.sandbox.rest import parameters
from app.sandbox.rest.parameters import Table
from app.sandbox.rest.representations import Representation, as_json, timestamp
from app.sandbox.rest.views import Route, Views, form
from app.sandbox.taskrouter import TaskRouter

FIELDS: Table = {
    "FriendlyName": ("name", parameters.name),
    "EventCallbackUrl": ("event_callback_url", parameters.url),
    "DefaultActivitySid": ("default_activity", parameters.sid("WA")),
    "TimeoutActivitySid": ("timeout_activity", parameters.sid("WA")),
}

_PARTS = {
    "activities": "Activities",
    "task_queues": "TaskQueues",
    "tasks": "Tasks",
    "workers": "Workers",
    "workflows": "Workflows",
}


class WorkspaceViews(Views):
    """Fetch, list and update."""

    def routes(self) -> Sequence[Route]:
        """Return the routes of workspaces."""
        return (
            ("GET", "", self.list_workspaces),
            ("GET", "/<workspace>", self.fetch_workspace),
            ("POST", "/<workspace>", self.update_workspace),
        )

    def fetch_workspace(self) -> Response:
        """Return the workspace."""
        return as_json(self._json(self._taskrouter))

    def list_workspaces(self) -> Response:
        """Return a page of the one workspace, filtered by FriendlyName."""
        rows = [self._taskrouter]
        if name := request.args.get("FriendlyName"):
            rows = [row for row in rows if row.name == name]
        return self._page("workspaces", rows, self._json)

    def update_workspace(self) -> Response:
        """Set the name, the activities that workers begin and time out with, and the event URL."""
        fields = parameters.read(form(), FIELDS)
        for name in ("default_activity", "timeout_activity"):
            if name in fields:
                fields[name] = self._existing_activity(fields[name])
        self._taskrouter.configure(**fields)
        return self.fetch_workspace()

    def _json(self, workspace: TaskRouter) -> Representation:
        default, timeout = workspace.default_activity, workspace.timeout_activity
        return {
            "sid": workspace.workspace_sid,
            "account_sid": workspace.account_sid,
            "friendly_name": workspace.name,
            "default_activity_sid": default.sid,
            "default_activity_name": default.name,
            "timeout_activity_sid": timeout.sid,
            "timeout_activity_name": timeout.name,
            "event_callback_url": workspace.event_callback_url or None,
            "events_filter": None,
            "multi_task_enabled": True,
            "prioritize_queue_order": "FIFO",
            "date_created": timestamp(workspace.created),
            "date_updated": timestamp(workspace.updated),
            "url": self._root,
            "links": {name: f"{self._root}/{path}" for name, path in _PARTS.items()},
        }
