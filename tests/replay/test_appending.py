"""A saved callback becomes a test of the rules."""

from pathlib import Path

import pytest

from app.engine.cases import run
from app.model import Saved
from app.replay.appending import save_test
from app.replay.as_test import CannotTest
from app.rulebook import read_folder
from tests.builders import CALL_SID, MONDAY_NOON, parameters

ENVIRONMENT = {"SUPPORT_NUMBER": "+18005550102"}
GOLD = {"type": "support", "customer_value": "Gold", "name": "Zoe Quartz", "call_sid": CALL_SID}


def gold() -> Saved:
    worker = {"contact_uri": "client:walter", "skills": ["vip"]}
    return Saved(1, parameters(GOLD, worker), MONDAY_NOON, "/assignment")


@pytest.mark.parametrize(
    "before", [None, "", "tests:\n- {name: a, expect: {rule: default}, task: {type: fax}}"]
)
def test_a_test_is_added_and_passes(rules: Path, before: str | None) -> None:
    """Below those that stand there, whose bytes stay; twice gives two names, and nothing is personal."""
    file = rules / "saved_test.yaml"
    if before is not None:
        file.write_text(before)
    names = {save_test(gold(), rules, file, ENVIRONMENT) for _ in range(2)}
    text = file.read_text()
    assert text.startswith(before or "tests:\n")
    assert "Zoe" not in text
    assert "walter" not in text
    results = run(read_folder(rules, ENVIRONMENT).files, ENVIRONMENT).results
    assert names == {each.case.name for each in results if each.case.name in names and each.passed}
    assert len(names) == 2


@pytest.mark.parametrize("before", ["tests: []\n", "tests: []\nvars: {a: b}\n", "vars: {a: b}\n", "a: [\n"])
def test_a_file_with_no_place_for_it_stays(rules: Path, before: str) -> None:
    """A sentence says what to do."""
    file = rules / "saved_test.yaml"
    file.write_text(before)
    with pytest.raises(CannotTest):
        save_test(gold(), rules, file, ENVIRONMENT)
    assert file.read_text() == before


def test_a_file_outside_the_folder_is_not_left(rules: Path, tmp_path: Path) -> None:
    """It would not be run."""
    with pytest.raises(CannotTest, match="it is not read with the rules"):
        save_test(gold(), rules, tmp_path / "x.yaml", ENVIRONMENT)
    assert not (tmp_path / "x.yaml").exists()
