"""What tests have seen of a rule set, and what they have not.

Counted are that the default decides; that each rule matches; that each comparison of a `when` comes out true,
and that it comes out false, by tasks that reach its rule, since no rule before took them. A comparison of
constants and `vars` alone has one outcome, and counts as seen when any task reaches its rule.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from app.engine.expressions import (
    comparisons,
    compile_expression,
    references,
    resolved,
    show,
    show_constant,
)
from app.engine.expressions.meaning import holds
from app.engine.expressions.tree import Comparison
from app.engine.masking import secrets_of, visible_text
from app.engine.ruleset import DEFAULT, Rule, RuleSet
from app.engine.scope import NO_CALL, Scope
from app.model import Location

BOTH = frozenset({True, False})


@dataclass(frozen=True, slots=True)
class Unseen:
    """What no test has seen; the default has no place."""

    rule: str
    message: str
    location: Location | None = None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of `total` was seen, and what was not, in reading order."""

    total: int
    unseen: tuple[Unseen, ...]

    @property
    def percent(self) -> int:
        """100 only when all was seen."""
        return 100 * (self.total - len(self.unseen)) // self.total


class Sight(NamedTuple):
    """What one test has seen: what decided, and which rule matched, if the rules were `asked` at all.

    They are not where the task was rejected too often.
    """

    decided: str
    scope: Scope
    task_type: str
    asked: bool
    matched: str | None


def coverage(ruleset: RuleSet, sights: Sequence[Sight]) -> Coverage:
    """What the sights leave open. Each may be of the rules in another environment, where `vars` differ."""
    secrets = secrets_of(ruleset)
    reaching = [sight for sight in sights if sight.asked]
    total, unseen = 1, list[Unseen]()
    for rule in ruleset.rules:
        left = [sight for sight in reaching if sight.matched != rule.name]
        terms = _terms(rule, ruleset)
        total += 1 + sum(len(term.possible) for term in terms)
        said = [] if len(left) < len(reaching) else ["it never matches"]
        said += (message for term in terms for message in term.unseen(_asked(rule, reaching)))
        unseen += (Unseen(rule.name, visible_text(each, secrets), rule.location) for each in said)
        reaching = left
    if all(sight.decided != DEFAULT for sight in sights):
        unseen.append(Unseen(DEFAULT, "it never decides"))
    return Coverage(total, tuple(unseen))


def _asked(rule: Rule, reaching: Sequence[Sight]) -> Sequence[Sight]:
    types = rule.task_types
    return [sight for sight in reaching if sight.task_type in types] if types else reaching


class _Term(NamedTuple):
    """A comparison and the outcomes that it can have."""

    comparison: Comparison
    possible: frozenset[bool]

    def unseen(self, asked: Sequence[Sight]) -> Iterator[str]:
        seen = self.outcomes(asked)
        if seen and self.possible != BOTH:
            return  # in another environment the one outcome may be the other
        for outcome in sorted(self.possible - seen, reverse=True):
            yield f"{show(self.comparison)} is never {show_constant(outcome)}"

    def outcomes(self, asked: Sequence[Sight]) -> set[bool]:
        seen: set[bool] = set()
        if asked:
            holding = compile_expression(self.comparison)
            for sight in asked:
                seen.add(holding(sight.scope))
                if len(seen) == len(BOTH):
                    break
        return seen


def _terms(rule: Rule, ruleset: RuleSet) -> tuple[_Term, ...]:
    condition = rule.condition
    return tuple(_term(comparison, ruleset) for comparison in comparisons(condition)) if condition else ()


def _term(comparison: Comparison, ruleset: RuleSet) -> _Term:
    constant = resolved(comparison, ruleset.variables)
    of_call = any(True for _ in references(constant))
    return _Term(comparison, BOTH if of_call else frozenset({holds(constant, NO_CALL)}))
