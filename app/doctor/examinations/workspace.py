"""workspace: the rules name what the account has.

The activities, numbers and workers that the rules name are looked up, as `desk check --live` does.
"""

from collections.abc import Iterator

from app.doctor.deployment import Deployment
from app.doctor.findings import Finding, Verdict
from app.engine.checks import LOOKED_UP
from app.engine.workspace import Workspace
from app.errors import AccountError, RulesUnreadable
from app.model import Level, Problem
from app.rulebook import read_folder
from app.settings import rules_folder

NAME = "workspace"
VERDICTS = {Level.ERROR: Verdict.ERROR, Level.WARNING: Verdict.WARNING}


def find(deployment: Deployment) -> Iterator[Finding]:
    """Each problem that needs the workspace; else how much was looked up."""
    if deployment.closed or deployment.account is None:
        yield Finding(NAME, Verdict.SKIPPED, deployment.closed)
        return
    try:
        workspace = deployment.account.read(deployment.workspaces)
        reading = read_folder(
            rules_folder(deployment.environment), deployment.environment, workspace=workspace
        )
    except AccountError as error:
        what, _, remedy = str(error).partition(": ")
        yield Finding(NAME, Verdict.ERROR, what, remedy=remedy)
        return
    except RulesUnreadable:
        yield Finding(NAME, Verdict.SKIPPED, "there are no rules to compare")
        return
    yield from _found(reading.problems, workspace)


def _found(problems: tuple[Problem, ...], workspace: Workspace) -> Iterator[Finding]:
    compared = [problem for problem in problems if problem.check in LOOKED_UP]
    for problem in compared:
        rule = f"{problem.rule}: " if problem.rule else ""
        what = f"{problem.location}: {rule}{problem.message} [{problem.check}]"
        yield Finding(NAME, VERDICTS[problem.level], what, str(problem.location), problem.hint or "")
    if workspace.numbers is None:
        yield Finding(NAME, Verdict.SKIPPED, "numbers could not be compared: the host knows of none")
    if not compared:
        yield Finding(NAME, Verdict.OK, "what the rules name is there")
