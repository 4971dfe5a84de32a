"""JUnit XML of whatever names, texts and files there are; and where `desk test` writes it."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from app.cli import main
from app.cli.junit import junit
from app.cli.output import one_line
from app.engine.case_differences import Difference
from app.engine.case_reading import DEFAULT_TIME, Case, Expectation
from app.engine.cases import Result as Outcome
from app.model import Callback, Level, Location, Problem

RULES = "default: {defer: x}\nrules: [{name: chat, task_type: chat, defer: y}]\n"
TESTS = """\
tests:
  - {name: passes, expect: {rule: default}}
  - {name: fails, expect: {rule: chat}}
"""
ANY = st.text(st.characters())  # half surrogates and control characters among them


def case(name: str, file: str, line: int = 1) -> Case:
    return Case(name, Location(file, line), Callback({}), DEFAULT_TIME, {}, 0, Expectation())


@given(name=ANY, file=ANY, wanted=ANY)
def test_any_text_is_well_formed(name: str, file: str, wanted: str) -> None:
    """What XML cannot hold is a space."""
    outcome = Outcome(case(name, file), (Difference(wanted, "none", (wanted,)),))
    (suite,) = ET.fromstring(junit([outcome], []))
    (found,) = suite
    assert (suite.get("name"), found.get("name")) == (one_line(file), one_line(name))
    (failure,) = found
    assert failure.get("message") == one_line(f"wanted {wanted}, got none")
    assert failure.text == "\n".join(map(one_line, outcome.lines))


def test_numbers_are_those_of_what_is_there() -> None:
    """Of each suite and of all."""
    broken = Problem("R001", "oops", Location("c.yaml", 3))
    outcomes = [
        Outcome(case("a", "a.yaml")),
        Outcome(case("b", "a.yaml", 2), (Difference("x", "y"),)),
        Outcome(case("c", "b.yaml"), problems=(broken,)),
    ]
    root = ET.fromstring(junit(outcomes, [broken, Problem("R055", "hm", level=Level.WARNING)]))
    counted = [
        [each.get(key) for key in ("name", "tests", "failures", "errors", "skipped")]
        for each in [root, *root]
    ]
    assert counted == [
        ["desk test", "4", "2", "1", "0"],
        ["a.yaml", "2", "1", "0", "0"],
        ["b.yaml", "1", "1", "0", "0"],
        ["rules", "1", "0", "1", "0"],
    ]


def test_nothing_is_a_document_too() -> None:
    """Where there is no test."""
    root = ET.fromstring(junit([], []))
    assert (root.tag, root.get("tests"), len(root)) == ("testsuites", "0", 0)


def test_a_problem_without_a_place() -> None:
    """It is an error all the same."""
    root = ET.fromstring(junit([], [Problem("R001", "oops")]))
    assert [each.get("message") for each in root.iter("error")] == ["oops"]


# --- Where it is written


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["test", *map(str, arguments)])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Rules with a test that passes and one that fails."""
    made = tmp_path / "rules"
    made.mkdir()
    (made / "a.yaml").write_text(RULES)
    (made / "a_test.yaml").write_text(TESTS)
    return made


@pytest.mark.parametrize("form", ["text", "json", "junit"])
def test_standard_output_is_the_reports_alone(folder: Path, form: str) -> None:
    """Whatever the format is, it goes to standard error then."""
    ended = run(folder, "--format", form, "--junit", "-")
    assert ended.exit_code == 1
    assert len(list(ET.fromstring(ended.stdout_bytes).iter("testcase"))) == 2
    assert ended.stderr == run(folder, "--format", form).stdout


def test_a_report_beside_json(folder: Path, tmp_path: Path) -> None:
    """Both say the same of the same tests."""
    report = tmp_path / "tests.xml"
    listed = json.loads(run(folder, "--format", "json", "--junit", report).stdout)["tests"]
    cases = list(ET.parse(report).getroot().iter("testcase"))
    assert [each["name"] for each in listed] == [each.get("name") for each in cases]
    assert [each["passed"] for each in listed] == [len(each) == 0 for each in cases]


def test_a_report_of_broken_rules_is_written(folder: Path, tmp_path: Path) -> None:
    """CI shows why there is no test."""
    (folder / "b.yaml").write_text("rules: [\n")
    report = tmp_path / "tests.xml"
    assert run(folder, "--junit", report).exit_code == 1
    assert [each.get("type") for each in ET.parse(report).getroot().iter("error")] == ["R001"]
