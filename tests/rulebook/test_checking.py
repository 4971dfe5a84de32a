"""What a check finds, and how it is handed over."""

import io
import pickle
from pathlib import Path

from app.engine.ruleset import Rule
from app.rulebook import read_folder
from app.rulebook.checking import Finding, checked, write
from tests.rulebook.conftest import FAILING_TEST, rule


def handed_over(finding: Finding, running: str) -> tuple[Finding, list[Rule]]:
    """What is read of what was written."""
    out = io.BytesIO()
    write(finding, running, out)
    out.seek(0)
    head: Finding = pickle.load(out)
    rules = [pickle.load(out) for _ in range(head.rules)]
    assert out.read() == b""
    return head, rules


def test_good_rules(folder: Path) -> None:
    """The same rules as any reading finds, and the text that they were read from."""
    (folder / "a.yaml").write_text(rule("new"))
    reading = read_folder(folder, {})
    assert checked(folder, {}) == Finding(reading.files, reading.ruleset)


def test_broken_rules(folder: Path) -> None:
    """A sentence says what to do, and each error has its place."""
    (folder / "a.yaml").write_text("ruels: []\n")
    finding = checked(folder, {})
    assert (finding.ruleset, finding.final) == (None, True)
    assert finding.error == f"the rules in {folder} hold errors: mend them (desk check {folder})"
    assert [problem.partition(" ")[0] for problem in finding.problems] == [f"{folder}/a.yaml:1:1"]


def test_a_missing_folder(folder: Path) -> None:
    """It is told like anything else that keeps rules from running."""
    finding = checked(folder / "nowhere", {})
    assert finding.ruleset is None
    assert finding.error.startswith(f"there is no folder {folder}/nowhere")


def test_failing_tests_of_the_rules(folder: Path) -> None:
    """They keep good rules from being taken; each is named with its place and what differs."""
    (folder / "a_test.yaml").write_text(FAILING_TEST)
    finding = checked(folder, {})
    assert finding.ruleset is None
    assert finding.error == f"one of the rules' own tests fails: look why (desk test {folder})"
    (problem,) = finding.problems
    assert problem.startswith(f"{folder}/a_test.yaml:2:5 test 'somebody is there': ")
    (folder / "b_test.yaml").write_text(FAILING_TEST.replace("somebody", "anybody"))
    assert checked(folder, {}).error.startswith("2 of the rules' own tests fail: ")


def test_passing_tests_of_the_rules(folder: Path) -> None:
    """They stand in nobody's way, and see the environment that the rules see."""
    (folder / "00.yaml").write_text("default: {defer: nobody}\nvars: {number: '${NUMBER}'}\n")
    (folder / "a_test.yaml").write_text("tests:\n  - {name: nobody, expect: {rule: default}}\n")
    assert checked(folder, {"NUMBER": "+1"}).ruleset
    assert "NUMBER" in checked(folder, {}).problems[0]


def test_rules_come_one_by_one(folder: Path) -> None:
    """So that taking them over can be interrupted after each."""
    (folder / "a.yaml").write_text(rule("new"))
    finding = checked(folder, {})
    assert finding.ruleset
    head, rules = handed_over(finding, "another")
    assert head.ruleset
    assert (head.ruleset.version, head.ruleset.rules) == (finding.ruleset.version, ())
    assert tuple(rules) == finding.ruleset.rules


def test_rules_that_run_already_do_not_come(folder: Path) -> None:
    """Where a file was only touched there is nothing to take over."""
    (folder / "a.yaml").write_text(rule("new"))
    finding = checked(folder, {})
    assert finding.ruleset
    head, rules = handed_over(finding, finding.ruleset.version)
    assert head.ruleset
    assert (head.ruleset.version, rules) == (finding.ruleset.version, [])


def test_what_is_wrong_comes_whole(folder: Path) -> None:
    """There are no rules then."""
    finding = checked(folder / "nowhere", {})
    assert handed_over(finding, "any") == (finding, [])
