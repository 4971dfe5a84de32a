"""Tree to predicate: the meaning of `meaning`, as one Python function for each expression.

The function's text is made of the fragments below and of the names k0, k1 … alone: every name and constant of
an expression is a value of the function, never a part of its text. So expressions that differ in those alone,
as most of a rule set do, have the same text, which Python compiles once.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from app.engine.expressions.meaning import CLOCK, COMPARE, folded, holds, is_day, regex
from app.engine.expressions.tree import (
    And,
    Comparison,
    Constant,
    Expression,
    Not,
    Operand,
    Or,
    Reference,
    comparisons,
    size,
)
from app.engine.scope import Scope, lookup

LARGE = 500  # comparisons and values, beyond which Python's compiler takes more than it saves

Predicate: TypeAlias = Callable[[Scope], bool]
Getter: TypeAlias = Callable[[Scope], object]

# All that the text of a predicate can name beside `scope`, `v` and its own values.
NAMES: Mapping[str, object] = {
    "lookup": lookup,
    "folded": folded,
    "bool": bool,
    "str": str,
    "list": list,
    "NUMBERS": frozenset({int, float}),
    "__builtins__": {},
}

ROOTS = {
    "task": "scope.task",
    "worker": "scope.worker",
    "callback": "scope.callback",
    "vars": "scope.variables",
}
MIRRORED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!=", "HAS": "IN"}
EQUALITIES = {"==": "is", "!=": "is not"}  # and what compares the values of which Python has but one
ORDERS = frozenset({"<", "<=", ">", ">="})


def compile_expression(expression: Expression) -> Predicate:
    """A function that tells whether the expression holds. Names under `taskrouter` must be those of CLOCK."""
    if size(expression) > LARGE:
        return partial(holds, expression)
    writing = _Writing()
    return writing.function(writing.expression(expression))


def compile_reference(reference: Reference) -> Getter:
    """A function that looks a reference up; None for whatever is not there."""
    writing = _Writing()
    return writing.function(writing.operand(reference))


def resolved(expression: Expression, variables: Mapping[str, object]) -> Expression:
    """The expression with the value of each var in place of its name; itself where it has none."""
    if not any(_is_var(each.left) or _is_var(each.right) for each in comparisons(expression)):
        return expression
    match expression:
        case Comparison(operator, left, right, at):
            return Comparison(operator, _resolved(left, variables), _resolved(right, variables), at)
        case Not(term):
            return Not(resolved(term, variables))
        case And(terms):
            return And(tuple(resolved(term, variables) for term in terms))
        case Or(terms):
            return Or(tuple(resolved(term, variables) for term in terms))


def _is_var(operand: Operand) -> bool:
    return isinstance(operand, Reference) and operand.root == "vars"


def _resolved(operand: Operand, variables: Mapping[str, object]) -> Operand:
    if isinstance(operand, Reference) and operand.root == "vars":
        return Constant(lookup(variables, operand.path), operand.at)
    return operand


@lru_cache(maxsize=1_000)
def _factory(text: str, values: int) -> Callable[..., Any]:
    names = ", ".join(f"k{number}" for number in range(values))
    return eval(f"lambda {names}: lambda scope: {text}", dict(NAMES))  # type: ignore[no-any-return]  # noqa: S307


class _Writing:
    """The text of one function while it is written, and the values that it names."""

    def __init__(self) -> None:
        self.values: list[object] = []

    def function(self, text: str) -> Callable[[Scope], Any]:
        return _factory(text, len(self.values))(*self.values)  # type: ignore[no-any-return]

    def value(self, value: object) -> str:
        self.values.append(value)
        return f"k{len(self.values) - 1}"

    def expression(self, expression: Expression) -> str:
        match expression:
            case Comparison(operator, left, right):
                return self.comparison(operator, left, right)
            case Not(term):
                return f"not ({self.expression(term)})"
            case And(terms):
                return " and ".join(map(self.factor, terms))
            case Or(terms):
                return " or ".join(map(self.expression, terms))

    def factor(self, term: Expression) -> str:
        # No more parentheses than needed, since Python takes two hundred, one in another.
        text = self.expression(term)
        return f"({text})" if isinstance(term, Or) else text

    def comparison(self, operator: str, left: Operand, right: Operand) -> str:
        if operator == "HAS" or (isinstance(left, Constant) and operator in MIRRORED):
            operator, left, right = MIRRORED[operator], right, left
        if is_day(left) or is_day(right):
            compare, sides = self.value(COMPARE[operator]), (self.operand(left), self.operand(right))
            return f"{compare}(folded({sides[0]}), folded({sides[1]}))"
        return self.special(operator, left, right) or self.general(operator, left, right)

    def general(self, operator: str, left: Operand, right: Operand) -> str:
        return f"{self.value(COMPARE[operator])}({self.operand(left)}, {self.operand(right)})"

    def special(self, operator: str, left: Operand, right: Operand) -> str | None:
        """What needs no more than Python's own operators, None for all else."""
        if isinstance(left, Constant):
            # A text is in a list: Python compares it with no other kind of value.
            whole = operator == "IN" and isinstance(left.value, str)
            return f"{self.known(right)} is list and {self.value(left.value)} in v" if whole else None
        if isinstance(right, Reference):
            return None
        if operator in EQUALITIES:
            return self.equality(operator, left, right.value)
        if operator in ORDERS:
            return self.order(operator, left, right.value)
        return self.inclusion(operator, left, right.value)

    def equality(self, operator: str, left: Reference, right: object) -> str | None:
        match right:
            case str():
                # No other kind of value in a JSON document equals a text.
                return f"{self.operand(left)} {operator} {self.value(right)}"
            case None | bool():
                return f"{self.operand(left)} {EQUALITIES[operator]} {self.value(right)}"
            case int() | float() if operator == "==":
                return f"{self.known(left)} is not bool and v == {self.value(right)}"
        return None

    def order(self, operator: str, left: Reference, right: object) -> str | None:
        match right:
            case str():
                return f"{self.known(left)} is str and v {operator} {self.value(right)}"
            case int() | float() if not isinstance(right, bool):
                return f"{self.known(left)} in NUMBERS and v {operator} {self.value(right)}"
        return None

    def inclusion(self, operator: str, left: Reference, right: object) -> str | None:
        match operator, right:
            case "IN", list() as items if all(isinstance(item, str) for item in items):
                return f"{self.known(left)} is str and v in {self.value(frozenset(items))}"
            case "CONTAINS", str():
                return f"{self.known(left)} is str and {self.value(right)} in v"
            case "MATCHES", str() as pattern:
                search = self.value(regex(pattern).search)
                return f"{self.known(left)} is str and {search}(v.encode('utf-8', 'replace')) is not None"
        return None

    def known(self, operand: Operand) -> str:
        """The class of an operand's value, which is `v` from there on."""
        return f"(v := {self.operand(operand)}).__class__"

    def operand(self, operand: Operand) -> str:
        if isinstance(operand, Constant):
            return self.value(operand.value)
        if operand.root == "taskrouter":
            return self.clock(operand)
        if len(operand.path) == 1 and isinstance(operand.path[0], str):
            return f"{ROOTS[operand.root]}.get({self.value(operand.path[0])})"
        return f"lookup({ROOTS[operand.root]}, {self.value(operand.path)})"

    def clock(self, reference: Reference) -> str:
        read = self.value(CLOCK[str(reference.path[0])])
        if reference.zone is None:
            return f"{read}(scope.now)"
        return f"{read}(scope.now.astimezone({self.value(ZoneInfo(reference.zone))}))"
