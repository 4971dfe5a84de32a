"""What happens to tasks and reservations by themselves, by hand, and in every run alike."""

from __future__ import annotations

import ast
import socket
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import app.sandbox
from app.sandbox import TaskRouter, effects, serving

if TYPE_CHECKING:
    from tests.sandbox.conftest import Endpoint, ManualClock


@pytest.fixture
def silent(clock: ManualClock) -> TaskRouter:
    """A TaskRouter that calls nobody."""
    return TaskRouter(clock=clock)


def test_a_timed_out_reservation_frees_task_and_worker(silent: TaskRouter, clock: ManualClock) -> None:
    """The task goes to the next worker; the one who did not answer is idle since the deadline."""
    alice = silent.add_worker("Alice")
    clock.advance(1)
    bob = silent.add_worker("Bob")
    task = silent.add_task()
    late = silent.reserve(task, alice)
    clock.advance(300)
    silent.expire()
    assert (late.status, task.status) == ("timeout", "pending")
    assert alice.idle_since == late.updated == late.deadline
    routed = silent.route(task)
    assert routed is not None
    assert routed.worker is bob
    assert silent.wait_for_callbacks(10)


def test_each_reservation_and_task_has_a_time_of_its_own(silent: TaskRouter, clock: ManualClock) -> None:
    """The one with the nearest end goes first, whichever was made first."""
    alice = silent.add_worker("Alice")
    patient, hasty = silent.add_task(timeout=600), silent.add_task(timeout=90)
    early = silent.reserve(patient, alice)
    clock.advance(60)
    late = silent.reserve(silent.add_task(), alice)
    clock.advance(60)
    assert [each.status for each in silent.reservations()] == ["timeout", "pending"]
    assert [each.status for each in silent.tasks()] == ["pending", "canceled", "reserved"]
    clock.advance(60)
    assert [each.status for each in (early, late)] == ["timeout", "pending"]
    silent.expire()
    assert (late.status, late.updated, patient.status, hasty.version) == ("timeout", clock(), "pending", 1)


def test_a_rescinded_reservation_leaves_the_task_waiting(silent: TaskRouter) -> None:
    """It is taken from the worker; a second time changes nothing."""
    reservation = silent.reserve(silent.add_task(), silent.add_worker("Alice"))
    silent.rescind(reservation)
    silent.rescind(reservation)
    assert (reservation.status, reservation.task.status) == ("rescinded", "pending")
    assert reservation.version == 1


def test_canceling_a_task_cancels_its_reservation_alone(silent: TaskRouter) -> None:
    """Others of the same worker stay pending."""
    alice = silent.add_worker("Alice")
    canceled = silent.reserve(silent.add_task(), alice)
    other = silent.reserve(silent.add_task(), alice)
    silent.cancel(canceled.task, "caller hung up")
    assert (canceled.status, canceled.task.status) == ("canceled", "canceled")
    assert canceled.task.reason == "caller hung up"
    assert other.status == "pending"


def test_a_task_whose_time_is_over_takes_its_reservation_with_it(
    silent: TaskRouter, clock: ManualClock
) -> None:
    """The reservation is canceled even though its own time has not run out."""
    reservation = silent.reserve(silent.add_task(timeout=60), silent.add_worker("Alice"))
    clock.advance(61)
    assert [each.status for each in silent.reservations()] == ["canceled"]
    assert reservation.task.reason == "Task TTL Exceeded"


def test_the_time_of_a_task_ends_when_it_is_assigned(silent: TaskRouter, clock: ManualClock) -> None:
    """How long it may wait is about waiting alone."""
    reservation = silent.reserve(silent.add_task(timeout=60), silent.add_worker("Alice"))
    effects.settle(reservation, "accepted", clock())
    clock.advance(61)
    assert [each.status for each in silent.tasks()] == ["assigned"]


def test_a_task_is_canceled_after_a_thousand_rejections(silent: TaskRouter, clock: ManualClock) -> None:
    """Twilio gives up then; so does the sandbox."""
    task, alice = silent.add_task(), silent.add_worker("Alice")
    for _ in range(999):
        effects.settle(silent.reserve(task, alice), "rejected", clock())
    assert task.status == "pending"
    effects.settle(silent.reserve(task, alice), "rejected", clock())
    assert (task.status, task.reason) == ("canceled", "rejected 1000 times")


def test_the_same_seed_makes_the_same_sids(clock: ManualClock) -> None:
    """A run can be repeated; another seed makes other SIDs."""

    def sids(seed: int) -> list[str]:
        taskrouter = TaskRouter(clock=clock, seed=seed)
        task = taskrouter.add_task()
        reservation = taskrouter.reserve(task, taskrouter.add_worker("Alice"))
        return [taskrouter.account_sid, taskrouter.auth_token, task.sid, reservation.sid]

    assert sids(1) == sids(1)
    assert not set(sids(1)) & set(sids(2))


@pytest.mark.parametrize("attributes", [{"when": object()}, {1: "a number is no name"}])
def test_attributes_that_are_not_json_are_refused(silent: TaskRouter, attributes: Any) -> None:
    """At once, and not when the callback is sent."""
    with pytest.raises(TypeError):
        silent.add_task(attributes)


def test_attributes_are_a_copy(silent: TaskRouter) -> None:
    """What TaskRouter writes into a task does not show in the caller's own values."""
    skills = ["fr"]
    worker = silent.add_worker("Alice", {"skills": skills})
    skills.append("de")
    assert worker.attributes == {"skills": ["fr"]}


def test_time_passes_without_a_clock_being_given() -> None:
    """The default is the time of day in UTC."""
    task = TaskRouter().add_task()
    assert task.created.utcoffset() is not None


def test_closing_waits_for_callbacks_and_frees_the_port(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """Nothing is left behind: no thread, no listening socket, no callback under way."""
    started, released = threading.Event(), threading.Event()

    def hesitate() -> None:
        started.set()
        released.wait(10)

    endpoint.before_answer = hesitate
    endpoint.answer({"instruction": "accept"})
    taskrouter.add_worker("Alice")
    with serving(taskrouter) as sandbox:
        reservation = taskrouter.route(taskrouter.add_task())
        assert started.wait(10)
        assert not taskrouter.wait_for_callbacks(0)
        threading.Timer(0.05, released.set).start()
    assert reservation is not None
    assert reservation.status == "accepted"
    assert not {"sandbox", "sandbox clock"} & {thread.name for thread in threading.enumerate()}
    with socket.socket() as free:
        free.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        free.bind(("127.0.0.1", int(sandbox.address.rpartition(":")[2])))


def test_a_taken_port_is_said(taskrouter: TaskRouter) -> None:
    """As the operating system says it."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"), ExitStack() as stack:
            stack.enter_context(serving(taskrouter, port=taken.getsockname()[1]))


def test_serving_writes_nothing(taskrouter: TaskRouter, capfd: pytest.CaptureFixture[str]) -> None:
    """The sandbox runs inside other programs' output."""
    with serving(taskrouter) as sandbox:
        host, _, port = sandbox.address.removeprefix("http://").partition(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(b"GET /v1 HTTP/1.0\r\n\r\n")
            assert connection.recv(100).startswith(b"HTTP/1.1 401")
    assert capfd.readouterr() == ("", "")


def test_the_sandbox_knows_twilios_side_only() -> None:
    """No module of it imports anything of the application: that keeps the double honest."""
    for path in Path(app.sandbox.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [each.name for each in node.names] if isinstance(node, ast.Import) else []
            ours = [name for name in names if name.split(".")[0] == "app"]
            assert all(name.startswith("app.sandbox") for name in ours), (path, ours)
