"""Formulas over finite domains."""

from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.witness.formula import (
    All,
    Formula,
    Literal,
    Some,
    TooManyCasesError,
    boxes,
    every,
    negated,
    some,
)

FULL = [0b111, 0b11, 0b1111]
POINTS = [[1 << place for place in places] for places in product(range(3), range(2), range(4))]


@dataclass(frozen=True)
class Joined:
    """A formula to be made: `name` is every, some or not (of the first part)."""

    name: str
    parts: list["Tree"]


Tree: TypeAlias = bool | Literal | Joined

LITERALS = st.integers(0, 2).flatmap(
    lambda dimension: st.tuples(st.just(dimension), st.integers(0, FULL[dimension]))
)
TREES: st.SearchStrategy[Tree] = st.recursive(
    LITERALS | st.booleans(),
    lambda part: st.builds(
        Joined, st.sampled_from(("every", "some", "not")), st.lists(part, min_size=1, max_size=4)
    ),
    max_leaves=12,
)


def made(tree: Tree) -> Formula:
    """The formula of a tree."""
    if not isinstance(tree, Joined):
        return tree
    if tree.name == "not":
        return negated(made(tree.parts[0]), FULL)
    return (every if tree.name == "every" else some)([made(part) for part in tree.parts], FULL)


def true_at(tree: Tree, point: list[int]) -> bool:
    """Whether a tree holds at a point, worked out by itself."""
    if isinstance(tree, bool):
        return tree
    if not isinstance(tree, Joined):
        dimension, mask = tree
        return bool(point[dimension] & mask)
    values = [true_at(part, point) for part in tree.parts]
    return not values[0] if tree.name == "not" else all(values) if tree.name == "every" else any(values)


@given(TREES)
def test_boxes_hold_what_satisfies_and_nothing_else(tree: Tree) -> None:
    """Each point that satisfies is in a box, no other is in one."""
    found = list(boxes(made(tree), FULL, 10_000))
    for point in POINTS:
        inside = [box for box in found if all(case & domain for case, domain in zip(point, box, strict=True))]
        assert bool(inside) == true_at(tree, point)


def test_the_preferred_case_comes_first() -> None:
    """Of each dimension the lowest case, unless the formula asks for another; then what it asks for first."""
    either = some([(0, 0b110), every([(1, 0b10), (2, 0b1000)], FULL)], FULL)
    assert next(boxes(either, FULL, 100)) == [0b110, 0b11, 0b1111]
    assert next(boxes(negated(either, FULL), FULL, 100)) == [0b001, 0b01, 0b0001]


def test_what_the_domains_decide_is_left_out() -> None:
    """Literals of one dimension become one, true and false ones none."""
    assert every([(0, 0b011), (0, 0b110)], FULL) == (0, 0b010)
    assert every([(0, 0b001), (0, 0b110)], FULL) is False
    assert some([(0, 0b001), (0, 0b110)], FULL) is True
    assert some([(0, 0b001), False, (0, 0b010)], FULL) == (0, 0b011)
    assert every([True, (0, 0b111)], FULL) is True
    assert some([], FULL) is False
    inner = every([(0, 0b001), (1, 0b01)], FULL)
    assert inner == All({0: 0b001, 1: 0b01}, [])
    assert some([(2, 0b0001), inner], FULL) == Some({2: 0b0001}, [inner])


def test_a_search_ends_with_its_budget() -> None:
    """A budget of no steps is spent at once."""
    with pytest.raises(TooManyCasesError):
        next(boxes((0, 0b001), FULL, 0))
