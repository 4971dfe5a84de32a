"""Tasks and workers over REST, and what every request to the sandbox has in common."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import requests

# The library has no type hints of its own; the second code holds where it is configured as untyped.
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped, unused-ignore]

from app.sandbox import TaskRouter, serving

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox import Served
    from tests.sandbox.conftest import Endpoint, ManualClock


def test_a_task_made_over_rest_reserves_the_idle_worker(
    workspace: Any, taskrouter: TaskRouter, endpoint: Endpoint
) -> None:
    """The callback goes out by itself, and its answer is carried out."""
    taskrouter.add_worker("Alice", {"contact_uri": "client:alice"})
    endpoint.answer({"instruction": "accept"})
    created = workspace.tasks.create(attributes=json.dumps({"type": "chat"}), priority=3, timeout=60)
    assert created.assignment_status in {"reserved", "assigned"}  # the answer may be there already
    assert (created.priority, created.timeout) == (3, 60)
    assert taskrouter.wait_for_callbacks(10)
    fetched = workspace.tasks(created.sid).fetch()
    assert (fetched.assignment_status, fetched.attributes) == ("assigned", '{"type":"chat"}')
    assert [each.reservation_status for each in fetched.reservations.list()] == ["accepted"]


def test_a_task_waits_when_nobody_is_free(
    workspace: Any, taskrouter: TaskRouter, clock: ManualClock, endpoint: Endpoint
) -> None:
    """It is pending, grows older, and nobody is called."""
    created = workspace.tasks.create(workflow_sid=taskrouter.workflow_sid)
    clock.advance(5)
    fetched = workspace.tasks(created.sid).fetch()
    assert (fetched.assignment_status, fetched.age, fetched.attributes) == ("pending", 5, "{}")
    assert fetched.workflow_sid == taskrouter.workflow_sid
    assert endpoint.received == []


def test_a_task_that_waited_too_long_is_canceled(workspace: Any, clock: ManualClock) -> None:
    """After its Timeout, with Twilio's reason."""
    created = workspace.tasks.create(timeout=60)
    clock.advance(60)
    fetched = workspace.tasks(created.sid).fetch()
    assert (fetched.assignment_status, fetched.reason) == ("canceled", "Task TTL Exceeded")


def test_workers_are_created_fetched_and_listed(workspace: Any, taskrouter: TaskRouter) -> None:
    """With attributes and an activity, which says whether they are available."""
    alice = workspace.workers.create(friendly_name="Alice", attributes='{"contact_uri": "client:alice"}')
    lunch = "WA" + "1" * 32
    bob = workspace.workers.create(friendly_name="Bob", activity_sid=lunch)
    assert (alice.available, alice.activity_name) == (True, "Idle")
    assert (bob.available, bob.activity_sid) == (False, lunch)
    assert json.loads(workspace.workers(alice.sid).fetch().attributes) == {"contact_uri": "client:alice"}
    assert [each.friendly_name for each in workspace.workers.list(page_size=1)] == ["Alice", "Bob"]
    assert [each.sid for each in taskrouter.workers()] == [alice.sid, bob.sid]


def test_a_missing_worker_is_404(workspace: Any) -> None:
    """With Twilio's code."""
    with pytest.raises(TwilioRestException) as raised:
        workspace.workers("WK" + "0" * 32).fetch()
    assert (raised.value.status, raised.value.code) == (404, 20404)


@pytest.mark.parametrize(
    "parameters",
    [
        {"attributes": "{"},
        {"attributes": "[]"},
        {"attributes": '{"a": ' + "[" * 300 + "]" * 300 + "}"},
        {"attributes": '"\\ud800"'},
        {"priority": -1},
        {"priority": "high"},
        {"timeout": 0},
        {"timeout": 1_209_601},
        {"workflow_sid": "WW1"},
        {"workflow_sid": "WW" + "7" * 32},
    ],
)
def test_a_wrong_task_is_refused(workspace: Any, taskrouter: TaskRouter, parameters: dict[str, Any]) -> None:
    """400 and 20001, and no task is made."""
    with pytest.raises(TwilioRestException) as raised:
        workspace.tasks.create(**parameters)
    assert (raised.value.status, raised.value.code) == (400, 20001)
    assert taskrouter.tasks() == []


@pytest.mark.parametrize(
    "parameters",
    [
        {"friendly_name": ""},
        {"friendly_name": "Alice", "attributes": "contact_uri"},
        {"friendly_name": "Alice", "activity_sid": "idle"},
    ],
)
def test_a_wrong_worker_is_refused(
    workspace: Any, taskrouter: TaskRouter, parameters: dict[str, Any]
) -> None:
    """400 and 20001, and no worker is made."""
    with pytest.raises(TwilioRestException) as raised:
        workspace.workers.create(**parameters)
    assert (raised.value.status, raised.value.code) == (400, 20001)
    assert taskrouter.workers() == []


@pytest.mark.parametrize(
    ("username", "password"),
    [("AC" + "0" * 32, None), (None, "wrong"), (None, ""), ("SK" + "5" * 32, "wrong"), ("Zoë", "ü")],
)
def test_wrong_credentials_are_refused(
    connect: Callable[[str, str], Any], taskrouter: TaskRouter, username: str | None, password: str | None
) -> None:
    """401 and Twilio's code 20003."""
    workspace = connect(username or taskrouter.account_sid, password or "x")
    with pytest.raises(TwilioRestException) as raised:
        workspace.workers("WK" + "0" * 32).fetch()
    assert (raised.value.status, raised.value.code) == (401, 20003)


@pytest.mark.parametrize("header", [{}, {"Authorization": "Bearer x"}, {"Authorization": "Basic %%%"}])
def test_a_request_without_basic_authentication_is_refused(sandbox: Served, header: dict[str, str]) -> None:
    """The body has Twilio's form, the header says what is wanted."""
    answer = requests.get(f"{sandbox.address}/v1/Workspaces/WS1/Workers", headers=header, timeout=5)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Twilio API"'
    assert answer.json() == {
        "code": 20003,
        "message": "Authenticate",
        "more_info": "https://www.twilio.com/docs/errors/20003",
        "status": 401,
    }


def test_each_auth_token_is_taken_while_one_is_rotated(clock: ManualClock) -> None:
    """The first one signs, both authenticate."""
    taskrouter = TaskRouter(auth_tokens=("new", "old"), clock=clock)
    assert taskrouter.auth_token == "new"
    with serving(taskrouter) as sandbox:
        workers = f"{sandbox.address}/v1/Workspaces/{taskrouter.workspace_sid}/Workers"
        for token in ("new", "old"):
            answer = requests.get(workers, auth=(taskrouter.account_sid, token), timeout=5)
            assert answer.status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1", 404, 20404),
        ("GET", "//v1//Workspaces", 404, 20404),
        ("GET", "/v1/Workspaces/WS1/Workers", 404, 20404),
        ("GET", "/v1/Workspaces/{ws}/Workers/", 404, 20404),
        ("GET", "/v1/Workspaces/{ws}/Workers/%FF%00", 404, 20404),
        ("GET", "/v1/Workspaces/{ws}/TaskChannels", 404, 20404),
        ("GET", "/v1/Workspaces/{ws}/Tasks/WT1/Reservations", 404, 20404),
        ("DELETE", "/v1/Workspaces/{ws}/Workers", 405, 20004),
        ("PUT", "/v1/Workspaces/{ws}/Tasks/WT1", 405, 20004),
    ],
)
def test_unknown_routes_and_methods_are_answered_in_json(
    sandbox: Served, method: str, path: str, status: int, code: int
) -> None:
    """Twilio's body, never HTML."""
    taskrouter = sandbox.taskrouter
    answer = requests.request(
        method,
        sandbox.address + path.replace("{ws}", taskrouter.workspace_sid),
        auth=(taskrouter.account_sid, taskrouter.auth_token),
        timeout=5,
    )
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_404_names_the_path_without_its_version(sandbox: Served) -> None:
    """As Twilio's own sentence does."""
    taskrouter = sandbox.taskrouter
    account = (taskrouter.account_sid, taskrouter.auth_token)
    answer = requests.get(f"{sandbox.address}/v1/Workspaces/WS1/Workers", auth=account, timeout=5)
    assert answer.json()["message"] == "The requested resource /Workspaces/WS1/Workers was not found"
