"""A whole deployment that meets everything at once: callers, strangers, outages; and all that it says."""

import http.client
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import psycopg

from app.sandbox import Faults, Reservation, Served, TaskRouter
from tests.builders import ACCOUNT
from tests.privacy.marks import API_KEY, CALLER, NAME, SECRETS, WORKER
from tests.web.conftest import FORM, signature
from tests.web.serving import PATIENCE, Serve, started

NONE: Mapping[str, str] = {}
AUTH_TOKEN = SECRETS["the auth token"]
INHERITED = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "COVERAGE_"))}
PASSWORD = "the database's password"
METRICS_TOKEN = "the metrics' token"

RULES = """\
vars:
  number: "+18005550100"
  offline: WA0123456789abcdef0123456789abcdef
  sip_password: ${SIP_PASSWORD}
allowed_numbers: ["+1"]
default: {reply: {instruction: reject, activity_sid: "{{ vars.offline }}"}}
rules:
  - name: reply
    task_type: reply
    reply:
      instruction: call
      from: "{{ vars.number }}"
      to: "{{ task.from }}"
      url: "https://example.com/twiml?caller={{ task.name | urlencode }}"
  - name: sip
    task_type: sip
    post:
      instruction: conference
      from: "{{ vars.number }}"
      sip_auth_username: desk
      sip_auth_password: "{{ vars.sip_password }}"
      conference_status_callback: "https://example.com/conference?{{ task.email | urlencode }}"
  - name: accept
    task_type: accept
    post: {instruction: accept}
  - name: given-up
    task_type: given-up
    retry_for: 2s
    post:
      instruction: redirect
      call_sid: "{{ task.call_sid }}"
      url: "https://example.com/?{{ task.name | urlencode }}"
    on_failure: {instruction: reject, activity_sid: "{{ vars.offline }}"}
  - name: unfilled
    task_type: unfilled
    reply: {instruction: dequeue, from: "{{ task.notes.missing }}", to: "{{ task.email }}"}
  - name: wrong-number
    task_type: wrong-number
    reply: {instruction: call, from: "{{ task.name }}", to: "{{ task.email }}", url: "{{ task.reason }}"}
  - name: forbidden-number
    task_type: forbidden-number
    reply: {instruction: call, from: "{{ vars.number }}", to: "+44{{ task.from }}", url: https://example.com/}
  - name: filtered
    task_type: filtered
    reply: {instruction: redirect, call_sid: "{{ task.name | int }}", url: "{{ task.notes.first }}"}
  - name: deferred
    task_type: deferred
    when: caller MATCHES "^[+]1555" AND name CONTAINS "Quack"
    defer: somebody answers by hand
"""
# As they may stand in a folder for a moment; what is wrong is beside what is secret.
BROKEN = (
    "vars: {number: '+15558675309', sip_password: sippasswordp0o9i8u7\nrules: ]\n",
    RULES.replace("retry_for: 2s", "retry_for: appendicitis"),
    RULES.replace("task_type: accept", "task_tipe: Quackenbush"),
    RULES.replace('to: "{{ task.from }}"', 'to: "+15558675309 Quackenbush"'),
    RULES.replace('MATCHES "^[+]1555"', 'MATCHES "^[+]1555("'),
    RULES.replace("${SIP_PASSWORD}", "${NO_SUCH_PASSWORD}"),
)


@dataclass
class Said:
    """All that was said, by where; and the statuses of what was refused."""

    texts: dict[str, str] = field(default_factory=dict)
    statuses: set[int] = field(default_factory=set)

    def add(self, where: str, what: str) -> None:
        self.texts[where] = self.texts.get(where, "") + what + "\n"


class Deployment:
    """`desk serve` with a local TaskRouter and a database, under an environment full of secrets."""

    def __init__(self, folder: Path, twilio: Served, database: str, said: Said) -> None:
        self.folder = folder
        self.twilio = twilio
        self.said = said
        parts = urlsplit(database)
        named = f"desk:{SECRETS[PASSWORD]}@{parts.hostname}:{parts.port}"
        self.database = parts._replace(netloc=named).geturl()
        self.environment = {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": AUTH_TOKEN,
            "TWILIO_API_KEY": API_KEY,
            "TWILIO_API_SECRET": SECRETS["the API secret"],
            "TWILIO_WEBHOOK_KEYS": f"hook:{SECRETS['the webhook key']}",
            "TWILIO_API_BASE": twilio.address,
            "DATABASE_URL": self.database,
            "METRICS_TOKEN": SECRETS[METRICS_TOKEN],
            "SIP_PASSWORD": SECRETS["the SIP password"],
            "LOG_LEVEL": "DEBUG",
        }

    @property
    def taskrouter(self) -> TaskRouter:
        return self.twilio.taskrouter

    @contextmanager
    def serving(self, **environment: str) -> Iterator[Serve]:
        """A server; what it says is kept when it has ended."""
        with started(self.folder, **{**self.environment, **environment}) as serve:
            self.taskrouter.callback_url = f"{serve.url}/assignment"
            self.taskrouter.fallback_url = f"{serve.url}/assignment/fallback"
            yield serve
        self.said.add("the log", "".join(serve.out))
        self.said.add("standard error", "".join(serve.err))

    def call(self, kind: str, *script: Any, **options: Any) -> Reservation:
        """A caller whose task is of this type; the updates that follow meet these faults."""
        self.taskrouter.faults = Faults(updates=script, retry_after=0)
        worker = self.taskrouter.add_worker(NAME, WORKER)
        task = self.taskrouter.add_task({"type": kind, **CALLER})
        return self.taskrouter.assign(task, worker, **options)

    def ask(
        self, serve: Serve, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] = NONE
    ) -> str:
        """A request of a stranger's; the answer is kept where it is a refusal, and its headers always are."""
        connection = http.client.HTTPConnection(*serve.address, timeout=PATIENCE)
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        answer = response.read().decode()
        connection.close()
        self.said.add("headers of answers", str(response.headers))
        self.said.statuses.add(response.status)
        if response.status != 200:
            self.said.add("answers", answer)
        return answer

    def signed(self, serve: Serve, path: str, params: Mapping[str, str]) -> str:
        """A request with a signature that fits."""
        signed = {"X-Twilio-Signature": signature(serve.url + path, params, AUTH_TOKEN)}
        return self.ask(serve, "POST", path, urlencode(params).encode(), {"Content-Type": FORM, **signed})

    def scrape(self, serve: Serve) -> None:
        token = {"Authorization": f"Bearer {SECRETS[METRICS_TOKEN]}"}
        self.said.add("metrics", self.ask(serve, "GET", "/metrics", headers=token))
        for path in ("/readyz", "/healthz"):
            self.said.add("health", self.ask(serve, "GET", path))

    def run(self, *arguments: str, **environment: str) -> str:
        """A command of `desk`; all that it writes."""
        return subprocess.run(
            [sys.executable, "-m", "app.cli", *arguments],
            env={**INHERITED, **self.environment, **environment, "RULES_DIR": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
            check=False,
        ).stdout

    def rows(self, statement: str) -> str:
        """All values of a query, as text."""
        with psycopg.connect(self.database) as connection:
            return "\n".join(str(value) for row in connection.execute(statement.encode()) for value in row)
