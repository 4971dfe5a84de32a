"""The whole Reservation resource through the real twilio library: rows, and what is said without one."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import orjson
import pytest

from app.delivery.advice import Asked, sentence
from app.delivery.resource import FIELDS, Place, Resource
from app.errors import ReservationError
from app.model import Call, Ending, Instruction, Outcome
from app.sandbox import Reservation, Served, TaskRouter, serving
from app.settings import read_rest_settings
from tests.builders import ACCOUNT, PARAMS
from tests.delivery.listening import answer, closed_port, listening

NUMBER = "+14155551212"
KEY = {"TWILIO_API_KEY": "SK" + "5" * 32, "TWILIO_API_SECRET": "secret"}
PLACE = Place(PARAMS["WorkspaceSid"], PARAMS["TaskSid"], PARAMS["ReservationSid"])
LOOK = f"desk reservations fetch {' '.join(PLACE)}"
UPDATE = Call(*PLACE, Instruction("call", {"to": NUMBER, "from": NUMBER, "url": "https://example.com/"}))


def resource(base: str, timeout: float = 0.3, more: Mapping[str, str] = MappingProxyType({})) -> Resource:
    """The resource at this address, with short timeouts."""
    known = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "token", "TWILIO_API_BASE": base}
    return Resource(read_rest_settings({**known, **more}), connect_timeout=timeout, read_timeout=timeout)


def failure(ask: Callable[[], object]) -> ReservationError:
    """What is said instead of a row."""
    with pytest.raises(ReservationError) as raised:
        ask()
    assert raised.value.__cause__ is None
    assert NUMBER not in str(raised.value)
    assert "token" not in str(raised.value)
    return raised.value


def refused_update(speak: Callable[[socket.socket], object], **more: str) -> str:
    """What is said of an update when a server says that."""
    with listening(speak) as server:
        return str(failure(lambda: resource(server.address, more=more).update(UPDATE)))


def refused_fetch(speak: Callable[[socket.socket], object], **more: str) -> str:
    """What is said of a fetch when a server says that."""
    with listening(speak) as server:
        return str(failure(lambda: resource(server.address, more=more).fetch(PLACE)))


def error(status: int, code: int, text: str = f"{NUMBER} is wrong", **headers: str) -> Any:
    """Twilio's answer with an error; its text may quote a number."""
    return answer(status, orjson.dumps({"code": code, "message": text, "status": status}), **headers)


# --- At the sandbox


@pytest.fixture
def taskrouter() -> TaskRouter:
    return TaskRouter(account_sid=ACCOUNT, auth_tokens=("token",))


@pytest.fixture
def sandbox(taskrouter: TaskRouter) -> Iterator[Served]:
    with serving(taskrouter) as served:
        yield served


@pytest.fixture
def reservation(taskrouter: TaskRouter) -> Reservation:
    """A pending reservation of a caller."""
    worker = taskrouter.add_worker("Alice", {"contact_uri": "client:alice"})
    return taskrouter.reserve(taskrouter.add_task({"call_sid": "CA" + "c" * 32}), worker)


def place(taskrouter: TaskRouter, reservation: Reservation) -> Place:
    return Place(taskrouter.workspace_sid, reservation.task.sid, reservation.sid)


def test_fetch_gives_twilios_fields_and_the_etag(sandbox: Served, reservation: Reservation) -> None:
    """All eleven, under Twilio's names; dates as they stood in the answer."""
    row = resource(sandbox.address, 5).fetch(place(sandbox.taskrouter, reservation))
    assert tuple(row) == (*FIELDS, "etag")
    assert (row["sid"], row["worker_name"], row["etag"]) == (reservation.sid, "Alice", '"0"')
    assert row["date_created"] == f"{reservation.created:%Y-%m-%dT%H:%M:%SZ}"
    assert row["links"].keys() == {"task", "worker", "workspace"}


def test_update_gives_the_reservation_as_it_is_then(sandbox: Served, reservation: Reservation) -> None:
    """With its new ETag, which the next update may name."""
    here = resource(sandbox.address, 5)
    at = place(sandbox.taskrouter, reservation)
    row = here.update(Call(*at, Instruction("accept")), if_match='"0"')
    assert (row["reservation_status"], row["etag"]) == ("accepted", '"1"')
    told = failure(lambda: here.update(Call(*at, Instruction("completed")), if_match='"0"'))
    assert str(told) == (
        "Twilio answered 412 with error 20412: it was changed since that ETag; see its new one with "
        f"desk reservations fetch {' '.join(at)}, and decide again"
    )
    assert reservation.status == "accepted"


def test_list_reads_every_page(taskrouter: TaskRouter, sandbox: Served) -> None:
    """More rows than the largest page holds, the links leading on to the same host."""
    task, worker = taskrouter.add_task(), taskrouter.add_worker("Alice")
    for _ in range(1001):
        taskrouter.rescind(taskrouter.reserve(task, worker))
    rows = resource(sandbox.address, 30).list(taskrouter.workspace_sid, task.sid)
    assert [row["sid"] for row in rows] == [each.sid for each in taskrouter.reservations(task)]
    assert tuple(rows[0]) == FIELDS


def test_list_asks_for_what_is_wanted_alone() -> None:
    """Filters and the limit go to Twilio under its names, and Page never does."""
    with listening(answer(200, b'{"meta": {"key": "reservations"}, "reservations": []}')) as server:
        found = resource(server.address).list(*PLACE[:2], worker_sid="WK1", status="pending", limit=7)
    assert found == []
    query = server.received.split(b" ")[1].partition(b"?")[2].decode()
    assert sorted(query.split("&")) == ["PageSize=7", "ReservationStatus=pending", "WorkerSid=WK1"]


def test_a_status_that_does_not_allow_it_is_named_as_the_reason(
    sandbox: Served, reservation: Reservation
) -> None:
    """Twilio says that in a text, with a code of no meaning of its own."""
    at = place(sandbox.taskrouter, reservation)
    told = failure(lambda: resource(sandbox.address, 5).update(Call(*at, Instruction("completed"))))
    assert str(told) == (
        "Twilio answered 400 with error 20001: its status does not allow that, and nothing was changed; "
        f"see it with desk reservations fetch {' '.join(at)}"
    )
    assert (told.outcome.ending, told.outcome.twilio_code) == (Ending.REFUSED, 20001)


# --- What Twilio refuses

LATE = f"the reservation is no longer pending, and nothing was changed; see it with {LOOK}"
OUT_OF_STATE = f"its status does not allow that, and nothing was changed; see it with {LOOK}"
UNKNOWN = f"whether it was changed is not known; look it up with {LOOK} before you send it again"
NO_CALL = "use an instruction that needs no call"
REFUSALS = (
    *((400, code, LATE) for code in (40114, 40123, 40135, 40136, 40144)),
    (
        400,
        40140,
        "the task has no call_sid, so it was not made by <Enqueue>: " + NO_CALL,
    ),
    (400, 40142, "the task has neither call_sid nor outbound_to: " + NO_CALL),
    *(
        (400, code, "nobody can be called: add --to, or give the worker a contact_uri")
        for code in (40110, 40131, 40137)
    ),
    (400, 40146, "supervise is for a reservation that is accepted: accept it first"),
    (400, 40149, "the task is a transfer without a conference_sid: accept or reject it"),
    (400, 40151, "the task is a transfer: accept it, reject it, or use conference or supervise"),
    (400, 40113, "see https://www.twilio.com/docs/errors/40113"),
    (401, 20003, "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"),
    (
        403,
        20403,
        "TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN may not do that; "
        "check their permissions in the Twilio Console",
    ),
    (404, 20404, "there is no such reservation, or its task was closed minutes ago; check each SID"),
    (412, 20412, f"it was changed since that ETag; see its new one with {LOOK}, and decide again"),
    (429, 20429, "too many requests, and nothing was done; try again in a few seconds"),
    (500, 20500, UNKNOWN),
    (503, 20503, UNKNOWN),
)


@pytest.mark.parametrize(("status", "code", "advice"), REFUSALS, ids=[str(each[1]) for each in REFUSALS])
def test_each_refusal_says_what_to_do_next(status: int, code: int, advice: str) -> None:
    """One sentence with the HTTP status and Twilio's code; nothing of Twilio's text is repeated."""
    assert refused_update(error(status, code)) == f"Twilio answered {status} with error {code}: {advice}"


@pytest.mark.parametrize(
    "text",
    [
        f"Reservation {PLACE[2]} is not in expected state [pending] and cannot be updated to [accepted]",
        "Reservation is not currently in a Pending state",
    ],
)
def test_a_late_update_is_known_by_its_text(text: str) -> None:
    """Of a status update that comes too late the code says nothing."""
    assert refused_update(error(400, 20001, text)).endswith(OUT_OF_STATE)
    problem = {"type": "urn:x", "title": "Bad Request", "status": 400, "code": 20001, "detail": text}
    spoken = answer(400, orjson.dumps(problem), "application/problem+json")
    assert refused_update(spoken).endswith(OUT_OF_STATE)


@pytest.mark.parametrize(("status", "code"), [(401, 20003), (403, 20403)])
def test_with_an_api_key_its_variables_are_named(status: int, code: int) -> None:
    """The token was not used, so it is not to blame."""
    said = refused_fetch(error(status, code), **KEY)
    assert "TWILIO_API_KEY and TWILIO_API_SECRET" in said
    assert "TWILIO_AUTH_TOKEN" not in said


@pytest.mark.parametrize(("said", "wait"), [("1", "1 second"), ("30", "30 seconds")])
def test_retry_after_is_passed_on(said: str, wait: str) -> None:
    """Of a rate limit, and of a server that is down while somebody only looks."""
    limited = refused_update(error(429, 20429, Retry_After=said))
    assert limited.endswith(f"too many requests, and nothing was done; try again in {wait}")
    down = refused_fetch(error(503, 20503, Retry_After=said))
    assert down.endswith(f"try again in {wait}; if it stays so, check the network and TWILIO_API_BASE")


def test_a_list_that_is_refused_has_its_code() -> None:
    """The library raises the bare answer there; the task is what a 404 is about."""
    with listening(error(404, 20404)) as server:
        told = failure(lambda: resource(server.address).list(*PLACE[:2]))
    assert str(told) == (
        "Twilio answered 404 with error 20404: there is no such task, or it was closed minutes ago; "
        "check each SID"
    )
    with listening(answer(502, b"<html>")) as server:
        told = failure(lambda: resource(server.address).list(*PLACE[:2]))
    assert str(told).startswith("Twilio answered 502 without an error code: try again in a few seconds")


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (307, "the address leads elsewhere; check the network and TWILIO_API_BASE"),
        (418, "that is no answer of Twilio's; check the network and TWILIO_API_BASE"),
        (502, UNKNOWN),
    ],
)
def test_what_is_not_twilios_own_answer(status: int, advice: str) -> None:
    """A balancer or another server stands there: the HTTP status is all that is known."""
    said = refused_update(answer(status, b"<h1>+14155551212</h1>", "text/html"))
    assert said == f"Twilio answered {status} without an error code: {advice}"


# --- What does not come through


@pytest.mark.parametrize(
    "speak",
    [
        pytest.param(lambda _: None, id="cut before any answer"),
        pytest.param(lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\nCo"), id="cut in the head"),
        pytest.param(
            lambda connection: connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"sid'),
            id="cut in the body",
        ),
        pytest.param(answer(200, b"<html>fine</html>"), id="no JSON"),
        pytest.param(answer(200, b"[]"), id="a list"),
        pytest.param(answer(200, b"null"), id="null"),
        pytest.param(answer(200, b"{}"), id="no reservation"),
        pytest.param(answer(200, b'{"sid": 7}'), id="a SID that is none"),
    ],
)
def test_no_whole_answer_leaves_an_update_unknown(speak: Callable[[socket.socket], object]) -> None:
    """It was sent: look it up before sending again. Somebody who only looked just looks again."""
    said = refused_update(speak)
    assert said.endswith(f": {UNKNOWN}")
    assert refused_fetch(speak).endswith(
        "try again in a few seconds; if it stays so, check the network and TWILIO_API_BASE"
    )


def test_a_stalled_answer_ends_with_the_time_limit() -> None:
    """An update is in doubt then."""
    over = threading.Event()
    with listening(lambda _: over.wait(10)) as server:
        told = failure(lambda: resource(server.address).update(UPDATE))
        over.set()
    assert str(told) == f"no whole answer came (ReadTimeout): {UNKNOWN}"
    assert told.outcome.ending is Ending.AMBIGUOUS


@pytest.mark.parametrize(
    ("base", "reason"),
    [
        (f"http://127.0.0.1:{closed_port()}", "NewConnectionError"),
        ("http://taskrouter.invalid", "NameResolutionError"),
    ],
    ids=["nobody listens", "no such name"],
)
def test_a_host_that_cannot_be_reached(base: str, reason: str) -> None:
    """Nothing was sent, and the variable that names the host is named."""
    told = failure(lambda: resource(base).update(UPDATE))
    assert str(told) == (
        f"Twilio cannot be reached ({reason}): nothing was sent; check the network and TWILIO_API_BASE"
    )
    assert told.outcome.ending is Ending.UNREACHABLE


def test_edge_and_region_are_named_where_they_choose_the_host() -> None:
    """Without TWILIO_API_BASE it is one of Twilio's own."""
    known = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "token"}
    outcome = Outcome(Ending.UNREACHABLE, "Twilio cannot be reached (NameResolutionError)")
    for more, named in (
        ({}, "the network"),
        ({"TWILIO_EDGE": "dublin"}, "the network and TWILIO_EDGE"),
        ({"TWILIO_EDGE": "dublin", "TWILIO_REGION": "ie1"}, "the network, TWILIO_EDGE and TWILIO_REGION"),
    ):
        asked = Asked(read_rest_settings(known | more), "", LOOK)
        assert sentence(outcome, asked) == f"{outcome.message}: nothing was sent; check {named}"


def test_a_token_that_cannot_be_sent() -> None:
    """A dash that a word processor made long: the variables are named, their values are not shown."""
    token = {"TWILIO_AUTH_TOKEN": "geheim–"}
    told = failure(lambda: resource("http://127.0.0.1:1", more=token).fetch(PLACE))
    assert str(told) == (
        "the request cannot be made (UnicodeEncodeError): nothing was sent; check the characters of "
        "TWILIO_API_BASE, TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
    )


def test_an_answer_without_an_etag_has_none() -> None:
    """Nor that of the request before."""
    with listening(answer(200, b'{"sid": "WR1"}', ETag='"3"')) as server:
        assert resource(server.address).fetch(PLACE)["etag"] == '"3"'
    with listening(answer(200, b'{"sid": "WR1"}')) as server:
        assert resource(server.address).fetch(PLACE)["etag"] is None
