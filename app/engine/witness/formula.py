"""Formulas over finite domains, and the search for what satisfies one.

A domain is a set of cases written as the bits of an integer; a literal `(dimension, mask)` holds in the
cases of the mask. The lowest bit of a domain is its preferred case.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

Literal: TypeAlias = tuple[int, int]

MANY = 50  # clauses


@dataclass(slots=True)
class All:
    """Every literal holds, one for each dimension, and every node."""

    masks: dict[int, int]
    nodes: list["Formula"]


@dataclass(slots=True)
class Some:
    """At least one literal holds, or one node."""

    masks: dict[int, int]
    nodes: list["Formula"]


Formula: TypeAlias = bool | Literal | All | Some


class TooManyCasesError(Exception):
    """The budget of a search is spent."""


def every(parts: Iterable[Formula], domains: Sequence[int]) -> Formula:
    """The conjunction of parts, without what these domains decide."""
    masks: dict[int, int] = {}
    nodes: list[Formula] = []
    for part in parts:
        if isinstance(part, bool):
            if not part:
                return False
        elif isinstance(part, Some):
            nodes.append(part)
        else:
            literals, inner = _terms(part)
            nodes.extend(inner)
            for dimension, mask in literals:
                left = masks.get(dimension, domains[dimension]) & mask
                if not left:
                    return False
                masks[dimension] = left
    masks = {dimension: mask for dimension, mask in masks.items() if mask != domains[dimension]}
    return _single(masks, nodes, empty=True) if len(masks) + len(nodes) < 2 else All(masks, nodes)


def some(parts: Iterable[Formula], domains: Sequence[int]) -> Formula:
    """The disjunction of parts, without what these domains decide."""
    masks: dict[int, int] = {}
    nodes: list[Formula] = []
    for part in parts:
        if isinstance(part, bool):
            if part:
                return True
        elif isinstance(part, All):
            nodes.append(part)
        else:
            literals, inner = _terms(part)
            nodes.extend(inner)
            for dimension, mask in literals:
                left = (masks.get(dimension, 0) | mask) & domains[dimension]
                if left == domains[dimension]:
                    return True
                if left:
                    masks[dimension] = left
    return _single(masks, nodes, empty=False) if len(masks) + len(nodes) < 2 else Some(masks, nodes)


def negated(formula: Formula, full: Sequence[int]) -> Formula:
    """What holds exactly where the formula does not; `full` holds every domain whole."""
    if isinstance(formula, bool):
        return not formula
    if isinstance(formula, tuple):
        dimension, mask = formula
        return dimension, full[dimension] & ~mask
    parts = [negated(part, full) for part in chain(formula.masks.items(), formula.nodes)]
    return some(parts, full) if isinstance(formula, All) else every(parts, full)


def boxes(formula: Formula, full: Sequence[int], budget: int) -> Iterator[list[int]]:
    """Boxes of cases, a domain for each dimension, that satisfy the formula whole; they may overlap.

    Together they hold all that satisfies it: when none comes, nothing does. Raises TooManyCasesError after
    `budget` steps; to look at four clauses is a step.
    """
    stack: list[tuple[list[int], list[Formula], list[int]]] = [(list(full), [formula], [])]
    while stack:
        domains, pending, tried = stack.pop()
        settled = False
        while not settled:
            budget -= 1 + len(pending) // 4
            if budget < 0:
                raise TooManyCasesError
            settled, pending = _settle(domains, pending)
        if not pending:
            yield domains
        elif pending != [False]:
            point = _point(domains, pending)
            if point and point != tried:
                yield point
            inside, outside = _split(domains, pending)
            stack.append((outside, pending, point))
            stack.append((inside, pending, point))


def _point(domains: Sequence[int], pending: Sequence[Formula]) -> list[int]:
    """The preferred cases if they satisfy all, else, where that saves much searching, the least preferred."""
    points = [[domain & -domain for domain in domains]]
    if len(pending) >= MANY:
        points.append([1 << domain.bit_length() - 1 for domain in domains])
    return next((point for point in points if all(_true_at(node, point) for node in pending)), [])


def _true_at(formula: Formula, point: Sequence[int]) -> bool:
    if isinstance(formula, bool):
        return formula
    literals, nodes = _terms(formula)
    if isinstance(formula, Some):
        found = any(point[dimension] & mask for dimension, mask in literals)
        return found or any(_true_at(node, point) for node in nodes)
    found = all(point[dimension] & mask for dimension, mask in literals)
    return found and all(_true_at(node, point) for node in nodes)


def _settle(domains: list[int], pending: list[Formula]) -> tuple[bool, list[Formula]]:
    """Narrows the domains by all that leaves no choice; whether that was all, and what is left."""
    whole = every((_reduced(node, domains) for node in pending), domains)
    if isinstance(whole, bool):
        return True, [] if whole else [whole]
    if isinstance(whole, Some):
        return True, [whole]
    literals, nodes = _terms(whole)
    settled = True
    for dimension, mask in literals:
        domains[dimension] = mask
        settled = False
    return settled or not nodes, nodes


def _reduced(formula: Formula, domains: Sequence[int]) -> Formula:
    if isinstance(formula, bool):
        return formula
    if isinstance(formula, Some) and not formula.nodes and _is_open(formula, domains):
        return formula
    literals, nodes = _terms(formula)
    parts = chain(literals, (_reduced(node, domains) for node in nodes))
    return some(parts, domains) if isinstance(formula, Some) else every(parts, domains)


def _is_open(formula: Some, domains: Sequence[int]) -> bool:
    """Whether the domains decide none of the literals."""
    for dimension, mask in formula.masks.items():
        left = domains[dimension] & mask
        if not left or left == domains[dimension]:
            return False
    return True


def _split(domains: list[int], pending: list[Formula]) -> tuple[list[int], list[int]]:
    """The domains parted by a literal of the shortest clause that the preferred cases do not satisfy."""
    point = [domain & -domain for domain in domains]
    undone = [node for node in pending if not _true_at(node, point)]
    dimension, mask = _open_literal(min(undone or pending, key=_width))
    inside, outside = domains.copy(), domains.copy()
    inside[dimension] &= mask
    outside[dimension] &= ~mask
    return inside, outside


def _open_literal(formula: Formula) -> Literal:
    while not isinstance(formula, tuple):
        literals, nodes = _terms(formula)
        formula = next(iter(literals), None) or nodes[0]
    return formula


def _width(formula: Formula) -> int:
    return len(formula.masks) + len(formula.nodes) if isinstance(formula, All | Some) else 1


def _terms(formula: Formula) -> tuple[Iterable[Literal], list[Formula]]:
    if isinstance(formula, All | Some):
        return formula.masks.items(), formula.nodes
    return ((), []) if isinstance(formula, bool) else ((formula,), [])


def _single(masks: dict[int, int], nodes: list[Formula], *, empty: bool) -> Formula:
    """The formula of at most one term."""
    return nodes[0] if nodes else next(iter(masks.items()), empty)
