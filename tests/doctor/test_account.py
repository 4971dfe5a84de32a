"""An account through the real twilio library: what is in it, and what is said where it is not shown."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from flask import Flask

from app.doctor.account import Account, Workflow
from app.engine.workspace import Worker
from app.errors import AccountError
from app.sandbox import serving
from app.settings import read_rest_settings
from tests.delivery.listening import answer, closed_port, listening
from tests.doctor.accounts import KEY_SECRET, KEY_SID, TOKEN, environment, served, taskrouter, with_numbers


def account(base: str, **more: str) -> Account:
    return Account(read_rest_settings(environment(base, **more)), read_timeout=5)


def refused(here: Account) -> AccountError:
    with pytest.raises(AccountError) as raised:
        here.greet()
    assert TOKEN not in str(raised.value)
    return raised.value


def test_what_is_in_a_workspace() -> None:
    """Activities by SID, workers with whatever contact_uri they have, and no numbers where none are known."""
    twilio = taskrouter()
    busy = twilio.add_activity("Busy", available=False)
    twilio.add_worker("Alice", {"contact_uri": "client:alice"})
    twilio.add_worker("Bob", {"contact_uri": 7})
    twilio.add_worker("Cid", {})
    with serving(twilio) as here:
        asked = account(here.address)
        assert asked.workspaces() == (twilio.workspace_sid,)
        found = asked.read([twilio.workspace_sid])
    assert not found.activities[busy.sid].is_available
    assert str(found.activities[busy.sid]) == f"Busy ({busy.sid})"
    assert any(activity.is_available for activity in found.activities.values())
    assert [worker.contact_uri for worker in found.workers] == ["client:alice", 7, None]
    assert isinstance(found.workers[0], Worker)
    assert found.numbers is None


def test_workflows() -> None:
    """Their URLs, None for none, and their reservation timeouts."""
    twilio = taskrouter(callback_url="https://desk.example.com/assignment", reservation_timeout=90)
    with serving(twilio) as here:
        [found] = account(here.address).workflows(twilio.workspace_sid)
    sid, name = twilio.workflow.sid, twilio.workflow.name
    assert found == Workflow(sid, name, "https://desk.example.com/assignment", None, 90)
    assert str(found) == f"Workflow {name} ({sid})"


def test_the_accounts_numbers() -> None:
    """Its own, and the caller IDs that were verified."""
    with with_numbers(taskrouter(), ["+18005550100"], ["+14155551212"]) as address:
        assert account(address).read([]).numbers == frozenset({"+18005550100", "+14155551212"})


def test_numbers_that_may_not_be_read() -> None:
    """That is no host without numbers: the key lacks a permission."""
    app = Flask("twilio")
    app.add_url_rule("/<path:_>", view_func=lambda _: ({"code": 20003}, 403))
    with served(app) as address, pytest.raises(AccountError, match="may not do that") as raised:
        account(address).read([])
    assert raised.value.status == 403


@pytest.mark.parametrize("attributes", ["{", "[]", "7", None])
def test_attributes_that_are_no_object(attributes: str | None) -> None:
    """Such a worker has no contact_uri."""
    app = Flask("twilio")
    rows = [{"sid": "WK1", "attributes": attributes}]
    app.add_url_rule("/v1/Workspaces/WS1/Workers", "w", lambda: {"workers": rows, "meta": {"key": "workers"}})
    empty = {"activities": [], "meta": {"key": "activities"}}
    app.add_url_rule("/v1/Workspaces/WS1/Activities", "a", lambda: empty)
    with served(app) as address:
        assert account(address).read(["WS1"]).workers == (Worker("WK1", None),)


def test_an_api_key_is_enough() -> None:
    """It is used where it is set, whatever the token is."""
    key = {"TWILIO_API_KEY": KEY_SID, "TWILIO_API_SECRET": KEY_SECRET, "TWILIO_AUTH_TOKEN": "wrong"}
    with serving(taskrouter()) as here:
        account(here.address, **key).greet()


def test_wrong_credentials() -> None:
    """Which variables to look at."""
    with serving(taskrouter(auth_tokens=("another",))) as here:
        error = refused(account(here.address))
    assert error.status == 401
    assert str(error) == (
        "Twilio answered 401 with error 20003: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
    )


def test_nobody_answers() -> None:
    """What decides whether a request arrives."""
    error = refused(account(f"http://127.0.0.1:{closed_port()}"))
    assert error.status is None
    assert "nothing was sent; check the network and TWILIO_API_BASE" in str(error)


def test_what_is_no_answer_of_twilios() -> None:
    """Neither a traceback nor a guess."""
    with listening(answer(200, b"<html>", "text/html")) as server:
        assert "no whole answer came" in str(refused(account(server.address)))


def test_a_workspace_that_is_not_there() -> None:
    """It may be another account's."""
    with serving(taskrouter()) as here, pytest.raises(AccountError, match="nothing like WS9") as raised:
        account(here.address).read(["WS" + "9" * 32])
    assert raised.value.status == 404


@pytest.mark.parametrize("seconds", [-3600, 0, 90])
def test_our_clock_beside_twilios(seconds: int) -> None:
    """By the Date of any answer, a refusal too; it counts whole seconds."""
    date = format_datetime(datetime.now(UTC) - timedelta(seconds=seconds), usegmt=True)
    with listening(answer(403, b"{}", Date=date)) as server:
        here = account(server.address)
        assert here.ahead is None
        refused(here)
    assert here.ahead == pytest.approx(seconds, abs=1.5)


@pytest.mark.parametrize("headers", [{}, {"Date": "yesterday"}])
def test_an_answer_without_a_time(headers: dict[str, str]) -> None:
    """Nothing is known then."""
    with listening(answer(403, b"{}", **headers)) as server:
        here = account(server.address)
        refused(here)
    assert here.ahead is None
