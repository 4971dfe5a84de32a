"""`desk replay -o FILE`: what is printed goes into a file, in every format."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.builders import parameters

HEADS = {"text": "1 callback", "json": "{", "csv": "source,line", "html": "<!doctype html>"}


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    file = tmp_path / "saved.jsonl"
    file.write_text(json.dumps(parameters({"type": "chat"})) + "\n")
    return file


def replay(rules: Path, *arguments: object) -> Result:
    return CliRunner().invoke(main, ["replay", "--rules", str(rules), *map(str, arguments)])


@pytest.mark.parametrize("form", HEADS)
def test_a_report_goes_into_a_file(form: str, saved: Path, rules: Path, tmp_path: Path) -> None:
    """The same as on standard output, which stays empty; its owner alone can read it."""
    file = tmp_path / "report"
    ended = replay(rules, saved, "--format", form, "-o", file)
    assert (ended.exit_code, ended.output) == (0, "")
    assert file.read_text("utf-8").lstrip().startswith(HEADS[form])
    assert file.stat().st_mode & 0o777 == 0o600
    printed = replay(rules, saved, "--format", form, "-o", "-")
    if form != "html":  # which says when it was made
        assert printed.stdout_bytes == file.read_bytes()


def test_what_is_read_is_not_written_over(saved: Path, rules: Path) -> None:
    """By whichever name."""
    before = saved.read_bytes()
    again = saved.parent / "link.jsonl"
    again.symlink_to(saved)
    ended = replay(rules, saved, "-o", again)
    assert ended.exit_code == 2
    assert "is among the files to read" in ended.stderr
    assert saved.read_bytes() == before


def test_a_file_that_cannot_be_written_is_named(saved: Path, rules: Path, tmp_path: Path) -> None:
    """Before anything is decided."""
    ended = replay(rules, saved, "-o", tmp_path / "nowhere" / "report")
    assert ended.exit_code == 2
    assert "report cannot be written: No such file or directory" in ended.stderr
