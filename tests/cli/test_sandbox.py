"""`desk sandbox`: a TaskRouter that the real twilio library can use."""

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from click.testing import CliRunner

from app.cli import main

CREATE = """
import os
from urllib.parse import urlsplit, urlunsplit
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

class Here(TwilioHttpClient):
    def request(self, method, url, *rest, **more):
        base = urlsplit(os.environ["TWILIO_API_BASE"])
        url = urlunsplit(urlsplit(url)._replace(scheme=base.scheme, netloc=base.netloc))
        return super().request(method, url, *rest, **more)

workspace = Client(http_client=Here()).taskrouter.v1.workspaces(os.environ["WORKSPACE"])
task = workspace.tasks.create(attributes='{"type": "sales"}')
print(task.sid, workspace.tasks(task.sid).fetch().attributes)
"""


@contextmanager
def running(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The command as a process, and the line with which it says that it is ready."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "sandbox", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stderr
        try:
            yield process, process.stderr.readline()
        finally:
            process.send_signal(signal.SIGTERM)


def test_the_twilio_library_creates_a_task_with_what_it_prints() -> None:
    """The exports are all that a shell needs; SIGTERM ends it with 0."""
    with running("--port", "0") as (process, ready):
        assert process.stdout
        lines = [process.stdout.readline().strip() for _ in range(4)]
        exports = dict(
            line.removeprefix("export ").split("=", 1) for line in lines if line.startswith("export ")
        )
        assert ready == f"listening on {exports['TWILIO_API_BASE']}\n"
        workspace = lines[-1].removeprefix("# workspace ")
        created = subprocess.run(
            [sys.executable, "-c", CREATE],
            env=exports | {"WORKSPACE": workspace},
            capture_output=True,
            text=True,
            check=False,
        )
        assert created.stderr == ""
        assert created.stdout.startswith("WT")
        assert '{"type":"sales"}' in created.stdout
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
        assert process.stderr
        assert process.stderr.read() == ""


def test_a_port_in_use_is_a_sentence() -> None:
    """Which says what to try."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            [sys.executable, "-m", "app.cli", "sandbox", "--port", str(port)],
            capture_output=True,
            text=True,
            check=False,
            timeout=20,
        )
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"Error: port {port} cannot be used (Address already in use): try --port 0\n"


@pytest.mark.parametrize("flag", ["--callback-url", "--fallback-url"])
@pytest.mark.parametrize("url", ["localhost:8080", "/assignment", "ftp://x/", "http://", "http://["])
def test_an_address_that_is_none_is_wrong_usage(flag: str, url: str) -> None:
    """Status 2, with the flag's name and the value."""
    ended = CliRunner().invoke(main, ["sandbox", flag, url])
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert f"Invalid value for {flag}: {url!r} is no http:// or https:// address" in ended.stderr


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_that_is_none_is_wrong_usage(port: str) -> None:
    """Status 2."""
    assert CliRunner().invoke(main, ["sandbox", "--port", port]).exit_code == 2
