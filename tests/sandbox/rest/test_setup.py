"""Workspaces, activities, task queues and workflows as the twilio library sees them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from twilio.base.exceptions import TwilioException, TwilioRestException

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox import TaskRouter
    from tests.sandbox.conftest import ManualClock

NOBODY = "0" * 32


def refused(call: Callable[[], object], status: int = 400, code: int = 20001) -> str:
    """The sentence of a refusal, which has this status and Twilio's code."""
    with pytest.raises(TwilioException) as raised:
        call()
    error = raised.value
    if isinstance(error, TwilioRestException):
        assert (error.status, error.code) == (status, code)
        return error.msg
    # The library makes less of the refusal of a list.
    assert f'HTTP {status} {{"code":{code},' in str(error)
    return str(error)


def configuration(queue: str, **target: Any) -> str:
    routing = {"filters": [], "default_filter": {"queue": queue, **target}}
    return json.dumps({"task_routing": routing})


# --- workspaces


def test_there_is_one_workspace(workspace: Any, taskrouter: TaskRouter) -> None:
    """It can be fetched and listed."""
    fetched = workspace.fetch()
    assert (fetched.sid, fetched.account_sid) == (taskrouter.workspace_sid, taskrouter.account_sid)
    assert (fetched.default_activity_name, fetched.timeout_activity_name) == ("Idle", "Offline")
    assert fetched.date_created == taskrouter.created
    assert set(fetched.links) == {"activities", "task_queues", "tasks", "workers", "workflows"}
    workspaces = workspace._version.workspaces
    assert [each.sid for each in workspaces.list()] == [fetched.sid]
    assert [each.sid for each in workspaces.list(friendly_name="Sandbox")] == [fetched.sid]
    assert workspaces.list(friendly_name="Another") == []


def test_the_basics_of_a_workspace_are_updated(
    workspace: Any, taskrouter: TaskRouter, clock: ManualClock
) -> None:
    """New workers begin in its default activity."""
    clock.advance(5)
    busy = taskrouter.busy.sid
    updated = workspace.update(
        friendly_name="Sales",
        default_activity_sid=busy,
        timeout_activity_sid=busy,
        event_callback_url="https://example.com/events",
    )
    assert (updated.friendly_name, updated.default_activity_sid) == ("Sales", busy)
    assert updated.timeout_activity_name == "Busy"
    assert updated.event_callback_url == "https://example.com/events"
    assert updated.date_updated == clock()
    assert workspace.workers.create(friendly_name="Alice").activity_name == "Busy"


@pytest.mark.parametrize(
    "parameters",
    [
        {"friendly_name": ""},
        {"default_activity_sid": "WA" + NOBODY},
        {"timeout_activity_sid": "WA1"},
        {"event_callback_url": "example.com"},
    ],
)
def test_a_wrong_update_of_a_workspace_is_refused(workspace: Any, parameters: dict[str, str]) -> None:
    """400 and 20001."""
    refused(lambda: workspace.update(**parameters))
    assert workspace.fetch().friendly_name == "Sandbox"


# --- activities


def test_the_life_of_an_activity(workspace: Any, clock: ManualClock) -> None:
    """Created, fetched, renamed, deleted."""
    clock.advance(1)
    created = workspace.activities.create(friendly_name="Lunch", available=False)
    assert (created.friendly_name, created.available, created.date_created) == ("Lunch", False, clock())
    clock.advance(1)
    updated = workspace.activities(created.sid).update(friendly_name="Break")
    assert (updated.friendly_name, updated.date_updated) == ("Break", clock())
    assert workspace.activities(created.sid).fetch().friendly_name == "Break"
    assert workspace.activities(created.sid).delete() is True
    refused(workspace.activities(created.sid).fetch, 404, 20404)


def test_activities_are_listed(workspace: Any) -> None:
    """By name, by availability, and in pages."""
    workspace.activities.create(friendly_name="Training", available=True)
    activities = workspace.activities
    assert [each.friendly_name for each in activities.stream(page_size=2)] == [
        "Idle",
        "Busy",
        "Offline",
        "Training",
    ]
    assert [each.friendly_name for each in activities.list(available="true")] == ["Idle", "Training"]
    assert [each.friendly_name for each in activities.list(available="false")] == ["Busy", "Offline"]
    assert [each.friendly_name for each in activities.list(friendly_name="Busy")] == ["Busy"]


def test_an_activity_in_use_is_not_deleted(workspace: Any, taskrouter: TaskRouter) -> None:
    """Neither the workspace's nor a queue's nor a worker's."""
    lunch = workspace.activities.create(friendly_name="Lunch").sid
    queue = workspace.task_queues.create(friendly_name="Q", assignment_activity_sid=lunch)
    delete = workspace.activities(lunch).delete
    assert queue.sid in refused(delete)
    workspace.task_queues(queue.sid).delete()
    worker = taskrouter.add_worker("Alice", activity=taskrouter.activity(lunch))
    assert worker.sid in refused(delete)
    workspace.workers(worker.sid).delete()
    assert delete() is True
    assert taskrouter.workspace_sid in refused(workspace.activities(taskrouter.idle.sid).delete)


def test_an_activity_has_a_name(workspace: Any) -> None:
    """400 and 20001 without one, and with a very long one."""
    sentence = refused(lambda: workspace.activities.create(friendly_name=""))
    assert sentence.endswith("FriendlyName is required")
    refused(lambda: workspace.activities.create(friendly_name="x" * 241))


# --- task queues


def test_the_life_of_a_task_queue(workspace: Any, taskrouter: TaskRouter, clock: ManualClock) -> None:
    """Created with every parameter, fetched, updated, deleted."""
    clock.advance(1)
    created = workspace.task_queues.create(
        friendly_name="French",
        target_workers="languages HAS 'fr'",
        max_reserved_workers=3,
        task_order="LIFO",
        reservation_activity_sid=taskrouter.busy.sid,
        assignment_activity_sid=taskrouter.offline.sid,
    )
    fetched = workspace.task_queues(created.sid).fetch()
    assert (fetched.friendly_name, fetched.target_workers) == ("French", "languages HAS 'fr'")
    assert (fetched.max_reserved_workers, fetched.task_order) == (3, "LIFO")
    assert (fetched.reservation_activity_name, fetched.assignment_activity_name) == ("Busy", "Offline")
    assert fetched.date_created == clock()
    updated = workspace.task_queues(created.sid).update(target_workers="1==1", task_order="FIFO")
    assert (updated.target_workers, updated.task_order, updated.friendly_name) == ("1==1", "FIFO", "French")
    assert workspace.task_queues(created.sid).delete() is True
    refused(workspace.task_queues(created.sid).fetch, 404, 20404)


def test_a_new_queue_is_of_everybody(workspace: Any) -> None:
    """With Twilio's defaults."""
    created = workspace.task_queues.create(friendly_name="All")
    assert (created.target_workers, created.max_reserved_workers, created.task_order) == ("1==1", 1, "FIFO")
    assert created.assignment_activity_sid is None


def test_task_queues_are_listed(workspace: Any, taskrouter: TaskRouter) -> None:
    """By name, by worker, by a worker's attributes, and in another order."""
    queues = workspace.task_queues
    for name, expression in (("French", "languages HAS 'fr'"), ("Expert", "worker.level > 3")):
        queues.create(friendly_name=name, target_workers=expression)
    alice = taskrouter.add_worker("Alice", {"languages": ["fr"]})

    def names(**filters: Any) -> list[str]:
        return [each.friendly_name for each in queues.list(**filters)]

    assert names() == ["Everyone", "French", "Expert"]
    assert names(friendly_name="French") == ["French"]
    assert names(worker_sid=alice.sid) == ["Everyone", "French"]
    assert names(worker_sid="WK" + NOBODY) == []
    assert names(evaluate_worker_attributes='{"level": 5}') == ["Everyone", "Expert"]
    assert names(ordering="FriendlyName:desc", page_size=1) == ["French", "Expert", "Everyone"]
    refused(lambda: queues.list(ordering="Colour:asc"))
    refused(lambda: queues.list(ordering="FriendlyName:up"))


@pytest.mark.parametrize(
    "parameters",
    [
        {"target_workers": "languages HAS"},
        {"max_reserved_workers": 0},
        {"max_reserved_workers": 51},
        {"task_order": "random"},
        {"reservation_activity_sid": "WA" + NOBODY},
        {"assignment_activity_sid": "busy"},
    ],
)
def test_a_wrong_task_queue_is_refused(workspace: Any, parameters: dict[str, Any]) -> None:
    """400 and 20001, and none is made."""
    refused(lambda: workspace.task_queues.create(friendly_name="Q", **parameters))
    assert len(workspace.task_queues.list()) == 1


def test_a_queue_in_use_is_not_deleted(workspace: Any, taskrouter: TaskRouter) -> None:
    """Neither a workflow's nor one in which a task waits."""
    queue = workspace.task_queues.create(friendly_name="Q").sid
    workflow = workspace.workflows.create(friendly_name="W", configuration=configuration(queue)).sid
    delete = workspace.task_queues(queue).delete
    assert workflow in refused(delete)
    task = workspace.tasks.create(workflow_sid=workflow)
    workspace.workflows(workflow).update(configuration=configuration(taskrouter.task_queue_sid))
    assert task.sid in refused(delete)
    workspace.tasks(task.sid).update(assignment_status="canceled")
    assert delete() is True


# --- workflows


def test_the_life_of_a_workflow(workspace: Any, taskrouter: TaskRouter, clock: ManualClock) -> None:
    """Created with every parameter, fetched, updated, deleted; the configuration comes back as it went."""
    clock.advance(1)
    text = configuration(taskrouter.task_queue_sid)
    created = workspace.workflows.create(
        friendly_name="Calls",
        configuration=text,
        assignment_callback_url="https://example.com/assignment",
        fallback_assignment_callback_url="https://example.com/fallback",
        task_reservation_timeout=30,
    )
    fetched = workspace.workflows(created.sid).fetch()
    assert (fetched.friendly_name, fetched.configuration) == ("Calls", text)
    assert fetched.assignment_callback_url == "https://example.com/assignment"
    assert fetched.fallback_assignment_callback_url == "https://example.com/fallback"
    assert (fetched.task_reservation_timeout, fetched.date_created) == (30, clock())
    assert fetched.document_content_type == "application/json"
    updated = workspace.workflows(created.sid).update(friendly_name="Phone", task_reservation_timeout=60)
    assert (updated.friendly_name, updated.task_reservation_timeout) == ("Phone", 60)
    assert [each.friendly_name for each in workspace.workflows.list()] == ["Default", "Phone"]
    assert [each.sid for each in workspace.workflows.list(friendly_name="Phone")] == [created.sid]
    assert workspace.workflows(created.sid).delete() is True
    refused(workspace.workflows(created.sid).fetch, 404, 20404)


def test_the_first_workflow_can_be_read(workspace: Any, taskrouter: TaskRouter) -> None:
    """Its configuration is Twilio's JSON, too."""
    routing = json.loads(workspace.workflows(taskrouter.workflow_sid).fetch().configuration)["task_routing"]
    assert routing["default_filter"] == {"queue": taskrouter.task_queue_sid}


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"configuration": "{"}, "Configuration is not JSON"),
        ({"configuration": configuration("WQ" + NOBODY)}, "there is no TaskQueue WQ"),
        ({"configuration": configuration("WQ" + NOBODY, timeout=0)}, "default_filter.timeout must be"),
        ({"assignment_callback_url": "example.com"}, "AssignmentCallbackUrl must be an absolute"),
        ({"fallback_assignment_callback_url": "ftp://a.test/"}, "FallbackAssignmentCallbackUrl must be"),
        ({"task_reservation_timeout": 0}, "TaskReservationTimeout must be a whole number from 1 to 86400"),
        ({"task_reservation_timeout": 86_401}, "TaskReservationTimeout must be"),
        ({"friendly_name": ""}, "FriendlyName is required"),
        ({"configuration": ""}, "Configuration is required"),
    ],
)
def test_a_wrong_workflow_is_refused(
    workspace: Any, taskrouter: TaskRouter, parameters: dict[str, Any], sentence: str
) -> None:
    """400 and 20001 with a sentence, and none is made."""
    right = {"friendly_name": "W", "configuration": configuration(taskrouter.task_queue_sid)}
    assert sentence in refused(lambda: workspace.workflows.create(**{**right, **parameters}))
    assert len(workspace.workflows.list()) == 1


def test_a_workflow_in_use_is_not_deleted(workspace: Any, taskrouter: TaskRouter) -> None:
    """While a task waits on its way."""
    task = workspace.tasks.create()
    assert task.sid in refused(workspace.workflows(taskrouter.workflow_sid).delete)


def test_tasks_may_be_evaluated_again(workspace: Any, taskrouter: TaskRouter) -> None:
    """With ReEvaluateTasks they enter the changed workflow; without, they go on as before."""
    other = workspace.task_queues.create(friendly_name="Other").sid
    task = workspace.tasks.create()
    workflow = workspace.workflows(taskrouter.workflow_sid)
    workflow.update(configuration=configuration(other, priority=9))
    assert workspace.tasks(task.sid).fetch().task_queue_sid == taskrouter.task_queue_sid
    elsewhere = configuration(taskrouter.task_queue_sid)
    elsewhere_sid = workspace.workflows.create(friendly_name="Elsewhere", configuration=elsewhere).sid
    untouched = workspace.tasks.create(workflow_sid=elsewhere_sid)
    workflow.update(re_evaluate_tasks="true")
    assert workspace.tasks(untouched.sid).fetch().task_queue_sid == taskrouter.task_queue_sid
    fetched = workspace.tasks(task.sid).fetch()
    assert (fetched.task_queue_sid, fetched.task_queue_friendly_name, fetched.priority) == (other, "Other", 9)
