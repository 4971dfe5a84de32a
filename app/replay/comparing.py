"""What a callback was decided before, and whether it is decided otherwise now.

Before is the decision that was saved with it, or that of other rules. The reason, the version of the rules
and what the callback itself brings are not compared. Both sides are compared as records, without secrets.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple, Protocol

from app.engine.masking import secrets_of
from app.engine.record import record_of, shown
from app.engine.ruleset import RuleSet
from app.engine.wire import rendered_object
from app.model import Decision, Instruction, Problem, Saved
from app.replay.again import Again
from app.replay.tally import Choice

COMPARED = ("rule", "mode", "instruction", "on_failure", "retry_for", "problems")

Record = Mapping[str, object]


class Before(NamedTuple):
    """What was decided before, and whether anything of it is otherwise now."""

    choice: Choice
    is_changed: bool


class Against(Protocol):
    """What the decisions of today's rules are compared with."""

    def before(self, saved: Saved, asked: Again, now: Decision) -> Before | None:
        """What was decided before `now`; None where that is not known."""

    def record(self, saved: Saved, asked: Again) -> Record:
        """The same, as a record."""


class Recorded:
    """Against the decisions that were saved. What a saved decision does not hold is not compared."""

    def __init__(self, rules: RuleSet) -> None:
        self._secrets = secrets_of(rules)

    def before(self, saved: Saved, asked: Again, now: Decision) -> Before | None:
        record = saved.decision
        if record is None:
            return None
        rule, mode = record.get("rule"), record.get("mode")
        if not isinstance(rule, str) or not isinstance(mode, str):
            return None
        same = rule == now.rule and mode == now.mode
        return Before(
            Choice(rule, mode, self._name(record, now, same=same)), not (same and self._agrees(record, now))
        )

    def record(self, saved: Saved, asked: Again) -> Record:
        return saved.decision or {}

    def _name(self, record: Record, now: Decision, *, same: bool) -> str:
        instruction = record.get("instruction")
        if isinstance(instruction, dict):
            return str(instruction.get("instruction"))
        # Where it was not saved, nothing says that it was another.
        return choice_of(now).instruction if same and "instruction" not in record else ""

    def _agrees(self, record: Record, now: Decision) -> bool:
        retry_for = now.retry_for.total_seconds() if now.retry_for else None
        return (
            self._is(record, "instruction", now.instruction)
            and self._is(record, "on_failure", now.on_failure)
            and record.get("retry_for", retry_for) == retry_for
            and _findings(record.get("problems", now.problems)) == _findings(now.problems)
        )

    def _is(self, record: Record, name: str, instruction: Instruction | None) -> bool:
        if name not in record:
            return True
        kept = record[name]
        if instruction is None or kept is None:
            return instruction is kept
        # Masking takes longest, and most hold no secret.
        return kept == rendered_object(instruction) or kept == shown(instruction, self._secrets)


class OtherRules:
    """Against what other rules make of the same callbacks."""

    def __init__(self, rules: RuleSet, now: RuleSet) -> None:
        self.rules = rules
        self._secrets = secrets_of(rules) | secrets_of(now)

    def before(self, saved: Saved, asked: Again, now: Decision) -> Before | None:
        decision = asked.decided(self.rules)
        return Before(choice_of(decision), not self._agree(decision, now))

    def record(self, saved: Saved, asked: Again) -> Record:
        return record_of(asked.decided(self.rules), "", asked.rejections, self._secrets)

    def _agree(self, one: Decision, other: Decision) -> bool:
        if one.rule != other.rule or one.mode != other.mode:
            return False
        return _rest(one) == _rest(other) or (
            one.retry_for == other.retry_for
            and self._same(one.instruction, other.instruction)
            and self._same(one.on_failure, other.on_failure)
            and _findings(one.problems) == _findings(other.problems)
        )

    def _same(self, one: Instruction | None, other: Instruction | None) -> bool:
        return one == other or shown(one, self._secrets) == shown(other, self._secrets)


def _rest(decision: Decision) -> tuple[object, ...]:
    return decision.instruction, decision.on_failure, decision.retry_for, decision.problems


def choice_of(decision: Decision) -> Choice:
    """What is counted of a decision."""
    instruction = decision.instruction
    return _choice(decision.rule, decision.mode, instruction.name if instruction else "")


_choice = lru_cache(maxsize=10_000)(Choice)  # looking one up is twice as fast as making it


def differing(before: Record, now: Record) -> Iterable[str]:
    """The names of what is compared and differs between two records."""
    for name in COMPARED:
        if name in before and _comparable(name, before[name]) != _comparable(name, now[name]):
            yield name


def _comparable(name: str, value: object) -> object:
    return _findings(value) if name == "problems" else value


def _findings(problems: object) -> list[tuple[object, object]]:
    """Problems by check and rule: their sentences may be put otherwise."""
    if not problems or not isinstance(problems, list | tuple):
        return []
    return [
        (str(each.check), each.rule) if isinstance(each, Problem) else (each.get("check"), each.get("rule"))
        for each in problems
        if isinstance(each, Problem | dict)
    ]
