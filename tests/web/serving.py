"""`desk serve` as operators start it, for tests: a process of its own, driven over real sockets."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

from tests.builders import ACCOUNT, parameters
from tests.web.conftest import FORM, TOKEN, signature

PATIENCE = 20  # seconds; only a test that fails waits so long
# No Timestamp: a real clock runs here.
PLAIN = {name: value for name, value in parameters({"type": "unheard of"}).items() if name != "Timestamp"}


@dataclass
class Serve:
    """A running `desk serve`, and all that it said."""

    process: subprocess.Popen[str]
    out: list[str] = field(default_factory=list)
    err: list[str] = field(default_factory=list)
    readers: list[threading.Thread] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    @property
    def address(self) -> tuple[str, int]:
        [line] = [line for line in self.err if line.startswith("listening on ")]
        host, _, port = line.strip().removeprefix("listening on http://").rpartition(":")
        return host, int(port)

    @property
    def url(self) -> str:
        host, port = self.address
        return f"http://{host}:{port}"

    def read(self) -> None:
        """Reads both streams to their ends, so that the process never waits for a reader."""
        for stream, lines in ((self.process.stdout, self.out), (self.process.stderr, self.err)):
            if stream:
                thread = threading.Thread(target=self._keep, args=(stream, lines))
                thread.start()
                self.readers.append(thread)

    def wait(self) -> int:
        """The exit status; afterwards everything was read."""
        status = self.process.wait(PATIENCE)
        for thread in self.readers:
            thread.join(PATIENCE)
        return status

    def events(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out]

    def exchange(self, sent: bytes) -> str:
        """What comes back for these bytes, when the client has nothing more to say."""
        with socket.create_connection(self.address, timeout=PATIENCE) as client:
            client.sendall(sent)
            client.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: client.recv(65536), b"")).decode()

    def wait_until(self, said: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(said, PATIENCE)

    @property
    def remarks(self) -> list[str]:
        """What it said on standard error beside what it says at every start."""
        return [line for line in self.err if not line.startswith(("rules ", "listening on "))]

    def is_ready_or_over(self) -> bool:
        return any(line.startswith("listening on ") for line in self.err) or self.process.poll() is not None

    def _keep(self, stream: Any, lines: list[str]) -> None:
        with stream:
            for line in stream:
                with self.changed:
                    lines.append(line)
                    self.changed.notify_all()
        self.process.wait(PATIENCE)
        with self.changed:
            self.changed.notify_all()


def started(folder: Path, *options: str, **environment: str) -> AbstractContextManager[Serve]:
    """`desk serve` with the rules in this folder, in an environment of its own, to the block's end."""
    return started_into(subprocess.PIPE, folder, *options, **environment)


@contextmanager
def started_into(stdout: int | None, folder: Path, *options: str, **environment: str) -> Iterator[Serve]:
    """The same, with its standard output there; None is none at all."""
    inherited = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "COVERAGE_"))}
    required = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
    database = {"DATABASE_URL": f"sqlite:///{folder.parent}/desk.db"}
    command = [sys.executable, "-m", "app.cli", "serve", "--port", "0", "--rules", str(folder), *options]
    if stdout is None:
        command = ["sh", "-c", 'exec "$@" >&-', "sh", *command]
    process = subprocess.Popen(
        command,
        env=inherited | required | database | environment,
        stdout=stdout,
        stderr=subprocess.PIPE,
        text=True,
    )
    serve = Serve(process)
    serve.read()
    try:
        serve.wait_until(serve.is_ready_or_over)
        yield serve
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        serve.wait()


def write_rules(folder: Path, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / "rules.yaml").write_text(dedent(text), "utf-8")
    return folder


def headers_for(url: str, params: Mapping[str, str] = PLAIN) -> dict[str, str]:
    return {"Content-Type": FORM, "X-Twilio-Signature": signature(url, params)}


@contextmanager
def connected(serve: Serve) -> Iterator[http.client.HTTPConnection]:
    connection = http.client.HTTPConnection(*serve.address, timeout=PATIENCE)
    try:
        yield connection
    finally:
        connection.close()


def request(
    serve: Serve, path: str, body: bytes = b"", method: str = "POST", **options: Any
) -> tuple[int, Any]:
    with connected(serve) as connection:
        connection.request(method, path, body, **options)
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None
