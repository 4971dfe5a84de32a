"""Real changes of a real folder: what is taken over, what is not, and what is said about it."""

import logging
import os
import shutil
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from app.rulebook import Rulebook, read_folder, starting_rules
from app.rulebook.folder import fingerprint
from app.rulebook.reloading import Reloader
from app.rulebook.standing import Reloads
from app.storage import GoodRules
from tests.rulebook.conftest import DEFAULT, FAILING_TEST, NOW, rule
from tests.waiting import checks, until

HOUR = timedelta(hours=1)
BROKEN = "ruels: []\n"
PASSING_TEST = "tests:\n  - {name: somebody is there, expect: {rule: old}}\n"


@dataclass
class Watched:
    """A folder and the rulebook that is kept at what it holds."""

    folder: Path
    rulebook: Rulebook
    reloader: Reloader
    times: list[datetime] = field(default_factory=lambda: [NOW])

    @property
    def version(self) -> str:
        return self.rulebook.ruleset.version

    def runs_the_folder(self) -> bool:
        """Whether the rules that run are the folder's."""
        ruleset = read_folder(self.folder, {}).ruleset
        return ruleset is not None and ruleset.version == self.version

    def fails(self) -> bool:
        return self.rulebook.standing.failing is not None


@pytest.fixture
def watch(memory: GoodRules, caplog: pytest.LogCaptureFixture) -> Iterator[Callable[..., Watched]]:
    """Begins to watch a folder."""
    caplog.set_level(logging.INFO)
    begun: list[Watched] = []

    def begin(folder: Path, **options: float) -> Watched:
        seen = fingerprint(folder)
        rulebook = Rulebook(starting_rules(folder, {}, memory, NOW))
        times = [NOW]
        reloader = Reloader(rulebook, folder, {}, memory, seen, clock=lambda: times[-1], **options)
        begun.append(Watched(folder, rulebook, reloader, times))
        reloader.start()
        return begun[-1]

    yield begin
    for each in begun:
        each.reloader.stop()


@pytest.fixture
def watched(folder: Path, watch: Callable[..., Watched]) -> Watched:
    """The folder with one rule, watched."""
    (folder / "a.yaml").write_text(rule("old"))
    return watch(folder)


def fields(caplog: pytest.LogCaptureFixture, event: str) -> list[dict[str, Any]]:
    """What was logged of an event, each time."""
    return [vars(record)["fields"] for record in caplog.records if record.getMessage() == event]


def replace(path: Path, text: str) -> None:
    """Puts another file in the place of one, as careful programs do."""
    beside = path.with_name("beside")
    beside.write_text(text)
    beside.replace(path)


def lead(link: Path, target: str) -> None:
    """Makes a link lead elsewhere, in one step."""
    beside = link.with_name("beside")
    beside.symlink_to(target)
    beside.replace(link)


@contextmanager
def another_look(watched: Watched) -> Iterator[None]:
    """Ends when the folder was checked again after what happened inside."""
    before = watched.rulebook.standing
    yield
    until(lambda: watched.rulebook.standing is not before)


# --- What is taken over


@pytest.mark.parametrize("how", ["in place", "replaced", "joined", "renamed", "removed", "default"])
def test_a_change_is_taken_over(how: str, watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """Whichever way a file is changed, the rules that run become those of the folder, and the log says so."""
    before, path = watched.version, watched.folder / "a.yaml"
    match how:
        case "in place":
            path.write_text(rule("new"))
        case "replaced":
            replace(path, rule("new"))
        case "joined":
            (watched.folder / "b.yaml").write_text(rule("new"))
        case "renamed":
            path.rename(watched.folder / "b.yml")
        case "removed":
            path.unlink()
        case _:
            (watched.folder / "00.yaml").write_text("default: {defer: elsewhere}\n")
    until(watched.runs_the_folder)
    assert watched.version != before
    count = len(watched.rulebook.ruleset.rules)
    until(lambda: fields(caplog, "rules reloaded"))
    assert fields(caplog, "rules reloaded") == [{"from": before, "to": watched.version, "rules": count}]


def test_a_link_to_the_folder_that_leads_elsewhere(
    tmp_path: Path, folder: Path, watch: Callable[..., Watched]
) -> None:
    """A deployment beside the old one, which becomes current in one step; and back."""
    shutil.copytree(folder, tmp_path / "v2")
    (tmp_path / "v2" / "a.yaml").write_text(rule("new"))
    (tmp_path / "current").symlink_to("rules")
    watched = watch(tmp_path / "current")
    for target in ("v2", "rules"):
        lead(tmp_path / "current", target)
        until(watched.runs_the_folder)
    (folder / "a.yaml").write_text(rule("newer"))
    until(watched.runs_the_folder)
    assert [each.name for each in watched.rulebook.ruleset.rules] == ["newer"]


def test_a_config_map(tmp_path: Path, watch: Callable[..., Watched]) -> None:
    """Kubernetes makes a folder of links through `..data`, and makes that lead to the next version."""
    mount = tmp_path / "mount"
    for version, name in (("..v1", "old"), ("..v2", "new")):
        (mount / version).mkdir(parents=True)
        (mount / version / "a.yaml").write_text(DEFAULT + rule(name))
    (mount / "..data").symlink_to("..v1")
    (mount / "a.yaml").symlink_to("..data/a.yaml")
    watched = watch(mount)
    assert [each.name for each in watched.rulebook.ruleset.rules] == ["old"]
    lead(mount / "..data", "..v2")
    shutil.rmtree(mount / "..v1")
    until(watched.runs_the_folder)
    assert [each.name for each in watched.rulebook.ruleset.rules] == ["new"]


def test_many_files_are_taken_over_as_one(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """A `git pull` writes one file after another: no set is taken that it only passed through."""
    before = watched.version
    for number in range(200):
        replace(watched.folder / f"{number:03}.yaml", rule(f"rule-{number}"))
    until(watched.runs_the_folder)
    until(lambda: fields(caplog, "rules reloaded"))
    assert fields(caplog, "rules reloaded") == [{"from": before, "to": watched.version, "rules": 201}]


def test_what_changes_during_a_check_is_checked_again(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    """What was found of files that are others by now is not used."""
    (watched.folder / "a.yaml").write_text(rule("passing"))
    until(checks)
    (watched.folder / "a.yaml").write_text(rule("staying"))
    until(watched.runs_the_folder)
    until(lambda: fields(caplog, "rules reloaded"))
    assert [each["to"] for each in fields(caplog, "rules reloaded")] == [watched.version]


def test_a_folder_that_never_comes_to_rest(watched: Watched) -> None:
    """Somebody writes on and on: what it held at some moment is checked and taken."""
    (watched.folder / "a.yaml").write_text(rule("restless"))
    stop = Event()

    def touch() -> None:
        while not stop.wait(0.02):
            os.utime(watched.folder / "00.yaml")

    with ThreadPoolExecutor(1) as threads:
        touching = threads.submit(touch)
        try:
            until(watched.runs_the_folder)
        finally:
            stop.set()
        touching.result()


def test_a_file_that_was_only_touched_changes_nothing(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    """The very rules that run go on, without a word."""
    ruleset = watched.rulebook.ruleset
    with another_look(watched):
        os.utime(watched.folder / "a.yaml", (1, 1))
    assert watched.rulebook.ruleset is ruleset
    assert fields(caplog, "rules reloaded") == []
    assert watched.rulebook.reloads == Reloads()


def test_a_folder_that_holds_what_runs_never_fails(watch: Callable[..., Watched], folder: Path) -> None:
    """It was started with, though its own test fails, and then touched: nothing is kept from running."""
    (folder / "a.yaml").write_text(FAILING_TEST)
    watched = watch(folder)
    with another_look(watched):
        os.utime(folder / "a.yaml", (1, 1))
    assert not watched.fails()


def test_since_when_the_rules_run(watched: Watched) -> None:
    """Since they were taken over; what was refused, taken back or only touched in between changes nothing."""
    path = watched.folder / "a.yaml"
    watched.times.append(NOW + HOUR)
    path.write_text(rule("new"))
    until(watched.runs_the_folder)
    watched.times.append(NOW + 2 * HOUR)
    path.write_text(BROKEN)
    until(watched.fails)
    assert watched.rulebook.standing.since == NOW + HOUR
    path.write_text(rule("new"))
    until(lambda: not watched.fails())
    assert watched.rulebook.standing.since == NOW + HOUR
    with another_look(watched):
        os.utime(path, (1, 1))
    assert watched.rulebook.standing.since == NOW + HOUR
    path.write_text(rule("newer"))
    until(watched.runs_the_folder)
    assert watched.rulebook.standing.since == NOW + 2 * HOUR


def test_reloads_are_counted_by_outcome(watched: Watched) -> None:
    """A change for others counts, the end of a failure, and a reason to refuse, however often it is saved."""
    path, reloads = watched.folder / "a.yaml", watched.rulebook.reloads
    path.write_text(rule("new"))
    until(lambda: reloads == Reloads(taken=1))
    path.write_text(BROKEN)
    until(lambda: reloads == Reloads(taken=1, refused=1))
    with another_look(watched):
        replace(path, BROKEN)
    path.write_text("\n" + BROKEN)
    until(lambda: reloads == Reloads(taken=1, refused=2))
    path.write_text(rule("new"))
    until(lambda: reloads == Reloads(taken=2, refused=2))


# --- What is not


def test_broken_rules_are_not_taken(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """The last good ones go on; since when and why can be told, and is logged with each place."""
    ruleset, path = watched.rulebook.ruleset, watched.folder / "a.yaml"
    path.write_text(BROKEN)
    until(watched.fails)
    failing = watched.rulebook.standing.failing
    assert failing
    assert watched.rulebook.ruleset is ruleset
    assert failing.since == NOW
    assert failing.error.startswith(f"the rules in {watched.folder} hold errors: ")
    assert failing.problems[0].startswith(f"{path}:1:1 ")
    until(lambda: fields(caplog, "rules not reloaded"))
    (logged,) = fields(caplog, "rules not reloaded")
    assert logged == {
        "running": ruleset.version,
        "since": NOW,
        "error": failing.error,
        "problems": failing.problems,
    }


def test_an_error_is_logged_once(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """However often the file is saved with it; another error is news. Since when stays the first time."""
    path = watched.folder / "a.yaml"
    path.write_text(BROKEN)
    until(watched.fails)
    for _ in range(3):
        watched.times.append(watched.times[-1] + timedelta(minutes=1))
        with another_look(watched):
            replace(path, BROKEN)
    assert len(fields(caplog, "rules not reloaded")) == 1
    path.write_text("\n" + BROKEN)
    until(lambda: len(fields(caplog, "rules not reloaded")) == 2)
    assert watched.rulebook.standing.failing
    assert watched.rulebook.standing.failing.since == NOW


def test_mended_rules_are_taken(watched: Watched, memory: GoodRules) -> None:
    """Nothing fails any more; the good text is kept."""
    path = watched.folder / "a.yaml"
    path.write_text(BROKEN)
    until(watched.fails)
    assert memory.last_rules(str(watched.folder)) == {
        str(watched.folder / "00.yaml"): DEFAULT,
        str(path): rule("old"),
    }
    path.write_text(rule("new"))
    until(watched.runs_the_folder)
    assert not watched.fails()
    kept = {str(watched.folder / "00.yaml"): DEFAULT, str(path): rule("new")}
    until(lambda: memory.last_rules(str(watched.folder)) == kept)


def test_what_was_taken_back_is_no_longer_failing(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """The folder holds again what runs."""
    before, path = watched.version, watched.folder / "a.yaml"
    path.write_text(BROKEN)
    until(watched.fails)
    path.write_text(rule("old"))
    until(lambda: not watched.fails())
    until(lambda: fields(caplog, "rules reloaded"))
    assert fields(caplog, "rules reloaded") == [{"from": before, "to": before, "rules": 1}]


def test_failing_tests_of_the_rules_stop_a_reload(watched: Watched) -> None:
    """Rules without error are not taken while a test of theirs fails."""
    before = watched.version
    (watched.folder / "a_test.yaml").write_text(FAILING_TEST)
    until(watched.fails)
    failing = watched.rulebook.standing.failing
    assert failing
    assert "one of the rules' own tests fails" in failing.error
    assert watched.version == before
    (watched.folder / "a_test.yaml").write_text(PASSING_TEST)
    until(lambda: watched.runs_the_folder() and not watched.fails())


def test_a_folder_that_goes_and_comes_back(watched: Watched) -> None:
    """While it is away the last good rules go on; what it holds then is taken, and later changes as well."""
    before = watched.version
    shutil.rmtree(watched.folder)
    until(watched.fails)
    failing = watched.rulebook.standing.failing
    assert failing
    assert failing.error.startswith(f"there is no folder {watched.folder}")
    assert watched.version == before
    for name in ("new", "newer"):
        watched.folder.mkdir(exist_ok=True)
        (watched.folder / "a.yaml").write_text(DEFAULT + rule(name))
        until(watched.runs_the_folder)
        assert not watched.fails()


def test_a_check_that_was_killed_is_made_again(
    folder: Path, watch: Callable[..., Watched], caplog: pytest.LogCaptureFixture
) -> None:
    """The folder may be as good as ever: that is found out a little later, without another change."""
    watched = watch(folder, retry=0.2)
    (folder / "a.yaml").write_text(rule("new"))
    (pid,) = until(checks)
    os.kill(pid, signal.SIGKILL)
    until(watched.runs_the_folder)
    assert not watched.fails()
    (logged,) = fields(caplog, "rules not reloaded")
    assert logged["error"].endswith("the process for it was ended by SIGKILL")


def test_a_start_with_broken_rules_ends_when_they_are_mended(
    folder: Path, memory: GoodRules, watch: Callable[..., Watched]
) -> None:
    """The last good rules are known to be a stopgap, until the folder is good."""
    starting_rules(folder, {}, memory, NOW)
    (folder / "a.yaml").write_text(BROKEN)
    watched = watch(folder)
    assert watched.fails()
    (folder / "a.yaml").write_text(rule("new"))
    until(watched.runs_the_folder)
    assert not watched.fails()


def test_a_lost_database_does_not_keep_new_rules_from_running(
    folder: Path, lost: GoodRules, caplog: pytest.LogCaptureFixture
) -> None:
    """That they are not kept is a warning."""
    rulebook = Rulebook(starting_rules(folder, {}, lost, NOW))
    reloader = Reloader(rulebook, folder, {}, lost, fingerprint(folder))
    reloader.start()
    caplog.clear()
    (folder / "a.yaml").write_text(rule("new"))
    until(lambda: fields(caplog, "rules not kept"))
    reloader.stop()
    assert [each.name for each in rulebook.ruleset.rules] == ["new"]


def test_the_time_of_a_failure_is_in_utc_by_default(folder: Path, memory: GoodRules) -> None:
    """Without a clock of its own it takes the time of day."""
    rulebook = Rulebook(starting_rules(folder, {}, memory, NOW))
    reloader = Reloader(rulebook, folder, {}, memory, fingerprint(folder))
    reloader.start()
    before = datetime.now(UTC)
    (folder / "a.yaml").write_text(BROKEN)
    failing = until(lambda: rulebook.standing.failing)
    reloader.stop()
    assert failing
    assert before <= failing.since <= datetime.now(UTC)
