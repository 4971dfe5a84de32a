"""What the tests need of the machine: a PostgreSQL server of their own. Under CI nothing may be missing."""

import os
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NoReturn

import psycopg
import pytest
from pluggy import Result

from app.storage import Database
from tests.servers import Server

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


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--chaos-seconds",
        type=float,
        default=12.0,
        help="how long each storm of tests/chaos rages (12; an hour finds more)",
    )
    parser.addoption(
        "--fuzz-seconds",
        type=float,
        default=30.0,
        help="how long tests/fuzz feeds nonsense, all in all (30; ten minutes find more)",
    )


@pytest.fixture
def fuzz_seconds(request: pytest.FixtureRequest) -> float:
    return float(request.config.getoption("--fuzz-seconds"))


@pytest.fixture
def chaos_seconds(request: pytest.FixtureRequest) -> float:
    return float(request.config.getoption("--chaos-seconds"))


Opening = Callable[[str], Database]


@pytest.fixture
def opened() -> Iterator[Opening]:
    """Makes databases, as the processes of a deployment do, and closes them after the test."""
    made: list[Database] = []

    def make(address: str) -> Database:
        made.append(Database(address))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path, opened: Opening) -> str:
    """An empty database of each kind, as a release leaves it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/not/yet/there/desk.db"
    made = str(request.getfixturevalue("database"))
    opened(made).upgrade()
    return made


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A copy of the sample rules."""
    return Path(shutil.copytree(RULES, tmp_path / "rules"))


@pytest.fixture(scope="session")
def postgresql() -> Iterator[str]:
    """The DATABASE_URL of a real server, started for this run and stopped after it."""
    with _made() as server, server.running():
        yield server.url


@pytest.fixture(scope="session")
def spare() -> Iterator[Server]:
    """A server that a test may start, stop and freeze, one after the other."""
    with _made() as server:
        yield server


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
def _made() -> Iterator[Server]:
    initdb, postgres = _binary("initdb"), _binary("postgres")
    with tempfile.TemporaryDirectory(prefix="pg") as folder:
        scratch = Path(folder)
        cluster = scratch / "data"
        cluster.mkdir()
        owner = _owner(scratch) if os.geteuid() == 0 else {}
        options = ["--auth=trust", "--username=desk", "--no-sync", "--encoding=UTF8", "--no-locale"]
        command = [initdb, f"--pgdata={cluster}", *options]
        subprocess.run(command, check=True, capture_output=True, **owner)
        yield Server(postgres, scratch, _free_port(), owner)


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
