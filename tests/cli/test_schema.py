"""`desk schema`, and the copy of what it prints beside the sample rules."""

import json
from pathlib import Path

from click.testing import CliRunner

from app.cli.schema import schema
from app.engine.editor import rules_schema
from app.rulebook import read_folder

RULES = Path(__file__).parents[2] / "rules"
MODELINE = "# yaml-language-server: $schema=schema.json"


def printed() -> str:
    ended = CliRunner().invoke(schema)
    assert (ended.exit_code, ended.stderr) == (0, "")
    return ended.stdout


def test_it_prints_the_schema() -> None:
    """As JSON, indented by two, and ended like a line; the same each time."""
    assert json.loads(printed()) == rules_schema()
    assert printed().startswith('{\n  "$schema": "https://json-schema.org/draft/2020-12/schema",\n')
    assert printed().endswith("\n}\n")
    assert printed() == printed()


def test_the_samples_hold_what_it_prints() -> None:
    """Where this fails, the format has changed: renew the copy with `desk schema > rules/schema.json`."""
    assert (RULES / "schema.json").read_text(encoding="utf-8") == printed()


def test_every_sample_names_the_schema() -> None:
    """In its first line, from where yaml-language-server takes it."""
    firsts = {path.name: path.read_text(encoding="utf-8").splitlines()[0] for path in RULES.glob("*.yaml")}
    assert firsts
    assert set(firsts.values()) == {MODELINE}
    assert MODELINE in CliRunner().invoke(schema, ["--help"]).stdout


def test_the_schema_is_no_rules_file() -> None:
    """A rules folder may hold it."""
    read = read_folder(RULES, {})
    assert {Path(file.name).suffix for file in read.files} == {".yaml"}
    assert read.ruleset
