"""An explanation as lines for people and as an object for programs: pure functions."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import click

from app.cli.output import iso, one_line, problem_object, sentence
from app.engine.explain import Explanation, NearMiss, Sight, Step, Verdict
from app.engine.expressions import show, show_constant, show_operand
from app.engine.expressions.tracing import Trace
from app.engine.expressions.tree import And, Not
from app.engine.masking import visible_text
from app.engine.wire import Form
from app.model import Mode

COLOURS = {Verdict.MATCHED: "green", Verdict.FAILED: "red"}
ASIDE = {
    Verdict.OTHER_TYPE: ("looks", "look", "at tasks of other types"),
    Verdict.NOT_REACHED: ("was", "were", "not reached"),
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a callback was explained with. `at_from` says where the time comes from."""

    source: str
    line: int
    at: datetime
    at_from: str
    rejections: int
    changes: Sequence[str]
    decided_then: Mapping[str, object]


def explanation_object(explanation: Explanation, circumstances: Circumstances) -> Form:
    """The explanation for programs: all steps, with the values of all references."""
    decision, forms = explanation.decision, explanation.forms()
    return {
        "rule": decision.rule,
        "mode": str(decision.mode),
        "reason": decision.reason,
        "instruction": forms.instruction,
        "inline": forms.inline,
        "inline_rule": forms.inline_rule,
        "rest": forms.rest,
        "not_over_rest": list(forms.not_over_rest),
        "on_failure": forms.on_failure,
        "problems": [problem_object(problem) for problem in decision.problems],
        "nearest_miss": _miss_object(explanation, explanation.nearest),
        "steps": [_step_object(explanation, step) for step in explanation.steps],
        "line": circumstances.line,
        "at": iso(circumstances.at),
        "at_from": circumstances.at_from,
        "rejections": circumstances.rejections,
        "task_type": _masked(explanation, explanation.task_type),
        "rules_version": decision.rules_version,
        "decided_then": circumstances.decided_then.get("rule"),
    }


def _step_object(explanation: Explanation, step: Step) -> Form:
    return {
        "rule": step.rule,
        "file": step.location.file,
        "line": step.location.line,
        "column": step.location.column,
        "task_types": list(step.task_types),
        "outcome": str(step.outcome),
        "terms": [_trace_object(explanation, term) for term in step.terms],
    }


def _trace_object(explanation: Explanation, traced: Trace) -> Form:
    shown: Form = {"held": traced.held}
    if traced.terms:
        terms = [_trace_object(explanation, term) for term in traced.terms]
        return {_joint(traced): terms, **shown}
    values = [
        {"reference": show_operand(sight.reference), "value": sight.value, "missing": sight.missing}
        for sight in explanation.sights(traced)
    ]
    return {"comparison": _comparison(explanation, traced), **shown, "values": values}


def _miss_object(explanation: Explanation, miss: NearMiss | None) -> Form | None:
    if miss is None:
        return None
    changes = [{"comparison": _comparison(explanation, each), "held": each.held} for each in miss.changes]
    return {"rule": miss.step.rule, "outcome": str(miss.step.outcome), "changes": changes}


def explanation_lines(
    explanation: Explanation, circumstances: Circumstances, *, whole: bool, width: int | None
) -> Iterator[str]:
    """The explanation for people, styled; values longer than `width` are cut, where there is one.

    Without `whole`, rules of other types and those that were not reached are only counted.
    """
    text = _Text(explanation, width)
    yield from text.heading(circumstances)
    for outcome, steps in groupby(explanation.steps, lambda step: step.outcome):
        if outcome is Verdict.NOT_REACHED or (outcome is Verdict.OTHER_TYPE and not whole):
            yield _counted(outcome, len(list(steps)))
        else:
            for step in steps:
                yield from text.step(step)
    yield ""
    yield from text.nearest(explanation.nearest)
    yield from text.decision(circumstances.decided_then)
    yield from text.forms()


class _Text:
    def __init__(self, explanation: Explanation, width: int | None) -> None:
        self.explanation = explanation
        self.width = width

    def heading(self, circumstances: Circumstances) -> Iterator[str]:
        callback, at = self.explanation.callback, circumstances.at
        rejections = circumstances.rejections
        yield _clean(f"{circumstances.source}:{circumstances.line}: reservation {callback.reservation_sid}")
        yield _pair("rules", self.explanation.decision.rules_version)
        yield _pair("time", f"{at:%a} {iso(at)} ({circumstances.at_from})")
        if rejections:
            yield _pair("rejections", f"{rejections} of this task before")
        for change in circumstances.changes:
            yield _pair("changed", change)
        for name, document in (("TaskAttributes", callback.task), ("WorkerAttributes", callback.worker)):
            if not isinstance(document, dict):
                yield _pair(name, "no JSON object, so every attribute is missing")
        task_type = self.explanation.task_type
        yield _pair("task type", self.value(_masked(self.explanation, task_type)) if task_type else "none")
        yield ""

    def step(self, step: Step) -> Iterator[str]:
        outcome = click.style(step.outcome, fg=COLOURS.get(step.outcome), bold=True)
        types = f" (looks at {', '.join(step.task_types)})" if step.outcome is Verdict.OTHER_TYPE else ""
        yield f"{_clean(step.rule)}: {outcome}{_clean(types)}   {_faint(str(step.location))}"
        for term in step.terms:
            # All terms of a `when` must hold, and so must those of an AND that is one.
            parts = term.terms if isinstance(term.expression, And) else (term,)
            for part in parts:
                yield from self.traced(part, "  ")

    def traced(self, traced: Trace, indent: str) -> Iterator[str]:
        mark = click.style("holds", fg="green") if traced.held else click.style("fails", fg="red")
        said = self.comparison(traced) if not traced.terms else _joint(traced).replace("_", " ")
        yield f"{indent}{mark}  {said}"
        for term in traced.terms:
            yield from self.traced(term, indent + "    ")

    def comparison(self, traced: Trace) -> str:
        seen = ", ".join(map(self.sight, self.explanation.sights(traced)))
        return _clean(_comparison(self.explanation, traced)) + (f"   {_faint(seen)}" if seen else "")

    def sight(self, sight: Sight) -> str:
        value = "missing" if sight.missing else self.value(sight.value)
        return f"{show_operand(sight.reference)} is {value}"

    def value(self, value: object) -> str:
        text = show_constant(value)
        return text if self.width is None or len(text) <= self.width else text[: self.width - 1] + "…"

    def nearest(self, miss: NearMiss | None) -> Iterator[str]:
        if miss is None:
            return
        types = ", ".join(miss.step.task_types)
        lacks = [f"the task's type would be {types}"] if miss.step.outcome is Verdict.OTHER_TYPE else []
        lacks += (
            f"{_comparison(self.explanation, change)} would {'fail' if change.held else 'hold'}"
            for change in miss.changes
        )
        yield _pair("nearest miss", f"{miss.step.rule}, if {' and '.join(lacks)}")

    def decision(self, then: Mapping[str, object]) -> Iterator[str]:
        decision = self.explanation.decision
        heading = click.style(_clean(f"{decision.rule}: {decision.mode}"), bold=True)
        yield f"{_label('decision')}{heading}   {_faint(decision.reason)}"
        for problem in decision.problems:
            yield _pair("problem", f"{sentence(problem)} [{problem.check}]")
        rule = then.get("rule")
        if isinstance(rule, str) and rule != decision.rule:
            version = then.get("rules_version")
            under = f", under rules {version}" if isinstance(version, str) else ""
            yield _pair("saved", f"then it was decided by {rule}{under}")
        yield ""

    def forms(self) -> Iterator[str]:
        forms, mode = self.explanation.forms(), self.explanation.decision.mode
        inline = json.dumps(forms.inline, ensure_ascii=False)
        yield _pair("answer", inline if mode is Mode.REPLY else "{}")
        if mode is Mode.POST:
            yield from _form("then over REST", forms.rest)
            yield from _form("if that fails", forms.on_failure)
            yield from self.fallback(forms.inline_rule, inline)
        elif mode is Mode.REPLY:
            yield from _form("the same over REST", forms.rest)
            for reason in forms.not_over_rest:
                yield _pair("the same over REST", f"not possible: {reason}")

    def fallback(self, rule: str, inline: str) -> Iterator[str]:
        """What the fallback URL would answer: a post that cannot be given inline becomes the default."""
        yield _pair("at the fallback URL", inline)
        if rule != self.explanation.decision.rule:
            for problem in self.explanation.inline.problems:
                yield _pair("at the fallback URL", f"{rule} decides: {sentence(problem)} [{problem.check}]")


def _form(name: str, form: Form | None) -> Iterator[str]:
    if form is None:
        return
    yield click.style(f"{name}:", fg="cyan")
    for parameter, value in form.items():
        for item in _wire_values(value):
            yield f"  {parameter}={_clean(item)}"


def _wire_values(value: object) -> Iterable[str]:
    """A boolean goes out in lower case, several events as a repeated parameter."""
    if isinstance(value, list):
        return map(str, value)
    return [str(value).lower() if isinstance(value, bool) else str(value)]


def _joint(traced: Trace) -> str:
    match traced.expression:
        case Not():
            return "not"
        case And():
            return "all_of"
    return "one_of"


def _comparison(explanation: Explanation, traced: Trace) -> str:
    return _masked(explanation, show(traced.expression))


def _masked(explanation: Explanation, text: str) -> str:
    return visible_text(text, explanation.secrets)


def _counted(outcome: Verdict, number: int) -> str:
    one, several, said = ASIDE[outcome]
    return _faint(f"1 rule {one} {said}" if number == 1 else f"{number} rules {several} {said}")


def _pair(name: str, text: str) -> str:
    return _label(name) + _clean(text)


def _label(name: str) -> str:
    return click.style(f"{name}:", fg="cyan") + " "


def _faint(text: str) -> str:
    return click.style(_clean(text), dim=True)


def _clean(text: str) -> str:
    return one_line(text)
