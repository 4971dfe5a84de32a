"""Tasks through workflows to queues, and from queues to workers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app.sandbox import RequestError, Reservation, Task, TaskRouter, Worker, serving
from app.sandbox.dispatch import NO_FILTER, NO_MORE_TARGETS
from app.sandbox.expressions import read_expression
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.sandbox.resources import TaskQueue, Workflow
    from tests.sandbox.conftest import Endpoint, ManualClock


@pytest.fixture
def silent(clock: ManualClock) -> Iterator[TaskRouter]:
    """A TaskRouter that calls nobody."""
    taskrouter = TaskRouter(clock=clock)
    yield taskrouter
    assert taskrouter.wait_for_callbacks(10)


def queue_of(taskrouter: TaskRouter, name: str, expression: str = "1==1", **fields: Any) -> TaskQueue:
    return taskrouter.add_queue(name, target_workers=read_expression(expression), **fields)


def workflow_of(
    taskrouter: TaskRouter, *targets: dict[str, Any], default: TaskQueue | None = None
) -> Workflow:
    routing: dict[str, Any] = {"filters": [{"expression": "1==1", "targets": list(targets)}]}
    if default:
        routing["default_filter"] = {"queue": default.sid}
    return taskrouter.add_workflow("Calls", json.dumps({"task_routing": routing}))


def routed(taskrouter: TaskRouter, attributes: dict[str, Any] | None = None, **more: Any) -> Task:
    task = taskrouter.add_task(attributes, **more)
    taskrouter.route(task)
    return task


def holder(taskrouter: TaskRouter, task: Task) -> Worker | None:
    """Who has the task reserved."""
    pending = [each.worker for each in taskrouter.reservations(task) if each.status == "pending"]
    return pending[0] if pending else None


def reservation_of(taskrouter: TaskRouter, task: Task) -> Reservation:
    return taskrouter.reservations(task)[-1]


# --- filters


def test_the_first_filter_that_holds_shows_the_way(silent: TaskRouter) -> None:
    """And the default takes the rest."""
    sales, support = queue_of(silent, "Sales"), queue_of(silent, "Support")
    silent.add_workflow("unused", json.dumps({"task_routing": {"default_filter": {"queue": sales.sid}}}))
    filters = [
        {"expression": "type == 'sales'", "targets": [{"queue": sales.sid, "priority": 7}]},
        {"expression": "type IN ['sales', 'support']", "targets": [{"queue": support.sid}]},
    ]
    default = {"queue": silent.task_queue_sid}
    document = {"task_routing": {"filters": filters, "default_filter": default}}
    workflow = silent.add_workflow("Calls", json.dumps(document))
    tasks = [routed(silent, {"type": kind}, workflow=workflow) for kind in ("sales", "support", "fax")]
    assert [each.queue for each in tasks] == [sales, support, silent.queue]
    assert [each.priority for each in tasks] == [7, 0, 0]


def test_a_task_that_no_filter_takes_is_canceled(silent: TaskRouter) -> None:
    """Where the workflow has no default filter."""
    filters = [{"expression": "type == 'sales'", "targets": [{"queue": silent.task_queue_sid}]}]
    workflow = silent.add_workflow("Sales", json.dumps({"task_routing": {"filters": filters}}))
    task = routed(silent, {"type": "fax"}, workflow=workflow)
    assert (task.status, task.reason) == ("canceled", NO_FILTER)


def test_a_configuration_names_queues_that_are_there(silent: TaskRouter) -> None:
    """Another one is refused; a queue can be given the SID of the user's own."""
    own = "WQ" + "7" * 32
    text = json.dumps({"task_routing": {"default_filter": {"queue": own}}})
    with pytest.raises(RequestError, match=f"there is no TaskQueue {own}"):
        silent.add_workflow("Exported", text)
    silent.add_queue("Everyone at home", sid=own)
    assert silent.add_workflow("Exported", text, sid="WW" + "7" * 32).sid == "WW" + "7" * 32


# --- targets


def test_targets_come_one_after_the_other(silent: TaskRouter, clock: ManualClock) -> None:
    """Each for its time, then the default, in its queue and with its priority."""
    first, second = queue_of(silent, "First"), queue_of(silent, "Second")
    steps = ({"queue": first.sid, "timeout": 10}, {"queue": second.sid, "timeout": 20, "priority": 5})
    workflow = workflow_of(silent, *steps, default=silent.queue)
    task = routed(silent, workflow=workflow)
    seen = []
    for _ in range(4):
        silent.expire()
        seen.append((task.queue, task.priority, task.queued.second))
        clock.advance(10)
    assert seen == [(first, 0, 0), (second, 5, 10), (second, 5, 10), (silent.queue, 5, 30)]


def test_a_task_without_further_targets_is_canceled(silent: TaskRouter, clock: ManualClock) -> None:
    """With Twilio's reason."""
    workflow = workflow_of(silent, {"queue": silent.task_queue_sid, "timeout": 10})
    task = routed(silent, workflow=workflow)
    clock.advance(10)
    silent.expire()
    assert (task.status, task.reason) == ("canceled", NO_MORE_TARGETS)


def test_the_time_of_a_target_goes_on_while_a_worker_is_reserved(
    silent: TaskRouter, clock: ManualClock
) -> None:
    """A rejected task goes to the target where it would be by then; see Twilio's "Timeout evaluation"."""
    queues = [queue_of(silent, name, f"level == {level}") for level, name in enumerate("abc")]
    workflow = workflow_of(silent, *({"queue": each.sid, "timeout": 10} for each in queues))
    workflow.reservation_timeout = 25
    silent.add_worker("Alice", {"level": 0})
    carol = silent.add_worker("Carol", {"level": 2})
    task = routed(silent, workflow=workflow)
    clock.advance(24)
    silent.expire()
    assert task.queue is queues[0]
    clock.advance(1)
    silent.expire()
    assert (task.queue, holder(silent, task)) == (queues[2], carol)
    assert task.step_until
    assert (task.step_until - task.created).total_seconds() == 30


@pytest.mark.parametrize(
    ("skip_if", "skipped"),
    [
        ("1==1", True),
        ("workers.available == 0", True),
        ("workers.unavailable == 1 AND task.hurry == true", True),
        ("workers.available > 0", False),
    ],
)
def test_a_target_may_be_skipped(silent: TaskRouter, skip_if: str, skipped: bool) -> None:
    """At once, if nobody could be reserved at once."""
    experts = queue_of(silent, "Experts", "level > 3")
    silent.add_worker("Alice", {"level": 5}, silent.busy)
    silent.add_worker("Bob", {"level": 1}, silent.busy)
    workflow = workflow_of(silent, {"queue": experts.sid, "skip_if": skip_if}, default=silent.queue)
    task = routed(silent, {"hurry": True}, workflow=workflow)
    assert (task.queue is silent.queue) is skipped


def test_a_target_is_not_skipped_when_somebody_is_free(silent: TaskRouter) -> None:
    """The reservation comes first."""
    alice = silent.add_worker("Alice")
    workflow = workflow_of(silent, {"queue": silent.task_queue_sid, "skip_if": "1==1"})
    assert holder(silent, routed(silent, workflow=workflow)) is alice


def test_skip_if_counts_the_workers_of_an_activity(silent: TaskRouter) -> None:
    """`workers.WA…`."""
    silent.add_worker("Alice", activity=silent.busy)
    skip = f"workers.{silent.busy.sid} == 1 AND workers.{silent.offline.sid} == null"
    workflow = workflow_of(silent, {"queue": silent.task_queue_sid, "skip_if": skip})
    assert routed(silent, workflow=workflow).status == "canceled"


# --- workers


def test_queue_and_target_both_choose(silent: TaskRouter) -> None:
    """The worker satisfies the queue's expression and the target's."""
    french = queue_of(silent, "French", "languages HAS 'fr'")
    expression = "worker.level >= task.level AND worker.sid NOT IN task.not_to"
    workflow = workflow_of(silent, {"queue": french.sid, "expression": expression})
    silent.add_worker("Wrong language", {"languages": ["en"], "level": 9})
    silent.add_worker("Too new", {"languages": ["fr"], "level": 1})
    excluded = silent.add_worker("Excluded", {"languages": ["fr"], "level": 9})
    right = silent.add_worker("Right", {"languages": ["fr"], "level": 5})
    task = routed(silent, {"level": 5, "not_to": [excluded.sid]}, workflow=workflow)
    assert holder(silent, task) is right
    assert reservation_of(silent, task).queue is french


def test_the_best_worker_comes_first(silent: TaskRouter, clock: ManualClock) -> None:
    """order_by decides, then who is idle longest; who lacks the attribute comes last."""
    workers = {}
    for name, attributes in (
        ("none", {}),
        ("low", {"level": 1}),
        ("text", {"level": "x"}),
        ("late", {"level": 5, "cost": 2}),
        ("cheap", {"level": 5, "cost": 1}),
        ("same", {"level": 5, "cost": 1}),
    ):
        workers[name] = silent.add_worker(name, attributes)
        clock.advance(1)
    target = {"queue": silent.task_queue_sid, "order_by": "worker.level DESC, worker.cost ASC"}
    workflow = workflow_of(silent, target)
    chosen = [holder(silent, routed(silent, workflow=workflow)) for _ in workers]
    assert [each and each.name for each in chosen] == ["text", "cheap", "same", "late", "low", "none"]


@pytest.mark.parametrize("key", ["known_worker_sid", "known_worker_friendly_name"])
def test_a_task_waits_for_the_worker_who_knows_it(silent: TaskRouter, key: str) -> None:
    """And goes on at once when that worker is not in the queue."""
    silent.add_worker("Alice")
    bob = silent.add_worker("Bob", activity=silent.busy)
    targets = {"queue": silent.task_queue_sid, key: "task.agent"}
    other = queue_of(silent, "Other", "1 == 2")
    workflow = workflow_of(silent, targets, default=other)
    known = routed(silent, {"agent": bob.sid if key.endswith("sid") else "Bob"}, workflow=workflow)
    stranger = routed(silent, {"agent": "nobody"}, workflow=workflow)
    assert (known.status, known.queue, stranger.queue) == ("pending", silent.queue, other)
    silent.move(bob, silent.idle)
    assert holder(silent, known) is bob


def test_several_workers_may_be_reserved_and_the_first_gets_it(silent: TaskRouter) -> None:
    """max_reserved_workers; the others' reservations are rescinded, and they take the next task."""
    both = queue_of(silent, "Both", max_reserved_workers=2)
    workflow = workflow_of(silent, {"queue": both.sid})
    alice, bob = silent.add_worker("Alice"), silent.add_worker("Bob")
    task = routed(silent, workflow=workflow)
    first, second = silent.reservations(task)
    waiting = routed(silent, workflow=workflow)
    assert (first.worker, second.worker, waiting.status) == (alice, bob, "pending")
    accept(silent, second)
    assert (first.status, second.status, task.status) == ("rescinded", "accepted", "assigned")
    assert holder(silent, waiting) is alice


def test_a_task_is_reserved_while_anybody_thinks(silent: TaskRouter) -> None:
    """One of two rejects: the task stays reserved for the other."""
    both = queue_of(silent, "Both", max_reserved_workers=2)
    silent.add_worker("Alice")
    silent.add_worker("Bob")
    task = routed(silent, workflow=workflow_of(silent, {"queue": both.sid}))
    first, second = silent.reservations(task)
    reject(silent, first, silent.busy.sid)
    assert (task.status, second.status) == ("reserved", "pending")
    reject(silent, second, silent.busy.sid)
    assert task.status == "pending"


def test_a_queue_may_move_its_workers(silent: TaskRouter) -> None:
    """Into its activities for reserved and for assigned workers, and back when nothing comes of it."""
    reserved = silent.add_activity("Reserved", available=False)
    queue = queue_of(silent, "Q", reservation_activity=reserved, assignment_activity=silent.busy)
    alice = silent.add_worker("Alice")
    task = routed(silent, workflow=workflow_of(silent, {"queue": queue.sid}))
    assert alice.activity is reserved
    silent.cancel(task)
    assert alice.activity is silent.idle
    again = routed(silent, workflow=task.workflow)
    accept(silent, reservation_of(silent, again))
    assert alice.activity is silent.busy


# --- order


def accept(taskrouter: TaskRouter, reservation: Reservation) -> None:
    taskrouter.update(reservation, b"ReservationStatus=accepted", lambda _version: True)


def reject(taskrouter: TaskRouter, reservation: Reservation, activity: str = "") -> None:
    body = b"ReservationStatus=rejected" + (f"&WorkerActivitySid={activity}".encode() if activity else b"")
    taskrouter.update(reservation, body, lambda _version: True)


@pytest.mark.parametrize(("order", "names"), [("FIFO", "xyab"), ("LIFO", "yxba")])
def test_tasks_wait_by_priority_and_age(
    silent: TaskRouter, clock: ManualClock, order: str, names: str
) -> None:
    """The highest priority first, then the oldest, or the newest where the queue says LIFO."""
    queue = queue_of(silent, "Q", task_order=order)
    workflow = workflow_of(silent, {"queue": queue.sid})
    for name, priority in (("a", 0), ("b", 0), ("x", 5), ("y", 5)):
        routed(silent, {"name": name}, priority=priority, workflow=workflow)
        clock.advance(1)
    assert "".join(each.attributes["name"] for each in silent.waiting()) == names


def test_of_two_queues_the_more_urgent_task_comes_first(silent: TaskRouter, clock: ManualClock) -> None:
    """Whichever queue it waits in."""
    workflows = [workflow_of(silent, {"queue": queue_of(silent, name).sid}) for name in "ab"]
    old = routed(silent, workflow=workflows[0])
    clock.advance(1)
    urgent = routed(silent, priority=1, workflow=workflows[1])
    clock.advance(1)
    new = routed(silent, workflow=workflows[1])
    assert silent.waiting() == [urgent, old, new]
    alice = silent.add_worker("Alice")
    assert holder(silent, urgent) is alice
    for task, following in ((urgent, old), (old, new)):
        accept(silent, reservation_of(silent, task))
        silent.complete(task, "done")
        assert holder(silent, following) is alice
    assert urgent.reason == "done"


# --- what happens to reservations


def test_a_task_is_routed_once(silent: TaskRouter) -> None:
    """A second time changes nothing."""
    silent.add_worker("Alice")
    task = silent.add_task()
    first = silent.route(task)
    assert silent.route(task) is None
    assert silent.reservations(task) == [first]
    waiting = silent.add_task()
    assert silent.route(waiting) is silent.route(waiting) is None
    assert silent.waiting() == [waiting]


def test_what_was_due_comes_before_what_is_done(silent: TaskRouter, clock: ManualClock) -> None:
    """Although nobody looked meanwhile: the reservation had timed out before its worker moved."""
    alice = silent.add_worker("Alice")
    task = routed(silent)
    clock.advance(130)
    silent.move(alice, silent.idle)
    assert [each.status for each in silent.reservations(task)] == ["timeout", "pending"]
    assert alice.idle_since == clock()


def test_a_rejected_task_goes_to_the_next_worker(silent: TaskRouter, clock: ManualClock) -> None:
    """The one who rejected has moved, or is idle for the shortest time."""
    alice = silent.add_worker("Alice")
    clock.advance(1)
    bob = silent.add_worker("Bob")
    clock.advance(1)
    task = routed(silent)
    reject(silent, reservation_of(silent, task))
    assert (holder(silent, task), task.rejections) == (bob, 1)
    reject(silent, reservation_of(silent, task), silent.busy.sid)
    assert (holder(silent, task), bob.activity) == (alice, silent.busy)


def test_a_task_that_timed_out_goes_to_the_next_worker(silent: TaskRouter, clock: ManualClock) -> None:
    """The one who did not answer is moved to the workspace's timeout activity."""
    alice = silent.add_worker("Alice")
    clock.advance(1)
    bob = silent.add_worker("Bob")
    task = routed(silent)
    clock.advance(120)
    assert holder(silent, task) is bob
    assert alice.activity is silent.timeout_activity is silent.offline
    assert [each.status for each in silent.reservations(task)] == ["timeout", "pending"]


def test_a_thousand_rejections_cancel_a_task(silent: TaskRouter) -> None:
    """The same worker is asked again and again; then it is over."""
    silent.add_worker("Alice")
    task = routed(silent)
    for _ in range(1000):
        reject(silent, reservation_of(silent, task))
    assert (task.status, task.reason) == ("canceled", "rejected 1000 times")
    assert len(silent.reservations(task)) == 1000


def test_with_the_last_rejection_the_others_are_canceled(silent: TaskRouter) -> None:
    """Whoever else has the task reserved loses it with the task."""
    both = queue_of(silent, "Both", max_reserved_workers=2)
    silent.add_worker("Alice")
    silent.add_worker("Bob")
    task = routed(silent, workflow=workflow_of(silent, {"queue": both.sid}))
    task.rejections = 999
    first, second = silent.reservations(task)
    reject(silent, first)
    assert (task.status, first.status, second.status) == ("canceled", "rejected", "canceled")


def test_a_rescinded_task_is_offered_again(silent: TaskRouter, clock: ManualClock) -> None:
    """To who is idle longest by then."""
    silent.add_worker("Alice")
    clock.advance(1)
    bob = silent.add_worker("Bob")
    clock.advance(1)
    task = routed(silent)
    silent.rescind(reservation_of(silent, task))
    assert holder(silent, task) is bob


@pytest.mark.parametrize("how", ["worker", "activity", "attributes", "queue"])
def test_a_waiting_task_is_offered_as_soon_as_somebody_fits(silent: TaskRouter, how: str) -> None:
    """Whatever made it possible."""
    queue = queue_of(silent, "French", "languages HAS 'fr'")
    alice = silent.add_worker("Alice", {"languages": ["fr"]}, silent.busy)
    bob = silent.add_worker("Bob", {"languages": ["en"]})
    task = routed(silent, workflow=workflow_of(silent, {"queue": queue.sid}))
    assert holder(silent, task) is None
    if how == "worker":
        assert holder(silent, task) is None
        assert silent.add_worker("Carol", {"languages": ["fr"]}) is holder(silent, task)
    elif how == "activity":
        silent.move(alice, silent.idle)
        assert holder(silent, task) is alice
    elif how == "attributes":
        silent.describe(bob, {"languages": ["en", "fr"]})
        assert holder(silent, task) is bob
    else:
        silent.change(queue, target_workers=read_expression("1==1"))
        assert holder(silent, task) is bob


def test_a_task_reserved_by_hand_is_not_offered(silent: TaskRouter) -> None:
    """Until it is routed."""
    alice, bob = silent.add_worker("Alice"), silent.add_worker("Bob")
    task = silent.add_task()
    reject(silent, silent.reserve(task, alice), silent.busy.sid)
    assert (task.status, silent.waiting()) == ("pending", [])
    silent.route(task)
    assert holder(silent, task) is bob


def test_a_worker_who_leaves_may_reject_what_is_pending(silent: TaskRouter) -> None:
    """The task goes on; without that it stays reserved."""
    alice = silent.add_worker("Alice")
    task = routed(silent)
    silent.move(alice, silent.busy)
    assert holder(silent, task) is alice
    bob = silent.add_worker("Bob")
    silent.move(alice, silent.offline, reject=True)
    assert holder(silent, task) is bob


def test_a_task_with_its_own_workflow_calls_that_ones_url(
    taskrouter: TaskRouter, endpoint: Endpoint, fallback: Endpoint
) -> None:
    """Each workflow has its own assignment callback."""
    other = workflow_of(taskrouter, {"queue": taskrouter.task_queue_sid})
    other.callback_url = fallback.url
    assert (taskrouter.callback_url, taskrouter.fallback_url) == (endpoint.url, "")
    taskrouter.add_worker("Alice")
    routed(taskrouter, workflow=other)
    assert taskrouter.wait_for_callbacks(10)
    assert (len(endpoint.received), len(fallback.received)) == (0, 1)
    assert f"WorkflowSid={other.sid}" in fallback.received[0][1].decode()


def test_every_reservation_brings_a_callback(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """Also one that was made because somebody rejected, without anybody asking."""
    endpoint.answer({"instruction": "reject", "activity_sid": taskrouter.busy.sid})
    for name in ("Alice", "Bob", "Carol"):
        taskrouter.add_worker(name)
    task = routed(taskrouter)
    assert taskrouter.wait_for_callbacks(10)
    assert len(endpoint.received) == 3
    assert (task.status, task.rejections) == ("pending", 3)


def test_time_passes_while_nobody_asks(clock: ManualClock) -> None:
    """A served workspace looks at the clock by itself."""
    taskrouter = TaskRouter(clock=clock)
    with serving(taskrouter):
        task = routed(taskrouter, timeout=60)
        clock.advance(60)
        until(lambda: task.status == "canceled")
