"""The Activity resource."""

from collections.abc import Sequence

from flask import Response, request

from app.sandbox.resources import Activity
from app.sandbox.rest import parameters
from app.sandbox.rest.parameters import Table
from app.sandbox.rest.representations import Representation, as_json, timestamp
from app.sandbox.rest.views import Route, Views, deleted, form, found

NAME: Table = {"FriendlyName": ("name", parameters.name)}
FIELDS: Table = {**NAME, "Available": ("available", parameters.yes)}


class ActivityViews(Views):
    """Create, fetch, list, update and delete. Whether workers are available in it never changes."""

    def routes(self) -> Sequence[Route]:
        """Return the routes of activities."""
        activities = "/<workspace>/Activities"
        return (
            ("POST", activities, self.create_activity),
            ("GET", activities, self.list_activities),
            ("GET", f"{activities}/<sid>", self.fetch_activity),
            ("POST", f"{activities}/<sid>", self.update_activity),
            ("DELETE", f"{activities}/<sid>", self.delete_activity),
        )

    def create_activity(self) -> Response:
        """Add an activity, in which no tasks come unless Available says so."""
        given = form()
        parameters.require(given, "FriendlyName")
        fields = {"available": False, **parameters.read(given, FIELDS)}
        return as_json(self._json(self._taskrouter.add_activity(**fields)), 201)

    def fetch_activity(self, sid: str) -> Response:
        """Return one activity."""
        return as_json(self._json(self._activity(sid)))

    def list_activities(self) -> Response:
        """Return a page of the activities, filtered by FriendlyName and Available."""
        rows = self._taskrouter.activities()
        if name := request.args.get("FriendlyName"):
            rows = [row for row in rows if row.name == name]
        if available := request.args.get("Available"):
            rows = [row for row in rows if row.available is parameters.yes(available)]
        return self._page("activities", rows, self._json)

    def update_activity(self, sid: str) -> Response:
        """Set the name."""
        activity = self._activity(sid)
        self._taskrouter.change(activity, **parameters.read(form(), NAME))
        return as_json(self._json(activity))

    def delete_activity(self, sid: str) -> Response:
        """Delete one that is not in use."""
        self._taskrouter.delete_activity(self._activity(sid))
        return deleted()

    def _activity(self, sid: str) -> Activity:
        return found(self._taskrouter.find_activity(sid))

    def _json(self, activity: Activity) -> Representation:
        return {
            **self._common,
            "sid": activity.sid,
            "friendly_name": activity.name,
            "available": activity.available,
            "date_created": timestamp(activity.created),
            "date_updated": timestamp(activity.updated),
            "url": f"{self._root}/Activities/{activity.sid}",
            "links": {"workspace": self._root},
        }
