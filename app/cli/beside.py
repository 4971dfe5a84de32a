"""The service as a process of its own, beside a local TaskRouter."""

import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import orjson

from app.sandbox import TaskRouter
from app.settings import process_environment

PATIENCE = 10  # seconds for the service to stop
INHERITED = ("PATH", "HOME", "LANG", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "COVERAGE_PROCESS_CONFIG")

Decided = Callable[[Mapping[str, Any]], object]
"""Told of each decision: the fields of its log line."""


@dataclass(frozen=True, slots=True)
class Service:
    """Where a service takes callbacks; there may be no fallback. `has_ended` where that was not asked for."""

    callback_url: str
    fallback_url: str
    has_ended: Callable[[], bool] = lambda: False


@contextmanager
def service_beside(
    taskrouter: TaskRouter,
    api_base: str,
    folder: Path,
    decided: Decided,
    variables: Mapping[str, str],
) -> Iterator[Service]:
    """`desk serve` with the rules of a folder and a database of its own, until the block ends.

    `variables` are further ones of its environment. Raises ClickException when it does not start.
    """
    with tempfile.TemporaryDirectory() as scratch:
        ours = process_environment()
        environment = {name: ours[name] for name in INHERITED if name in ours} | {
            "TWILIO_ACCOUNT_SID": taskrouter.account_sid,
            "TWILIO_AUTH_TOKEN": taskrouter.auth_token,
            "TWILIO_API_BASE": api_base,
            "RULES_DIR": str(folder),
            "DATABASE_URL": f"sqlite:///{scratch}/desk.db",
            **variables,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", "--port", "0"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,  # Ctrl-C is for us: we end it
        )
        readers = [threading.Thread(target=_read, args=(process.stdout, decided), daemon=True)]
        readers[0].start()
        try:
            address = _address(process)
            readers.append(threading.Thread(target=_drain, args=(process.stderr,), daemon=True))
            readers[1].start()
            callback_url = f"{address}/assignment"
            yield Service(callback_url, f"{callback_url}/fallback", lambda: process.poll() is not None)
        finally:
            _stop(process)
            for reader in readers:
                reader.join()
            for stream in (process.stdout, process.stderr):
                if stream:
                    stream.close()


def _address(process: subprocess.Popen[str]) -> str:
    said = []
    for line in process.stderr or ():
        said.append(line)
        if line.startswith("listening on "):
            return line.removeprefix("listening on ").strip()
    raise click.ClickException("the service did not start:\n" + "".join(said))


def _read(lines: Any, decided: Decided) -> None:
    for line in lines:
        fields = orjson.loads(line) if line.startswith("{") else {}
        if fields.get("event") == "decided":
            decided(fields)


def _drain(lines: Any) -> None:
    # A full pipe would hold the service up.
    for _ in lines:
        pass


def _stop(process: subprocess.Popen[str]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()  # its workers notice that, and end
        process.wait()
