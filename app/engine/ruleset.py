"""A rule set as it is used: rules in order, indexed by task type."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import merge
from typing import TypeAlias

from app.engine.expressions.meaning import Getter, Predicate
from app.engine.plan import Plan
from app.engine.scope import Scope
from app.model import Mode

DEFAULT = "default"
MAX_REJECTIONS = 20


@dataclass(frozen=True, slots=True)
class Action:
    """What a rule does: `plan` gives the instruction of a reply or a post; a `defer` has a reason instead."""

    mode: Mode
    plan: Plan | None = None
    reason: str = ""
    retry_for: timedelta | None = None
    on_failure: Plan | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; without task types it looks at tasks of any."""

    name: str
    task_types: tuple[str, ...]
    when: tuple[Predicate, ...]
    action: Action

    def matches(self, scope: Scope) -> bool:
        return all(holds(scope) for holds in self.when)


Place: TypeAlias = tuple[int, Rule]  # how many rules stand before it in the rule set, and the rule


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of a folder, compiled. `version` is a hash of their text and of the values of `vars`."""

    rules: tuple[Rule, ...]
    default: Action
    variables: Mapping[str, object]
    version: str
    task_type_from: tuple[Getter, ...]
    allowed_numbers: tuple[str, ...] | None = None
    max_rejections: int = MAX_REJECTIONS
    _by_type: dict[str, list[Place]] = field(init=False, repr=False, compare=False)
    _of_any_type: list[Place] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        by_type: dict[str, list[Place]] = defaultdict(list)
        of_any_type: list[Place] = []
        for place in enumerate(self.rules):
            names = set(place[1].task_types)
            for rules in [by_type[name] for name in names] or [of_any_type]:
                rules.append(place)
        object.__setattr__(self, "_by_type", dict(by_type))
        object.__setattr__(self, "_of_any_type", of_any_type)

    def match(self, scope: Scope) -> Rule | None:
        """The first rule, in reading order, that looks at this task's type and whose terms all hold."""
        # Merged for each call: a list of each type with the rules of any type would be quadratic in memory.
        for _, rule in merge(self._by_type.get(self.task_type(scope), []), self._of_any_type):
            if rule.matches(scope):
                return rule
        return None

    def task_type(self, scope: Scope) -> str:
        """The first of `task_type_from` that is not null, as text; empty where there is none."""
        for read in self.task_type_from:
            value = read(scope)
            if value is not None:
                return value if isinstance(value, str) else ""
        return ""
