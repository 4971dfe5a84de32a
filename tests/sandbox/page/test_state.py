"""The document that the page draws: what there is in a workspace now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from app.sandbox import Reservation, Task, TaskRouter
from app.sandbox.expressions import read_expression
from app.sandbox.page.state import state_of

if TYPE_CHECKING:
    from tests.sandbox.conftest import Endpoint, ManualClock


def state(taskrouter: TaskRouter, **more: Any) -> dict[str, Any]:
    """The state as it arrives: JSON has no other types."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(state_of(taskrouter, **more)))
    return found


def routed(taskrouter: TaskRouter, attributes: dict[str, Any] | None = None, priority: int = 0) -> Task:
    task = taskrouter.add_task(attributes, priority)
    taskrouter.route(task)
    return task


def keys(part: dict[str, Any]) -> list[str]:
    return [row["key"] for row in part["rows"]]


def test_a_new_workspace_has_a_queue_and_a_workflow_and_nothing_else(clock: ManualClock) -> None:
    """Its names are there, and each list is empty."""
    taskrouter = TaskRouter(clock=clock, callback_url="http://127.0.0.1:1/assignment")
    found = state(taskrouter)
    assert found["workspace"] == {
        "sid": taskrouter.workspace_sid,
        "name": "Sandbox",
        "account_sid": taskrouter.account_sid,
    }
    assert [each["name"] for each in found["activities"]] == ["Idle", "Busy", "Offline"]
    assert [each["callback_url"] for each in found["workflows"]] == ["http://127.0.0.1:1/assignment"]
    assert found["counts"] == {"tasks": {}, "reservations": {}, "workers": 0, "available": 0}
    for name in ("workers", "waiting", "canceled", "reservations", "alerts", "callbacks"):
        assert found[name] == {"rows": [], "more": 0}


def test_no_secret_is_in_it(clock: ManualClock) -> None:
    """Neither the auth tokens nor the secrets of API keys."""
    taskrouter = TaskRouter(clock=clock, auth_tokens=("tok-1", "tok-2"), api_keys={"SK1": "key-secret"})
    written = orjson.dumps(state_of(taskrouter))
    for secret in (b"tok-1", b"tok-2", b"key-secret"):
        assert secret not in written


def test_a_queue_tells_who_waits_and_who_could_come(clock: ManualClock) -> None:
    """How many wait, since when the oldest does, and its members, available or not."""
    taskrouter = TaskRouter(clock=clock)
    taskrouter.change(taskrouter.queue, target_workers=read_expression("language == 'en'"))
    taskrouter.add_worker("Ann", {"language": "en"}, taskrouter.busy)
    taskrouter.add_worker("Bob", {"language": "de"})
    first = routed(taskrouter)
    clock.advance(60)
    routed(taskrouter, priority=9)
    assert state(taskrouter)["queues"] == [
        {
            "key": taskrouter.queue.sid,
            "name": "Everyone",
            "waiting": 2,
            "oldest": "2026-01-05T08:00:00.000+00:00",
            "available": 0,
            "members": 1,
        }
    ]
    taskrouter.cancel(first)
    assert state(taskrouter)["queues"][0]["oldest"] == "2026-01-05T08:01:00.000+00:00"


def test_a_worker_tells_what_is_done_now(clock: ManualClock) -> None:
    """The activity, and the reservation that binds the worker with its task; since when."""
    taskrouter = TaskRouter(clock=clock)
    ann = taskrouter.add_worker("Ann")
    bob = taskrouter.add_worker("Bob", activity=taskrouter.offline)
    clock.advance(5)
    task = routed(taskrouter, {"n": 1})
    rows = {row["name"]: row for row in state(taskrouter)["workers"]["rows"]}
    assert rows["Ann"] == {
        "key": ann.sid,
        "name": "Ann",
        "activity": taskrouter.idle.sid,
        "available": True,
        "status": "pending",
        "task": task.sid,
        "doing": '{"n":1}',
        "since": "2026-01-05T08:00:05.000+00:00",
    }
    assert (rows["Bob"]["status"], rows["Bob"]["available"], rows["Bob"]["doing"]) == ("", False, "")
    assert rows["Bob"]["since"] == "2026-01-05T08:00:00.000+00:00"
    assert keys(state(taskrouter)["workers"]) == [ann.sid, bob.sid]


def test_waiting_tasks_stand_in_the_order_in_which_they_are_offered(clock: ManualClock) -> None:
    """The most urgent first; a task that was only added waits in no queue, and is counted all the same."""
    taskrouter = TaskRouter(clock=clock)
    normal, urgent = routed(taskrouter), routed(taskrouter, priority=5)
    taskrouter.add_task()
    found = state(taskrouter)
    assert keys(found["waiting"]) == [urgent.sid, normal.sid]
    assert found["waiting"]["rows"][0]["priority"] == 5
    assert found["counts"]["tasks"] == {"pending": 3}


def test_long_lists_are_cut_and_say_how_many_follow(clock: ManualClock) -> None:
    """Of 150 waiting tasks 100 are shown."""
    taskrouter = TaskRouter(clock=clock)
    for _ in range(150):
        routed(taskrouter)
    waiting = state(taskrouter)["waiting"]
    assert (len(waiting["rows"]), waiting["more"]) == (100, 50)


def test_long_attributes_are_cut(clock: ManualClock) -> None:
    """A row has a line: all of it is with the callback."""
    taskrouter = TaskRouter(clock=clock)
    routed(taskrouter, {"note": "x" * 1000})
    text = state(taskrouter)["waiting"]["rows"][0]["attributes"]
    assert text == '{"note":"' + "x" * 150 + "…"


def test_live_reservations_come_before_those_that_ended(clock: ManualClock) -> None:
    """Newest first among the live, and what ended last first among the others."""
    taskrouter = TaskRouter(clock=clock)
    workers = [taskrouter.add_worker(name) for name in ("Ann", "Bob", "Carla", "Dora")]
    made = [taskrouter.reserve(taskrouter.add_task(), worker) for worker in workers]
    for place in (2, 0):
        clock.advance(1)
        taskrouter.rescind(made[place])
    found = state(taskrouter)["reservations"]
    assert keys(found) == [made[place].sid for place in (3, 1, 0, 2)]
    assert [row["status"] for row in found["rows"]] == ["pending", "pending", "rescinded", "rescinded"]


def test_a_reservation_tells_task_worker_and_outcome(clock: ManualClock) -> None:
    """And how long it may be pending."""
    taskrouter = TaskRouter(clock=clock, reservation_timeout=30)
    taskrouter.add_worker("Ann")
    reservation = taskrouter.assign(taskrouter.add_task({"n": 1}, priority=7), taskrouter.workers()[0])
    assert state(taskrouter)["reservations"]["rows"] == [
        {
            "key": reservation.sid,
            "task": reservation.task.sid,
            "status": "pending",
            "queue": "Everyone",
            "worker": "Ann",
            "priority": 7,
            "created": "2026-01-05T08:00:00.000+00:00",
            "updated": "2026-01-05T08:00:00.000+00:00",
            "limit": 30,
            "outcome": "pending: no callback URL is set, an update over REST is awaited",
            "attributes": '{"n":1}',
        }
    ]
    clock.advance(31)
    assert state(taskrouter)["counts"]["reservations"] == {"timeout": 1}


def test_a_task_that_nobody_got_tells_why(clock: ManualClock) -> None:
    """Those that were canceled last come first."""
    taskrouter = TaskRouter(clock=clock)
    for seconds, reason in ((1, "first"), (1, "second"), (0, "third")):
        clock.advance(seconds)
        taskrouter.cancel(routed(taskrouter), reason)
    found = state(taskrouter)["canceled"]
    assert [row["reason"] for row in found["rows"]] == ["third", "second", "first"]


def test_alerts_come_newest_first(clock: ManualClock) -> None:
    """With code, sentence and where Twilio explains it."""
    taskrouter = TaskRouter(clock=clock)
    reservation = taskrouter.assign(taskrouter.add_task(), taskrouter.add_worker("Ann"))
    for code in (40140, 55555):
        clock.advance(1)
        taskrouter.alert(reservation, code, f"sentence {code}")
    found = state(taskrouter)["alerts"]
    assert [(row["code"], row["text"]) for row in found["rows"]] == [
        (55555, "sentence 55555"),
        (40140, "sentence 40140"),
    ]
    assert len(set(keys(found))) == 2
    assert found["rows"][0]["more"] == "https://www.twilio.com/docs/api/errors/55555"
    assert found["rows"][0]["reservation"] == reservation.sid


def assigned(taskrouter: TaskRouter, number: int) -> Reservation:
    return taskrouter.assign(taskrouter.add_task({"n": number}), taskrouter.add_worker(f"Worker {number}"))


def test_callbacks_come_newest_first_as_many_as_are_wanted(
    taskrouter: TaskRouter, endpoint: Endpoint
) -> None:
    """And the number of the others."""
    endpoint.answer({"instruction": "accept"})
    made = [assigned(taskrouter, number) for number in range(3)]
    found = state(taskrouter, callbacks=2)["callbacks"]
    assert keys(found) == [f"{made[2].sid}/0", f"{made[1].sid}/0"]
    assert found["more"] == 1


def test_callbacks_and_alerts_stay_when_their_tasks_are_forgotten(
    taskrouter: TaskRouter, endpoint: Endpoint, clock: ManualClock
) -> None:
    """Twilio forgets a closed task after five minutes; whoever looks at a fast day has more time."""
    endpoint.answer({"instruction": "dequeue"})
    reservation = assigned(taskrouter, 1)
    taskrouter.complete(reservation.task)
    clock.advance(300)
    found = state(taskrouter)
    assert found["reservations"]["rows"] == []
    assert keys(found["callbacks"]) == [f"{reservation.sid}/0"]
    assert [row["reservation"] for row in found["alerts"]["rows"]] == [reservation.sid]


def test_while_nothing_happens_the_state_is_the_same(taskrouter: TaskRouter, clock: ManualClock) -> None:
    """Whatever the time is: the page counts for itself how long ago things were."""
    routed(taskrouter)
    before = state(taskrouter)
    clock.advance(59)
    assert state(taskrouter) == before


def test_members_are_remembered_until_they_may_be_others(clock: ManualClock) -> None:
    """New attributes, another name or expression, a new minute, a worker who left: each is noticed."""
    taskrouter = TaskRouter(clock=clock)
    queue = taskrouter.queue
    ann = taskrouter.add_worker("Ann", {"language": "en"})

    def number() -> tuple[int, int]:
        found = state_of(taskrouter)["queues"][0]
        return found["available"], found["members"]

    assert number() == (1, 1)
    taskrouter.move(ann, taskrouter.busy)
    assert number() == (0, 1)
    taskrouter.change(queue, target_workers=read_expression("language == 'de'"))
    assert number() == (0, 0)
    taskrouter.describe(ann, {"language": "de"})
    assert number() == (0, 1)
    taskrouter.change(queue, target_workers=read_expression("worker.friendly_name == 'Bea'"))
    assert number() == (0, 0)
    taskrouter.rename(ann, "Bea")
    assert number() == (0, 1)
    taskrouter.change(queue, target_workers=read_expression("taskrouter.currentMin == 1"))
    assert number() == (0, 0)
    clock.advance(60)
    assert number() == (0, 1)
    taskrouter.delete_worker(ann)
    assert number() == (0, 0)
