"""A decision with its reasons: each rule in order, and what its terms made of the call.

The rules are interpreted here, term by term as they are written, where `decide` uses what was compiled and
indexed: the two must agree on every call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.engine.decide import carry_out, give_up
from app.engine.expressions import Reference
from app.engine.expressions.meaning import value_of
from app.engine.expressions.tracing import Trace, trace
from app.engine.expressions.tree import And, Comparison, Not
from app.engine.instructions import INSTRUCTIONS
from app.engine.masking import masked, secrets_in, secrets_of, visible
from app.engine.plan import missing_parameters
from app.engine.ruleset import Rule, RuleSet
from app.engine.scope import Scope, lookup, scope_of
from app.engine.wire import WIRE_NAMES, Form, inline_form, rendered_object, rest_form
from app.model import Callback, Decision, Instruction, Location, Mode


class Verdict(StrEnum):
    """What came of one rule."""

    OTHER_TYPE = "other type"
    FAILED = "failed"
    MATCHED = "matched"
    NOT_REACHED = "not reached"


@dataclass(frozen=True, slots=True)
class Step:
    """One rule, and what came of it. `terms` are those of its `when`; none where it was not reached."""

    rule: str
    location: Location
    task_types: tuple[str, ...]
    outcome: Verdict
    terms: tuple[Trace, ...] = ()


@dataclass(frozen=True, slots=True)
class NearMiss:
    """The rule that lacked least, and the comparisons that would have had to come out otherwise."""

    step: Step
    changes: tuple[Trace, ...]

    @property
    def held(self) -> int:
        """How many of the rule's comparisons held."""
        return sum(each.held for term in self.step.terms for each in term.comparisons())


@dataclass(frozen=True, slots=True)
class Sight:
    """A reference and what it stood for. `missing` tells what was not there from what was null."""

    reference: Reference
    value: object
    missing: bool


@dataclass(frozen=True, slots=True)
class Forms:
    """What goes out, as it may be shown.

    `instruction` is the rendered object. `inline` is the JSON of the answer, for a post that of the answer at
    the fallback URL, where `inline_rule` may have given way to the default. `rest` is None where nothing can
    be posted, for the reasons in `not_over_rest`.
    """

    instruction: Form | None
    inline: Form
    inline_rule: str
    rest: Form | None
    not_over_rest: tuple[str, ...]
    on_failure: Form | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """All that is to be said of one decision. `inline` is the one that the fallback URL would answer with.

    `decision`, `inline` and the traces hold what they hold; `forms` and `sights` have no secret in them.
    """

    task_type: str
    steps: tuple[Step, ...]
    decision: Decision
    inline: Decision
    nearest: NearMiss | None
    callback: Callback
    scope: Scope
    secrets: frozenset[str] = field(repr=False)

    def sights(self, traced: Trace) -> tuple[Sight, ...]:
        """What the references of a comparison stood for, in reading order."""
        comparison = traced.expression
        if not isinstance(comparison, Comparison):
            return ()
        sides = ((comparison.left, traced.left), (comparison.right, traced.right))
        seen = {side: value for side, value in sides if isinstance(side, Reference)}
        return tuple(
            Sight(reference, visible(value, self.secrets), value is None and not self._is_there(reference))
            for reference, value in seen.items()
        )

    def forms(self) -> Forms:
        """Both wire forms of the instruction."""
        given = self._shown(self.decision.instruction)
        inline = self._shown(self.inline.instruction)
        on_failure = self._shown(self.decision.on_failure)
        lacking = _not_over_rest(given) if given else ()
        return Forms(
            instruction=rendered_object(given) if given else None,
            inline=inline_form(inline) if inline else {},
            inline_rule=self.inline.rule,
            rest=rest_form(given) if given and not lacking else None,
            not_over_rest=lacking,
            on_failure=rest_form(on_failure) if on_failure else None,
        )

    def _shown(self, instruction: Instruction | None) -> Instruction | None:
        return masked(instruction, self.secrets) if instruction else None

    def _is_there(self, reference: Reference) -> bool:
        """Whether the documents, as they came, hold the key or the index."""
        documents = {
            "task": self.callback.task,
            "worker": self.callback.worker,
            "callback": self.callback.params,
            "vars": self.scope.variables,
        }
        last = reference.path[-1]
        parent = lookup(documents.get(reference.root), reference.path[:-1])
        if isinstance(parent, list):
            return isinstance(last, int) and last < len(parent)
        return isinstance(parent, Mapping) and last in parent


def explain(ruleset: RuleSet, callback: Callback, now: datetime, rejections: int = 0) -> Explanation:
    """What the rules make of a callback at `now`, as `decide` does, and why. Never raises."""
    scope = scope_of(callback, ruleset.variables, now)
    task_type = _task_type(ruleset, scope)
    if rejections >= ruleset.max_rejections:
        steps = tuple(_step(rule, Verdict.NOT_REACHED) for rule in ruleset.rules)
        decision = give_up(ruleset, scope, rejections)
        inline = give_up(ruleset, scope, rejections, inline=True)
    else:
        steps, matched = _walk(ruleset.rules, scope, task_type)
        decision = carry_out(ruleset, matched, scope)
        inline = carry_out(ruleset, matched, scope, inline=True)
    rendered = (decision.instruction, decision.on_failure, inline.instruction)
    return Explanation(
        task_type=task_type,
        steps=steps,
        decision=decision,
        inline=inline,
        nearest=_nearest(steps),
        callback=callback,
        scope=scope,
        secrets=secrets_of(ruleset).union(*map(secrets_in, rendered)),
    )


def _task_type(ruleset: RuleSet, scope: Scope) -> str:
    values = (value_of(reference, scope) for reference in ruleset.task_type_from)
    first = next((value for value in values if value is not None), None)
    return first if isinstance(first, str) else ""


def _walk(rules: Sequence[Rule], scope: Scope, task_type: str) -> tuple[tuple[Step, ...], Rule | None]:
    steps: list[Step] = []
    matched: Rule | None = None
    for rule in rules:
        if matched:
            steps.append(_step(rule, Verdict.NOT_REACHED))
            continue
        terms = tuple(trace(term.tree, scope) for term in rule.when)
        if rule.task_types and task_type not in rule.task_types:
            outcome = Verdict.OTHER_TYPE
        elif all(term.held for term in terms):
            outcome, matched = Verdict.MATCHED, rule
        else:
            outcome = Verdict.FAILED
        steps.append(_step(rule, outcome, terms))
    return tuple(steps), matched


def _step(rule: Rule, outcome: Verdict, terms: tuple[Trace, ...] = ()) -> Step:
    return Step(rule.name, rule.location, rule.task_types, outcome, terms)


def _nearest(steps: Sequence[Step]) -> NearMiss | None:
    """Among the rules that look at this type; where there is none, among those of other types.

    Of several that lack as little it is the one of which most held.
    """
    outcomes = {step.outcome for step in steps}
    missed = Verdict.OTHER_TYPE if outcomes == {Verdict.OTHER_TYPE} else Verdict.FAILED
    misses = (
        NearMiss(step, tuple(change for term in step.terms for change in changes(term)))
        for step in steps
        if step.outcome is missed
    )
    return min(misses, key=lambda miss: (len(miss.changes), -miss.held), default=None)


def changes(traced: Trace, wanted: bool = True) -> tuple[Trace, ...]:
    """The fewest comparisons that must come out otherwise for an expression to hold, or to fail."""
    if traced.held is wanted:
        return ()
    match traced.expression:
        case Comparison():
            return (traced,)
        case Not():
            return changes(traced.terms[0], not wanted)
    parts = [changes(term, wanted) for term in traced.terms]
    # All terms of an And must hold, and all terms of an Or must fail; of the others one is enough.
    if isinstance(traced.expression, And) is wanted:
        return tuple(change for part in parts for change in part)
    return min(parts, key=len)


def _not_over_rest(instruction: Instruction) -> tuple[str, ...]:
    """Why an instruction cannot be posted; nothing, where it can."""
    names = WIRE_NAMES[instruction.name]
    nameless = (f"{key} has no form there" for key in instruction.fields if not names[key])
    missing = missing_parameters(INSTRUCTIONS[instruction.name], instruction.fields, Mode.POST)
    return (*nameless, *(f"{instruction.name} needs {key} there" for key in missing))
