"""A desk behind its web application, and a signer that knows nothing of ours."""

import base64
import hashlib
import hmac
import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from threading import Event
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import TestResponse

from app.delivery.courier import Courier
from app.logs import JsonLines
from app.model import Call, Ending, Outcome
from app.rulebook import Rulebook, Standing
from app.service import Desk
from app.settings import Secret
from app.storage import Database
from app.web import create_app
from app.web.signature import Signatures
from tests.builders import ACCOUNT, MONDAY_NOON, ruleset

TOKEN = "12345678901234567890123456789012"
PUBLIC = "https://desk.example.com"
FORM = "application/x-www-form-urlencoded"

RULES = """
    vars:
      number: "+18005550100"
      offline: WA0123456789abcdef0123456789abcdef
    default:
      reply: {instruction: reject, activity_sid: "{{ vars.offline }}"}
    rules:
      - name: support
        task_type: support
        reply: {instruction: dequeue, from: "{{ vars.number }}"}
      - name: billing
        task_type: billing
        post:
          instruction: redirect
          call_sid: "{{ task.call_sid }}"
          url: https://example.com/twiml
          accept: true
      - name: chat
        task_type: chat
        defer: the agent accepts it in the browser
"""

Params = Mapping[str, str | list[str]]


@dataclass
class Post:
    """A Transport that keeps what it is given, and answers when `open` is set."""

    ending: Ending = Ending.DELIVERED
    open: Event = field(default_factory=Event)
    sent: list[Call] = field(default_factory=list)

    def send(self, call: Call) -> Outcome:
        self.sent.append(call)
        self.open.wait(10)
        return Outcome(self.ending, "as the test has it", 200)


@dataclass
class Clock:
    """A time that stands still until it is set."""

    now: datetime = MONDAY_NOON

    def __call__(self) -> datetime:
        return self.now


def signature(url: str, params: Params, secret: str = TOKEN, algorithm: str = "sha1") -> str:
    """What Twilio's page on webhook security says: the URL, then each parameter in name order."""
    text = url
    for name in sorted(params):
        values = params[name]
        text += "".join(
            name + value for value in ([values] if isinstance(values, str) else sorted(set(values)))
        )
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), getattr(hashlib, algorithm))).decode()


def post(client: FlaskClient, params: Params, path: str = "/assignment", **headers: str) -> TestResponse:
    """A callback that is signed as Twilio does; `headers` with _ for - replace or add some."""
    sent = {"X-Twilio-Signature": signature(PUBLIC + path, params)}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(
        path, data=urlencode(params, doseq=True), content_type=FORM, headers=sent, buffered=True
    )


@pytest.fixture
def transport() -> Iterator[Post]:
    transport = Post()
    yield transport
    transport.open.set()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path}/desk.db")
    yield database
    database.close()


@pytest.fixture
def courier(transport: Post) -> Iterator[Courier]:
    courier = Courier(transport)
    yield courier
    transport.open.set()
    courier.close()


@pytest.fixture
def rulebook() -> Rulebook:
    return Rulebook(Standing(ruleset(RULES), since=MONDAY_NOON))


@pytest.fixture
def desk(rulebook: Rulebook, database: Database, courier: Courier, clock: Clock) -> Desk:
    return Desk(rulebook=rulebook, database=database, courier=courier, account_sid=ACCOUNT, clock=clock)


@pytest.fixture
def app(desk: Desk) -> Flask:
    """The application with the address that Twilio calls; `client` drives it."""
    return create_app(desk, Signatures([Secret(TOKEN)], {}, PUBLIC))


@pytest.fixture
def reached_as(desk: Desk) -> Callable[..., FlaskClient]:
    """Makes a client of an application that finds its public address out by itself."""

    def make(trusted_proxies: int = 0) -> FlaskClient:
        return create_app(desk, Signatures([Secret(TOKEN)]), trusted_proxies=trusted_proxies).test_client()

    return make


def samples(text: str) -> dict[str, float]:
    """The metrics of a text, by name and labels as the text has them: `name{label="value"}`."""
    return {
        sample.name + "".join(f'{{{name}="{value}"}}' for name, value in sample.labels.items()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@pytest.fixture
def log_lines() -> Iterator[list[str]]:
    """Every line that was logged, as it is written."""
    handler = _Kept()
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield handler.lines
    root.setLevel(level)
    root.removeHandler(handler)
