"""The rules folder as it is now, for commands that decide by it."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import click

from app.engine.ruleset import RuleSet
from app.errors import RulesBroken
from app.model import Location, Problem
from app.rulebook import read_folder
from app.settings import process_environment, rules_folder

rules_option = click.option(
    "--rules", type=click.Path(path_type=Path), help="The rules folder. Default: RULES_DIR, else ./rules."
)


def current_rules(folder: Path | None) -> RuleSet:
    """The rule set of a folder, by default RULES_DIR. Raises RulesUnreadable, and RulesBroken."""
    environment = process_environment()
    return usable_rules(folder or rules_folder(environment), environment)


def usable_rules(folder: Path, environment: Mapping[str, str], name: str | None = None) -> RuleSet:
    """The folder's rules. Raises RulesUnreadable, and RulesBroken where they hold an error.

    `name` is what people call the folder, where it is a copy.
    """
    reading = read_folder(folder, environment, lint=False)
    if reading.ruleset is None:
        problems = [_named(each, str(folder), name) for each in reading.problems]
        raise RulesBroken(f"the rules in {name or folder} hold errors: see desk check", problems)
    return reading.ruleset


def _named(problem: Problem, folder: str, name: str | None) -> Problem:
    place = problem.location
    if name is None or place is None:
        return problem
    return replace(problem, location=Location(place.file.replace(folder, name, 1), place.line, place.column))
