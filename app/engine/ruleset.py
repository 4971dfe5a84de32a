"""A rule set as it is used: rules in order, and what finds the one that decides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app.engine.expressions import Expression, Reference, compile_reference, resolved
from app.engine.expressions.compiling import Getter
from app.engine.expressions.tree import And
from app.engine.matching import Entry, Matcher
from app.engine.plan import Plan
from app.engine.scope import Scope
from app.model import Location, Mode

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
class Term:
    """One expression of a `when`, as it is written and as it is read."""

    text: str
    tree: Expression


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule: all terms must hold; without task types it looks at tasks of any."""

    name: str
    task_types: tuple[str, ...]
    when: tuple[Term, ...]
    action: Action
    location: Location = field(compare=False)

    @property
    def condition(self) -> Expression | None:
        """All terms as one expression, None where there is none."""
        trees = tuple(term.tree for term in self.when)
        return trees[0] if len(trees) == 1 else And(trees) if trees else None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of a folder. `version` is a hash of their text and of the values of `vars`.

    `match` gives the first rule, in reading order, that looks at a task's type and whose terms all hold;
    `asked` how many of the first rules, up to a number of them, it asks for that at most.
    """

    rules: tuple[Rule, ...]
    default: Action
    variables: Mapping[str, object]
    version: str
    task_type_from: tuple[Reference, ...]
    allowed_numbers: tuple[str, ...] | None = None
    max_rejections: int = MAX_REJECTIONS
    read_type: Getter = field(init=False, repr=False, compare=False)
    match: Callable[[Scope], Rule | None] = field(init=False, repr=False, compare=False)
    asked: Callable[[Scope, int], int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        read_type = _first_of(tuple(map(compile_reference, self.task_type_from)))
        entries = (Entry(rule.task_types, self.resolved(rule), rule) for rule in self.rules)
        matcher = Matcher(entries, read_type)
        object.__setattr__(self, "read_type", read_type)
        object.__setattr__(self, "match", matcher.first)
        object.__setattr__(self, "asked", matcher.asked)

    def __reduce__(self) -> tuple[Any, ...]:
        """What goes to another process: the rules, which are compiled there anew."""
        given = (self.rules, self.default, self.variables, self.version, self.task_type_from)
        return RuleSet, (*given, self.allowed_numbers, self.max_rejections)

    def resolved(self, rule: Rule) -> Expression | None:
        """The rule's condition with the values of `vars` filled in."""
        condition = rule.condition
        return resolved(condition, self.variables) if condition else None

    def task_type(self, scope: Scope) -> str:
        """The first of `task_type_from` that is not null, as text; empty where there is none."""
        found = self.read_type(scope)
        return found if isinstance(found, str) else ""


def _first_of(getters: tuple[Getter, ...]) -> Getter:
    if len(getters) == 1:
        return getters[0]

    def read(scope: Scope) -> object:
        return next((value for get in getters if (value := get(scope)) is not None), None)

    return read
