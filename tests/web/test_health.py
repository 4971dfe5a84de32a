"""Whether the process lives, and whether it can do its work."""

import socket
from datetime import datetime, timedelta, timezone
from time import perf_counter

import pytest
from flask.testing import FlaskClient

from app.rulebook import Failing, Rulebook, Standing
from app.service import Desk
from app.settings import Secret
from app.web import create_app
from app.web.signature import Signatures
from tests.builders import MONDAY_NOON, parameters, ruleset
from tests.delivery.rig import Process, process
from tests.web.conftest import PUBLIC, RULES, TOKEN, post


@pytest.fixture
def lost(without_database: Process) -> FlaskClient:
    """A client of a desk whose database can never be reached."""
    desk = without_database.desk(Rulebook(Standing(ruleset(RULES))))
    return create_app(desk, Signatures([Secret(TOKEN)], {}, PUBLIC)).test_client()


def test_alive(client: FlaskClient) -> None:
    """Liveness asks for nothing but the process."""
    response = client.get("/healthz")
    assert (response.status_code, response.json) == (200, {"status": "alive"})


def test_ready(client: FlaskClient, desk: Desk) -> None:
    """Readiness names the rules that run, with since when, and says that the database answers."""
    response = client.get("/readyz")
    assert response.status_code == 200
    version = desk.standing.ruleset.version
    rules = {"version": version, "count": 3, "since": "2026-11-23T12:00:00Z"}
    assert response.json == {"rules": rules, "database": "up"}


def test_ready_while_newer_rules_fail(delivering: Process) -> None:
    """The last good rules go on: readiness says since when newer ones fail, and nothing of what they hold."""
    since = datetime(2026, 11, 23, 14, 30, 5, 250_000, timezone(timedelta(hours=2)))
    failing = Failing(since, "the rules in night hold errors", ("night/a.yaml:1:1 +15558675310",))
    standing = Standing(ruleset(RULES), failing=failing, since=MONDAY_NOON)
    desk = delivering.desk(Rulebook(standing))
    response = create_app(desk, Signatures([Secret(TOKEN)])).test_client().get("/readyz")
    assert response.status_code == 200
    assert response.get_json()["rules"] == {
        "version": standing.ruleset.version,
        "count": 3,
        "since": "2026-11-23T12:00:00Z",
        "failing": {"since": "2026-11-23T12:30:05Z", "error": "the rules in night hold errors"},
    }


def test_ready_without_database(lost: FlaskClient) -> None:
    """A lost database must not take every instance out of the balancer."""
    response = lost.get("/readyz")
    assert response.status_code == 200
    assert response.get_json()["database"] == "down"


def test_ready_within_a_second_whatever_the_database_does() -> None:
    """A balancer that waits for an answer takes the instance out: here a server accepts and says nothing."""
    standing = Standing(ruleset(RULES))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://desk@127.0.0.1:{silent.getsockname()[1]}/desk"
        with process(address, picks_up=False) as delivering:
            desk = delivering.desk(Rulebook(standing))
            client = create_app(desk, Signatures([Secret(TOKEN)])).test_client()
            for _ in range(3):
                began = perf_counter()
                assert client.get("/readyz").get_json()["database"] == "down"
                assert perf_counter() - began < 1


def test_answers_without_database(lost: FlaskClient) -> None:
    """A reply inline needs the database for nothing."""
    answer = post(lost, parameters({"type": "unheard of"})).get_json()
    assert answer["instruction"] == "reject"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_head_is_enough_for_a_balancer(client: FlaskClient, path: str) -> None:
    """HEAD gets the status alone, POST is refused."""
    assert (client.head(path).status_code, client.head(path).data) == (200, b"")
    assert client.post(path).status_code == 405
