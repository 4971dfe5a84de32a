"""Rules that a command decides with."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from app.engine.ruleset import RuleSet
from app.errors import RulesBroken
from app.model import Location, Problem
from app.rulebook import read_folder


def usable_rules(folder: Path, environment: Mapping[str, str], name: str | None = None) -> RuleSet:
    """The folder's rules. Raises RulesBroken where they hold errors, RulesUnreadable where there are none.

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
