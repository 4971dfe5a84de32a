"""Whether the process lives, and whether it can do its work."""

from datetime import UTC, datetime

import orjson
from flask import Blueprint, Response

from app.rulebook import Standing
from app.service import Desk


def health_routes(desk: Desk) -> Blueprint:
    """Liveness and readiness. A lost database leaves the service ready: it answers inline without one."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        return _json({"status": "alive"})

    @routes.get("/readyz")
    def readyz() -> Response:
        database = "up" if desk.database_answers() else "down"
        return _json({"rules": _rules(desk.standing), "database": database})

    return routes


def _rules(standing: Standing) -> dict[str, object]:
    found: dict[str, object] = {
        "version": standing.ruleset.version,
        "count": len(standing.ruleset.rules),
        "since": _utc(standing.since),
    }
    if standing.failing:
        found["failing"] = {"since": _utc(standing.failing.since), "error": standing.failing.error}
    return found


def _utc(time: datetime) -> str:
    return time.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _json(document: dict[str, object]) -> Response:
    return Response(orjson.dumps(document), mimetype="application/json")
