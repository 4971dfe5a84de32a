"""Finds the first rule that matches without walking those that cannot.

Most rules ask that some attribute equal a constant: such a rule is looked up by the attribute's value, and only
the few that are found there are asked whether they hold. Rules are grouped by task type; those without a type
are a group of their own, since a copy of them in every other group would be quadratic in memory.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeAlias, TypeVar

from app.engine.expressions.compiling import Getter, Predicate, compile_expression, compile_reference
from app.engine.expressions.meaning import is_day
from app.engine.expressions.tree import And, Comparison, Constant, Expression, Or, Reference
from app.engine.scope import Scope

T = TypeVar("T")

Keys: TypeAlias = Mapping[Reference, frozenset[object]]

FEW = 2  # entries of one reference, below which asking them is as fast as looking them up


class Entry(NamedTuple, Generic[T]):
    """What may be found, on tasks of these types (of any, where there is none), when the expression holds."""

    task_types: tuple[str, ...]
    expression: Expression | None
    found: T


class Place(NamedTuple, Generic[T]):
    """An entry that was compiled, and how many stand before it."""

    number: int
    holds: Predicate
    found: T
    keys: Keys


class Group(NamedTuple, Generic[T]):
    """Places in order: those of each value of a reference, and those that have no such key."""

    by_value: tuple[tuple[Getter, Mapping[object, Sequence[Place[T]]]], ...] = ()
    others: tuple[Sequence[Place[T]], ...] = ()


class Matcher(Generic[T]):
    """Finds among entries in order. Their expressions hold no `vars`."""

    def __init__(self, entries: Iterable[Entry[T]]) -> None:
        by_type: dict[str | None, list[Place[T]]] = defaultdict(list)
        for number, (task_types, expression, found) in enumerate(entries):
            holds = compile_expression(expression) if expression else _always
            place = Place(number, holds, found, required_values(expression) if expression else {})
            for name in dict.fromkeys(task_types or (None,)):
                by_type[name].append(place)
        self._of_any_type = _group(by_type.pop(None, []))
        self._by_type = {name: _joined(_group(places), self._of_any_type) for name, places in by_type.items()}

    def first(self, task_type: str, scope: Scope) -> T | None:
        """The first entry that looks at this task type and holds."""
        group = self._by_type.get(task_type, self._of_any_type)
        best: Place[T] | None = None
        for read, by_value in group.by_value:
            try:
                places = by_value.get(read(scope))
            except TypeError:  # a list or an object, which equals nothing
                continue
            if places:
                best = _earlier(places, scope, best)
        for places in group.others:
            best = _earlier(places, scope, best)
        return best.found if best else None


def required_values(expression: Expression) -> Keys:
    """References that must have one of a few values for the expression to hold."""
    match expression:
        case Comparison("==", Reference() as reference, Constant(value)):
            return _keys(reference, [value])
        case Comparison("==", Constant(value), Reference() as reference):
            return _keys(reference, [value])
        case Comparison("IN", Reference() as reference, Constant(list() as values)):
            return _keys(reference, values)
        case And(terms):
            return {key: values for term in terms for key, values in required_values(term).items()}
        case Or(terms):
            first, *others = (required_values(term) for term in terms)
            shared = (key for key in first if all(key in other for other in others))
            return {key: first[key].union(*(other[key] for other in others)) for key in shared}
    return {}


def _keys(reference: Reference, values: Iterable[object]) -> Keys:
    if is_day(reference):  # it compares without regard to case
        return {}
    return {reference: frozenset(value for value in values if not isinstance(value, list | dict))}


def _always(_: Scope) -> bool:
    return True


def _earlier(places: Sequence[Place[T]], scope: Scope, best: Place[T] | None) -> Place[T] | None:
    """The first of these places that holds, unless another that does stands before it."""
    for place in places:
        number, holds, _, _ = place
        if best is not None and number > best.number:
            return best
        if holds(scope):
            return place
    return best


def _group(places: list[Place[T]]) -> Group[T]:
    # A place is found by the reference that tells most places apart.
    distinct: dict[Reference, set[object]] = defaultdict(set)
    users: Counter[Reference] = Counter()
    for place in places:
        for key, values in place.keys.items():
            distinct[key] |= values
            users[key] += 1
    by_key: dict[Reference, dict[object, list[Place[T]]]] = defaultdict(lambda: defaultdict(list))
    others: list[Place[T]] = []
    for place in places:
        keys = [key for key in place.keys if users[key] >= FEW]
        if not keys:
            others.append(place)
            continue
        key = max(keys, key=lambda each: len(distinct[each]))
        for value in place.keys[key]:
            by_key[key][value].append(place)
    indexes = tuple((compile_reference(key), dict(by_value)) for key, by_value in by_key.items())
    return Group(indexes, (others,) if others else ())


def _joined(one: Group[T], other: Group[T]) -> Group[T]:
    return Group(one.by_value + other.by_value, one.others + other.others)
