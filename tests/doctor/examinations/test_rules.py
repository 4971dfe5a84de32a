"""The rules folder, in one finding."""

from pathlib import Path

from app.doctor.examinations import rules as examination
from tests.doctor.examined import examined

GOOD = "default: {defer: later}\n"
WARNED = (
    GOOD
    + """\
rules:
  - name: first
    defer: all of them
  - name: second
    defer: never reached
"""
)


def found(folder: Path) -> tuple[str, str, str]:
    [said] = examined(examination, {"RULES_DIR": str(folder)})
    return said


def test_rules_that_can_be_used(rules: Path) -> None:
    """How many, and which."""
    verdict, what, _ = found(rules)
    assert verdict == "ok"
    assert what.startswith("15 rules, version ")


def test_rules_with_warnings(tmp_path: Path) -> None:
    """They run."""
    (tmp_path / "a.yaml").write_text(WARNED)
    verdict, what, remedy = found(tmp_path)
    assert verdict == "warning"
    assert what.endswith(", with 1 warning")
    assert remedy == "run desk check, and look at them"


def test_rules_whose_tests_fail(tmp_path: Path) -> None:
    """They start, and stay as they are."""
    (tmp_path / "a.yaml").write_text(GOOD + "tests:\n  - {name: one, expect: {rule: other}}\n")
    (tmp_path / "b.yaml").write_text("rules: [{name: other, task_type: a, defer: later}]\n")
    verdict, what, remedy = found(tmp_path)
    assert verdict == "warning"
    assert what.endswith(", whose tests fail (1): no change is taken over while the service runs")
    assert remedy == "run desk test, and mend the rules or the tests"


def test_rules_with_errors(tmp_path: Path) -> None:
    """They do not start."""
    (tmp_path / "a.yaml").write_text("rules: 5\n")
    said = ("error", f"the rules in {tmp_path} hold 2 errors", "run desk check, and mend them")
    assert found(tmp_path) == said


def test_a_folder_without_rules(tmp_path: Path) -> None:
    """Another folder was meant."""
    what = f"{tmp_path} holds no rules: there is no *.yaml file in it"
    assert found(tmp_path) == ("error", what, "set RULES_DIR to the folder with the rules")


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Another folder was meant."""
    verdict, what, remedy = found(tmp_path / "no")
    assert (verdict, what) == ("error", f"there is no folder {tmp_path}/no")
    assert remedy == "set RULES_DIR to the folder, or start where it is"
