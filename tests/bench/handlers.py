"""What `serving` compares with: handlers as they are written without us."""

import json
import os
from collections.abc import Callable, Iterable
from typing import Any

from flask import Flask, Response, jsonify, request
from twilio.request_validator import RequestValidator

ANSWER = b'{"instruction":"reject","activity_sid":"WA0123456789abcdef0123456789abcdef"}'
HEADERS = [("Content-Type", "application/json"), ("Content-Length", str(len(ANSWER)))]

flask_constant = Flask("constant")


def bare(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """The least that a WSGI application does: it reads the body, and answers."""
    environ["wsgi.input"].read()
    start_response("200 OK", HEADERS)
    return [ANSWER]


@flask_constant.post("/assignment")
def constant() -> Response:
    return Response(ANSWER, mimetype="application/json")


def make_quickstart(token: str) -> Flask:
    """The handler that Twilio's quickstart leads to."""
    app, validator = Flask("quickstart"), RequestValidator(token)

    @app.post("/assignment")
    def assignment() -> tuple[Response, int] | Response:
        """The signature, both attributes, and an if for each type of task."""
        signature = request.headers.get("X-Twilio-Signature", "")
        if not validator.validate(request.url, request.form, signature):
            return jsonify(error="wrong signature"), 403
        task = json.loads(request.form["TaskAttributes"])
        worker = json.loads(request.form["WorkerAttributes"])
        kind = task.get("type")
        if kind == "type-0":
            return jsonify(instruction="accept")
        if kind == "type-1":
            return jsonify(instruction="dequeue", **{"from": "+18005550100"})
        if kind == "type-2":
            return jsonify(instruction="conference", to=worker.get("contact_uri"), **{"from": "+18005550100"})
        if kind == "type-3":
            return jsonify(instruction="redirect", call_sid=task.get("call_sid"), url="https://example.com/")
        if kind == "type-4":
            return jsonify(instruction="call", url="https://example.com/", **{"from": "+18005550100"})
        return jsonify(instruction="reject", activity_sid="WA0123456789abcdef0123456789abcdef")

    return app


quickstart = make_quickstart(os.environ.get("TWILIO_AUTH_TOKEN", ""))
