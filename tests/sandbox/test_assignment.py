"""An assignment from the reservation to its outcome, with a customer's endpoint over real HTTP."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from twilio.request_validator import RequestValidator

from app.sandbox import Reservation, TaskRouter, WebhookKey, sign

if TYPE_CHECKING:
    from tests.sandbox.conftest import Endpoint, ManualClock

CALL = "CA" + "c" * 32
CALLER = "+14155551212"


def assign(taskrouter: TaskRouter, **attributes: Any) -> Reservation:
    worker = taskrouter.add_worker("Alice", {"contact_uri": "client:alice"})
    return taskrouter.assign(taskrouter.add_task(attributes), worker)


def test_the_callback_carries_the_documented_parameters(
    taskrouter: TaskRouter, endpoint: Endpoint, clock: ManualClock
) -> None:
    """All thirteen parameters arrive as a form in UTF-8."""
    worker = taskrouter.add_worker("Zoë", {"languages": ["fr"]})
    task = taskrouter.add_task({"city": "Köln & Umland"}, priority=7)
    clock.advance(42)
    reservation = taskrouter.assign(task, worker)
    headers, body = endpoint.received[0]
    parameters = {name: values[0] for name, values in parse_qs(body.decode(), strict_parsing=True).items()}
    assert parameters == reservation.callback
    assert json.loads(parameters.pop("TaskAttributes")) == {"city": "Köln & Umland"}
    assert json.loads(parameters.pop("WorkerAttributes")) == {"languages": ["fr"]}
    assert parameters == {
        "Timestamp": "2026-01-05T08:00:42Z",
        "AccountSid": taskrouter.account_sid,
        "WorkspaceSid": taskrouter.workspace_sid,
        "WorkflowSid": taskrouter.workflow_sid,
        "TaskQueueSid": taskrouter.task_queue_sid,
        "TaskSid": task.sid,
        "TaskAge": "42",
        "TaskPriority": "7",
        "WorkerSid": worker.sid,
        "WorkerName": "Zoë",
        "ReservationSid": reservation.sid,
    }
    assert headers["Content-Type"].startswith("application/x-www-form-urlencoded")


def test_the_signature_is_the_one_that_the_twilio_library_expects(
    taskrouter: TaskRouter, endpoint: Endpoint
) -> None:
    """RequestValidator accepts it with the auth token, and with no other."""
    reservation = assign(taskrouter, city="Köln")
    signature = endpoint.received[0][0]["X-Twilio-Signature"]
    assert RequestValidator(taskrouter.auth_token).validate(endpoint.url, reservation.callback, signature)
    assert not RequestValidator("another").validate(endpoint.url, reservation.callback, signature)


def test_another_token_makes_another_signature(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """So that a test can see how an application refuses a forged callback."""
    worker = taskrouter.add_worker("Alice")
    reservation = taskrouter.assign(taskrouter.add_task(), worker, sign_with="another")
    signature = endpoint.received[0][0]["X-Twilio-Signature"]
    assert RequestValidator("another").validate(endpoint.url, reservation.callback, signature)
    assert not RequestValidator(taskrouter.auth_token).validate(endpoint.url, reservation.callback, signature)


def test_a_named_key_signs_with_sha256(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """The settings header names the key and the algorithm."""
    key = WebhookKey("webhooks_key_1", "secret")
    worker = taskrouter.add_worker("Alice")
    reservation = taskrouter.assign(taskrouter.add_task(), worker, sign_with=key)
    headers = endpoint.received[0][0]
    assert headers["X-Twilio-Webhooks-Signature-Settings"] == "key=webhooks_key_1,algorithm=HMAC_SHA256"
    assert RequestValidator("secret").validate(
        endpoint.url, reservation.callback, headers["X-Twilio-Signature"], "HMAC_SHA256"
    )


def test_a_fragment_is_not_signed() -> None:
    """Twilio signs the URL without what follows the number sign."""
    assert sign("token", "https://example.com/a#rc=2", {"b": "c"}) == sign(
        "token", "https://example.com/a", {"b": "c"}
    )


def test_accept_is_carried_out_at_once(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """The reservation is accepted, the task assigned, and the answer kept."""
    endpoint.answer({"instruction": "accept"})
    reservation = assign(taskrouter)
    assert (reservation.status, reservation.task.status) == ("accepted", "assigned")
    assert reservation.outcome == "accepted"
    assert [(each.status, each.body) for each in reservation.answers] == [(200, b'{"instruction": "accept"}')]
    assert reservation.milliseconds > 0


def test_reject_moves_the_worker(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """The task waits again, the worker is in the activity that the answer names."""
    endpoint.answer({"instruction": "reject", "activity_sid": taskrouter.offline.sid})
    reservation = assign(taskrouter)
    assert (reservation.status, reservation.task.status) == ("rejected", "pending")
    assert reservation.worker.activity is taskrouter.offline
    assert reservation.task.rejections == 1


def test_an_unknown_activity_takes_no_tasks(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """Any well-formed activity SID is taken, as the sandbox cannot know the user's own activities."""
    lunch = "WA" + "1" * 32
    endpoint.answer({"instruction": "reject", "activity_sid": lunch})
    activity = assign(taskrouter).worker.activity
    assert (activity.sid, activity.available) == (lunch, False)


def test_dequeue_rings_the_worker(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """The worker's leg stands in the task's attributes, and the reservation is accepted."""
    endpoint.answer({"instruction": "dequeue"})
    reservation = assign(taskrouter, call_sid=CALL)
    assert reservation.status == "accepted"
    assert reservation.task.attributes["worker_call_sid"].startswith("CA")
    assert (reservation.applied, reservation.legs) == (["dequeue"], 1)
    assert reservation.outcome == "worker's phone rings (dequeue to client:alice)"


@pytest.mark.parametrize(("accept", "status"), [(True, "accepted"), (False, "pending")])
def test_call_rings_the_worker_and_accepts_if_told_so(
    taskrouter: TaskRouter, endpoint: Endpoint, accept: bool, status: str
) -> None:
    """Without accept the reservation stays pending while the phone rings."""
    url = "https://example.com/twiml"
    endpoint.answer({"instruction": "call", "from": CALLER, "url": url, "accept": accept})
    reservation = assign(taskrouter)
    assert reservation.status == status
    assert "worker_call_sid" in reservation.task.attributes


def test_conference_joins_worker_and_caller(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """The participants stand in the task's attributes; the customer's leg is the call that came in."""
    endpoint.answer({"instruction": "conference", "from": CALLER})
    inbound = assign(taskrouter, call_sid=CALL).task.attributes["conference"]
    assert inbound["sid"].startswith("CF")
    assert inbound["participants"]["customer"] == CALL
    assert inbound["participants"]["worker"].startswith("CA")
    outbound = assign(taskrouter, outbound_to="+15105550100").task.attributes["conference"]
    assert outbound["participants"]["customer"].startswith("CA")


def test_an_empty_answer_waits_for_an_update(taskrouter: TaskRouter) -> None:
    """`{}` leaves the reservation pending and is no mistake."""
    reservation = assign(taskrouter)
    assert reservation.status == "pending"
    assert reservation.outcome == "pending: {} was answered, an update over REST is awaited"
    assert taskrouter.alerts() == []
    assert not taskrouter.wait_until_settled(reservation, 0)


def test_a_mistake_raises_an_alert_and_leaves_the_reservation_pending(
    taskrouter: TaskRouter, endpoint: Endpoint
) -> None:
    """As with Twilio, nobody is told but the debugger."""
    endpoint.answer({"instruction": "dequeue"})
    reservation = assign(taskrouter)
    assert reservation.status == "pending"
    assert [(each.code, each.reservation_sid) for each in taskrouter.alerts()] == [(40140, reservation.sid)]
    assert reservation.outcome.startswith("alert 40140: dequeue: the task has no call_sid")


@pytest.mark.parametrize(
    ("content_type", "body", "code"),
    [("text/html", b"<p>", 40000), ("application/json", b"<p>", 40001), ("application/json", b"[1]", 40005)],
)
def test_an_answer_that_cannot_be_read_raises_an_alert(
    taskrouter: TaskRouter, endpoint: Endpoint, content_type: str, body: bytes, code: int
) -> None:
    """Content type, JSON and missing instruction have alerts of their own."""
    endpoint.content_type, endpoint.body = content_type, body
    assert [each.code for each in assign(taskrouter).alerts] == [code]


def test_supervise_is_no_answer(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """40146: there is nobody yet to supervise."""
    endpoint.answer({"instruction": "supervise"})
    assert [each.code for each in assign(taskrouter).alerts] == [40146]


@pytest.mark.parametrize("status", [204, 302, 403, 500])
def test_a_refused_callback_leaves_the_reservation_pending(
    taskrouter: TaskRouter, endpoint: Endpoint, status: int
) -> None:
    """Everything but 200 is a refusal."""
    endpoint.status = status
    reservation = assign(taskrouter)
    assert (reservation.status, reservation.outcome) == ("pending", f"callback refused with {status}")


def test_the_fallback_url_is_asked_with_the_same_parameters(
    taskrouter: TaskRouter, endpoint: Endpoint, fallback: Endpoint
) -> None:
    """The second answer counts; its signature is over the fallback URL."""
    taskrouter.fallback_url = fallback.url
    endpoint.status = 500
    fallback.answer({"instruction": "accept"})
    reservation = assign(taskrouter)
    assert reservation.status == "accepted"
    assert [each.status for each in reservation.answers] == [500, 200]
    assert endpoint.received[0][1] == fallback.received[0][1]
    signature = fallback.received[0][0]["X-Twilio-Signature"]
    assert RequestValidator(taskrouter.auth_token).validate(fallback.url, reservation.callback, signature)


def test_the_fallback_url_is_not_asked_after_a_good_answer(
    taskrouter: TaskRouter, fallback: Endpoint
) -> None:
    """One answer is enough."""
    taskrouter.fallback_url = fallback.url
    assert len(assign(taskrouter).answers) == 1
    assert fallback.received == []


def test_a_slow_answer_is_ignored(taskrouter: TaskRouter, endpoint: Endpoint, fallback: Endpoint) -> None:
    """After the limit TaskRouter hangs up and asks the fallback URL."""
    released = threading.Event()
    endpoint.before_answer = lambda: released.wait(10)
    fallback.answer({"instruction": "accept"})
    taskrouter.answer_limit, taskrouter.fallback_url = 0.2, fallback.url
    reservation = assign(taskrouter)
    released.set()
    assert reservation.answers[0].failure == "no answer within 0.2 s"
    assert reservation.answers[0].milliseconds >= 200
    assert reservation.status == "accepted"


def test_a_silent_endpoint_is_said_in_the_outcome(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """Without a fallback URL the reservation stays pending."""
    released = threading.Event()
    endpoint.before_answer = lambda: released.wait(10)
    taskrouter.answer_limit = 0.2
    reservation = assign(taskrouter)
    released.set()
    assert reservation.outcome == "callback failed: no answer within 0.2 s"


def test_an_answer_that_stops_halfway_is_ignored(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """The limit is for the whole answer."""
    released = threading.Event()
    endpoint.halfway = lambda: released.wait(10)
    taskrouter.answer_limit = 0.2
    reservation = assign(taskrouter)
    released.set()
    assert reservation.outcome == "callback failed: no answer within 0.2 s"


def test_an_answer_in_slow_pieces_is_ignored(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """Each piece comes soon enough, the last one does not."""
    never = threading.Event()
    endpoint.before_answer = endpoint.halfway = lambda: never.wait(0.2)
    taskrouter.answer_limit = 0.3
    assert assign(taskrouter).outcome == "callback failed: no answer within 0.3 s"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/nobody", "no address", "http://[half"])
def test_a_wrong_address_is_no_crash(taskrouter: TaskRouter, url: str) -> None:
    """The outcome says what happened."""
    taskrouter.callback_url = url
    reservation = assign(taskrouter)
    assert reservation.outcome.startswith("callback failed: no connection")


def test_an_endless_answer_is_cut(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """Nobody's memory is filled by a wrong endpoint."""
    endpoint.body = b" " * 1_000_000
    reservation = assign(taskrouter)
    assert len(reservation.answers[0].body) == 64 * 1024
    assert reservation.alerts[0].code == 40001


def test_without_a_callback_url_an_update_is_awaited(taskrouter: TaskRouter) -> None:
    """A workflow need not have an assignment callback."""
    taskrouter.callback_url = ""
    reservation = assign(taskrouter)
    assert reservation.outcome == "pending: no callback URL is set, an update over REST is awaited"
    assert reservation.answers == []


def test_only_a_pending_task_can_be_assigned(taskrouter: TaskRouter) -> None:
    """A second reservation of a reserved task is the caller's mistake."""
    reservation = assign(taskrouter)
    with pytest.raises(ValueError, match="only a pending task"):
        taskrouter.assign(reservation.task, reservation.worker)


def test_an_answer_after_the_reservation_ended_raises_an_alert(
    taskrouter: TaskRouter, endpoint: Endpoint
) -> None:
    """The reservation was canceled while the endpoint thought; its instruction comes too late."""
    worker = taskrouter.add_worker("Alice", {"contact_uri": "client:alice"})
    task = taskrouter.add_task({"call_sid": CALL})
    endpoint.before_answer = lambda: taskrouter.cancel(task, "caller hung up")
    endpoint.answer({"instruction": "conference", "from": CALLER})
    reservation = taskrouter.assign(task, worker)
    assert reservation.status == "canceled"
    assert [each.code for each in reservation.alerts] == [40144]
    assert reservation.outcome.startswith("canceled with its task")


def test_route_takes_the_worker_who_is_idle_longest(taskrouter: TaskRouter, clock: ManualClock) -> None:
    """Busy and unavailable workers are passed over; without anybody free nothing is reserved."""
    taskrouter.add_worker("Offline", activity=taskrouter.offline)
    first = taskrouter.add_worker("First")
    clock.advance(5)
    second = taskrouter.add_worker("Second")
    reservations = [taskrouter.route(taskrouter.add_task()) for _ in range(3)]
    assert [each and each.worker for each in reservations] == [first, second, None]
    assert taskrouter.wait_for_callbacks(10)
    assert all(each.answers for each in reservations if each)


def test_route_leaves_a_task_that_is_not_pending(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """A canceled task is assigned to nobody."""
    taskrouter.add_worker("Alice")
    task = taskrouter.add_task()
    taskrouter.cancel(task)
    assert taskrouter.route(task) is None
    assert endpoint.received == []


def test_a_settled_reservation_need_not_be_awaited(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """Waiting returns at once when the answer was an instruction."""
    endpoint.answer({"instruction": "accept"})
    assert taskrouter.wait_until_settled(assign(taskrouter), 0)
