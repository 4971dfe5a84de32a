"""The rules folder as it is now, for commands that decide by it."""

from pathlib import Path

import click

from app.engine.ruleset import RuleSet
from app.errors import RulesBroken
from app.rulebook import read_folder
from app.settings import process_environment, rules_folder

rules_option = click.option(
    "--rules", type=click.Path(path_type=Path), help="The rules folder. Default: RULES_DIR, else ./rules."
)


def current_rules(folder: Path | None) -> RuleSet:
    """The rule set of a folder. Raises RulesUnreadable, and RulesBroken where it holds an error."""
    environment = process_environment()
    folder = folder or rules_folder(environment)
    reading = read_folder(folder, environment, lint=False)
    if reading.ruleset is None:
        raise RulesBroken(f"the rules in {folder} hold errors: see desk check", reading.problems)
    return reading.ruleset
