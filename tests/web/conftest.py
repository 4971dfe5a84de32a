"""A desk behind its web application, and a signer that knows nothing of ours."""

import base64
import hashlib
import hmac
import logging
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import urlencode

import pytest
from flask import Flask
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families
from werkzeug.test import TestResponse

from app.logs import JsonLines
from app.rulebook import Rulebook, Standing
from app.service import Desk
from app.settings import Secret
from app.web import create_app
from app.web.signature import Signatures
from tests.builders import MONDAY_NOON, ruleset
from tests.delivery.rig import Clock, Process, Twilio, process

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
def twilio() -> Twilio:
    return Twilio()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def delivering(tmp_path: Path, twilio: Twilio, clock: Clock) -> Iterator[Process]:
    with process(f"sqlite:///{tmp_path}/desk.db", twilio, clock) as made:
        yield made


@pytest.fixture
def without_database(tmp_path: Path, clock: Clock) -> Iterator[Process]:
    """The same with a database that can never be reached: its folder would lie below a file."""
    (tmp_path / "file").touch()
    with process(f"sqlite:///{tmp_path}/file/desk.db", clock=clock, picks_up=False) as made:
        yield made


@pytest.fixture
def rulebook() -> Rulebook:
    return Rulebook(Standing(ruleset(RULES), since=MONDAY_NOON))


@pytest.fixture
def desk(rulebook: Rulebook, delivering: Process) -> Desk:
    return delivering.desk(rulebook)


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
