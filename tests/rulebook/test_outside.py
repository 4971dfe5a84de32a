"""Checks in a process of their own: what comes back, and what becomes of those that do not end well."""

import gc
import os
import resource
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic

import pytest

from app.engine.decide import decide
from app.engine.ruleset import RuleSet
from app.rulebook import read_folder
from app.rulebook.checking import checked
from app.rulebook.outside import Outside
from tests.builders import MONDAY_NOON, callback, ruleset
from tests.rulebook.conftest import rule
from tests.waiting import checks, until

RUNNING = ruleset("default: {defer: the rules that run}\n")


def read(folder: Path) -> RuleSet:
    """The rule set of a folder without error."""
    found = read_folder(folder, {}, lint=False).ruleset
    assert found
    return found


@pytest.fixture
def slow(folder: Path) -> Path:
    """A folder that takes a while."""
    many = "".join(rule(f"rule-{number}").removeprefix("rules:\n") for number in range(2000))
    (folder / "a.yaml").write_text("rules:\n" + many)
    return folder


def test_a_rule_set_is_taken_over(folder: Path) -> None:
    """It is the folder's, and it decides."""
    (folder / "a.yaml").write_text(rule("new"))
    finding = Outside(folder, {}).finding(RUNNING)
    assert finding == checked(folder, {})
    assert finding.ruleset
    assert decide(finding.ruleset, callback(), MONDAY_NOON).rule == "new"


def test_the_environment_is_the_one_given(folder: Path) -> None:
    """Not that of this process: rules read the environment as it was at the start."""
    (folder / "a.yaml").write_text("vars: {one: '${ONE}', path: '${PATH:-none}'}\n")
    finding = Outside(folder, {"ONE": "1"}).finding(RUNNING)
    assert finding.ruleset
    assert finding.ruleset.variables == {"one": "1", "path": "none"}


def test_rules_that_run_already_stay_the_very_same(folder: Path) -> None:
    """Nothing is taken over, nothing compiled."""
    running = read(folder)
    assert Outside(folder, {}).finding(running).ruleset is running


def test_what_is_wrong_comes_back(folder: Path) -> None:
    """As a check in this process would find it."""
    (folder / "a.yaml").write_text("ruels: []\n")
    finding = Outside(folder, {}).finding(RUNNING)
    assert finding == checked(folder, {})
    assert finding.error


def test_taking_over_leaves_this_process_as_it_was(folder: Path) -> None:
    """Turns of threads and the search for garbage are as before."""
    before = (sys.getswitchinterval(), gc.isenabled())
    assert Outside(folder, {}).finding(RUNNING).ruleset
    assert (sys.getswitchinterval(), gc.isenabled()) == before
    assert checks() == []


def test_a_check_that_is_killed(slow: Path) -> None:
    """By whoever wants its memory: the sentence says so, and it is worth another try."""
    with ThreadPoolExecutor(1) as threads:
        finding = threads.submit(Outside(slow, {}).finding, RUNNING)
        (pid,) = until(checks)
        os.kill(pid, signal.SIGKILL)
        found = finding.result()
    assert (found.ruleset, found.final) == (None, False)
    assert found.error.endswith(": the process for it was ended by SIGKILL")
    assert checks() == []


def test_a_check_that_takes_too_long(slow: Path) -> None:
    """It is ended; the sentence says after which time."""
    found = Outside(slow, {}, timeout=0.3).finding(RUNNING)
    assert (found.ruleset, found.final) == (None, False)
    assert found.error.endswith(": it took longer than 0.3 s")
    assert checks() == []


def test_a_check_that_cannot_begin(folder: Path) -> None:
    """Where the system has nothing left, the rules that run go on."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, hard))
    try:
        found = Outside(folder, {}).finding(RUNNING)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert (found.ruleset, found.final) == (None, False)
    assert found.error.endswith(": no process for it could be started: Too many open files")


def test_a_check_by_code_of_another_version(folder: Path, tmp_path: Path) -> None:
    """The service may be updated while it runs, and what newer code sends means nothing to it."""
    newer = tmp_path / "newer" / "app" / "rulebook"
    newer.mkdir(parents=True)
    for package in (newer, newer.parent):
        (package / "__init__.py").touch()
    (newer / "__main__.py").write_text("print('capp.rulebook.yet_to_come\\nThing\\n.')\n")
    sys.path.insert(0, str(tmp_path / "newer"))
    try:
        found = Outside(folder, {}).finding(RUNNING)
    finally:
        sys.path.pop(0)
    assert (found.ruleset, found.final) == (None, False)
    assert "cannot be read here (ModuleNotFoundError); restart the service" in found.error
    assert checks() == []


def test_stopping_ends_a_check(slow: Path) -> None:
    """At once, and every later one too."""
    outside = Outside(slow, {})
    with ThreadPoolExecutor(1) as threads:
        finding = threads.submit(outside.finding, RUNNING)
        until(checks)
        began = monotonic()
        outside.stop()
        assert finding.result().ruleset is None
    assert outside.finding(RUNNING).ruleset is None
    assert monotonic() - began < 1
    assert checks() == []
