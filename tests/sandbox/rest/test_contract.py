"""Reservations over REST against Twilio's own OpenAPI document: what the library sends, and what it gets."""

from __future__ import annotations

from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from openapi_core import OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from twilio.rest import Client

from tests.sandbox.conftest import LoopbackHttpClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.sandbox import Reservation, Served, TaskRouter

DOCUMENT = Path(__file__).with_name("reservations.openapi.yaml")
CALL = "CA" + "c" * 32
CALLER = "+14155551212"
URL = "https://example.com/twiml"
INSTRUCTIONS: tuple[dict[str, Any], ...] = (
    {"reservation_status": "accepted"},
    {"reservation_status": "rejected", "worker_activity_sid": "WA" + "1" * 32},
    {
        "instruction": "dequeue",
        "dequeue_from": CALLER,
        "dequeue_to": "client:alice",
        "dequeue_record": "record-from-answer",
        "dequeue_timeout": 30,
        "dequeue_status_callback_url": URL,
        "dequeue_status_callback_event": ["answered", "completed"],
    },
    {
        "instruction": "call",
        "call_from": CALLER,
        "call_url": URL,
        "call_accept": True,
        "call_timeout": 20,
        "call_record": "do-not-record",
    },
    {
        "instruction": "redirect",
        "redirect_call_sid": CALL,
        "redirect_url": URL,
        "redirect_accept": False,
    },
    {
        "instruction": "conference",
        "from_": CALLER,
        "timeout": 20,
        "muted": False,
        "max_participants": 5,
        "conference_status_callback": URL,
        "conference_status_callback_event": ["start", "end"],
        "end_conference_on_customer_exit": True,
    },
)


@pytest.fixture(scope="module")
def contract() -> OpenAPI:
    return OpenAPI.from_file_path(str(DOCUMENT))


@pytest.fixture
def exchanged() -> list[requests.Response]:
    """Every answer that the library got, with its request."""
    return []


@pytest.fixture
def workspace(sandbox: Served, exchanged: list[requests.Response]) -> Iterator[Any]:
    http_client = LoopbackHttpClient(sandbox.address)
    assert http_client.session
    http_client.session.hooks["response"].append(lambda answer, *_args, **_kwargs: exchanged.append(answer))
    taskrouter = sandbox.taskrouter
    client = Client(taskrouter.account_sid, taskrouter.auth_token, http_client=http_client)
    yield client.taskrouter.v1.workspaces(taskrouter.workspace_sid)
    http_client.session.close()


@pytest.fixture
def reservation(taskrouter: TaskRouter) -> Reservation:
    worker = taskrouter.add_worker("Alice", {"contact_uri": "client:alice"})
    return taskrouter.assign(taskrouter.add_task({"call_sid": CALL}), worker)


def check(contract: OpenAPI, answer: requests.Response) -> None:
    """Raise what the document has against a request or its answer."""
    sent = copy(answer.request)
    sent.url = urlunsplit(urlsplit(str(sent.url))._replace(scheme="https", netloc="taskrouter.twilio.com"))
    contract.validate_request(RequestsOpenAPIRequest(sent))
    contract.validate_response(RequestsOpenAPIRequest(sent), RequestsOpenAPIResponse(answer))


@pytest.mark.parametrize("instruction", INSTRUCTIONS)
@pytest.mark.parametrize("of", ["task", "worker"])
def test_updates(
    workspace: Any,
    reservation: Reservation,
    contract: OpenAPI,
    exchanged: list[requests.Response],
    of: str,
    instruction: dict[str, Any],
) -> None:
    """Each instruction of the library, by task and by worker."""
    parent = (
        workspace.tasks(reservation.task.sid) if of == "task" else workspace.workers(reservation.worker.sid)
    )
    parent.reservations(reservation.sid).update(**instruction)
    (answer,) = exchanged
    check(contract, answer)


@pytest.mark.parametrize("of", ["task", "worker"])
def test_fetches_and_lists(
    workspace: Any,
    reservation: Reservation,
    contract: OpenAPI,
    exchanged: list[requests.Response],
    of: str,
) -> None:
    """One reservation, and pages of them with every filter."""
    if of == "task":
        reservations = workspace.tasks(reservation.task.sid).reservations
        listed = reservations.list(
            worker_sid=reservation.worker.sid, reservation_status="pending", page_size=1
        )
    else:
        reservations = workspace.workers(reservation.worker.sid).reservations
        listed = reservations.list(reservation_status="pending", page_size=1)
    assert [each.sid for each in listed] == [reservation.sid]
    assert reservations(reservation.sid).fetch().sid == reservation.sid
    assert len(exchanged) == 2
    for answer in exchanged:
        check(contract, answer)


def test_the_document_would_say_so(
    workspace: Any, reservation: Reservation, contract: OpenAPI, exchanged: list[requests.Response]
) -> None:
    """An answer with a status that does not exist does not pass."""
    workspace.tasks(reservation.task.sid).reservations(reservation.sid).fetch()
    (answer,) = exchanged
    answer._content = answer.content.replace(b'"pending"', b'"lost"')
    with pytest.raises(Exception, match=r"Invalid|valid"):
        check(contract, answer)
