"""Whether the process lives, and whether it can do its work."""

import orjson
from flask import Blueprint, Response

from app.service import Desk


def health_routes(desk: Desk) -> Blueprint:
    """Liveness and readiness. A lost database leaves the service ready: it answers inline without one."""
    routes = Blueprint("health", __name__)

    @routes.get("/healthz")
    def healthz() -> Response:
        return _json({"status": "alive"})

    @routes.get("/readyz")
    def readyz() -> Response:
        rules = {"version": desk.ruleset.version, "count": len(desk.ruleset.rules)}
        return _json({"rules": rules, "database": "up" if desk.database_answers() else "down"})

    return routes


def _json(document: dict[str, object]) -> Response:
    return Response(orjson.dumps(document), mimetype="application/json")
