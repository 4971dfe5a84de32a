"""The nodes of an expression. `at` is the offset in its text; it takes no part in comparing trees."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

ROOTS = ("task", "worker", "callback", "taskrouter", "vars")


@dataclass(frozen=True, slots=True)
class Constant:
    """A string, number, boolean, null, or a list of those."""

    value: object
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Reference:
    """A value of the call: `path` of keys and indexes below one of ROOTS.

    `zone` is the time zone of `taskrouter.in("Zone/City").…`, None for UTC and for every other root.
    """

    root: str
    path: tuple[str | int, ...]
    at: int = field(default=0, compare=False)
    zone: str | None = None


Operand: TypeAlias = Constant | Reference


@dataclass(frozen=True, slots=True)
class Comparison:
    """`operator` is one of ==, !=, <, <=, >, >=, CONTAINS, HAS, IN, NOT IN and, ours, MATCHES."""

    operator: str
    left: Operand
    right: Operand
    at: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class And:
    """Every term holds."""

    terms: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one term holds."""

    terms: tuple["Expression", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The term does not hold. Ours: Twilio's language has no such prefix."""

    term: "Expression"


Expression: TypeAlias = Comparison | And | Or | Not


def comparisons(expression: Expression) -> Iterator[Comparison]:
    """Every comparison of an expression, in reading order."""
    left = [expression]
    while left:
        first = left.pop()
        if isinstance(first, Comparison):
            yield first
        elif isinstance(first, Not):
            left.append(first.term)
        else:
            left.extend(reversed(first.terms))


def size(expression: Expression) -> int:
    """How many comparisons an expression has, and values in its lists."""
    return sum(1 + _length(each.left) + _length(each.right) for each in comparisons(expression))


def _length(side: Operand) -> int:
    return len(side.value) if isinstance(side, Constant) and isinstance(side.value, list) else 0


def references(expression: Expression) -> Iterator[Reference]:
    """Every reference of an expression, in reading order."""
    for comparison in comparisons(expression):
        yield from (side for side in (comparison.left, comparison.right) if isinstance(side, Reference))
