"""Callbacks on the page: a line for each answer, and everything when one is opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.sandbox import Faults, Reservation, TaskRouter
from app.sandbox.page.callbacks import callback_row, callbacks_of, instruction_of, whole_callback
from app.sandbox.resources import Answer

if TYPE_CHECKING:
    from tests.sandbox.conftest import Endpoint


def assigned(taskrouter: TaskRouter, attributes: dict[str, Any] | None = None) -> Reservation:
    return taskrouter.assign(taskrouter.add_task(attributes), taskrouter.add_worker("Ann"))


def rows(reservation: Reservation) -> list[dict[str, Any]]:
    return [callback_row(*each) for each in callbacks_of([reservation])]


def test_a_row_tells_url_status_time_and_instruction(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """And whose it was, and what came of it."""
    endpoint.answer({"instruction": "accept"})
    reservation = assigned(taskrouter, {"n": 1})
    (row,) = rows(reservation)
    assert row.pop("milliseconds") > 0
    assert row == {
        "key": f"{reservation.sid}/0",
        "reservation": reservation.sid,
        "task": reservation.task.sid,
        "worker": "Ann",
        "at": "2026-01-05T08:00:00.000+00:00",
        "url": endpoint.url,
        "answered": True,
        "status": 200,
        "failure": "",
        "instruction": "accept",
        "outcome": "accepted",
        "updates": 0,
        "attributes": '{"n":1}',
    }


def test_each_url_that_was_asked_has_a_row(
    taskrouter: TaskRouter, endpoint: Endpoint, fallback: Endpoint
) -> None:
    """The last first: the fallback URL comes after the one that failed."""
    endpoint.status = 500
    taskrouter.fallback_url = fallback.url
    found = rows(assigned(taskrouter))
    assert [(row["url"], row["status"], row["instruction"]) for row in found] == [
        (fallback.url, 200, "none"),
        (endpoint.url, 500, ""),
    ]


@pytest.mark.usefixtures("endpoint")
def test_an_answer_that_came_too_late_says_so(taskrouter: TaskRouter) -> None:
    """It has no status for TaskRouter."""
    taskrouter.faults = Faults(callback_late=1)
    (row,) = rows(assigned(taskrouter))
    assert row["status"] is None
    assert row["failure"].startswith("no answer within 5 s")


def test_a_callback_under_way_has_no_answer_yet(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """It has a row from the moment when it is sent, and the same row later."""
    seen: list[list[dict[str, Any]]] = []
    whole: list[Any] = []

    def look() -> None:
        (reservation,) = taskrouter.reservations()
        seen.append(rows(reservation))
        whole.append(whole_callback(reservation, 0))

    endpoint.before_answer = look
    reservation = assigned(taskrouter)
    ((before,),) = seen
    (after,) = rows(reservation)
    assert (before["answered"], before["status"], before["milliseconds"], before["url"]) == (
        False, None, None, endpoint.url,
    )  # fmt: skip
    assert after["answered"]
    assert before["key"] == after["key"]
    assert whole[0]["answer"] is None
    assert dict(whole[0]["parameters"])["ReservationSid"] == reservation.sid


def test_without_a_url_there_is_no_callback() -> None:
    """A reservation that awaits an update has none, nor has one made by hand."""
    taskrouter = TaskRouter()
    assert rows(assigned(taskrouter)) == []
    by_hand = taskrouter.reserve(taskrouter.add_task(), taskrouter.add_worker("Bob"))
    assert rows(by_hand) == []


@pytest.mark.parametrize(
    ("status", "content_type", "body", "instruction"),
    [
        (200, "application/json", b'{"instruction": "Dequeue"}', "dequeue"),
        (200, "application/json", b"{}", "none"),
        (200, "application/json", b"{", ""),
        (200, "application/json", b'{"instruction": 7}', ""),
        (200, "text/html", b'{"instruction": "accept"}', ""),
        (500, "application/json", b'{"instruction": "accept"}', ""),
        (None, "", b"", ""),
    ],
)
def test_the_instruction_is_one_word(
    status: int | None, content_type: str, body: bytes, instruction: str
) -> None:
    """None where TaskRouter reads none."""
    answer = Answer("http://127.0.0.1:1/", status, content_type, body, 1.0)
    assert instruction_of(answer) == instruction


def test_opened_it_shows_all_parameters_and_the_body(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """JSON is indented; the numbers in it stay as they are."""
    endpoint.body = b'{"instruction":"accept","n":12345678901234567890}'
    reservation = assigned(taskrouter, {"id": 9007199254740993})
    whole = whole_callback(reservation, 0)
    assert whole is not None
    parameters = dict(whole["parameters"])
    assert parameters.keys() == reservation.callback.keys()
    assert parameters["TaskAttributes"] == '{\n  "id": 9007199254740993\n}'
    assert parameters["WorkerName"] == "Ann"
    assert whole["answer"] == {
        "status": 200,
        "content_type": "application/json",
        "body": '{\n  "instruction": "accept",\n  "n": 12345678901234567890\n}',
        "failure": "",
    }
    assert whole["outcome"] == "accepted"


def test_a_body_that_is_no_json_is_shown_as_it_is(taskrouter: TaskRouter, endpoint: Endpoint) -> None:
    """Bytes that are no UTF-8 are replaced, and JSON that is too deep to be indented is left as it came."""
    endpoint.body = b"<html>\xff"
    whole = whole_callback(assigned(taskrouter), 0)
    assert whole is not None
    assert whole["answer"]["body"] == "<html>\N{REPLACEMENT CHARACTER}"
    endpoint.body = b"[" * 500 + b"]" * 500
    whole = whole_callback(assigned(taskrouter), 0)
    assert whole is not None
    assert whole["answer"]["body"] == endpoint.body.decode()


def test_updates_over_rest_are_shown_with_it(taskrouter: TaskRouter) -> None:
    """What was sent, and what TaskRouter made of it."""
    reservation = assigned(taskrouter)
    taskrouter.update(reservation, b"ReservationStatus=accepted", lambda _: True)
    taskrouter.update(reservation, b"", lambda _: True, "rate_limited")
    whole = whole_callback(reservation, 0)
    assert whole is not None
    assert whole["updates"][0] == {
        "at": "2026-01-05T08:00:00.000+00:00",
        "body": "ReservationStatus=accepted",
        "status": 200,
        "code": 0,
        "outcome": "accepted",
        "fault": "",
    }
    assert (whole["updates"][1]["status"], whole["updates"][1]["fault"]) == (0, "rate_limited")


@pytest.mark.parametrize("number", [-1, 1])
def test_there_is_no_other_answer(taskrouter: TaskRouter, number: int) -> None:
    """A number beyond those that there are."""
    assert whole_callback(assigned(taskrouter), number) is None
