"""How a decision differs from what a test expects, and why."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.engine.case_reading import Case
from app.engine.expressions import Reference, show, show_constant, show_operand
from app.engine.expressions.tracing import Trace, trace
from app.engine.expressions.tree import Comparison
from app.engine.fields import Parameter, Secret
from app.engine.instructions import INSTRUCTIONS
from app.engine.masking import MASK, masked, visible, visible_text
from app.engine.ruleset import DEFAULT, Rule, RuleSet
from app.engine.scope import Scope
from app.model import Decision, Instruction, Mode, Problem

LONGEST = 100  # characters of a value that are shown as a reason
SECRETS = frozenset(
    key
    for schema in INSTRUCTIONS.values()
    for key, parameter in schema.parameters().items()
    if isinstance(parameter, Secret)
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as expected. `why` are sentences."""

    wanted: str
    got: str
    why: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"wanted {self.wanted}, got {self.got}"


def differences(
    case: Case, ruleset: RuleSet, secrets: frozenset[str], scope: Scope, decision: Decision
) -> tuple[Difference, ...]:
    """All that differs: the rule, what is done, each field, the problem. None of the secrets is shown."""
    judging = _Judging(case, ruleset, secrets, scope, decision)
    return (*judging.rule(), *judging.mode(), *judging.instruction(), *judging.problem())


@dataclass(frozen=True, slots=True)
class _Judging:
    """One decision and what was expected of it."""

    case: Case
    ruleset: RuleSet
    secrets: frozenset[str]
    scope: Scope
    decision: Decision

    def rule(self) -> Iterator[Difference]:
        wanted = self.case.expected.rule
        if wanted is not None and wanted != self.decision.rule:
            yield Difference(f"rule {wanted}", self.decision.rule, tuple(self.why_not(wanted)))

    def why_not(self, wanted: str) -> Iterator[str]:
        yield from map(_sentence, self.decision.problems)
        if self.case.rejections >= self.ruleset.max_rejections:
            return
        matched = self.ruleset.match(self.scope)
        rule = next((rule for rule in self.ruleset.rules if rule.name == wanted), None)
        if rule is not None and rule is not matched:
            yield from self.why_unmatched(rule)
        if matched is not None and matched is not rule:
            yield self.why_matched(matched, rule)

    def why_unmatched(self, rule: Rule) -> Iterator[str]:
        """What keeps a rule from matching; nothing where only an earlier rule does."""
        of_task = self.ruleset.task_type(self.scope)
        if rule.task_types and of_task not in rule.task_types:
            this = f"this one's is {of_task}" if of_task else "this one has none"
            yield f"{rule.name} looks at tasks of type {', '.join(rule.task_types)}; {this}"
        elif rule.condition:
            traced = trace(rule.condition, self.scope)
            if not traced.held:
                yield from (f"{rule.name}: {self.shown(term)}" for term in traced.deciding())

    def why_matched(self, matched: Rule, wanted: Rule | None) -> str:
        rules = self.ruleset.rules
        before = wanted is not None and rules.index(matched) < rules.index(wanted)
        said = f"{matched.name} stands before it and matched" if before else f"{matched.name} matched"
        terms = trace(matched.condition, self.scope).deciding() if matched.condition else ()
        reasons = "; ".join(map(self.shown, terms))
        return f"{said}: {reasons}" if reasons else said

    def shown(self, term: Trace) -> str:
        """A comparison, what came out, and the values of what it refers to."""
        comparison = term.expression
        if not isinstance(comparison, Comparison):
            return visible_text(show(comparison), self.secrets)
        sides = ((comparison.left, term.left), (comparison.right, term.right))
        values = ", ".join(
            f"{show_operand(side)} is {self.value(value)}"
            for side, value in sides
            if isinstance(side, Reference)
        )
        said = f"{visible_text(show(comparison), self.secrets)} is {show_constant(term.held)}"
        return f"{said}: {values}" if values else said

    def value(self, value: object) -> str:
        text = _shown(visible(value, self.secrets))
        return text if len(text) <= LONGEST else text[:LONGEST] + "…"

    def mode(self) -> Iterator[Difference]:
        wanted, decision = self.case.expected.mode, self.decision
        if wanted is not None and wanted is not decision.mode:
            yield Difference(wanted, decision.mode)
        elif wanted is Mode.DEFER:
            # Before the default's own text a decision says why the default decides.
            reason = self.ruleset.default.reason if decision.rule == DEFAULT else decision.reason
            if self.case.expected.reason != reason:
                yield Difference(f"defer: {self.case.expected.reason}", reason or decision.reason)

    def instruction(self) -> Iterator[Difference]:
        got, wanted = self.decision.instruction, dict(self.case.expected.fields)
        if got is None:
            return
        name = wanted.pop("instruction", got.name)
        if name != got.name:
            yield Difference(f"instruction {name}", got.name)
            return  # whose fields are others
        parameters = INSTRUCTIONS[name].parameters()
        for key, value in wanted.items():
            if not _equal(value, got.fields.get(key), parameters.get(key)):
                yield self.field(key, value, got)

    def field(self, key: str, wanted: object, instruction: Instruction) -> Difference:
        got = masked(instruction, self.secrets).fields.get(key)
        shown = MASK if key in SECRETS else visible(wanted, self.secrets)
        return Difference(
            f"no {key}" if wanted is None else f"{key} {_shown(shown)}",
            "none" if got is None else _shown(got),
        )

    def problem(self) -> Iterator[Difference]:
        wanted, problems = self.case.expected.problem, self.decision.problems
        found = {str(name) for each in problems for name in (each.check, each.twilio_code)}
        if wanted and wanted not in found:
            yield Difference(f"problem {wanted}", "; ".join(map(_sentence, problems)) or "none")


def _shown(value: object) -> str:
    return MASK if value == MASK else show_constant(value)


def _equal(wanted: object, got: object, parameter: Parameter | None) -> bool:
    """Whether a value that a test gives is, read as a rule's value is read, the one that was rendered."""
    if wanted is None or got is None or parameter is None:
        return wanted is None and got is None
    if isinstance(parameter, Secret) and wanted == MASK:
        return True
    read = parameter.read(wanted)
    if isinstance(read, tuple) and isinstance(got, tuple):  # events, which have no order
        return set(read) == set(got)
    return type(read) is type(got) and read == got


def _sentence(problem: Problem) -> str:
    code = f" ({problem.twilio_code})" if problem.twilio_code else ""
    said = f"{problem.message}{code} [{problem.check}]"
    return f"{problem.rule}: {said}" if problem.rule else said
