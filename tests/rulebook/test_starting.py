"""Which rules a process begins with."""

import logging
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.engine.catalogue import Check
from app.errors import RulesBroken, RulesUnreadable
from app.rulebook import Failing, joining_rules, read_folder, starting_rules
from app.rulebook.starting import keep
from app.storage import Database, GoodRules
from tests.rulebook.conftest import DEFAULT, FAILING_TEST, NOW, rule

HOUR = timedelta(hours=1)
LATER = NOW + HOUR


def version(folder: Path) -> str:
    """The version of the folder's rule set."""
    ruleset = read_folder(folder, {}).ruleset
    assert ruleset
    return ruleset.version


def test_good_rules_are_kept_for_worse_days(folder: Path, memory: GoodRules) -> None:
    """With the names and the text of each file."""
    standing = starting_rules(folder, {}, memory, NOW)
    assert (standing.ruleset.version, standing.failing) == (version(folder), None)
    assert standing.since == NOW
    assert [file.text for file in standing.files] == [DEFAULT]
    assert memory.last_rules(str(folder)) == {str(folder / "00.yaml"): DEFAULT}


@pytest.mark.parametrize("mishap", ["broken", "unreadable", "missing", "not UTF-8"])
def test_the_last_good_rules_run_when_the_folder_is_broken(
    mishap: str, folder: Path, memory: GoodRules, caplog: pytest.LogCaptureFixture
) -> None:
    """A process that starts anew is not kept down by a mistake; the log says what runs, and why."""
    (folder / "a.yaml").write_text(rule("good"))
    good = starting_rules(folder, {}, memory, NOW).ruleset
    match mishap:
        case "broken":
            (folder / "a.yaml").write_text("rules: [{}]\n")
        case "unreadable":
            (folder / "a.yaml").unlink()
            (folder / "a.yaml").symlink_to("nowhere")
        case "missing":
            shutil.rmtree(folder)
        case _:
            (folder / "a.yaml").write_bytes(b"\xff")
    with caplog.at_level(logging.WARNING):
        standing = starting_rules(folder, {}, memory, LATER)
    last = standing.ruleset
    assert (last.version, [each.name for each in last.rules]) == (good.version, ["good"])
    (record,) = caplog.records
    assert vars(record)["fields"]["running"] == good.version
    assert str(folder) in vars(record)["fields"]["error"]
    fields = vars(record)["fields"]
    assert standing.failing == Failing(LATER, fields["error"], fields["problems"])
    assert standing.since == LATER
    assert memory.last_rules(str(folder)) == {
        str(folder / "00.yaml"): DEFAULT,
        str(folder / "a.yaml"): rule("good"),
    }


def test_every_process_says_the_same_of_since_when_the_folder_fails(folder: Path, memory: GoodRules) -> None:
    """A process that is started an hour later knows when the folder was broken."""
    starting_rules(folder, {}, memory, NOW)
    (folder / "a.yaml").write_text("rules: [{}]\n")
    now = datetime.now(UTC)
    found = [starting_rules(folder, {}, memory, now + hours * HOUR).failing for hours in (1, 2)]
    assert found[0] == found[1]
    assert found[0]
    assert abs(found[0].since - now) < HOUR


def test_the_very_first_start_needs_good_rules(folder: Path, memory: GoodRules) -> None:
    """All problems come with the refusal, for whoever shows them."""
    (folder / "a.yaml").write_text("ruels: []\n")
    with pytest.raises(RulesBroken, match=f"desk check {folder}") as caught:
        starting_rules(folder, {}, memory, NOW)
    assert [problem.check for problem in caught.value.problems] == [Check.UNKNOWN_KEY]
    with pytest.raises(RulesUnreadable):
        starting_rules(folder / "nowhere", {}, memory, NOW)


def test_a_mistyped_folder_is_not_another_one(folder: Path, memory: GoodRules) -> None:
    """Good rules are known of the folder beside it, and do not run in its place."""
    starting_rules(folder, {}, memory, NOW)
    with pytest.raises(RulesUnreadable, match="there is no folder"):
        starting_rules(folder.with_name("rulse"), {}, memory, NOW)
    assert starting_rules(folder / ".." / folder.name, {}, memory, NOW).failing is None


def test_last_good_rules_that_this_environment_cannot_fill_are_no_help(
    folder: Path, memory: GoodRules
) -> None:
    """They were good with a variable that is no longer set: the folder's own problems are raised."""
    (folder / "00.yaml").write_text(DEFAULT + "vars: {number: '${NUMBER}'}\n")
    starting_rules(folder, {"NUMBER": "+1"}, memory, NOW)
    with pytest.raises(RulesBroken) as caught:
        starting_rules(folder, {}, memory, NOW)
    assert [problem.check for problem in caught.value.problems] == [Check.VARIABLE]


def test_a_lost_database_does_not_keep_good_rules_from_running(
    folder: Path, lost: GoodRules, caplog: pytest.LogCaptureFixture
) -> None:
    """It is a warning."""
    assert starting_rules(folder, {}, lost, NOW).ruleset.version == version(folder)
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == ("WARNING", "rules not kept")


def test_broken_rules_and_a_lost_database_end_the_start(
    folder: Path, lost: GoodRules, caplog: pytest.LogCaptureFixture
) -> None:
    """With the rules' own problems, as those are what can be mended here."""
    (folder / "a.yaml").write_text("ruels: []\n")
    with pytest.raises(RulesBroken):
        starting_rules(folder, {}, lost, NOW)
    assert [record.getMessage() for record in caplog.records] == ["last good rules unknown"]


def test_who_joins_a_server_without_a_database_runs_what_it_began_with(tmp_path: Path) -> None:
    """Whatever the folder holds by then."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "a.yaml").write_text("default: {defer: a}\n")
    (tmp_path / "file").write_text("")
    lost = GoodRules(Database(f"sqlite:///{tmp_path}/file/desk.db"))
    good = starting_rules(folder, {}, lost, NOW)
    (folder / "a.yaml").write_text("default: {defer:\n")
    joined = joining_rules(folder, {}, lost, good)
    assert (joined.ruleset, joined.files) == (good.ruleset, ())


def test_who_joins_a_server_runs_what_it_took_last(folder: Path, memory: GoodRules) -> None:
    """Rules that were not checked with their tests, or were refused, run nowhere because a process ended."""
    before = starting_rules(folder, {}, memory, NOW)
    assert joining_rules(folder, {}, memory, before) is before
    (folder / "a.yaml").write_text(rule("new"))
    joined = joining_rules(folder, {}, memory, before)
    assert (joined.ruleset.version, joined.files) == (before.ruleset.version, ())
    taken, files = read_folder(folder, {}).ruleset, read_folder(folder, {}).files
    assert taken
    keep(memory, folder, taken.version, files, NOW)
    joined = joining_rules(folder, {}, memory, before)
    assert (joined.ruleset.version, joined.files) == (taken.version, files)
    (folder / "a.yaml").write_bytes(b"\xff")
    assert joining_rules(folder, {}, memory, before).ruleset.version == taken.version
    shutil.rmtree(folder)
    assert joining_rules(folder, {}, memory, before).ruleset.version == taken.version


def test_failing_tests_of_the_rules_do_not_stop_a_start(folder: Path, memory: GoodRules) -> None:
    """A process that starts anew has no better rules at hand."""
    (folder / "a_test.yaml").write_text(FAILING_TEST)
    standing = starting_rules(folder, {}, memory, NOW)
    assert (standing.ruleset.version, standing.failing) == (version(folder), None)
