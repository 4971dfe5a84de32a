"""rules: the folder is there, and its rules can be used.

`desk serve` does not start with rules that hold errors unless good ones of the same folder ran before.
`desk check` shows each problem with its place, `desk test` whether they decide as they should.
"""

from collections.abc import Iterator

from app.doctor.deployment import Deployment
from app.doctor.findings import Finding, Verdict
from app.errors import RulesUnreadable
from app.model import Level
from app.rulebook import Reading, read_folder
from app.settings import rules_folder

NAME = "rules"


def find(deployment: Deployment) -> Iterator[Finding]:
    """How the folder is, in one finding."""
    folder = str(rules_folder(deployment.environment))
    try:
        reading = read_folder(rules_folder(deployment.environment), deployment.environment)
    except RulesUnreadable as error:
        remedy = "set RULES_DIR to the folder, or start where it is"
        yield Finding(NAME, Verdict.ERROR, str(error).partition(": ")[0], folder, remedy)
        return
    yield _found(reading, folder)


def _found(reading: Reading, folder: str) -> Finding:
    warnings = sum(problem.level is Level.WARNING for problem in reading.problems)
    if not reading.files and not reading.problems[1:]:
        what = f"{folder} holds no rules: there is no *.yaml file in it"
        return Finding(NAME, Verdict.ERROR, what, folder, "set RULES_DIR to the folder with the rules")
    if reading.ruleset is None:
        what = f"the rules in {folder} hold {_count(reading.errors, 'error')}"
        return Finding(NAME, Verdict.ERROR, what, folder, "run desk check, and mend them")
    what = f"{_count(len(reading.ruleset.rules), 'rule')}, version {reading.ruleset.version}"
    if warnings:
        what = f"{what}, with {_count(warnings, 'warning')}"
        return Finding(NAME, Verdict.WARNING, what, folder, "run desk check, and look at them")
    return Finding(NAME, Verdict.OK, what, folder)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
