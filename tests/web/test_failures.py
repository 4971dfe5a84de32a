"""Requests that get no answer: a problem document, which holds nothing of the request."""

import json
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.exceptions import TooManyRequests
from werkzeug.test import TestResponse

from app.errors import Refusal
from app.rulebook import Rulebook, Standing
from app.settings import Secret
from app.web import create_app
from app.web.failures import REFUSALS, problem
from app.web.signature import Signatures
from tests.builders import parameters, ruleset
from tests.delivery.rig import Process
from tests.web.conftest import FORM, PUBLIC, RULES, TOKEN, post

NUMBER = "+15558675310"
NAME = "Zoltan Quackenbush"
PERSONAL = (NUMBER, NUMBER[1:], "%2B15558675310", NAME, "Quackenbush", TOKEN)
TASK = {"type": "billing", "call_sid": NUMBER, "name": NAME}
QUERY = f"?caller=%2B{NUMBER[1:]}&name=Quackenbush"


def _problem(response: TestResponse) -> dict[str, Any]:
    assert response.content_type == "application/problem+json"
    return dict(json.loads(response.data))


def test_each_refusal_has_a_status() -> None:
    """The table from error to HTTP status leaves no refusal out."""
    assert set(REFUSALS) == set(Refusal.__subclasses__())


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 413, 415, 429, 500])
def test_a_problem_document(status: int) -> None:
    """RFC 9457: a stable type, a title, the status, and a sentence that helps."""
    response = problem(status, "name", "a sentence").response()
    assert response.status_code == status
    assert response.content_type == "application/problem+json"
    document = json.loads(response.get_data())
    assert document.pop("title")
    assert document == {"type": "urn:assignment-desk:name", "status": status, "detail": "a sentence"}


def test_the_types_are_stable(client: FlaskClient) -> None:
    """Other programs hold on to these names."""
    old = "2026-11-22T12:00:00Z"
    types = [
        _problem(response)["type"].removeprefix("urn:assignment-desk:")
        for response in (
            client.post("/assignment", data={"a": "b"}),
            post(client, parameters(AccountSid="AC" + "f" * 32)),
            post(client, parameters(Timestamp=old)),
            post(client, parameters(TaskSid="x")),
            client.get("/nowhere"),
            client.get("/assignment"),
            client.post(
                "/assignment", data="x" * 70_000, content_type=FORM, headers={"X-Twilio-Signature": "x"}
            ),
            client.post("/assignment", json={}),
            client.get("/metrics", headers={"Via": "1.1 proxy"}),
        )
    ]
    assert types == [
        "unsigned",
        "foreign-account",
        "stale",
        "unreadable-callback",
        "http-404",
        "http-405",
        "http-413",
        "http-415",
        "not-local",
    ]


def test_a_refusal_is_logged_with_its_reason(client: FlaskClient, log_lines: list[str]) -> None:
    """One line for each refusal: the status, the type and the sentence that was answered."""
    answered = _problem(post(client, parameters(TaskSid="x")))
    [line] = [line for line in map(json.loads, log_lines) if line["logger"].startswith("app.")]
    assert (line["level"], line["event"], line["status"]) == ("warning", "refused", 400)
    assert line["type"] == "unreadable-callback"
    assert line["reason"] == answered["detail"]


def test_another_http_error_keeps_its_headers(app: Flask) -> None:
    """Of an error's own headers those that tell what to do next are kept."""

    def busy() -> str:
        raise TooManyRequests(NAME, retry_after=7)

    app.add_url_rule("/busy", view_func=busy)
    response = app.test_client().get("/busy")
    assert response.status_code == 429
    assert response.headers["Retry-After"] == "7"
    assert _problem(response)["detail"]
    assert NAME not in response.text


@pytest.fixture
def broken(delivering: Process) -> FlaskClient:
    """A client of a desk whose clock fails, with a caller's number in the error."""

    def clock() -> datetime:
        raise RuntimeError(f"no time for {NAME}, {NUMBER}")

    desk = delivering.desk(Rulebook(Standing(ruleset(RULES))), clock)
    return create_app(desk, Signatures([Secret(TOKEN)], {}, PUBLIC)).test_client()


def test_a_failure_of_ours(broken: FlaskClient, log_lines: list[str]) -> None:
    """What nobody foresaw gets 500 and a sentence; the log has the error's type and place."""
    response = post(broken, parameters())
    assert response.status_code == 500
    assert _problem(response)["type"] == "urn:assignment-desk:failure"
    [line] = [line for line in map(json.loads, log_lines) if line["logger"].startswith("app.")]
    assert (line["level"], line["event"], line["exception"]) == ("error", "failed", "RuntimeError")
    assert "test_failures.py:" in line["at"]


def _requests(client: FlaskClient) -> dict[str, TestResponse]:
    personal = parameters(TASK, {"contact_uri": NUMBER, "name": NAME}, WorkerName=NAME, Unknown=NUMBER)
    signed = {"X-Twilio-Signature": NAME, "X-Forwarded-Host": NAME, "User-Agent": NUMBER}
    return {
        "answered": post(client, personal, "/assignment" + QUERY),
        "fallback": post(client, personal, "/assignment/fallback" + QUERY),
        "unsigned": client.post("/assignment" + QUERY, data=personal),
        "wrongly signed": client.post("/assignment" + QUERY, data=personal, headers=signed),
        "unknown key": post(
            client, personal, X_Twilio_Webhooks_Signature_Settings=f"key={NUMBER},algorithm={NAME}"
        ),
        "missing": post(client, {"Unknown": NUMBER}, "/assignment" + QUERY),
        "malformed": post(client, {**personal, "TaskSid": NUMBER}),
        "repeated": post(client, {**personal, "WorkerName": [NAME, NUMBER]}),
        "foreign": post(client, {**personal, "AccountSid": "AC" + "f" * 32}),
        "stale": post(client, {**personal, "Timestamp": "2026-01-01T00:00:00Z"}),
        "event": post(client, {**personal, "EventType": NUMBER}),
        "metrics": client.get("/metrics" + QUERY, headers={"X-Forwarded-For": NUMBER}),
        "not found": client.get(f"/{NUMBER}/Quackenbush{QUERY}"),
        "method": client.get("/assignment" + QUERY),
        "too large": post(client, {**personal, "Unknown": NUMBER * 9_000}),
        "content type": client.post("/assignment" + QUERY, json=personal),
        "content type told": client.post("/assignment", data=b"", content_type=f"{NUMBER}/{NAME}"),
    }


def test_nothing_of_a_request_is_repeated(client: FlaskClient, log_lines: list[str]) -> None:
    """No log line, body or header of any answer holds a number, a name or a secret that was sent."""
    responses = _requests(client)
    assert {response.status_code for response in responses.values()} == {200, 400, 403, 404, 405, 413, 415}
    said = [f"{name}: {response.headers} {response.text}" for name, response in responses.items()]
    assert [line for line in said + log_lines if any(text in line for text in PERSONAL)] == []
    assert len(log_lines) >= 10


def test_nothing_of_a_failing_request_is_repeated(broken: FlaskClient, log_lines: list[str]) -> None:
    """A failure of ours tells no more."""
    personal = parameters(TASK, {"contact_uri": NUMBER}, WorkerName=NAME, Unknown=NUMBER)
    response = post(broken, personal, "/assignment" + QUERY)
    assert response.status_code == 500
    said = [f"{response.headers} {response.text}", *log_lines]
    assert [line for line in said if any(text in line for text in PERSONAL)] == []
