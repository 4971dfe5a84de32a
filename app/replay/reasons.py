"""Why a callback is decided otherwise: the terms that differ, and the values of the instruction that do.

Where both rule sets are known, the comparisons of the rule that decided before and of the one that decides
now are set beside each other. Of a recorded decision only today's rules are at hand: they say what is now of
the rule that decided then.
"""

import json
from collections.abc import Iterator, Mapping

from app.engine.explain import Explanation, Step, Verdict, changes, explain
from app.engine.expressions import show
from app.engine.masking import secrets_of, visible_text
from app.engine.record import record_of
from app.engine.ruleset import DEFAULT, RuleSet
from app.model import Saved
from app.replay.again import Again
from app.replay.comparing import Against, OtherRules, Record, differing

ABSENT = object()


def reasons(saved: Saved, asked: Again, rules: RuleSet, against: Against) -> tuple[str, ...]:
    """A sentence for each thing that differs. None holds a secret; values of the callback they may hold."""
    now = record_of(asked.decided(rules), "", asked.rejections, secrets_of(rules))
    before = against.record(saved, asked)
    said = list(_terms(asked, rules, against, before, now))
    said += _values(before, now)
    return tuple(said)


def _terms(asked: Again, rules: RuleSet, against: Against, before: Record, now: Record) -> Iterator[str]:
    if before["rule"] == now["rule"]:
        return
    today = _Reading(asked, rules)
    if isinstance(against, OtherRules):
        former = _Reading(asked, against.rules)
        for name in (str(before["rule"]), str(now["rule"])):
            yield from _beside(name, former, today)
    else:
        yield from today.of_then(str(before["rule"]))


class _Reading:
    """How one rule set explains a callback."""

    def __init__(self, asked: Again, rules: RuleSet) -> None:
        self.explanation: Explanation = explain(rules, asked.callback, asked.at, asked.rejections)
        self.steps = {step.rule: step for step in self.explanation.steps}

    def comparisons(self, step: Step) -> dict[str, bool]:
        """Whether each comparison of a rule held, as it is written."""
        found = (each for term in step.terms for each in term.comparisons())
        return {visible_text(show(each.expression), self.explanation.secrets): each.held for each in found}

    def of_then(self, name: str) -> Iterator[str]:
        """What is now of the rule that decided then."""
        step = self.steps.get(name)
        if step is None:
            yield from _missing(name)
        elif step.outcome is Verdict.FAILED:
            for change in (change for term in step.terms for change in changes(term)):
                text = visible_text(show(change.expression), self.explanation.secrets)
                yield f"{name}: {text} {_outcome(held=change.held)} now"
        else:
            yield from self.place(name, step, "now")

    def place(self, name: str, step: Step, when: str) -> Iterator[str]:
        """Why a rule did not decide, but for its terms."""
        if step.outcome is Verdict.NOT_REACHED:
            yield f"{name}: not reached {when}, since {self.explanation.decision.rule} comes first"
        elif step.outcome is Verdict.OTHER_TYPE:
            yield f"{name}: it looks at tasks of type {', '.join(step.task_types)} alone {when}"


def _missing(name: str) -> Iterator[str]:
    if name != DEFAULT:
        yield f"{name}: it is not in the rules now"


def _beside(name: str, former: _Reading, today: _Reading) -> Iterator[str]:
    """What differs of one rule between two rule sets."""
    then, now = former.steps.get(name), today.steps.get(name)
    if now is None:
        yield from _missing(name)
        return
    if then is None:
        yield f"{name}: it is new"
        return
    yield from former.place(name, then, "before")
    yield from today.place(name, now, "now")
    if Verdict.NOT_REACHED not in {then.outcome, now.outcome}:
        yield from _comparisons(name, former.comparisons(then), today.comparisons(now))


def _comparisons(name: str, then: Mapping[str, bool], now: Mapping[str, bool]) -> Iterator[str]:
    for text, held in now.items():
        if text not in then:
            yield f"{name}: {text} is new, and {_outcome(held=held)}"
        elif then[text] is not held:
            yield f"{name}: {text} {_outcome(held=held)} now, and {_past(held=then[text])} before"
    for text, held in then.items():
        if text not in now:
            yield f"{name}: {text} is gone, and {_past(held=held)} before"


def _outcome(*, held: bool) -> str:
    return "holds" if held else "fails"


def _past(*, held: bool) -> str:
    return "held" if held else "failed"


def _values(before: Record, now: Record) -> Iterator[str]:
    """Each value that differs; those of another rule or another instruction say nothing."""
    for name in differing(before, now):
        old, new = before[name], now[name]
        if name == "problems":
            yield f"problems: {_problems(old)} before, {_problems(new)} now"
        elif name in {"rule", "mode"} or before["rule"] != now["rule"]:
            continue
        elif isinstance(old, dict) and isinstance(new, dict):
            yield from _keys("" if name == "instruction" else f"{name}.", old, new)
        else:
            yield f"{name}: {_shown(old)} before, {_shown(new)} now"


def _keys(head: str, old: Record, new: Record) -> Iterator[str]:
    if old.get("instruction") != new.get("instruction"):
        return
    for key in dict.fromkeys((*old, *new)):
        was, is_ = old.get(key, ABSENT), new.get(key, ABSENT)
        if was != is_:
            yield f"{head}{key}: {_shown(was)} before, {_shown(is_)} now"


def _problems(value: object) -> str:
    found = [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
    return "; ".join(f"{each.get('rule')} {each.get('message')}" for each in found) or "none"


def _shown(value: object) -> str:
    return "none" if value is ABSENT else json.dumps(value, ensure_ascii=False)
