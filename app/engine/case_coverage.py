"""What tests have seen of a rule set, and what they have not.

Counted are that the default decides; that each rule matches; that each comparison of a `when` comes out true,
and that it comes out false, by tasks that reach its rule, since no rule before took them. A comparison of
constants and `vars` alone has one outcome, and only that is counted.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from app.engine.expressions import (
    Predicate,
    comparisons,
    compile_expression,
    references,
    resolved,
    show,
    show_constant,
)
from app.engine.expressions.meaning import holds
from app.engine.expressions.tree import Comparison
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


@dataclass(slots=True)
class _Term:
    text: str
    holds: Predicate
    possible: frozenset[bool]
    seen: set[bool] = field(default_factory=set)

    def see(self, scope: Scope) -> None:
        if len(self.seen) < len(BOTH):
            self.seen.add(self.holds(scope))

    def unseen(self) -> Iterator[str]:
        for outcome in sorted(self.possible - self.seen, reverse=True):
            yield f"{self.text} is never {show_constant(outcome)}"


@dataclass(slots=True)
class _Watched:
    rule: Rule
    terms: tuple[_Term, ...]
    matched: bool = False

    def unseen(self) -> Iterator[Unseen]:
        said = [] if self.matched else ["it never matches"]
        for message in (*said, *(message for term in self.terms for message in term.unseen())):
            yield Unseen(self.rule.name, message, self.rule.location)


class Watching:
    """A rule set while tests run, in whatever environment: rules and comparisons are the same in all."""

    def __init__(self, ruleset: RuleSet) -> None:
        self._watched = [_Watched(rule, _terms(rule, ruleset)) for rule in ruleset.rules]
        self._default = False

    def default(self) -> None:
        """The default decided."""
        self._default = True

    def rules(self, task_type: str, scope: Scope, matched: Rule | None) -> None:
        """The rules were asked, and this one matched."""
        for watched in self._watched:
            if not watched.rule.task_types or task_type in watched.rule.task_types:
                for term in watched.terms:
                    term.see(scope)
                if matched is not None and watched.rule.name == matched.name:
                    watched.matched = True
                    return

    def coverage(self) -> Coverage:
        rules = sum(1 + sum(len(term.possible) for term in watched.terms) for watched in self._watched)
        unseen = [each for watched in self._watched for each in watched.unseen()]
        if not self._default:
            unseen.append(Unseen(DEFAULT, "it never decides"))
        return Coverage(rules + 1, tuple(unseen))


def _terms(rule: Rule, ruleset: RuleSet) -> tuple[_Term, ...]:
    condition = rule.condition
    return tuple(_term(comparison, ruleset) for comparison in comparisons(condition)) if condition else ()


def _term(comparison: Comparison, ruleset: RuleSet) -> _Term:
    constant = resolved(comparison, ruleset.variables)
    of_call = any(True for _ in references(constant))
    possible = BOTH if of_call else frozenset({holds(constant, NO_CALL)})
    return _Term(show(comparison), compile_expression(comparison), possible)
