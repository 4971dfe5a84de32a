"""What is shipped for deploying, tried as far as a test can."""

import http.client
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from importlib.metadata import distribution, requires
from importlib.resources import files
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.builders import ACCOUNT, CALL_SID, parameters
from tests.conftest import missing
from tests.waiting import until
from tests.web.conftest import RULES, TOKEN
from tests.web.proxying import free_port
from tests.web.serving import PATIENCE, headers_for, write_rules

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text("utf-8").splitlines())
UNIT = files("app").joinpath("ops/desk.service").read_text("utf-8")
CONTAINERFILE = files("app").joinpath("ops/Containerfile").read_text("utf-8")
INLINE = {"instruction": "redirect", "call_sid": CALL_SID, "url": "https://example.com/twiml", "accept": True}
PINNED = dict(
    line.split("==") for line in (ROOT / "requirements.txt").read_text("utf-8").splitlines() if "==" in line
)


@pytest.fixture
def environment(tmp_path: Path, database: str) -> dict[str, str]:
    """What a Procfile host sets: a port, and a PostgreSQL by the older name of its scheme."""
    inherited = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    return {
        **inherited,
        "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
        "PORT": str(free_port()),
        "WEB_CONCURRENCY": "2",
        "DATABASE_URL": database.replace("postgresql://", "postgres://"),
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "RULES_DIR": str(write_rules(tmp_path / "rules", RULES)),
    }


@contextmanager
def running(command: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process, told to stop as a host does, and ended with it."""
    process = subprocess.Popen(
        shlex.split(command),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        said = process.communicate(timeout=PATIENCE)[0]
    assert process.returncode == 0, said


def read(port: str, path: str) -> dict[str, Any]:
    with closing(http.client.HTTPConnection("127.0.0.1", int(port), timeout=PATIENCE)) as connection:
        connection.request("GET", path)
        found: dict[str, Any] = json.loads(connection.getresponse().read())
    return found


def status(port: str, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=PATIENCE)
    with closing(connection), suppress(OSError):
        connection.request("GET", path)
        return connection.getresponse().status
    return 0


def answered(port: str) -> object:
    """The answer to a callback that gets a `post`, as Twilio would send it."""
    task = {"type": "billing", "call_sid": CALL_SID}
    sent = {name: value for name, value in parameters(task).items() if name != "Timestamp"}
    headers = headers_for(f"http://127.0.0.1:{port}/assignment", sent)
    with closing(http.client.HTTPConnection("127.0.0.1", int(port), timeout=PATIENCE)) as connection:
        connection.request("POST", "/assignment", urlencode(sent), headers)
        return json.loads(connection.getresponse().read())


def test_the_procfile(environment: dict[str, str]) -> None:
    """The release step brings the tables, the web process answers at the port, the worker runs beside it."""
    released = subprocess.run(
        shlex.split(PROCFILE["release"]), env=environment, capture_output=True, text=True, check=False
    )
    assert released.returncode == 0, released.stderr
    with running(PROCFILE["web"], environment), running(PROCFILE["worker"], environment) as worker:
        until(lambda: status(environment["PORT"], "/readyz") == 200)
        assert worker.poll() is None


def test_what_a_host_installs_is_pinned() -> None:
    """Each package that a release needs has a version in requirements.txt, which it can be used with."""
    assert set(needed("desk", {"postgres"})) == {canonicalize_name(name) for name in PINNED}


def needed(package: str, extras: set[str]) -> set[str]:
    """The packages below this one, each of which must fit its pin."""
    pins = {canonicalize_name(name): version for name, version in PINNED.items()}
    found: set[str] = set()
    waiting = [(package, frozenset(extras))]
    while waiting:
        name, wanted = waiting.pop()
        for each in map(Requirement, requires(name) or ()):
            marked = [{"extra": extra} for extra in wanted] or [{"extra": ""}]
            if each.marker and not any(each.marker.evaluate(extra) for extra in marked):
                continue
            below = canonicalize_name(each.name)
            assert below in pins, f"{below} is not pinned: {name} needs it"
            assert each.specifier.contains(pins[below]), f"{name} needs {each}, and {pins[below]} is pinned"
            if below not in found or each.extras:
                found.add(below)
                waiting.append((distribution(below).name, frozenset(each.extras)))
    return found


def test_the_unit_is_one_for_systemd(tmp_path: Path) -> None:
    """systemd finds nothing wrong with it, and calls it safe."""
    program = shutil.which("systemd-analyze") or missing("systemd-analyze")
    assert UNIT.count("/opt/desk/bin/desk ") == 2
    unit = tmp_path / "desk.service"
    unit.write_text(UNIT.replace("/opt/desk/bin/desk", str(BIN / "desk")), "utf-8")
    for command in (["verify"], ["security", "--offline=yes", "--threshold=20"]):
        said = subprocess.run([program, *command, str(unit)], capture_output=True, text=True, check=False)
        assert said.returncode == 0, said.stdout + said.stderr
        assert said.stderr == ""


def of_unit(name: str) -> str:
    """A setting that the unit has once, with our own program for the one that it expects."""
    [value] = re.findall(rf"^{name}=(.*)$", UNIT, re.MULTILINE)
    return str(value).replace("/opt/desk/bin", str(BIN))


def test_the_unit_starts_without_a_database(environment: dict[str, str]) -> None:
    """The upgrade fails, which systemd is told to pass over; then even a `post` is answered, inline."""
    environment["DATABASE_URL"] = "postgresql://desk@127.0.0.1:1/desk"
    upgrade = of_unit("ExecStartPre")
    assert upgrade.startswith("-")
    upgraded = subprocess.run(
        shlex.split(upgrade[1:]), env=environment, capture_output=True, text=True, check=False
    )
    assert upgraded.returncode == 1
    assert upgraded.stderr.startswith("desk: the database does not answer")
    with running(of_unit("ExecStart"), environment):
        until(lambda: status(environment["PORT"], "/readyz") == 200)
        assert answered(environment["PORT"]) == INLINE


def test_the_unit_serves_while_its_tables_are_not_upgraded(environment: dict[str, str]) -> None:
    """It answers inline until they are, and needs no restart then."""
    with running(of_unit("ExecStart"), environment):
        until(lambda: status(environment["PORT"], "/readyz") == 200)
        assert answered(environment["PORT"]) == INLINE
        assert read(environment["PORT"], "/readyz")["database"] == "down"
        subprocess.run(shlex.split(of_unit("ExecStartPre")[1:]), env=environment, check=True)
        until(lambda: read(environment["PORT"], "/readyz")["database"] == "up")


def test_the_unit_is_started_again_however_often_it_fails() -> None:
    """By default systemd gives up after five times in ten seconds."""
    assert of_unit("Restart") == "always"
    assert of_unit("StartLimitIntervalSec") == "0"
    assert "StartLimitIntervalSec" in UNIT.partition("[Service]")[0]


def test_the_upgrade_ends_before_systemd_gives_up_the_start() -> None:
    """Which it does after 90 seconds, whatever the sign before a command."""
    program, seconds, *_ = of_unit("ExecStartPre").split()
    assert program == "-/usr/bin/timeout"
    assert int(seconds) < 90


def test_the_commands_of_unit_and_image_exist() -> None:
    """Each is one of ours."""
    commands = re.findall(r"bin/(desk .*)", UNIT)
    commands.append(" ".join(re.findall(r'"([^"]+)"', CONTAINERFILE)))
    assert commands == ["desk db upgrade", "desk serve", "desk serve --bind 0.0.0.0"]
    for command in commands:
        said = subprocess.run(
            [BIN / "desk", *command.split()[1:], "--help"], capture_output=True, check=False
        )
        assert said.returncode == 0


def test_the_image_copies_what_there_is() -> None:
    """All that the package is built from, and what pins it."""
    copied = re.findall(r"^COPY (?!--from)(.*) \S+$", CONTAINERFILE, re.MULTILINE)
    names = " ".join(copied).split()
    assert {"pyproject.toml", "README.md", "requirements.txt", "app"} == set(names)
    assert all((ROOT / name).exists() for name in names)
