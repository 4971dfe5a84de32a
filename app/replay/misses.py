"""What kept the rules from deciding callbacks that got the default."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from app.engine.callback import read_callback
from app.engine.explain import Explanation, NearMiss, Verdict, explain
from app.engine.expressions import show
from app.engine.masking import visible_text
from app.engine.ruleset import DEFAULT, RuleSet
from app.errors import Unreadable
from app.model import Saved
from app.replay.given import given_of


@dataclass(slots=True)
class Misses:
    """Of `looked_at` callbacks. `nearest` counts the rules that lacked least, and for each what it lacked.

    `failed` counts rules that matched and could not be carried out. `decided` are callbacks that a rule of
    today decides, and `given_up` those of tasks that were rejected too often.
    """

    looked_at: int = 0
    decided: int = 0
    given_up: int = 0
    nearest: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    lacking: dict[str, Counter[str]] = field(default_factory=dict)

    def add(self, explanation: Explanation) -> None:
        """Counts one callback."""
        self.looked_at += 1
        matched = next((step.rule for step in explanation.steps if step.outcome is Verdict.MATCHED), None)
        if explanation.decision.rule != DEFAULT:
            self.decided += 1
        elif matched:
            self.failed[matched] += 1
        elif explanation.nearest:
            self._miss(explanation.nearest, explanation.secrets)
        else:
            self.given_up += 1

    def _miss(self, miss: NearMiss, secrets: frozenset[str]) -> None:
        rule = miss.step.rule
        self.nearest[rule] += 1
        lacking = {visible_text(show(change.expression), secrets) for change in miss.changes}
        if miss.step.outcome is Verdict.OTHER_TYPE:
            lacking.add(f"task type {' or '.join(miss.step.task_types)}")
        self.lacking.setdefault(rule, Counter()).update(lacking)


def misses(ruleset: RuleSet, defaulted: Iterable[Saved]) -> Misses:
    """What the rules lack for callbacks that got the default; what is no callback is not looked at."""
    found = Misses()
    for saved in defaulted:
        try:
            given = given_of(saved)
            callback = read_callback(given.params) if given else None
        except Unreadable:
            continue
        if given and callback:
            found.add(explain(ruleset, callback, given.at, given.rejections))
    return found
