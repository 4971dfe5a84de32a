"""Rules as they stand in their files: what the checks look at."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

from app.engine import source
from app.engine.catalogue import Check
from app.engine.conditions import texts
from app.engine.expressions import (
    Constant,
    Expression,
    Operand,
    Reference,
    comparisons,
    parse_reference,
    references,
    resolved,
    show_constant,
    show_operand,
)
from app.engine.expressions.tree import ROOTS, And, Comparison, Not, Or
from app.engine.plan import Plan
from app.engine.reachability import Reach, reaches
from app.engine.ruleset import Action, Rule, RuleSet
from app.engine.source import Scalar
from app.engine.variables import Variables
from app.errors import ExpressionError
from app.model import Level, Location, Mode, Problem

UNSET = "the vars"  # an attribute that no expression can name
LONG = 80  # characters of a value in a message
MANY = 5  # values in a message


@dataclass(frozen=True, slots=True)
class WrittenTerm:
    """One expression of a `when`: where it stands, as it is written, and with the values of `vars`."""

    node: Scalar
    tree: Expression
    resolved: Expression

    @property
    def reads_vars(self) -> bool:
        return any(reference.root == "vars" for reference in references(self.tree))

    @property
    def whatever_vars_hold(self) -> Expression:
        """The expression for any values of `vars`: each of them is an attribute of the task here."""
        return _unset(self.tree) if self.reads_vars else self.resolved

    def place(self, at: int) -> Location:
        """Where the character at an offset of the expression stands in its file."""
        return self.node.locate(at)

    def is_bare(self, reference: Reference) -> bool:
        """Whether an attribute of the task is written without `task.` before it."""
        return reference.root == "task" and not self.node.text.startswith("task.", reference.at)


@dataclass(frozen=True, slots=True)
class WrittenInstruction:
    """What stands below `reply`, `post` or `on_failure` (the key) of a rule or the default."""

    rule: str
    key: str
    plan: Plan
    node: source.Mapping

    @property
    def name(self) -> str:
        return self.plan.schema.name

    @property
    def is_posted(self) -> bool:
        return self.key != Mode.REPLY

    def warning(self, check: Check, key: str, message: str, hint: str) -> Problem:
        """A warning about a key's value, at that value."""
        return Problem(check, message, self.node.entries[key].location, Level.WARNING, self.rule, hint)


@dataclass(frozen=True, slots=True)
class WrittenRule:
    """A rule without error that is switched on, and its node; or the default, whose name is `default`."""

    name: str
    node: source.Mapping
    action: Action
    task_types: tuple[str, ...] = ()
    terms: tuple[WrittenTerm, ...] = ()

    def value(self, *keys: str) -> source.Node:
        """The node below these keys, such as `reply` and `url`. They must be there."""
        node: source.Node = self.node
        for key in keys:
            node = cast("source.Mapping", node).entries[key]
        return node

    @property
    def instructions(self) -> Iterator[WrittenInstruction]:
        """What it replies or posts, and what it posts when that fails."""
        plans = (self.action.mode.value, self.action.plan), ("on_failure", self.action.on_failure)
        for key, plan in plans:
            if plan:
                yield WrittenInstruction(self.name, key, plan, cast("source.Mapping", self.value(key)))


@dataclass(frozen=True, slots=True)
class WrittenComparison:
    """One comparison of a rule's `when`: `tree` as it is written, `resolved` with the values of `vars`.

    `pair` is the reference and the constant of `resolved`, in that order; None unless there is one of each.
    """

    rule: WrittenRule
    term: WrittenTerm
    tree: Comparison
    resolved: Comparison
    pair: tuple[Reference, Constant] | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "pair", _pair(self.resolved.left, self.resolved.right))

    @property
    def operator(self) -> str:
        return self.tree.operator

    @property
    def of_constants(self) -> bool:
        """Whether both sides are constants, and neither is a var."""
        return isinstance(self.tree.left, Constant) and isinstance(self.tree.right, Constant)

    @property
    def asked(self) -> tuple[object, ...]:
        """The values of the constant that the reference is asked to equal, to be one of, or to hold.

        Of `x == 1` and `x HAS 1` that is 1 alone, of `x IN [1, 2]` both. A list is never one value.
        """
        if self.pair is None:
            return ()
        comes_first = self.pair[1] is self.resolved.left
        wants_items = {"HAS"} if comes_first else {"IN", "NOT IN"}
        wants_whole = {"==", "!=", "IN", "NOT IN"} if comes_first else {"==", "!=", "HAS"}
        value = self.pair[1].value
        if isinstance(value, list):
            return tuple(value) if self.operator in wants_items else ()
        return (value,) if self.operator in wants_whole else ()

    def written(self, side: Operand) -> Operand:
        """A side of `resolved` as it is written."""
        return self.tree.left if side is self.resolved.left else self.tree.right

    def is_var(self, side: Operand) -> bool:
        """Whether a side of `resolved` is the value of a var."""
        return isinstance(side, Constant) and isinstance(self.written(side), Reference)

    def show(self, constant: Constant, *values: object) -> str:
        """Values of a constant as messages show them. A var is shown by name, since it may be a secret."""
        if not self.is_var(constant):
            return listed(map(show_constant, values))
        name, items = show_operand(self.written(constant)), constant.value
        if not isinstance(items, list):
            return name
        return listed(f"{name}[{n}]" for n, item in enumerate(items) if any(item is each for each in values))

    def warning(self, check: Check, side: Operand, message: str, hint: str) -> Problem:
        """A warning about a side."""
        return self._problem(Level.WARNING, check, side, message, hint)

    def note(self, check: Check, side: Operand, message: str, hint: str) -> Problem:
        """A note about a side."""
        return self._problem(Level.NOTE, check, side, message, hint)

    def _problem(self, level: Level, check: Check, side: Operand, message: str, hint: str) -> Problem:
        place = self.term.place(side.at)
        return Problem(check, f"`when`: {message}", place, level, self.rule.name, hint)


@dataclass(frozen=True)
class Written:
    """A folder's rules. `ruleset` is None where anything in the folder is an error.

    `rules` are those without error, in order; what concerns them together can be told of a whole set alone.
    """

    rules: tuple[WrittenRule, ...]
    default: WrittenRule | None
    variables: Variables
    allowed_numbers: tuple[str, ...] | None
    ruleset: RuleSet | None

    @cached_property
    def reaches(self) -> tuple[tuple[WrittenRule, Reach], ...]:
        """For each rule whether it can decide a call; empty where anything in the folder is an error."""
        return tuple(zip(self.rules, reaches(self.ruleset), strict=True)) if self.ruleset else ()

    @property
    def actions(self) -> Iterator[WrittenRule]:
        """Every rule, and the default."""
        yield from self.rules
        if self.default:
            yield self.default

    @property
    def instructions(self) -> Iterator[WrittenInstruction]:
        """Every instruction of the rules and of the default."""
        for action in self.actions:
            yield from action.instructions

    @cached_property
    def comparisons(self) -> tuple[WrittenComparison, ...]:
        """Every comparison of the rules, in reading order."""
        return tuple(
            WrittenComparison(rule, term, *pair)
            for rule in self.rules
            for term in rule.terms
            for pair in zip(comparisons(term.tree), comparisons(term.resolved), strict=True)
        )


def written_rule(rule: Rule, node: source.Mapping, variables: Variables) -> WrittenRule:
    """A rule beside its node."""
    nodes = texts(node.entries["when"]) if "when" in node.entries else []
    terms = tuple(
        WrittenTerm(text, term.tree, resolved(term.tree, variables.values))
        for text, term in zip(nodes, rule.when, strict=True)
    )
    return WrittenRule(rule.name, node, rule.action, rule.task_types, terms)


def _pair(left: Operand, right: Operand) -> tuple[Reference, Constant] | None:
    if isinstance(left, Reference):
        return (left, right) if isinstance(right, Constant) else None
    return (right, left) if isinstance(right, Reference) else None


def _unset(expression: Expression) -> Expression:
    match expression:
        case Comparison(operator, left, right, at):
            return Comparison(operator, _unset_operand(left), _unset_operand(right), at)
        case Not(term):
            return Not(_unset(term))
        case And(terms):
            return And(tuple(map(_unset, terms)))
        case Or(terms):
            return Or(tuple(map(_unset, terms)))


def _unset_operand(operand: Operand) -> Operand:
    if isinstance(operand, Reference) and operand.root == "vars":
        return Reference("task", (UNSET, *operand.path), operand.at)
    return operand


def listed(texts: Iterable[str]) -> str:
    """A few texts with `or` between, each once and none of them long."""
    few = [text if len(text) <= LONG else f"{text[: LONG - 1]}…" for text in dict.fromkeys(texts)]
    return " or ".join(few[:MANY]) + (" and so on" if len(few) > MANY else "")


def without_quotes(value: object) -> str:
    """What to write for a text in quotes that was meant as a reference; empty where it can be none."""
    try:
        parse_reference(str(value) if isinstance(value, str) else "")
    except ExpressionError:
        return ""
    if str(value).startswith(tuple(f"{root}." for root in ROOTS)):
        return f"write {value} without quotes"
    return f"write {value}, or worker.{value}, without quotes"
