"""The sandbox refuses what TaskRouter refuses: a wrong answer to a callback brings each code of its errors.

The same codes over REST stand in test_judging and rest/; those of lists and other resources in rest/.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from app.sandbox import Legs, TaskRouter
from tests.sandbox.test_transfers import WRONG as WRONG_TRANSFERS

if TYPE_CHECKING:
    from tests.sandbox.conftest import Endpoint

CALL = "CA" + "c" * 32
NUMBER = "+14155551212"
URL = "https://example.com/twiml"
INBOUND = {"call_sid": CALL}
REACHABLE = {"contact_uri": "client:alice"}

SAME_CAUSE = {40139: 40143}
"""40139 and 40143 are both a wrong activity of conference; TaskRouter names one of them."""

TABLE = {
    *(40000, 40001, 40005, 55555, 14233, 40100),
    *(40110, 40111, 40112, 40113, 40114, 40158),
    *(40120, 40121, 40122, 40123),
    *(40130, 40131, 40132, 40133, 40134, 40135, 40140, 40157),
    *(40136, 40137, 40138, 40139, 40141, 40142, 40143, 40144, 40145, 40146, 40159),
    *(40149, 40151),
}
"""Every code that an answer to the callback can bring."""


class Mistake(NamedTuple):
    """An answer that is wrong, for this task and this worker; `before` happens while it is awaited."""

    code: int
    answer: dict[str, Any] | bytes
    task: dict[str, Any] = INBOUND
    worker: dict[str, Any] = REACHABLE
    content_type: str = "application/json"
    before: str = ""
    failed: bool = False


def dequeue(**fields: Any) -> dict[str, Any]:
    return {"instruction": "dequeue", "from": NUMBER, **fields}


def call(**fields: Any) -> dict[str, Any]:
    return {"instruction": "call", "from": NUMBER, "url": URL, "accept": True, **fields}


def redirect(**fields: Any) -> dict[str, Any]:
    return {"instruction": "redirect", "call_sid": CALL, "url": URL, "accept": True, **fields}


def conference(**fields: Any) -> dict[str, Any]:
    return {"instruction": "conference", "from": NUMBER, **fields}


MISTAKES = (
    Mistake(40000, b"{}", content_type="text/plain"),
    Mistake(40001, b"accept"),
    Mistake(40005, {"activity_sid": "WA" + "1" * 32}),
    Mistake(55555, {"instruction": "transfer"}),
    Mistake(40100, {"instruction": "reject"}),
    Mistake(40100, {"instruction": "reject", "activity_sid": "offline"}),
    Mistake(40110, call(), worker={}),
    Mistake(40111, call(**{"from": None})),
    Mistake(40112, call(url="twiml")),
    Mistake(40113, call(), failed=True),
    Mistake(40114, call(), before="rescind"),
    Mistake(40158, call(status_callback_url="")),
    Mistake(40120, redirect(url=None)),
    Mistake(40121, redirect(call_sid="CA1")),
    Mistake(40122, redirect(), failed=True),
    Mistake(40123, redirect(), before="rescind"),
    Mistake(40130, dequeue(post_work_activity_sid="idle")),
    Mistake(40131, dequeue(), worker={"contact_uri": "alice"}),
    Mistake(40132, dequeue(**{"from": "nobody"})),
    Mistake(40133, dequeue(), failed=True),
    Mistake(40134, dequeue(status_callback_events="hungup")),
    Mistake(40135, dequeue(), before="rescind"),
    Mistake(40140, dequeue(), task={}),
    Mistake(40157, dequeue(status_callback_url="")),
    Mistake(40136, conference(), before="rescind"),
    Mistake(40137, conference(), worker={}),
    Mistake(40138, conference(**{"from": None})),
    Mistake(40141, conference(**{"from": "bob"})),
    Mistake(40142, conference(), task={}),
    Mistake(40143, conference(post_work_activity_sid="WA1")),
    Mistake(40144, conference(), before="cancel"),
    Mistake(40145, conference(), failed=True),
    Mistake(40159, conference(status_callback="/events")),
    Mistake(14233, conference(timeout=1000)),
    Mistake(40146, {"instruction": "supervise"}),
)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.code)
def test_an_answer_that_is_wrong_is_an_alert(
    taskrouter: TaskRouter, endpoint: Endpoint, mistake: Mistake
) -> None:
    """With its code and nothing done: no call, no acceptance."""
    task = taskrouter.add_task(mistake.task)
    worker = taskrouter.add_worker("Alice", mistake.worker)
    endpoint.content_type = mistake.content_type
    answer = mistake.answer
    endpoint.body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    taskrouter.legs = Legs(failed=mistake.failed)
    if mistake.before == "cancel":
        endpoint.before_answer = lambda: taskrouter.cancel(task)
    elif mistake.before == "rescind":
        endpoint.before_answer = lambda: taskrouter.rescind(taskrouter.reservations(task)[0])
    reservation = taskrouter.assign(task, worker)
    assert [each.code for each in reservation.alerts] == [mistake.code]
    assert reservation.alerts == taskrouter.alerts()
    assert (reservation.applied, task.attributes) == ([], mistake.task)


def test_every_code_has_its_row() -> None:
    """Those of transfers stand in test_transfers."""
    provoked = {mistake.code for mistake in MISTAKES}
    assert provoked == TABLE - {code for _, code in WRONG_TRANSFERS} - SAME_CAUSE.keys()
