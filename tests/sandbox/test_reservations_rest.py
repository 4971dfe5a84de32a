"""The Reservation resource as the real twilio library sees it, over real HTTP."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests

# The library has no type hints of its own; the second code holds where it is configured as untyped.
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped, unused-ignore]

if TYPE_CHECKING:
    from collections.abc import Callable

    from app.sandbox import Reservation, Served, TaskRouter
    from tests.sandbox.conftest import Endpoint, ManualClock

CALL = "CA" + "c" * 32
CALLER = "+14155551212"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def reservation(taskrouter: TaskRouter) -> Reservation:
    """A pending reservation of a caller for Alice."""
    worker = taskrouter.add_worker("Alice", {"contact_uri": "client:alice"})
    return taskrouter.assign(taskrouter.add_task({"call_sid": CALL}), worker)


def resource(workspace: Any, reservation: Reservation) -> Any:
    return workspace.tasks(reservation.task.sid).reservations(reservation.sid)


def address(sandbox: Served, reservation: Reservation) -> str:
    root = f"{sandbox.address}/v1/Workspaces/{sandbox.taskrouter.workspace_sid}"
    return f"{root}/Tasks/{reservation.task.sid}/Reservations/{reservation.sid}"


def post(sandbox: Served, reservation: Reservation, **arguments: Any) -> requests.Response:
    account = (sandbox.taskrouter.account_sid, sandbox.taskrouter.auth_token)
    return requests.post(address(sandbox, reservation), auth=account, timeout=5, **arguments)


def etag(sandbox: Served, reservation: Reservation) -> str:
    account = (sandbox.taskrouter.account_sid, sandbox.taskrouter.auth_token)
    return requests.get(address(sandbox, reservation), auth=account, timeout=5).headers["ETag"]


def test_fetch_returns_the_documented_fields(
    workspace: Any, sandbox: Served, reservation: Reservation
) -> None:
    """The library reads every field of the OpenAPI document."""
    fetched = resource(workspace, reservation).fetch()
    assert fetched.sid == reservation.sid
    assert fetched.account_sid == sandbox.taskrouter.account_sid
    assert fetched.workspace_sid == sandbox.taskrouter.workspace_sid
    assert fetched.task_sid == reservation.task.sid
    assert (fetched.worker_sid, fetched.worker_name) == (reservation.worker.sid, "Alice")
    assert fetched.reservation_status == "pending"
    assert fetched.date_created == fetched.date_updated == reservation.created
    assert fetched.url == address(sandbox, reservation)
    assert set(fetched.links) == {"task", "worker", "workspace"}


def test_the_json_has_exactly_the_eleven_fields(sandbox: Served, reservation: Reservation) -> None:
    """Nothing is added to what Twilio answers."""
    answer = post(sandbox, reservation, data={"ReservationStatus": "accepted"}).json()
    assert sorted(answer) == [
        "account_sid",
        "date_created",
        "date_updated",
        "links",
        "reservation_status",
        "sid",
        "task_sid",
        "url",
        "worker_name",
        "worker_sid",
        "workspace_sid",
    ]


def test_accept_over_rest(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation, clock: ManualClock
) -> None:
    """The reservation is accepted, and whoever waits for it goes on."""
    clock.advance(3)
    updated = resource(workspace, reservation).update(reservation_status="accepted")
    assert updated.reservation_status == "accepted"
    assert (updated.date_updated - updated.date_created).total_seconds() == 3
    assert taskrouter.wait_until_settled(reservation, 0)
    assert (reservation.task.status, reservation.outcome) == ("assigned", "accepted")


def test_reject_over_rest_needs_no_activity(workspace: Any, reservation: Reservation) -> None:
    """Without one the worker stays available."""
    resource(workspace, reservation).update(reservation_status="rejected")
    assert (reservation.status, reservation.outcome) == ("rejected", "rejected, worker stays available")
    assert reservation.worker.activity.available


def test_reject_over_rest_may_move_the_worker(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """With an activity the worker takes no further tasks."""
    offline = taskrouter.offline.sid
    resource(workspace, reservation).update(reservation_status="rejected", worker_activity_sid=offline)
    assert reservation.worker.activity is taskrouter.offline


def test_a_second_call_to_a_pending_reservation_is_counted(workspace: Any, reservation: Reservation) -> None:
    """TaskRouter does not know that it was meant once: the worker's phone rings twice."""
    url = "https://example.com/twiml"
    for legs in (1, 2):
        resource(workspace, reservation).update(instruction="call", call_from=CALLER, call_url=url)
        assert (reservation.status, reservation.legs) == ("pending", legs)
    resource(workspace, reservation).update(reservation_status="accepted")
    assert (reservation.applied, reservation.legs) == (["call", "call", "accept"], 2)


@pytest.mark.parametrize(
    "parameters",
    [{"instruction": "dequeue", "dequeue_from": CALLER}, {"instruction": "conference", "from_": CALLER}],
)
def test_a_reservation_is_pending_while_the_phone_rings(
    workspace: Any,
    taskrouter: TaskRouter,
    reservation: Reservation,
    clock: ManualClock,
    parameters: dict[str, Any],
) -> None:
    """A second order finds it pending and makes a second call; the first one picked up accepts it."""
    taskrouter.ringing = 4
    for _ in range(2):
        assert resource(workspace, reservation).update(**parameters).reservation_status == "pending"
    assert reservation.legs == 2
    clock.advance(3)
    assert resource(workspace, reservation).fetch().reservation_status == "pending"
    clock.advance(1)
    assert resource(workspace, reservation).fetch().reservation_status == "accepted"
    assert (reservation.task.status, reservation.updated) == ("assigned", clock())
    clock.advance(600)
    assert resource(workspace, reservation).fetch().reservation_status == "accepted"


def test_a_phone_that_rings_for_too_long_is_not_picked_up(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation, clock: ManualClock
) -> None:
    """The reservation times out before."""
    taskrouter.ringing = 120
    resource(workspace, reservation).update(instruction="dequeue", dequeue_from=CALLER, dequeue_timeout=200)
    clock.advance(120)
    assert resource(workspace, reservation).fetch().reservation_status == "timeout"


def test_who_rejects_while_the_phone_rings_does_not_pick_up(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation, clock: ManualClock
) -> None:
    """It stays rejected."""
    taskrouter.ringing = 4
    resource(workspace, reservation).update(instruction="conference", from_=CALLER)
    resource(workspace, reservation).update(reservation_status="rejected")
    clock.advance(4)
    assert resource(workspace, reservation).fetch().reservation_status == "rejected"


def test_what_is_refused_is_not_applied(workspace: Any, reservation: Reservation) -> None:
    """It stands among the updates alone."""
    with pytest.raises(TwilioRestException):
        resource(workspace, reservation).update(instruction="dequeue", dequeue_from="nobody")
    assert (reservation.applied, reservation.legs) == ([], 0)
    assert [each.code for each in reservation.updates] == [40132]


@pytest.mark.parametrize(
    ("parameters", "path"),
    [
        ({"instruction": "dequeue", "dequeue_from": CALLER}, ["worker_call_sid"]),
        ({"instruction": "call", "call_from": CALLER, "call_url": "https://a.test/"}, ["worker_call_sid"]),
        ({"instruction": "conference", "from_": CALLER}, ["conference", "participants", "worker"]),
    ],
)
def test_a_fetched_task_names_the_workers_leg(
    workspace: Any, reservation: Reservation, parameters: dict[str, Any], path: list[str]
) -> None:
    """As soon as the order was taken; that is how a client sees that it was."""
    task = workspace.tasks(reservation.task.sid)
    assert json.loads(task.fetch().attributes) == {"call_sid": CALL}
    resource(workspace, reservation).update(**parameters)
    leg = json.loads(task.fetch().attributes)
    for name in path:
        leg = leg[name]
    assert leg.startswith("CA")
    assert leg != CALL


def test_every_instruction_can_be_posted(workspace: Any, taskrouter: TaskRouter) -> None:
    """The library's own parameter names reach the judge."""
    alice = taskrouter.add_worker("Alice", {"contact_uri": "client:alice"})
    url = "https://example.com/twiml"
    for parameters, status in (
        ({"instruction": "dequeue", "dequeue_from": CALLER}, "accepted"),
        ({"instruction": "call", "call_from": CALLER, "call_url": url, "call_accept": True}, "accepted"),
        ({"instruction": "call", "call_from": CALLER, "call_url": url, "call_accept": False}, "pending"),
        ({"instruction": "redirect", "redirect_call_sid": CALL, "redirect_url": url}, "pending"),
        ({"instruction": "conference", "from_": CALLER, "status_callback_event": ["answered"]}, "accepted"),
    ):
        reservation = taskrouter.assign(taskrouter.add_task({"call_sid": CALL}), alice)
        assert resource(workspace, reservation).update(**parameters).reservation_status == status
        assert reservation.updates[0].code == 0


def test_an_accepted_reservation_is_wrapped_up_and_completed(
    workspace: Any, reservation: Reservation
) -> None:
    """accepted, wrapping, completed: the task is completed with it."""
    for status in ("accepted", "wrapping", "completed"):
        updated = resource(workspace, reservation).update(reservation_status=status)
        assert updated.reservation_status == status
    assert reservation.task.status == "completed"


def test_an_accepted_reservation_can_be_supervised(workspace: Any, reservation: Reservation) -> None:
    """Supervise is refused with 40146 while the reservation is pending."""
    supervise = {
        "instruction": "supervise",
        "supervisor": reservation.worker.sid,
        "supervisor_mode": "monitor",
    }
    with pytest.raises(TwilioRestException) as raised:
        resource(workspace, reservation).update(**supervise)
    assert (raised.value.status, raised.value.code) == (400, 40146)
    resource(workspace, reservation).update(reservation_status="accepted")
    assert resource(workspace, reservation).update(**supervise).reservation_status == "accepted"


def test_a_mistake_is_answered_with_its_code(workspace: Any, reservation: Reservation) -> None:
    """The reservation stays pending, and the refused update is kept with the answer."""
    with pytest.raises(TwilioRestException, match="from is missing") as raised:
        resource(workspace, reservation).update(instruction="dequeue")
    assert (raised.value.status, raised.value.code) == (400, 40132)
    assert reservation.status == "pending"
    assert [(each.http_status, each.code) for each in reservation.updates] == [(400, 40132)]


def test_the_error_body_has_twilios_form(sandbox: Served, reservation: Reservation) -> None:
    """code, message, more_info and status."""
    answer = post(sandbox, reservation, data={})
    assert answer.status_code == 400
    assert answer.json() == {
        "code": 20001,
        "message": "one of ReservationStatus and Instruction is required",
        "more_info": "https://www.twilio.com/docs/errors/20001",
        "status": 400,
    }


@pytest.mark.parametrize(
    ("parameters", "code"),
    [
        ({"reservation_status": "accepted"}, 20001),
        ({"instruction": "call", "call_from": CALLER}, 40114),
        ({"instruction": "redirect"}, 40123),
        ({"instruction": "dequeue"}, 40135),
        ({"instruction": "conference"}, 40136),
    ],
)
def test_a_settled_reservation_takes_no_second_order(
    workspace: Any, reservation: Reservation, parameters: dict[str, str], code: int
) -> None:
    """The sentence is Twilio's, the code that of the instruction where it has one."""
    resource(workspace, reservation).update(reservation_status="rejected")
    with pytest.raises(TwilioRestException) as raised:
        resource(workspace, reservation).update(**parameters)
    assert (raised.value.status, raised.value.code) == (400, code)
    sentence = f"Reservation {reservation.sid} is not in expected state [pending] and cannot be updated to"
    assert f"{sentence} [accepted]" in raised.value.msg


def test_of_two_updates_at_once_exactly_one_wins(sandbox: Served, reservation: Reservation) -> None:
    """The other one is told that the reservation is no longer pending."""
    statuses: list[int] = []
    together = threading.Barrier(8)

    def accept() -> None:
        together.wait(10)
        statuses.append(post(sandbox, reservation, data={"ReservationStatus": "accepted"}).status_code)

    threads = [threading.Thread(target=accept) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [400] * 7
    assert sorted(each.code for each in reservation.updates) == [0] + [20001] * 7


def test_the_body_of_an_update_is_kept_byte_for_byte(sandbox: Served, reservation: Reservation) -> None:
    """So that a test can compare what a client really sent."""
    body = b"Instruction=dequeue&DequeueFrom=%2B14155551212&DequeueTo=client%3Azo%C3%AB&Unknown=1"
    assert post(sandbox, reservation, data=body, headers=FORM).status_code == 200
    assert reservation.updates[0].body == body
    assert reservation.outcome == "worker's phone rings (dequeue to client:zoë)"


@pytest.mark.parametrize("body", [b"\xff\xfe", b"ReservationStatus=%ff", b"a=1&" * 2000])
def test_a_form_that_cannot_be_read_is_refused(
    sandbox: Served, reservation: Reservation, body: bytes
) -> None:
    """Neither other encodings nor thousands of parameters are a crash."""
    answer = post(sandbox, reservation, data=body, headers=FORM)
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)
    assert reservation.updates[0].body == body


def test_another_content_type_is_refused(sandbox: Served, reservation: Reservation) -> None:
    """JSON is no form."""
    answer = post(sandbox, reservation, json={"ReservationStatus": "accepted"})
    assert (answer.status_code, answer.json()["code"]) == (415, 20415)
    assert reservation.status == "pending"


def test_a_huge_body_is_refused(sandbox: Served, reservation: Reservation) -> None:
    """More than 256 KiB is not read."""
    answer = post(sandbox, reservation, data=b"a=" + b"x" * 300_000, headers=FORM)
    assert (answer.status_code, answer.json()["status"]) == (413, 413)


def test_if_match_names_the_version_that_is_meant(
    workspace: Any, sandbox: Served, reservation: Reservation
) -> None:
    """The ETag of a reservation changes with each update; another one is refused with 412."""
    pending = etag(sandbox, reservation)
    with pytest.raises(TwilioRestException) as raised:
        resource(workspace, reservation).update(reservation_status="accepted", if_match='"another"')
    assert (raised.value.status, raised.value.code) == (412, 20412)
    resource(workspace, reservation).update(reservation_status="accepted", if_match=pending)
    assert etag(sandbox, reservation) != pending
    with pytest.raises(TwilioRestException) as raised:
        resource(workspace, reservation).update(reservation_status="completed", if_match=pending)
    assert raised.value.status == 412
    assert reservation.status == "accepted"


def test_if_match_may_name_any_version(workspace: Any, reservation: Reservation) -> None:
    """The star of HTTP."""
    updated = resource(workspace, reservation).update(reservation_status="accepted", if_match="*")
    assert updated.reservation_status == "accepted"


def test_a_missing_reservation_is_404(
    workspace: Any, taskrouter: TaskRouter, reservation: Reservation
) -> None:
    """So is one that belongs to another task, and a task that is not there."""
    other = taskrouter.add_task()
    for missing in (
        workspace.tasks(reservation.task.sid).reservations("WR" + "0" * 32).fetch,
        workspace.tasks(other.sid).reservations(reservation.sid).fetch,
        workspace.tasks("WT" + "0" * 32).fetch,
    ):
        with pytest.raises(TwilioRestException) as raised:
            missing()
        assert (raised.value.status, raised.value.code) == (404, 20404)


def test_an_overdue_reservation_has_timed_out(
    workspace: Any, reservation: Reservation, clock: ManualClock
) -> None:
    """By the clock, at the next look at it; an update comes too late."""
    clock.advance(119)
    assert resource(workspace, reservation).fetch().reservation_status == "pending"
    clock.advance(1)
    assert resource(workspace, reservation).fetch().reservation_status == "timeout"
    with pytest.raises(TwilioRestException) as raised:
        resource(workspace, reservation).update(reservation_status="accepted")
    assert raised.value.status == 400
    assert reservation.task.status == "pending"
    assert reservation.outcome.startswith("timeout after 120 s (pending: {} was answered")


@pytest.fixture
def rejected(taskrouter: TaskRouter, endpoint: Endpoint) -> list[Reservation]:
    """Five reservations of one task: four rejected by turns of two workers, and the last one pending."""
    endpoint.answer({"instruction": "reject", "activity_sid": taskrouter.busy.sid})
    task = taskrouter.add_task()
    workers = [taskrouter.add_worker("Alice"), taskrouter.add_worker("Bob")]
    made = [taskrouter.assign(task, workers[turn % 2]) for turn in range(4)]
    endpoint.answer({})
    return [*made, taskrouter.assign(task, workers[0])]


def test_list_follows_the_pages(workspace: Any, rejected: list[Reservation]) -> None:
    """The library's own list() reads page after page, in the order of creation."""
    listed = workspace.tasks(rejected[0].task.sid).reservations.list(page_size=2)
    assert [each.sid for each in listed] == [each.sid for each in rejected]


def test_list_stops_at_the_limit(workspace: Any, rejected: list[Reservation]) -> None:
    """A limit below the number of rows."""
    listed = workspace.tasks(rejected[0].task.sid).reservations.list(limit=3, page_size=2)
    assert [each.sid for each in listed] == [each.sid for each in rejected[:3]]


def test_a_page_leads_to_its_neighbours(workspace: Any, rejected: list[Reservation]) -> None:
    """next_page and previous_page of the library work, and the first page has nothing before it."""
    first = workspace.tasks(rejected[0].task.sid).reservations.page(page_size=2)
    assert first.previous_page_url is None
    second = first.next_page()
    assert [each.sid for each in second] == [each.sid for each in rejected[2:4]]
    assert [each.sid for each in second.previous_page()] == [each.sid for each in rejected[:2]]
    last = second.next_page()
    assert [each.sid for each in last] == [rejected[4].sid]
    assert last.next_page() is None


def test_list_filters_by_worker_and_status(workspace: Any, rejected: list[Reservation]) -> None:
    """The filters work together and go through the pages."""
    reservations = workspace.tasks(rejected[0].task.sid).reservations
    alice = rejected[0].worker.sid
    of_alice = reservations.list(worker_sid=alice, page_size=1)
    assert [each.sid for each in of_alice] == [each.sid for each in rejected[::2]]
    pending = reservations.list(worker_sid=alice, reservation_status="pending")
    assert [each.sid for each in pending] == [rejected[4].sid]
    assert reservations.list(reservation_status="accepted") == []


@pytest.mark.parametrize(
    "query",
    [
        "Page=1",
        "Page=x",
        "PageSize=0",
        "PageSize=1001",
        "PageToken=PA",
        "ReservationStatus=lost",
    ],
)
def test_a_list_that_cannot_be_made_is_refused(sandbox: Served, reservation: Reservation, query: str) -> None:
    """Page asks for nothing without a token; sizes and statuses have their limits."""
    account = (sandbox.taskrouter.account_sid, sandbox.taskrouter.auth_token)
    listing = address(sandbox, reservation).rpartition("/")[0]
    answer = requests.get(f"{listing}?{query}", auth=account, timeout=5)
    assert (answer.status_code, answer.json()["code"]) == (400, 20001)


def test_the_meta_block_is_the_documented_one(sandbox: Served, reservation: Reservation) -> None:
    """Every key of the OpenAPI document, for a single page."""
    account = (sandbox.taskrouter.account_sid, sandbox.taskrouter.auth_token)
    listing = address(sandbox, reservation).rpartition("/")[0]
    answer = requests.get(listing, auth=account, timeout=5).json()
    assert answer["meta"] == {
        "first_page_url": f"{listing}?PageSize=50&Page=0",
        "key": "reservations",
        "next_page_url": None,
        "page": 0,
        "page_size": 50,
        "previous_page_url": None,
        "url": f"{listing}?PageSize=50&Page=0",
    }
    assert len(answer["reservations"]) == 1


def test_an_update_during_the_callback_outruns_the_answer(
    workspace: Any, taskrouter: TaskRouter, endpoint: Endpoint
) -> None:
    """An application may POST before it answers `{}`; the outcome is that of the POST."""

    def accept() -> None:
        parameters = endpoint.received[0][1].decode()
        sids = dict(pair.split("=") for pair in parameters.split("&") if "Sid=" in pair)
        task = workspace.tasks(sids["TaskSid"])
        task.reservations(sids["ReservationSid"]).update(reservation_status="accepted")

    endpoint.before_answer = accept
    reservation = taskrouter.assign(taskrouter.add_task(), taskrouter.add_worker("Alice"))
    assert (reservation.status, reservation.outcome) == ("accepted", "accepted")
    assert json.loads(reservation.answers[0].body) == {}


def test_waiting_ends_when_an_update_arrives(
    taskrouter: TaskRouter, sandbox: Served, reservation: Reservation
) -> None:
    """The wait is woken, not polled; a refused update counts as well."""
    waited: list[bool] = []
    thread = threading.Thread(target=lambda: waited.append(taskrouter.wait_until_settled(reservation, 30)))
    thread.start()
    post(sandbox, reservation, data={"Instruction": "dequeue"})
    thread.join(10)
    assert waited == [True]


@pytest.mark.parametrize(("user", "password"), [("", ""), ("AC" + "9" * 32, "token"), ("account", "wrong")])
def test_a_client_that_is_not_known_is_401(
    user: str, password: str, sandbox: Served, reservation: Reservation
) -> None:
    """Whatever it asks for, existing or not: with Twilio's code, and no word about the resource."""
    account = (user.replace("account", sandbox.taskrouter.account_sid), password)
    for method, url in (
        ("GET", address(sandbox, reservation)),
        ("POST", address(sandbox, reservation)),
        ("GET", address(sandbox, reservation).rpartition("/")[0]),
        ("GET", f"{sandbox.address}/v1/Workspaces/WS{'0' * 32}/Tasks"),
    ):
        answer = requests.request(method, url, auth=account if user else None, timeout=5)
        assert (answer.status_code, answer.json()["code"]) == (401, 20003)
        assert reservation.sid not in answer.text
    assert (reservation.status, reservation.updates) == ("pending", [])


def test_an_api_key_may_do_the_same(connect: Callable[[str, str], Any], reservation: Reservation) -> None:
    """Key SID and secret instead of account SID and token."""
    workspace = connect("SK" + "5" * 32, "secret of the key")
    assert resource(workspace, reservation).fetch().sid == reservation.sid
