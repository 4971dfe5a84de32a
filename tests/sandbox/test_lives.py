"""Whole lives of tasks, driven by the twilio library: one for each instruction, and one for each ending."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app.sandbox import Habits, TaskRouter

if TYPE_CHECKING:
    from tests.sandbox.conftest import Endpoint, ManualClock

CALL = "CA" + "c" * 32
CALLER = "+14155551212"
URL = "https://example.com/twiml"
INSTRUCTIONS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "accept": ({"instruction": "accept"}, {"reservation_status": "accepted"}),
    "dequeue": (
        {"instruction": "dequeue", "from": CALLER},
        {"instruction": "dequeue", "dequeue_from": CALLER},
    ),
    "conference": (
        {"instruction": "conference", "from": CALLER},
        {"instruction": "conference", "from_": CALLER},
    ),
    "call": (
        {"instruction": "call", "from": CALLER, "url": URL, "accept": True},
        {"instruction": "call", "call_from": CALLER, "call_url": URL, "call_accept": True},
    ),
    "call, accepted later": (
        {"instruction": "call", "from": CALLER, "url": URL},
        {"instruction": "call", "call_from": CALLER, "call_url": URL},
    ),
    "redirect": (
        {"instruction": "redirect", "call_sid": CALL, "url": URL, "accept": True},
        {
            "instruction": "redirect",
            "redirect_call_sid": CALL,
            "redirect_url": URL,
            "redirect_accept": True,
        },
    ),
    "redirect, accepted later": (
        {"instruction": "redirect", "call_sid": CALL, "url": URL},
        {"instruction": "redirect", "redirect_call_sid": CALL, "redirect_url": URL},
    ),
}
"""For each instruction: how it is answered to the callback, and how the library sends it over REST."""


class Centre:
    """A small call centre that is set up and run over REST alone."""

    def __init__(self, workspace: Any, taskrouter: TaskRouter, url: str, **workflow: Any) -> None:
        self.workspace = workspace
        self._taskrouter = taskrouter
        french = workspace.task_queues.create(friendly_name="French", target_workers="languages HAS 'fr'")
        target = {"queue": french.sid, "expression": "worker.level >= task.level", "priority": 5}
        french_calls = {
            "filter_friendly_name": "French",
            "expression": "language == 'fr'",
            "targets": [target],
        }
        self.workflow = workspace.workflows.create(
            friendly_name="Calls",
            configuration=json.dumps({"task_routing": {"filters": [french_calls]}}),
            assignment_callback_url=url,
            **workflow,
        )

    def hire(self, name: str, level: int = 5) -> Any:
        attributes = {"languages": ["fr"], "level": level, "contact_uri": f"client:{name}"}
        made = self.workspace.workers.create(friendly_name=name, attributes=json.dumps(attributes))
        return self.workspace.workers(made.sid)

    def task(self, **more: Any) -> Any:
        attributes = json.dumps({"language": "fr", "level": 3, "call_sid": CALL})
        made = self.workspace.tasks.create(workflow_sid=self.workflow.sid, attributes=attributes, **more)
        assert self._taskrouter.wait_for_callbacks(10)
        return self.workspace.tasks(made.sid)


def statuses(task: Any) -> list[str]:
    return [each.reservation_status for each in task.reservations.list()]


def newest(task: Any) -> Any:
    return task.reservations(task.reservations.list()[-1].sid)


@pytest.fixture
def centre(workspace: Any, taskrouter: TaskRouter, endpoint: Endpoint) -> Centre:
    return Centre(workspace, taskrouter, endpoint.url)


# --- instructions


@pytest.mark.parametrize("name", INSTRUCTIONS)
@pytest.mark.parametrize("inline", [True, False])
def test_an_instruction_from_the_callback_to_completed(
    centre: Centre,
    taskrouter: TaskRouter,
    endpoint: Endpoint,
    clock: ManualClock,
    name: str,
    inline: bool,
) -> None:
    """Both forms come to the same end: accepted, wrapping, completed, and the worker is free again."""
    answered, sent = INSTRUCTIONS[name]
    taskrouter.ringing = 3
    centre.hire("alice")
    if inline:
        endpoint.answer(answered)
    task = centre.task()
    if not inline:
        newest(task).update(**sent)
    if name in {"dequeue", "conference"} or "later" in name:
        assert (statuses(task), task.fetch().assignment_status) == (["pending"], "reserved")
        clock.advance(3)
    if "later" in name:
        newest(task).update(reservation_status="accepted")
    assert (statuses(task), task.fetch().assignment_status) == (["accepted"], "assigned")
    leg = json.loads(task.fetch().attributes)
    assert ("worker_call_sid" in leg) is (name.startswith(("dequeue", "call")))
    assert ("conference" in leg) is (name == "conference")
    newest(task).update(reservation_status="wrapping")
    newest(task).update(reservation_status="completed")
    assert (statuses(task), task.fetch().assignment_status) == (["completed"], "completed")
    assert taskrouter.alerts() == []
    endpoint.answer({})
    assert statuses(centre.task()) == ["pending"]


@pytest.mark.parametrize("inline", [True, False])
def test_reject_goes_to_the_next_worker_with_the_activity_changed(
    centre: Centre, taskrouter: TaskRouter, endpoint: Endpoint, inline: bool
) -> None:
    """Until nobody is left; then the task waits for whoever comes back."""
    workers = [centre.hire("alice"), centre.hire("bob")]
    busy = taskrouter.busy.sid
    if inline:
        endpoint.answer({"instruction": "reject", "activity_sid": busy})
    task = centre.task()
    for _ in () if inline else workers:
        newest(task).update(reservation_status="rejected", worker_activity_sid=busy)
    assert (statuses(task), task.fetch().assignment_status) == (["rejected", "rejected"], "pending")
    assert [each.fetch().activity_name for each in workers] == ["Busy", "Busy"]
    assert taskrouter.wait_for_callbacks(10)
    endpoint.answer({"instruction": "accept"})
    workers[0].update(activity_sid=taskrouter.idle.sid)
    assert taskrouter.wait_for_callbacks(10)
    assert statuses(task) == ["rejected", "rejected", "accepted"]


def test_supervise_leaves_an_accepted_reservation_as_it_is(centre: Centre, endpoint: Endpoint) -> None:
    """Another worker listens."""
    centre.hire("alice")
    endpoint.answer({"instruction": "accept"})
    task = centre.task()
    supervised = newest(task).update(
        instruction="supervise", supervisor=centre.hire("bob")._solution["sid"], supervisor_mode="whisper"
    )
    assert supervised.reservation_status == "accepted"


def test_a_whole_call_by_itself(
    centre: Centre, taskrouter: TaskRouter, endpoint: Endpoint, clock: ManualClock
) -> None:
    """With simulated calls nobody has to do anything but let time pass."""
    taskrouter.ringing, taskrouter.habits = 4, lambda _: Habits(talk=300, wrap_up=60)
    endpoint.answer({"instruction": "conference", "from": CALLER})
    centre.hire("alice")
    first, second = centre.task(), centre.task()
    clock.advance(364)
    assert first.fetch().assignment_status == "completed"
    assert taskrouter.wait_for_callbacks(10)
    clock.advance(364)
    assert second.fetch().assignment_status == "completed"
    assert len(endpoint.received) == 2


# --- endings


def test_it_is_completed_by_the_task(centre: Centre, endpoint: Endpoint) -> None:
    """Instead of the reservation."""
    centre.hire("alice")
    endpoint.answer({"instruction": "accept"})
    task = centre.task()
    task.update(assignment_status="completed", reason="solved")
    assert (statuses(task), task.fetch().reason) == (["completed"], "solved")


def test_it_is_canceled_while_the_worker_thinks(centre: Centre) -> None:
    """The caller hung up."""
    centre.hire("alice")
    task = centre.task()
    task.update(assignment_status="canceled", reason="hangup")
    assert (statuses(task), task.fetch().reason) == (["canceled"], "hangup")


def test_it_waits_too_long(centre: Centre, clock: ManualClock) -> None:
    """Nobody fits, and its Timeout is over."""
    centre.hire("too new", level=1)
    task = centre.task(timeout=60)
    assert (task.fetch().assignment_status, task.fetch().priority) == ("pending", 5)
    clock.advance(60)
    assert (statuses(task), task.fetch().reason) == ([], "Task TTL Exceeded")


def test_nobody_answers(
    workspace: Any, taskrouter: TaskRouter, endpoint: Endpoint, clock: ManualClock
) -> None:
    """Each worker has the workflow's time, and is offline then."""
    centre = Centre(workspace, taskrouter, endpoint.url, task_reservation_timeout=20)
    workers = [centre.hire("alice"), centre.hire("bob")]
    task = centre.task()
    clock.advance(20)
    assert statuses(task) == ["timeout", "pending"]
    clock.advance(20)
    assert (statuses(task), task.fetch().assignment_status) == (["timeout", "timeout"], "pending")
    assert [each.fetch().activity_name for each in workers] == ["Offline", "Offline"]


def test_no_filter_takes_it(centre: Centre) -> None:
    """Its workflow has no default filter."""
    made = centre.workspace.tasks.create(workflow_sid=centre.workflow.sid, attributes='{"language": "de"}')
    assert made.assignment_status == "canceled"
    assert made.reason == "Task did not match any filter of the Workflow"


def test_it_is_rejected_a_thousand_times(centre: Centre, taskrouter: TaskRouter) -> None:
    """Over REST and without an activity, by the one worker there is."""
    centre.hire("alice")
    task = centre.task()
    found = taskrouter.find_task(task._solution["sid"])
    assert found
    found.rejections = 998
    for _ in range(2):
        assert task.fetch().assignment_status == "reserved"
        newest(task).update(reservation_status="rejected")
    assert (task.fetch().assignment_status, statuses(task)) == ("canceled", ["rejected", "rejected"])


def test_another_worker_was_faster(centre: Centre, workspace: Any) -> None:
    """Of two who were reserved one accepts, and the other's reservation is rescinded."""
    queue = next(each for each in workspace.task_queues.list() if each.friendly_name == "French")
    workspace.task_queues(queue.sid).update(max_reserved_workers=2)
    centre.hire("alice")
    bob = centre.hire("bob")
    task = centre.task()
    assert statuses(task) == ["pending", "pending"]
    (mine,) = bob.reservations.list()
    bob.reservations(mine.sid).update(reservation_status="accepted")
    assert statuses(task) == ["rescinded", "accepted"]


def test_it_is_deleted(centre: Centre) -> None:
    """And the worker free."""
    alice = centre.hire("alice")
    centre.task().delete()
    assert alice.reservations.list(reservation_status="pending") == []
    assert statuses(centre.task()) == ["pending"]
