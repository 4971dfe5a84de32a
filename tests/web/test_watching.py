"""What every request has: an id in its answer and its log lines, and a place in the counts."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.errors import NotLocal, WrongToken
from app.metrics import Tally
from app.metrics.catalogue import COUNTED, REQUESTS
from app.rulebook import Rulebook
from app.service import Desk
from app.settings import Secret
from app.web import create_app
from app.web.failures import REFUSALS
from app.web.signature import Signatures
from app.web.watching import ENDPOINTS, OTHER, outcome
from tests.builders import CALL_SID, parameters
from tests.delivery.rig import Process
from tests.metrics.scraped import shown
from tests.waiting import until
from tests.web.conftest import PUBLIC, TOKEN, post

TWILIOS = "0d8a3a6c-53f9-4f14-9c9b-5d6f7a8b9c0d"
PROXYS = "8f14e45fceea167a5a36dedd4bea2543"


@pytest.fixture
def tally(tmp_path: Path) -> Iterator[Tally]:
    made = Tally(tmp_path, COUNTED)
    yield made
    made.stop()


@pytest.fixture
def app(rulebook: Rulebook, delivering: Process, tally: Tally) -> Flask:
    desk = delivering.desk(rulebook, note=tally.note)
    return create_app(desk, Signatures([Secret(TOKEN)], {}, PUBLIC), note=tally.note)


def ids(lines: list[str], event: str) -> list[str | None]:
    return [line.get("request") for line in map(json.loads, lines) if line["event"] == event]


# --- The id


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"I-Twilio-Idempotency-Token": TWILIOS}, TWILIOS),
        ({"X-Request-Id": PROXYS}, PROXYS),
        ({"X-Request-Id": PROXYS, "I-Twilio-Idempotency-Token": TWILIOS}, PROXYS),
        ({"X-Request-Id": "not sane", "I-Twilio-Idempotency-Token": TWILIOS}, TWILIOS),
    ],
)
def test_an_id_that_came(
    client: FlaskClient, log_lines: list[str], headers: dict[str, str], expected: str
) -> None:
    """A proxy's is kept before Twilio's; it is in the answer and in the line of the decision."""
    response = post(client, parameters({"type": "support"}), **headers)
    assert response.headers.getlist("X-Request-Id") == [expected]
    assert ids(log_lines, "decided") == [expected]


@pytest.mark.parametrize(
    "odd",
    [
        "",
        "short",
        "x" * 65,
        "+15558675310",
        "1555867531012345",
        f'{PROXYS}"',
        f"{PROXYS} x",
        "ada@example.com.invalid",
        "grüße-grüße-grüße-grüße",
    ],
)
def test_an_id_that_is_none(client: FlaskClient, log_lines: list[str], odd: str) -> None:
    """What may be a number or an address, and what may break a line, is replaced by one of ours."""
    response = post(client, parameters({"type": "support"}), X_Request_Id=odd)
    [told] = ids(log_lines, "decided")
    assert told == response.headers["X-Request-Id"] != odd
    assert response.status_code == 200


def test_each_request_has_an_id_of_its_own(client: FlaskClient) -> None:
    """Whatever it is answered."""
    given = {client.get(path).headers["X-Request-Id"] for path in ("/healthz", "/nowhere", "/assignment")}
    given.add(client.post("/assignment").headers["X-Request-Id"])
    assert len(given) == 4


def test_a_delivery_bears_the_id_of_its_request(
    client: FlaskClient, delivering: Process, log_lines: list[str]
) -> None:
    """The first attempt, which another thread makes."""
    sent = parameters({"type": "billing", "call_sid": CALL_SID})
    assert post(client, sent, X_Request_Id=PROXYS).get_json() == {}
    delivering.ended(sent["ReservationSid"])
    until(lambda: ids(log_lines, "delivery ended"))
    assert ids(log_lines, "posted") == ids(log_lines, "delivery ended") == [PROXYS]


def test_a_refusal_bears_it(client: FlaskClient, log_lines: list[str]) -> None:
    """So that who was refused can ask why."""
    response = client.post("/assignment", headers={"X-Request-Id": PROXYS}, data={"TaskSid": "WT1"})
    assert response.headers["X-Request-Id"] == PROXYS
    assert ids(log_lines, "refused") == [PROXYS]


# --- The counts


def counted(tally: Tally, name: str) -> dict[str, float]:
    """The series of a name that something was counted in, without the name."""
    return {
        key.removeprefix(name): value
        for key, value in shown(tally.collect()).items()
        if key.startswith(name + "{") and value
    }


def test_requests_by_outcome(client: FlaskClient, tally: Tally) -> None:
    """Answered, or why not; of what nobody should ask the path is not told."""
    sent = parameters({"type": "support"})
    post(client, sent)
    post(client, sent, "/assignment/fallback")
    client.post("/assignment", data=sent)
    post(client, {"TaskSid": "WT1"})
    client.get("/assignment")
    client.post("/assignment", data="{}", content_type="application/json")
    client.get("/healthz")
    client.get("/metrics")
    client.get("/15558675310")
    assert counted(tally, "desk_requests_total") == {
        '{endpoint="assignment"}{outcome="answered"}': 1,
        '{endpoint="fallback"}{outcome="answered"}': 1,
        '{endpoint="assignment"}{outcome="unsigned"}': 1,
        '{endpoint="assignment"}{outcome="unreadable-callback"}': 1,
        '{endpoint="assignment"}{outcome="http-405"}': 1,
        '{endpoint="assignment"}{outcome="http-415"}': 1,
        '{endpoint="health"}{outcome="answered"}': 1,
        '{endpoint="metrics"}{outcome="answered"}': 1,
        '{endpoint="other"}{outcome="http-404"}': 1,
    }
    found = shown(tally.collect())
    assert found['desk_request_seconds_count{endpoint="assignment"}'] == 5
    assert 0 < found['desk_request_seconds_sum{endpoint="assignment"}'] < 60


def test_decisions_by_rule_and_mode(client: FlaskClient, tally: Tally, delivering: Process) -> None:
    """Each callback is one decision; how long it took is measured, and problems are counted."""
    support = {"type": "support", "call_sid": CALL_SID}
    others = ({"type": kind} for kind in ("chat", "unheard of", "billing"))
    for number, task in enumerate((support, *others), start=2):
        worker = {"contact_uri": "client:ada"}
        post(client, parameters(task, worker, ReservationSid=f"WR{number:032}"))
    sent = parameters({"type": "billing", "call_sid": CALL_SID})
    post(client, sent)
    delivering.ended(sent["ReservationSid"])
    assert counted(tally, "desk_decisions_total") == {
        '{mode="reply"}{rule="support"}': 1,
        '{mode="defer"}{rule="chat"}': 1,
        '{mode="reply"}{rule="default"}': 2,
        '{mode="post"}{rule="billing"}': 1,
    }
    found = shown(tally.collect())
    assert found["desk_decision_seconds_count"] == 5
    assert 0 < found["desk_decision_seconds_sum"] < 5
    assert found["desk_decision_problems_total"] == 1
    assert found["desk_posts_answered_inline_total"] == 0


def test_a_post_that_is_answered_inline(rulebook: Rulebook, without_database: Process, tally: Tally) -> None:
    """Since the database is away."""
    desk = without_database.desk(rulebook, note=tally.note)
    client = create_app(desk, Signatures([Secret(TOKEN)], {}, PUBLIC), note=tally.note).test_client()
    assert post(client, parameters({"type": "billing", "call_sid": CALL_SID})).get_json() != {}
    assert shown(tally.collect())["desk_posts_answered_inline_total"] == 1


def test_what_goes_wrong_has_its_count_before() -> None:
    """So that the first failure, and the first refused callback, is an increase, which an alert sees."""
    refusals = {name for error, (_, name) in REFUSALS.items() if error not in {NotLocal, WrongToken}}
    wanted = {(endpoint, name) for endpoint in ("assignment", "fallback") for name in refusals}
    wanted |= {(endpoint, outcome("500 FAILED")) for endpoint in (*ENDPOINTS.values(), OTHER)}
    assert wanted - {*REQUESTS.always} == set()


class Failing:
    """A desk with a mistake in it."""

    def begin(self, _params: object) -> None:
        raise RuntimeError

    begin_fallback = begin


def test_a_failure_of_ours(tally: Tally) -> None:
    """Is an outcome like any, and its answer bears an id."""
    app = create_app(cast("Desk", Failing()), Signatures([Secret(TOKEN)], {}, PUBLIC), note=tally.note)
    response = post(app.test_client(), parameters({}))
    assert response.status_code == 500
    assert response.headers["X-Request-Id"]
    assert counted(tally, "desk_requests_total") == {'{endpoint="assignment"}{outcome="http-500"}': 1}


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("200 OK", "answered"),
        ("204 NO CONTENT", "answered"),
        ("301 MOVED PERMANENTLY", "http-other"),
        ("404 NOT FOUND", "http-404"),
        ("418 I'M A TEAPOT", "http-other"),
        ("500 INTERNAL SERVER ERROR", "http-500"),
        ("599 Quackenbush", "http-other"),
    ],
)
def test_outcomes_are_bounded(status: str, expected: str) -> None:
    """Each status that we give is one; all others are one together."""
    assert outcome(status) == expected
