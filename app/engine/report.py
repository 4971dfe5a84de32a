"""The list that everything which reads rules writes its problems to."""

from app.engine.catalogue import Check
from app.model import Level, Location, Problem


class Report:
    """Problems in the order in which they were found. `rule` names the rule that is being read."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.errors = 0
        self.rule: str | None = None

    def add(self, problem: Problem) -> None:
        self.problems.append(problem)
        self.errors += problem.level is Level.ERROR

    def error(
        self, check: Check, place: Location, message: str, hint: str | None = None, code: int | None = None
    ) -> None:
        self.add(Problem(check, message, place, Level.ERROR, self.rule, hint, code))

    def warning(self, check: Check, place: Location, message: str, hint: str | None = None) -> None:
        self.add(Problem(check, message, place, Level.WARNING, self.rule, hint))

    def in_order(self) -> tuple[Problem, ...]:
        """By file, line and column."""
        return tuple(sorted(self.problems, key=lambda problem: problem.location or Location("")))
