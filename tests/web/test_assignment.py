"""The two URLs of a Workflow: what a signed callback is answered, and what an unreadable one."""

import re
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app.model import State
from app.web.incoming import MOST_BODY
from tests.builders import CALL_SID, OFFLINE, PARAMS, parameters
from tests.delivery.deliveries import refused
from tests.delivery.rig import Process, Twilio
from tests.web.conftest import FORM, PUBLIC, post, signature

REJECT = {"instruction": "reject", "activity_sid": OFFLINE}
REDIRECT = {
    "instruction": "redirect",
    "call_sid": CALL_SID,
    "url": "https://example.com/twiml",
    "accept": True,
}
SUPPORT = {"type": "support", "call_sid": CALL_SID}
BILLING = {"type": "billing", "call_sid": CALL_SID}
ALICE = {"contact_uri": "client:alice"}


def _raw(client: FlaskClient, body: bytes, signed: dict[str, str | list[str]]) -> TestResponse:
    headers = {"X-Twilio-Signature": signature(f"{PUBLIC}/assignment", signed)}
    return client.post("/assignment", data=body, content_type=FORM, headers=headers)


def _detail(response: TestResponse) -> str:
    assert response.mimetype == "application/problem+json"
    return str(response.get_json(force=True)["detail"])


def test_a_reply_is_the_answer(client: FlaskClient) -> None:
    """An instruction by `reply` goes out as Twilio's JSON, in the answer."""
    response = post(client, parameters(SUPPORT, ALICE))
    assert response.status_code == 200
    assert response.content_type == "application/json"
    assert response.json == {"instruction": "dequeue", "from": "+18005550100"}


def test_a_post_is_answered_empty_and_sent(client: FlaskClient, twilio: Twilio, delivering: Process) -> None:
    """An instruction by `post` is answered with {} and sent to the Reservation resource."""
    assert post(client, parameters(BILLING)).json == {}
    delivering.ended(PARAMS["ReservationSid"])
    [call] = twilio.sent
    assert (call.workspace_sid, call.task_sid) == (PARAMS["WorkspaceSid"], PARAMS["TaskSid"])
    assert call.reservation_sid == PARAMS["ReservationSid"]
    assert {"instruction": call.instruction.name, **call.instruction.fields} == REDIRECT


def test_a_defer_is_answered_empty(client: FlaskClient, twilio: Twilio) -> None:
    """A `defer` is answered with {} and nothing is sent."""
    assert post(client, parameters({"type": "chat"})).json == {}
    assert twilio.sent == []


def test_no_rule_means_the_default(client: FlaskClient) -> None:
    """Where no rule matches, or the one that does cannot be carried out, the default is the answer."""
    assert post(client, parameters({"type": "unheard of"})).json == REJECT
    assert post(client, parameters({"type": "billing"})).json == REJECT


def test_the_fallback_answers_a_post_inline(client: FlaskClient, twilio: Twilio) -> None:
    """At the fallback URL TaskRouter wants the instruction itself."""
    assert post(client, parameters(BILLING), "/assignment/fallback").json == REDIRECT
    assert twilio.sent == []


def test_the_fallback_answers_a_reply_as_ever(client: FlaskClient) -> None:
    """The same rules hold at both URLs."""
    answer = post(client, parameters(SUPPORT, ALICE), "/assignment/fallback").json
    assert answer == {"instruction": "dequeue", "from": "+18005550100"}


def test_the_fallback_waits_for_a_post_under_way(
    client: FlaskClient, twilio: Twilio, delivering: Process
) -> None:
    """While the reservation's POST is under way, and when it is done, the fallback says {}."""
    twilio.open.clear()
    post(client, parameters(BILLING))
    assert post(client, parameters(BILLING), "/assignment/fallback").json == {}
    twilio.open.set()
    assert delivering.ended(PARAMS["ReservationSid"]).state is State.DELIVERED
    assert post(client, parameters(BILLING), "/assignment/fallback").json == {}


def test_the_fallback_stands_in_for_a_dead_post(
    client: FlaskClient, twilio: Twilio, delivering: Process
) -> None:
    """Where the POST failed for good, the fallback gives the instruction inline."""
    twilio.outcomes = [refused(400, 40120)]
    post(client, parameters(BILLING))
    delivering.ended(PARAMS["ReservationSid"])
    assert post(client, parameters(BILLING), "/assignment/fallback").json == REDIRECT


def test_a_repeated_callback_is_sent_once(client: FlaskClient, twilio: Twilio, delivering: Process) -> None:
    """Whoever gives both URLs the same address gets one POST for one reservation."""
    answers = [post(client, parameters(BILLING)).json for _ in range(3)]
    delivering.ended(PARAMS["ReservationSid"])
    assert answers == [{}, {}, {}]
    assert len(twilio.sent) == 1


@pytest.mark.parametrize("name", ["WorkspaceSid", "TaskSid", "ReservationSid"])
def test_a_missing_parameter_is_named(client: FlaskClient, name: str) -> None:
    """A partial body gets 400 and the parameter that is missing."""
    params = {key: value for key, value in parameters().items() if key != name}
    response = post(client, params)
    assert response.status_code == 400
    assert name in _detail(response)


def test_three_parameters_are_enough(client: FlaskClient) -> None:
    """Only what is needed to answer and to POST is required."""
    params = {name: PARAMS[name] for name in ("WorkspaceSid", "TaskSid", "ReservationSid")}
    assert post(client, params).json == REJECT


def test_an_event_callback_is_explained(client: FlaskClient) -> None:
    """The Workspace's event callback is a frequent mistake: the answer says which setting is meant."""
    response = post(client, parameters(EventType="reservation.created"))
    assert response.status_code == 400
    assert "EventCallbackUrl" in _detail(response)


def test_another_account_is_refused(client: FlaskClient) -> None:
    """A callback of another account is refused even when it is signed."""
    response = post(client, parameters(AccountSid="AC" + "f" * 32))
    assert response.status_code == 403
    assert "TWILIO_ACCOUNT_SID" in _detail(response)


@pytest.mark.parametrize("path", ["/assignment", "/assignment/fallback"])
def test_an_old_callback_is_refused(client: FlaskClient, path: str) -> None:
    """A callback from before any pending reservation was recorded by somebody and is sent again."""
    response = post(client, parameters(Timestamp="2026-11-23T11:00:00Z"), path)
    assert response.status_code == 403
    assert "sent before" in _detail(response)


@pytest.mark.parametrize(
    "attributes", ["", "{", "null", "[]", "7", '"x"', "\x00", "NaN", "{" * 5000, '{"type":"\\ud800"}']
)
def test_attributes_that_are_no_object_are_no_failure(client: FlaskClient, attributes: str) -> None:
    """Attributes that cannot be read leave the rules with nothing to see, and the task with the default."""
    response = post(client, parameters(TaskAttributes=attributes, WorkerAttributes=attributes))
    assert (response.status_code, response.json) == (200, REJECT)


def test_escaped_slashes_in_attributes(client: FlaskClient) -> None:
    r"""Twilio escapes slashes: `America\/Los_Angeles`."""
    task = r'{"type":"support","zone":"America\/Los_Angeles","call_sid":"' + CALL_SID + '"}'
    worker = r'{"contact_uri":"client:alice"}'
    answer = post(client, parameters(TaskAttributes=task, WorkerAttributes=worker)).json
    assert answer == {"instruction": "dequeue", "from": "+18005550100"}


@pytest.mark.parametrize(
    "more",
    [
        {"Unknown": "1"},
        {"a.b": "1", "a": "2"},
        {"account_sid": "x", "__proto__": "y", "": "z"},
        {"Several": ["b", "a", "b"]},
        {"Nothing": ""},
        {"Null": "a\x00b", "Emoji ☎": "😀"},
        {f"Parameter{number}": "x" for number in range(200)},
    ],
    ids=["unknown", "dotted", "odd names", "repeated", "empty", "nul and emoji", "many"],
)
def test_unknown_parameters_are_kept(client: FlaskClient, more: dict[str, str | list[str]]) -> None:
    """Twilio adds parameters without notice: whatever they are, the rules decide."""
    assert post(client, {**parameters(SUPPORT, ALICE), **more}).json == {
        "instruction": "dequeue",
        "from": "+18005550100",
    }


@pytest.mark.parametrize("name", ["TaskSid", "AccountSid", "TaskAttributes", "Timestamp", "WorkerName"])
def test_a_known_parameter_stands_once(client: FlaskClient, name: str) -> None:
    """Of two values for what is known nobody could say which was meant."""
    params: dict[str, str | list[str]] = {**parameters()}
    params[name] = [str(params[name]), "another"]
    response = post(client, params)
    assert response.status_code == 400
    assert name in _detail(response)


def test_the_same_value_twice_is_refused_too(client: FlaskClient) -> None:
    """Twilio signs a repeated value once; the body is refused all the same."""
    body = urlencode(parameters()).encode() + b"&TaskSid=" + PARAMS["TaskSid"].encode()
    assert _raw(client, body, {**parameters()}).status_code == 400


@pytest.mark.parametrize(
    ("body", "signed"),
    [
        (b"", {}),
        (b"=&&;", {"": "", ";": ""}),
        (b"TaskSid=%00", {"TaskSid": "\x00"}),
        (b'{"TaskSid":"WT"}', {'{"TaskSid":"WT"}': ""}),
    ],
)
def test_a_body_that_is_no_callback(
    client: FlaskClient, body: bytes, signed: dict[str, str | list[str]]
) -> None:
    """Whatever the bytes are, signed they get 400, unsigned 403."""
    assert _raw(client, body, signed).status_code == 400
    assert _raw(client, body, {"x": "y"}).status_code == 403


@pytest.mark.parametrize("body", [b"\xff\xfe", b"TaskSid=%FF", b"%", b"&" * 1000])
def test_a_body_that_is_no_form(client: FlaskClient, body: bytes) -> None:
    """What cannot be read cannot have been signed; the answer says what is wrong with it."""
    response = _raw(client, body, {"x": "y"})
    assert response.status_code == 400
    assert response.json["detail"].startswith("the form ")  # type: ignore[index]


@pytest.mark.parametrize("sid", ["x", "\x00", "WT" + "g" * 32, "WT" + "0" * 31, "WT" + "0" * 32 + "\n"])
def test_a_malformed_sid_is_refused_without_repeating_it(client: FlaskClient, sid: str) -> None:
    """What goes into Twilio's URL later must be a SID."""
    response = post(client, parameters(TaskSid=sid))
    assert response.status_code == 400
    assert re.fullmatch(
        r"the parameter TaskSid must be a SID: WT and 32 hexadecimal digits", _detail(response)
    )


@pytest.mark.parametrize(
    "content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""]
)
def test_another_content_type_is_refused(client: FlaskClient, content_type: str) -> None:
    """Only a form is read, and the refusal says so."""
    response = client.post("/assignment", data=b"{}", content_type=content_type)
    assert response.status_code == 415
    assert FORM in _detail(response)


def test_a_form_with_a_charset_is_a_form(client: FlaskClient) -> None:
    """Twilio sends `; charset=utf-8` behind the content type."""
    assert post(client, parameters(), Content_Type=f"{FORM}; charset=utf-8").status_code == 200


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH", "TRACE"])
@pytest.mark.parametrize("path", ["/assignment", "/assignment/fallback"])
def test_another_method_is_refused(client: FlaskClient, method: str, path: str) -> None:
    """Only POST is answered; who opens the URL in a browser reads a sentence."""
    response = client.open(path, method=method)
    assert response.status_code == 405
    assert "POST" in response.headers["Allow"]
    assert "POST" in _detail(response)


def _padded(size: int) -> dict[str, str | list[str]]:
    params = {**parameters(), "Padding": ""}
    return {**params, "Padding": "x" * (size - len(urlencode(params)))}


def test_the_largest_body(client: FlaskClient) -> None:
    """64 KiB are read, a byte more is not."""
    assert post(client, _padded(MOST_BODY)).status_code == 200
    response = post(client, _padded(MOST_BODY + 1))
    assert response.status_code == 413
    assert post(client, _padded(1_000_000)).status_code == 413


@pytest.mark.parametrize(
    "path", ["/assignment//fallback", "/assignment/", "/Assignment", "/assignment/fallback/x", "/"]
)
def test_other_paths_lead_nowhere(client: FlaskClient, path: str) -> None:
    """A path that is nearly right is not found, and not redirected: that would repeat the query."""
    response = post(client, parameters(), f"{path}?caller=15550100")
    assert response.status_code == 404
    assert "/assignment" in _detail(response)
    assert "Location" not in response.headers
