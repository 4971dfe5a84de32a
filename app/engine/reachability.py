"""Which rules can decide a call, which cannot since earlier ones take all theirs, and what gets the default.

Answers come from sets of calls, not from texts. A rule can be reached when a call is found that it decides.
When an earlier rule takes the call that was found, another is looked for that this one does not take, and so
on: until one is found, or it is proved that none is left. Where neither succeeds, that is said.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from app.engine.expressions import Constant, Expression, Reference, comparisons, size
from app.engine.expressions.meaning import holds
from app.engine.expressions.tree import And, Comparison, Not, Or
from app.engine.ruleset import Rule, RuleSet
from app.engine.scope import Scope, scope_of
from app.engine.witness import Example, Finding, Verdict, find_example
from app.engine.witness.obvious import obvious_example
from app.model import Callback

TAKERS = 30  # earlier rules that together may take a rule's calls, beyond which nothing is proved
# Rules are asked one after the other whether they take a call where no value tells which of them can. So many
# may be asked in all; to ask a few is free, and to look for another call costs as much as asking many, for
# each rule that may not take it. Where there are regular expressions, asking costs more, and so does looking
# for a text that matches one; large conditions cost by the square of their size.
PATIENCE = 5_500_000
FREE = 20
SEARCH = 400
REGEX = 6
PATTERN = 1_000
SMALL = 100  # comparisons and values

TOO_MANY = "too many earlier rules take its calls"
TOO_LONG = "too many rules have to be asked one by one"


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether a rule can decide a call.

    FOUND: `example` is a call that it decides. NONE: no call matches it at all, or `covering` rules take each
    that does. UNDECIDED: `reason` says why.
    """

    rule: Rule
    verdict: Verdict
    example: Example | None = None
    covering: tuple[Rule, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A task type (None: all that no rule names), and a call of it that falls to the default."""

    task_type: str | None
    example: Example


@dataclass(frozen=True, slots=True)
class UndecidedGap:
    """A task type (None: all that no rule names), and why it is not known whether it can get the default."""

    task_type: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Gaps:
    """What gets the default, by task type: where a call was found, and where nobody can say."""

    found: tuple[Gap, ...]
    undecided: tuple[UndecidedGap, ...]


def reaches(ruleset: RuleSet, patience: int = PATIENCE) -> tuple[Reach, ...]:
    """For each rule, in order, whether it can decide. `patience` bounds how many rules are asked for that."""
    reasoning = _Reasoning(ruleset, patience)
    return tuple(reasoning.reach(rule) for rule in ruleset.rules)


def gaps(ruleset: RuleSet) -> Gaps:
    """For each task type a call that no rule matches, or why it is not known whether there is one."""
    reasoning = _Reasoning(ruleset, PATIENCE)
    named = dict.fromkeys(name for rule in ruleset.rules for name in rule.task_types)
    unnamed = next(name for name in _names() if name not in named)
    findings = [(name, reasoning.unmatched(name)) for name in named] + [(None, reasoning.unmatched(unnamed))]
    return Gaps(
        tuple(Gap(name, finding.example) for name, finding in findings if finding.example),
        tuple(
            UndecidedGap(name, finding.reason)
            for name, finding in findings
            if finding.verdict is Verdict.UNDECIDED
        ),
    )


class _TooLongError(Exception):
    """The patience is at its end."""


class _Reasoning:
    """About one rule set. Methods but `reach` and `unmatched` raise _TooLongError."""

    def __init__(self, ruleset: RuleSet, patience: int) -> None:
        self.ruleset = ruleset
        self.place = {rule.name: number for number, rule in enumerate(ruleset.rules)}
        self.patience = patience
        terms = (term for rule in ruleset.rules for term in rule.when)
        self.weight = REGEX if any(_patterns(term.tree) for term in terms) else 1

    def reach(self, rule: Rule) -> Reach:
        try:
            return self.reached(rule)
        except _TooLongError:
            return Reach(rule, Verdict.UNDECIDED, reason=TOO_LONG)

    def unmatched(self, task_type: str) -> Finding:
        """A call of the type that no rule matches, a proof that there is none, or why neither was found."""
        try:
            return self.search(_is_of_type((task_type,), self.ruleset.task_type_from), None)[0]
        except _TooLongError:
            return Finding(Verdict.UNDECIDED, reason=TOO_LONG)

    def reached(self, rule: Rule) -> Reach:
        condition = _condition(rule, self.ruleset)
        if condition:
            example = obvious_example(condition)
            scope = self.scope(example)
            if holds(condition, scope) and self.decider(scope) is rule:
                return Reach(rule, Verdict.FOUND, example)
        finding, takers = self.search(condition, rule)
        if finding.verdict is Verdict.NONE:
            return Reach(rule, Verdict.NONE, covering=self.needed(rule, takers))
        return Reach(rule, finding.verdict, finding.example, reason=finding.reason)

    def search(self, condition: Expression | None, wanted: Rule | None) -> tuple[Finding, list[Rule]]:
        """A call that fulfils the condition and is decided by the wanted rule, by none where that is None.

        Beside it the earlier rules that took the calls found on the way.
        """
        takers: list[Rule] = []
        while True:
            if self.patience <= 0 and self.toll(condition, takers):
                raise _TooLongError
            finding = self.example(condition, takers)
            taker = self.decider(self.scope(finding.example)) if finding.example else wanted
            if taker is wanted:
                return finding, takers
            if taker is None or len(takers) == TAKERS:
                return Finding(Verdict.UNDECIDED, reason=TOO_MANY), takers
            if self.patience <= 0:
                raise _TooLongError
            takers.append(taker)
            self.patience -= SEARCH * len(takers)

    def needed(self, rule: Rule, takers: list[Rule]) -> tuple[Rule, ...]:
        """Those of the takers without which the rule could be reached, in order."""
        condition = _condition(rule, self.ruleset)
        for taker in tuple(takers):
            others = [each for each in takers if each is not taker]
            if self.example(condition, others).verdict is Verdict.NONE:
                takers = others
        return tuple(sorted(takers, key=lambda taker: self.place[taker.name]))

    def example(self, condition: Expression | None, takers: Iterable[Rule]) -> Finding:
        """A call that fulfils the condition, and that none of the takers takes."""
        self.patience -= self.toll(condition, takers)
        refused = [_condition(taker, self.ruleset) for taker in takers]
        if None in refused:
            return Finding(Verdict.NONE)
        terms = [condition, *(Not(each) for each in refused if each)]
        return find_example(And(tuple(term for term in terms if term)), {})

    def toll(self, condition: Expression | None, takers: Iterable[Rule]) -> int:
        """What it costs to look for a call beyond what is usual."""
        conditions = [condition, *(taker.condition for taker in takers)]
        large = sum(size(each) for each in conditions if each)
        patterns = 0
        if self.weight == REGEX:
            patterns = sum(_patterns(each) for each in conditions if each)
        return PATTERN * patterns + (large * large // SMALL if large > SMALL else 0)

    def scope(self, example: Example) -> Scope:
        callback = Callback(dict(example.callback), example.task, example.worker)
        return scope_of(callback, self.ruleset.variables, example.at)

    def decider(self, scope: Scope) -> Rule | None:
        if self.patience <= 0 and self.ruleset.asked(scope, len(self.place)) > FREE:
            raise _TooLongError
        decider = self.ruleset.match(scope)
        before = self.place[decider.name] if decider else len(self.place)
        self.patience -= self.weight * max(0, self.ruleset.asked(scope, before) - FREE)
        return decider


def _patterns(condition: Expression) -> int:
    return sum(each.operator == "MATCHES" for each in comparisons(condition))


def _condition(rule: Rule, ruleset: RuleSet) -> Expression | None:
    """All that a call must fulfil to match a rule; None where every call does."""
    type_fits = _is_of_type(rule.task_types, ruleset.task_type_from) if rule.task_types else None
    terms = tuple(term for term in (type_fits, ruleset.resolved(rule)) if term)
    return And(terms) if len(terms) > 1 else terms[0] if terms else None


def _is_of_type(names: tuple[str, ...], task_type_from: tuple[Reference, ...]) -> Expression:
    """That the first of the references that is not null is one of these texts."""
    choices: list[Expression] = []
    for number, reference in enumerate(task_type_from):
        earlier = (Comparison("==", each, Constant(None)) for each in task_type_from[:number])
        is_one = Comparison("IN", reference, Constant(list(names)))
        choices.append(And((*earlier, is_one)) if number else is_one)
    return choices[0] if len(choices) == 1 else Or(tuple(choices))


def _names() -> Iterable[str]:
    yield "other"
    number = 2
    while True:
        yield f"other-{number}"
        number += 1
