"""rules: the folder is there, its rules can be used, and their tests pass.

`desk serve` does not start with rules that hold errors unless good ones of the same folder ran before. Where
their own tests fail it starts, and takes over no change while it runs. `desk check` shows each problem with
its place, `desk test` why a test fails.
"""

from collections.abc import Iterator, Mapping

from app.doctor.deployment import Deployment
from app.doctor.findings import Finding, Verdict
from app.engine.cases import run
from app.engine.ruleset import RuleSet
from app.errors import RulesUnreadable
from app.model import Level
from app.rulebook import Reading, read_folder
from app.settings import rules_folder

NAME = "rules"


def find(deployment: Deployment) -> Iterator[Finding]:
    """How the folder is, in one finding."""
    folder, environment = rules_folder(deployment.environment), deployment.environment
    try:
        reading = read_folder(folder, environment)
    except RulesUnreadable as error:
        remedy = "set RULES_DIR to the folder, or start where it is"
        yield Finding(NAME, Verdict.ERROR, str(error).partition(": ")[0], str(folder), remedy)
        return
    if reading.ruleset:
        yield _usable(reading, reading.ruleset, str(folder), environment)
    else:
        yield _broken(reading, str(folder))


def _broken(reading: Reading, folder: str) -> Finding:
    if not reading.files and not reading.problems[1:]:
        what = f"{folder} holds no rules: there is no *.yaml file in it"
        return Finding(NAME, Verdict.ERROR, what, folder, "set RULES_DIR to the folder with the rules")
    what = f"the rules in {folder} hold {_count(reading.errors, 'error')}"
    return Finding(NAME, Verdict.ERROR, what, folder, "run desk check, and mend them")


def _usable(reading: Reading, ruleset: RuleSet, folder: str, environment: Mapping[str, str]) -> Finding:
    what = f"{_count(len(ruleset.rules), 'rule')}, version {ruleset.version}"
    warnings = sum(problem.level is Level.WARNING for problem in reading.problems)
    failed = sum(not each.passed for each in run(reading.files, environment, folder, ruleset).results)
    if failed:
        what = f"{what}, whose tests fail ({failed}): no change is taken over while the service runs"
        return Finding(NAME, Verdict.WARNING, what, folder, "run desk test, and mend the rules or the tests")
    if warnings:
        what = f"{what}, with {_count(warnings, 'warning')}"
        return Finding(NAME, Verdict.WARNING, what, folder, "run desk check, and look at them")
    return Finding(NAME, Verdict.OK, what, folder)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
