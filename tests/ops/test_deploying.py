"""What is shipped for deploying, tried as far as a test can."""

import http.client
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

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.builders import ACCOUNT
from tests.conftest import missing
from tests.waiting import until
from tests.web.conftest import RULES, TOKEN
from tests.web.proxying import free_port
from tests.web.serving import PATIENCE, write_rules

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text("utf-8").splitlines())
UNIT = files("app").joinpath("ops/desk.service").read_text("utf-8")
CONTAINERFILE = files("app").joinpath("ops/Containerfile").read_text("utf-8")
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
def running(kind: str, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """A process of the Procfile, told to stop as such a host does, and ended with it."""
    process = subprocess.Popen(
        shlex.split(PROCFILE[kind]),
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


def status(port: str, path: str) -> int:
    connection = http.client.HTTPConnection("127.0.0.1", int(port), timeout=PATIENCE)
    with closing(connection), suppress(OSError):
        connection.request("GET", path)
        return connection.getresponse().status
    return 0


def test_the_procfile(environment: dict[str, str]) -> None:
    """The release step brings the tables, the web process answers at the port, the worker runs beside it."""
    released = subprocess.run(
        shlex.split(PROCFILE["release"]), env=environment, capture_output=True, text=True, check=False
    )
    assert released.returncode == 0, released.stderr
    with running("web", environment), running("worker", environment) as worker:
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
