"""What is fed bytes that nobody foresaw. A target raises when ours does what it must never do."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlencode

import orjson
from flask.testing import FlaskClient
from gunicorn.config import Config
from gunicorn.http.errors import NoMoreData
from gunicorn.http.parser import RequestParser

from app.doctor.diagnosis import diagnose
from app.engine.callback import read_callback
from app.engine.decide import decide
from app.engine.explain import explain
from app.engine.loading import read_rules
from app.engine.ruleset import RuleSet
from app.engine.scope import scope_of
from app.engine.search import read_search
from app.engine.source import SourceFile
from app.engine.templates import read_template
from app.errors import ExpressionError, TemplateError, TemplateUnfilled, Unreadable
from app.model import Saved
from app.replay.given import given_of
from app.replay.saved import BadLine, read_saved
from app.rulebook import Rulebook, Standing
from app.sandbox.expressions import Scope, read_expression
from app.sandbox.scenario import SHIPPED, ScenarioBroken, read_scenario
from app.sandbox.scenario.shipped import shipped_text
from app.sandbox.tokens import ExpressionError as SandboxExpressionError
from app.settings import Secret, read_settings
from app.web import create_app
from app.web.captured import read_captured
from app.web.form import read_params
from app.web.incoming import Incoming
from app.web.incoming import Standing as Coming
from app.web.refusals import unparsed
from app.web.server import MAX_HEADER_FIELDS, MAX_HEADER_SIZE
from app.web.signature import Signatures
from tests.builders import ACCOUNT, CALL_SID, MONDAY_NOON, callback, parameters, ruleset
from tests.delivery.rig import process
from tests.web.conftest import FORM, PUBLIC, RULES, TOKEN, signature
from tests.web.test_usual import agrees

TASK = {"type": "support", "call_sid": CALL_SID, "number": "+14155550100", "list": [1, {"a": None}], "x": 1.5}
WORKER = {"contact_uri": "client:alice", "skills": ["vip"]}
CALL = callback(TASK, WORKER)
SAVED = Saved(1, parameters(TASK, WORKER))
ANSWERS = {200, 400, 403, 413}  # 403 for an AccountSid that is another's
SAMPLES = Path(__file__).parents[2] / "rules"


@dataclass(frozen=True)
class Target:
    """What takes the bytes, and some that it understands."""

    feed: Callable[[bytes], object]
    seeds: tuple[bytes, ...]


def framing(fed: bytes) -> None:
    """A connection: what is whole goes to the parser, in one piece as the worker gives it."""
    incoming = Incoming()
    half = len(fed) // 2
    if Coming.WHOLE not in {incoming.add(fed[:half]), incoming.add(fed[half:])}:
        return
    config = Config()
    config.set("limit_request_fields", MAX_HEADER_FIELDS)
    config.set("limit_request_field_size", MAX_HEADER_SIZE)
    try:
        request = next(RequestParser(config, [incoming.request], ("127.0.0.1", 1)))
        if request and request.body:
            request.body.read()
    except (StopIteration, NoMoreData):  # the client is gone
        return
    except Exception as error:
        if unparsed(error).status == HTTPStatus.INTERNAL_SERVER_ERROR:
            raise


def endpoint(client: FlaskClient, fed: bytes) -> None:
    """The body of a request: refused without a signature; with one it is answered, or named unreadable."""
    try:
        params = read_params(fed)
    except Unreadable:
        assert client.post("/assignment", data=fed, content_type=FORM).status_code in {403, 413}
        return
    headers = {"X-Twilio-Signature": fed[:40].decode("latin-1").translate(_NO_LINE_ENDS) or "x"}
    assert client.post("/assignment", data=fed, content_type=FORM, headers=headers).status_code in {403, 413}
    for path in ("/assignment", "/assignment/fallback"):
        headers = {"X-Twilio-Signature": signature(PUBLIC + path, params)}
        response = client.post(path, data=fed, content_type=FORM, headers=headers)
        response.close()
        assert response.status_code in ANSWERS, response.status_code
        assert isinstance(orjson.loads(response.get_data()), dict)


_NO_LINE_ENDS = {0: "0", 10: "n", 13: "r"}


def attributes(fed: bytes) -> None:
    """The task's attributes, decided by the sample rules and explained."""
    try:
        call = read_callback(parameters(TaskAttributes=fed.decode(errors="replace")))
    except Unreadable:
        return
    decision = decide(_SAMPLES, call, MONDAY_NOON)
    assert explain(_SAMPLES, call, MONDAY_NOON).decision == decision


def rules(fed: bytes) -> None:
    """A rules file: rules that decide, or problems each of which has a sentence."""
    read, problems = read_rules([SourceFile("rules.yaml", fed.decode(errors="replace"))], {})
    assert read or problems
    assert all(problem.message for problem in problems)
    if read:
        decide(read, CALL, MONDAY_NOON)


def saved(fed: bytes) -> None:
    """A file of saved callbacks: callbacks, or lines with a reason."""
    for one in read_saved(BytesIO(fed)):
        if isinstance(one, BadLine):
            assert one.message
            continue
        with suppress(Unreadable):
            given_of(one)
            read_callback(one.params)


def refused(fed: bytes) -> None:
    """A request that was refused, as the doctor reads it: a line with a reason, or findings."""
    try:
        request = read_captured(fed)
    except ValueError:
        return
    assert [*diagnose(request, _DOCTOR, {}, [request.path])]


def expression(fed: bytes) -> None:
    """The language of `when` and `--where`: a predicate that never raises, or a mistake with its place."""
    text = fed.decode(errors="replace")
    try:
        found = read_search(text)
    except ExpressionError as error:
        is_told = 0 <= error.at <= len(text)
    else:
        is_told = found(SAVED, MONDAY_NOON) in {True, False}
    assert is_told


def sandbox_expression(fed: bytes) -> None:
    """The language of Workflows, as the sandbox reads it."""
    with suppress(SandboxExpressionError):
        read_expression(fed.decode(errors="replace")).holds(Scope(TASK, {"task": TASK, "worker": WORKER}))


def template(fed: bytes) -> None:
    """A value of a rule, filled in."""
    with suppress(TemplateError, TemplateUnfilled):
        read_template(fed.decode(errors="replace")).fill(scope_of(CALL, {}, MONDAY_NOON))


def scenario(fed: bytes) -> None:
    """A day for the sandbox."""
    with suppress(ScenarioBroken):
        read_scenario(fed.decode(errors="replace"), _no_file)


def _no_file(name: str) -> NoReturn:
    raise FileNotFoundError(name)


@contextmanager
def endpoints(address: str) -> Iterator[FlaskClient]:
    """A client of the endpoint, with a database at this address."""
    with process(address, picks_up=False) as made:
        desk = made.desk(Rulebook(Standing(ruleset(RULES), since=MONDAY_NOON)))
        yield create_app(desk, Signatures([Secret(TOKEN)], {}, PUBLIC)).test_client()


def targets(client: FlaskClient) -> Mapping[str, Target]:
    """All of them, by name; `client` is that of an endpoint."""
    made: list[tuple[Callable[[bytes], object], Sequence[bytes]]] = [
        (framing, _REQUESTS),
        (agrees, _REQUESTS),
        (partial(endpoint, client), _BODIES),
        (attributes, [orjson.dumps(TASK), b'{"type":"callback","to":"+1"}']),
        (rules, [RULES.encode(), *(path.read_bytes() for path in sorted(SAMPLES.glob("*.yaml")))]),
        (saved, _SAVED),
        (refused, _REFUSED),
        (expression, _EXPRESSIONS),
        (sandbox_expression, _EXPRESSIONS),
        (template, _TEMPLATES),
        (scenario, [shipped_text(name).encode() for name in SHIPPED]),
    ]
    return {name: Target(feed, tuple(seeds)) for name, (feed, seeds) in zip(NAMES, made, strict=True)}


def _sample_rules() -> RuleSet:
    files = [SourceFile(path.name, path.read_text("utf-8")) for path in sorted(SAMPLES.glob("*.yaml"))]
    read, _ = read_rules(files, {})
    assert read
    return read


NAMES = (
    "framing", "usual requests", "endpoint", "attributes", "rules", "saved",
    "refused request", "expression", "sandbox expression", "template", "scenario",
)  # fmt: skip

_SAMPLES = _sample_rules()
_BODIES = [
    urlencode(parameters({**TASK, "type": kind}, WORKER)).encode() for kind in ("support", "billing", "chat")
]
_HEAD = b"POST /assignment HTTP/1.1\r\nHost: desk\r\nContent-Type: application/x-www-form-urlencoded\r\n"
_REQUESTS = [
    b"GET /healthz HTTP/1.1\r\nHost: desk\r\n\r\n",
    _HEAD + b"Content-Length: 7\r\nX-Twilio-Signature: x\r\n\r\na=b&c=d",
    _HEAD + b"Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n3\r\na=b\r\n0\r\nX: y\r\n\r\n",
]
_SAVED = [
    *_BODIES,
    orjson.dumps({"params": parameters(TASK), "received_at": "2026-11-23T12:00:00Z", "path": "/assignment"}),
    orjson.dumps({"params": parameters(TASK), "decision": {"rule": "a", "mode": "reply", "rejections": 2}}),
    orjson.dumps(
        {
            "log": {
                "entries": [
                    {
                        "startedDateTime": "2026-11-23T12:00:00Z",
                        "request": {
                            "method": "POST",
                            "url": "https://desk.example.com/assignment",
                            "postData": {"mimeType": FORM, "text": _BODIES[0].decode()},
                        },
                    }
                ]
            }
        }
    ),
]
_DOCTOR = read_settings({"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN})
_REFUSED = [
    orjson.dumps(
        {
            "scheme": "http",
            "host": "10.0.0.7:8080",
            "port": "8080",
            "path": "/assignment",
            "query": query,
            "headers": {"X-Twilio-Signature": signature(PUBLIC, {"a": "b"}), **headers},
            "params": {"a": "b", "c": ["d", "e"]},
        }
    )
    for query, headers in (
        ("", {"X-Forwarded-Host": ",".join(f"h{each}.example.com:{each}" for each in range(50))}),
        ("a=1&b=2", {"X-Forwarded-Prefix": "/a,/b", "X-Forwarded-Port": "1,2,3", "X-Original-Uri": "/a?b=1"}),
        (
            "",
            {"Forwarded": 'for=1.2.3.4;host="[::1]:80";proto=https', "X-Original-Url": "https://a.example/b"},
        ),
    )
]
_EXPRESSIONS = [
    b'customer_value == "Gold" AND worker.skills HAS "vip"',
    b"x >= 1.5 OR NOT (list[1].a != null) AND number MATCHES '^[+]1'",
    b"taskrouter.currentHour IN [1, 2, 'x'] OR list CONTAINS 1 AND a NOT IN []",
    b'taskrouter.in("America/New_York").dayOfWeek == "Mon"',
]
_TEMPLATES = [
    b"{{ task.number }}",
    b"a{{ task.list | join(', ') | upper | truncate(3) }}b{{ worker.skills[0] if task.x > 1 else 'y' ~ 1 }}",
    b"{{ callback.TaskAge | int | default(5) }}{{ task.x | round(1, 'floor') }}{{ not task.none or none }}",
]
