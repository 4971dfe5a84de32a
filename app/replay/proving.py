"""Redacted callbacks, each with the proof that rules decide it as they decide the original."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.engine.callback import read_callback
from app.engine.decide import decide
from app.engine.masking import secrets_of
from app.engine.record import record_of
from app.engine.ruleset import DEFAULT, Action, Rule, RuleSet
from app.engine.scope import Scope, scope_of
from app.errors import Unreadable
from app.model import Decision, Saved
from app.replay.given import Given, Params, given_of
from app.replay.mapping import in_tokens
from app.replay.reads import Keys, template_reads, valued_reads
from app.replay.redaction import Redaction
from app.replay.tokens import Tokens

DIFFERENT = "without its personal values it would be decided otherwise"
TOO_DEEP = "its attributes nest too deep"
UNTIMED = "it says no time at which it came"


@dataclass(frozen=True, slots=True)
class Proved:
    """A redacted callback with the record of its decision under the rules.

    `agrees` tells whether they still decide the original as was recorded; `kept` is what had to be kept
    beside that which conditions read, since the templates of its rule transform it.
    """

    saved: Saved
    agrees: bool
    kept: frozenset[Keys]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A callback that cannot be redacted, and why. The sentence holds nothing of it."""

    reservation: str
    reason: str


@dataclass(frozen=True, slots=True)
class _Decided:
    """What the rules make of parameters. The record is that of the decision without the rules' version."""

    decision: Decision
    scope: Scope
    record: Mapping[str, Any]


class Redactor:
    """Redacts callbacks for one export. `conditions` are the references that its rules' conditions read."""

    def __init__(self, ruleset: RuleSet, tokens: Tokens | None = None) -> None:
        self.conditions = valued_reads(ruleset)
        self._ruleset = ruleset
        self._secrets = secrets_of(ruleset)
        self._tokens = tokens or Tokens(ruleset.allowed_numbers or ())
        self._actions: dict[str, Action] = {rule.name: rule.action for rule in ruleset.rules}
        self._actions[DEFAULT] = ruleset.default

    def redact(self, saved: Saved) -> Proved | LeftOut:
        """The callback without what is personal, where the rules decide it alike."""
        reservation = saved.params.get("ReservationSid")
        sid = reservation if isinstance(reservation, str) else f"line {saved.line}"
        try:
            given = given_of(saved)
            if given is None:
                return LeftOut(sid, UNTIMED)
            return self._proved(saved, given) or LeftOut(sid, DIFFERENT)
        except Unreadable as error:
            return LeftOut(sid, str(error))
        except RecursionError:
            return LeftOut(sid, TOO_DEEP)

    def _proved(self, saved: Saved, given: Given) -> Proved | None:
        before = self._decided(given, given.params)
        agrees = _agrees(before.record, saved.decision)
        redaction = Redaction(self._tokens, self.conditions)
        after = self._decided(given, redaction.params(given.params))
        if self._is_alike(before, after):
            return Proved(self._saved(saved, redaction, after), agrees, frozenset())
        rule = self._matched(before, given.rejections)
        more = template_reads(rule) - self.conditions if rule else frozenset()
        if not more:
            return None
        redaction = Redaction(self._tokens, self.conditions | more)
        after = self._decided(given, redaction.params(given.params))
        same = before.record == after.record
        return Proved(self._saved(saved, redaction, after), agrees, more) if same else None

    def _decided(self, given: Given, params: Params) -> _Decided:
        callback = read_callback(params)
        scope = scope_of(callback, self._ruleset.variables, given.at)
        decision = decide(self._ruleset, callback, given.at, given.rejections)
        task_type = self._ruleset.task_type(scope)
        return _Decided(decision, scope, record_of(decision, task_type, given.rejections, self._secrets))

    def _matched(self, decided: _Decided, rejections: int) -> Rule | None:
        """The rule that matched, though it may not have been carried out."""
        return self._ruleset.match(decided.scope) if rejections < self._ruleset.max_rejections else None

    def _is_alike(self, before: _Decided, after: _Decided) -> bool:
        """Whether all is equal but for tokens in the instructions, each where its value was."""
        first, second = before.decision, after.decision
        bare = (each._replace(instruction=None, on_failure=None) for each in (first, second))
        if next(bare) != next(bare):
            return False
        if before.record["task_type"] != after.record["task_type"]:
            return False
        action = self._actions[first.rule]
        pairs = (
            (action.plan, first.instruction, second.instruction),
            (action.on_failure, first.on_failure, second.on_failure),
        )
        return all(
            in_tokens(plan, old, before.scope, after.scope) == new if plan and old else old == new
            for plan, old, new in pairs
        )

    def _saved(self, saved: Saved, redaction: Redaction, decided: _Decided) -> Saved:
        extras = dict(_extras(saved.decision or {}, redaction))
        params = redaction.params(saved.params)
        return Saved(saved.line, params, saved.received_at, saved.path, {**decided.record, **extras})


class Sums:
    """What an export came to."""

    def __init__(self) -> None:
        self.proved = 0
        self.left_out = 0
        self.rewritten = 0  # no longer decided as was recorded
        self.kept: Counter[Keys] = Counter()  # callbacks, by what was kept beside that which conditions read

    def add(self, item: Proved | LeftOut) -> None:
        """Counts one callback."""
        if isinstance(item, LeftOut):
            self.left_out += 1
            return
        self.proved += 1
        self.rewritten += not item.agrees
        self.kept.update(item.kept)


def _agrees(record: Mapping[str, Any], recorded: Mapping[str, object] | None) -> bool:
    """Whether it is what was recorded, by whatever version of the rules."""
    known = record.keys() - {"rules_version"}
    return recorded is None or all(record[key] == recorded.get(key) for key in known)


def _extras(decision: Mapping[str, object], redaction: Redaction) -> Iterator[tuple[str, object]]:
    """What the decision has beside its record."""
    for name in ("answered", "decided_at"):
        if name in decision:
            yield name, decision[name]
    decided_from = decision.get("decided_from")
    if isinstance(decided_from, Mapping):
        yield "decided_from", redaction.params(decided_from)
