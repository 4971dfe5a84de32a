"""Which rules run, and what keeps newer ones from running."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from app.engine.ruleset import RuleSet
from app.engine.source import SourceFile
from app.errors import RulesBroken
from app.model import Problem


@dataclass(frozen=True, slots=True)
class Failing:
    """Why what the folder holds does not run: since when, a sentence, and each problem with its place."""

    since: datetime
    error: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Standing:
    """The rules that run, since when, and the text they were read from where that is the folder's."""

    ruleset: RuleSet
    files: tuple[SourceFile, ...] = ()
    failing: Failing | None = None
    since: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass(slots=True)
class Reloads:
    """How often the rules of this process were changed for others, and how often others were refused.

    That is as often as the log says so: files that were only touched count for nothing.
    """

    taken: int = 0
    refused: int = 0


class Rulebook:
    """The rules of this process. They are replaced as a whole: who looks once, has one rule set."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        self.reloads = Reloads()

    @property
    def ruleset(self) -> RuleSet:
        return self.standing.ruleset


def broken(folder: Path, problems: Sequence[Problem]) -> RulesBroken:
    """The error of a folder whose rules hold errors."""
    return RulesBroken(f"the rules in {folder} hold errors: mend them (desk check {folder})", problems)


def sentences(problems: Sequence[Problem]) -> tuple[str, ...]:
    """Problems as log lines hold them."""
    return tuple(f"{problem.location} {problem.message}" for problem in problems)
