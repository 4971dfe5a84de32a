"""What the tests need of the machine: a PostgreSQL server of their own. Under CI nothing may be missing."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from pluggy import Result

RULES = Path(__file__).parents[1] / "rules"
_SERVICE_USERS = ("postgres", "nobody")  # initdb refuses root
_NUMBERS = count(1)


def missing(program: str) -> NoReturn:
    """Skips a test for want of a program, with the reason; where CI runs the skip becomes a failure."""
    reason = f"{program} is not installed"
    print(reason)  # noqa: T201  shown with -s and beside a failure
    pytest.skip(reason)


def on_ci() -> bool:
    """Whether CI is set to anything but empty, 0 or false."""
    return os.environ.get("CI", "").lower() not in {"", "0", "false"}


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """A skipped test fails where CI runs, since nobody would see that it is skipped."""
    outcome: Result[pytest.TestReport] = yield  # type: ignore[assignment]  # pluggy sends it
    report = outcome.get_result()
    if report.skipped and on_ci() and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: nothing may be skipped under CI ({reason})"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the sample rules."""
    return Path(shutil.copytree(RULES, tmp_path / "rules"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The DATABASE_URL of a real server, started for this run and stopped after it."""
    initdb, postgres = _binary("initdb"), _binary("postgres")
    with (
        tempfile.TemporaryDirectory(prefix="pg") as scratch,
        _serving(initdb, postgres, Path(scratch)) as port,
    ):
        yield f"postgresql://desk@127.0.0.1:{port}/postgres"


@pytest.fixture
def database(postgresql: str) -> str:
    """The DATABASE_URL of an empty database."""
    name = f"test{next(_NUMBERS)}"
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}".encode())
    return postgresql.removesuffix("postgres") + name


def _binary(name: str) -> str:
    found = shutil.which(name)
    installed = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
    if not found and not installed:
        missing(name)
    return found or str(installed[-1])


@contextmanager
def _serving(initdb: str, postgres: str, scratch: Path) -> Iterator[int]:
    cluster = scratch / "data"
    cluster.mkdir()
    owner: dict[str, Any] = {}
    if os.geteuid() == 0:
        owner = _owner(scratch)
    options = ["--auth=trust", "--username=desk", "--no-sync", "--encoding=UTF8", "--no-locale"]
    subprocess.run([initdb, f"--pgdata={cluster}", *options], check=True, capture_output=True, **owner)
    port = _free_port()
    server = subprocess.Popen(
        [postgres, "-D", cluster, "-F", "-h", "127.0.0.1", "-p", str(port), "-k", scratch],
        stderr=subprocess.PIPE,
        text=True,
        **owner,
    )
    try:
        with _drained(server):
            yield port
    finally:
        server.send_signal(signal.SIGQUIT)  # at once, without a checkpoint
        server.wait(10)


@contextmanager
def _drained(server: subprocess.Popen[str]) -> Iterator[None]:
    """Waits until the server is ready; then reads on, so that it never waits for a reader."""
    assert server.stderr
    said = []
    for line in server.stderr:
        said.append(line)
        if "ready to accept connections" in line:
            break
    else:
        raise RuntimeError("postgres did not start:\n" + "".join(said))
    reader = threading.Thread(target=server.stderr.read, daemon=True)
    reader.start()
    yield
    server.send_signal(signal.SIGQUIT)
    reader.join(10)
    server.stderr.close()


def _owner(scratch: Path) -> dict[str, Any]:
    """Gives the folder to a user without rights, and says how to run a program as that user."""
    for user in _SERVICE_USERS:
        try:
            for path in (scratch, *scratch.iterdir()):
                shutil.chown(path, user)
        except LookupError:
            continue
        return {"user": user, "extra_groups": [], "cwd": scratch}
    missing("a user other than root that may run PostgreSQL")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])
