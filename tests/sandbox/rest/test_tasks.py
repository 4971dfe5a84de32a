"""The Task resource as the twilio library sees it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.sandbox.rest.test_setup import configuration, refused

if TYPE_CHECKING:
    from app.sandbox import Served, TaskRouter
    from tests.sandbox.conftest import ManualClock


def test_a_task_is_created_with_its_fields(workspace: Any, taskrouter: TaskRouter) -> None:
    """The library reads all of them."""
    start = datetime(2026, 1, 5, 7, 30, tzinfo=UTC)
    created = workspace.tasks.create(
        attributes='{"type": "chat"}',
        priority=3,
        timeout=60,
        task_channel="chat",
        workflow_sid=taskrouter.workflow_sid,
        virtual_start_time=start,
    )
    task = workspace.tasks(created.sid).fetch()
    assert (task.attributes, task.priority, task.timeout) == ('{"type":"chat"}', 3, 60)
    assert (task.workflow_friendly_name, task.task_queue_friendly_name) == ("Default", "Everyone")
    assert (task.task_channel_unique_name, task.virtual_start_time) == ("chat", start)
    assert set(task.links) == {"reservations", "task_queue", "workflow", "workspace"}


@pytest.mark.parametrize(
    "parameters",
    [
        {"routing_target": "WK" + "1" * 32},
        {"task_queue_sid": "WQ" + "1" * 32},
        {"ignore_capacity": True},
        {"virtual_start_time": "yesterday"},
    ],
)
def test_what_the_sandbox_has_not_is_said(workspace: Any, parameters: dict[str, Any]) -> None:
    """Rather than left out in silence."""
    refused(lambda: workspace.tasks.create(**parameters))
    assert workspace.tasks.list() == []


def test_with_several_workflows_one_is_named(workspace: Any, taskrouter: TaskRouter) -> None:
    """As with Twilio."""
    workspace.workflows.create(friendly_name="W", configuration=configuration(taskrouter.task_queue_sid))
    assert "WorkflowSid is required" in refused(workspace.tasks.create)


def test_a_task_is_updated(workspace: Any, clock: ManualClock) -> None:
    """Attributes and priority, each on its own."""
    task = workspace.tasks(workspace.tasks.create(attributes='{"type": "chat"}').sid)
    clock.advance(3)
    assert task.update(priority=9).priority == 9
    updated = task.update(attributes='{"type": "sms"}')
    assert (updated.attributes, updated.priority, updated.age) == ('{"type":"sms"}', 9, 3)
    assert updated.date_updated == clock()
    start = datetime(2026, 1, 5, 7, 30, tzinfo=UTC)
    assert task.update(virtual_start_time=start).virtual_start_time == start


def test_an_update_may_change_the_order(workspace: Any, taskrouter: TaskRouter, clock: ManualClock) -> None:
    """The priority counts for tasks that wait."""
    early = workspace.tasks.create().sid
    clock.advance(1)
    late = workspace.tasks.create().sid
    workspace.tasks(late).update(priority=1)
    assert [each.sid for each in taskrouter.waiting()] == [late, early]


def test_a_waiting_task_is_canceled(workspace: Any) -> None:
    """With the reason; it is closed then."""
    task = workspace.tasks(workspace.tasks.create().sid)
    canceled = task.update(assignment_status="canceled", reason="caller hung up")
    assert (canceled.assignment_status, canceled.reason) == ("canceled", "caller hung up")
    assert "not pending or reserved" in refused(lambda: task.update(assignment_status="canceled"))


def test_canceling_cancels_the_reservation(workspace: Any, taskrouter: TaskRouter) -> None:
    """And frees the worker."""
    taskrouter.add_worker("Alice")
    task = workspace.tasks(workspace.tasks.create().sid)
    task.update(assignment_status="canceled")
    assert [each.reservation_status for each in task.reservations.list()] == ["canceled"]
    assert workspace.tasks.create().assignment_status == "reserved"


def test_an_assigned_task_is_wrapped_up_and_completed(workspace: Any, taskrouter: TaskRouter) -> None:
    """With its reservation; a task that nobody has cannot be completed."""
    task = workspace.tasks(workspace.tasks.create().sid)
    for status in ("completed", "wrapping"):
        assert "is not assigned" in refused(lambda: task.update(assignment_status=status))  # noqa: B023
    taskrouter.add_worker("Alice")
    (reservation,) = task.reservations.list()
    task.reservations(reservation.sid).update(reservation_status="accepted")
    assert "not pending" in refused(lambda: task.update(assignment_status="canceled"))
    for status in ("wrapping", "completed"):
        assert task.update(assignment_status=status, reason="solved").assignment_status == status
        assert task.reservations(reservation.sid).fetch().reservation_status == status
    assert task.fetch().reason == "solved"


@pytest.mark.parametrize("status", ["pending", "reserved", "lost"])
def test_other_statuses_cannot_be_set(workspace: Any, status: str) -> None:
    """400 and 20001."""
    task = workspace.tasks(workspace.tasks.create().sid)
    refused(lambda: task.update(assignment_status=status))


@pytest.mark.parametrize("accepted", [False, True])
def test_a_task_is_deleted(workspace: Any, taskrouter: TaskRouter, accepted: bool) -> None:
    """Whatever its status; whoever had it is free."""
    alice = taskrouter.add_worker("Alice")
    task = workspace.tasks(workspace.tasks.create().sid)
    (reservation,) = task.reservations.list()
    if accepted:
        task.reservations(reservation.sid).update(reservation_status="accepted")
    assert task.delete() is True
    refused(task.fetch, 404, 20404)
    refused(task.reservations(reservation.sid).fetch, 404, 20404)
    refused(workspace.workers(alice.sid).reservations(reservation.sid).fetch, 404, 20404)
    assert workspace.workers(alice.sid).reservations.list() == []
    assert workspace.tasks.create().assignment_status == "reserved"


def test_a_closed_task_is_forgotten(workspace: Any, taskrouter: TaskRouter, clock: ManualClock) -> None:
    """After five minutes, as with Twilio: it and its reservations are 404, and stand in no list."""
    alice = taskrouter.add_worker("Alice")
    task = workspace.tasks(workspace.tasks.create().sid)
    (reservation,) = task.reservations.list()
    task.update(assignment_status="canceled")
    clock.advance(299)
    assert task.fetch().assignment_status == "canceled"
    clock.advance(1)
    refused(task.fetch, 404, 20404)
    refused(task.reservations.list, 404, 20404)
    refused(task.reservations(reservation.sid).fetch, 404, 20404)
    assert workspace.tasks.list() == workspace.workers(alice.sid).reservations.list() == []


@pytest.fixture
def mixed(workspace: Any, taskrouter: TaskRouter, clock: ManualClock) -> Any:
    """A reserved sms, a canceled call and a waiting chat, the latter in a workflow and queue of its own."""
    queue = workspace.task_queues.create(friendly_name="Chats", target_workers="1==2").sid
    workflow = workspace.workflows.create(friendly_name="Chat", configuration=configuration(queue)).sid
    taskrouter.add_worker("Alice")
    first = taskrouter.workflow_sid
    for kind, priority, sid in (("sms", 1, first), ("call", 5, first), ("chat", 1, workflow)):
        attributes = json.dumps({"type": kind})
        task = workspace.tasks.create(workflow_sid=sid, priority=priority, attributes=attributes)
        if kind == "call":
            workspace.tasks(task.sid).update(assignment_status="canceled")
        clock.advance(1)
    return workspace


@pytest.mark.parametrize(
    ("filters", "kinds"),
    [
        ({}, "sms call chat"),
        ({"priority": 1}, "sms chat"),
        ({"assignment_status": ["pending"]}, "chat"),
        ({"assignment_status": ["pending", "reserved"]}, "sms chat"),
        ({"assignment_status": ["pending,canceled"], "page_size": 1}, "call chat"),
        ({"workflow_name": "Chat"}, "chat"),
        ({"task_queue_name": "Everyone"}, "sms call"),
        ({"evaluate_task_attributes": "type == 'sms'"}, "sms"),
        ({"evaluate_task_attributes": "task.type != 'sms'", "priority": 5}, "call"),
        ({"ordering": "DateCreated:desc"}, "chat call sms"),
        ({"ordering": "Priority:desc,DateCreated:desc", "page_size": 1}, "call chat sms"),
    ],
)
def test_tasks_are_filtered_and_ordered(mixed: Any, filters: dict[str, Any], kinds: str) -> None:
    """With each of the library's filters."""
    found = [json.loads(each.attributes)["type"] for each in mixed.tasks.list(**filters)]
    assert " ".join(found) == kinds


def test_tasks_are_filtered_by_sid(mixed: Any, taskrouter: TaskRouter) -> None:
    """Of a workflow, and of a queue."""
    assert len(mixed.tasks.list(workflow_sid=taskrouter.workflow_sid)) == 2
    assert len(mixed.tasks.list(task_queue_sid=taskrouter.task_queue_sid)) == 2


@pytest.mark.parametrize(
    "filters",
    [{"assignment_status": ["lost"]}, {"priority": "high"}, {"evaluate_task_attributes": "type"}],
)
def test_a_wrong_filter_is_refused(workspace: Any, filters: dict[str, Any]) -> None:
    """400 and 20001."""
    refused(lambda: workspace.tasks.list(**filters))


@pytest.mark.parametrize("what", ["update", "delete"])
def test_if_match_names_the_version_of_a_task(
    workspace: Any, sandbox: Served, taskrouter: TaskRouter, what: str
) -> None:
    """412 for another one, and nothing is changed."""
    made = taskrouter.add_task()
    task = workspace.tasks(made.sid)
    account = (taskrouter.account_sid, taskrouter.auth_token)
    url = f"{sandbox.address}/v1/Workspaces/{taskrouter.workspace_sid}/Tasks/{made.sid}"
    etag = requests.get(url, auth=account, timeout=5).headers["ETag"]
    task.update(priority=1, if_match=etag)
    # The library's delete loses its if_match on the way.
    change = partial(requests.request, "POST" if what == "update" else "DELETE", url, auth=account, timeout=5)
    answer = change(headers={"If-Match": etag})
    assert (answer.status_code, answer.json()["code"], made.priority) == (412, 20412, 1)
    assert change(headers={"If-Match": f'"{made.version}"'}).ok
