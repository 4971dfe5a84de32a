"""Finds the first rule that matches without walking those that cannot.

Most rules ask that some attribute equal a constant: such a rule is looked up by the attribute's value, and
only the few that are found there are asked whether they hold. Rules are grouped by task type; those without
a type are a group of their own, since a copy of them in every other group would be quadratic in memory.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Generic, NamedTuple, TypeAlias, TypeVar

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
    """An entry and how many stand before it; `holds` is None where it holds whenever it is found."""

    number: int
    holds: Predicate | None
    found: T


class Group(NamedTuple, Generic[T]):
    """Places in order: those of each value of a reference, and those that have no such key."""

    by_value: tuple[tuple[Getter, Mapping[object, Sequence[Place[T]]]], ...] = ()
    others: tuple[Sequence[Place[T]], ...] = ()


class Matcher(Generic[T]):
    """Finds among entries in order. Their expressions hold no `vars`; `read_type` gives a task's type."""

    def __init__(self, entries: Iterable[Entry[T]], read_type: Getter) -> None:
        by_type: dict[object, list[_Numbered[T]]] = defaultdict(list)
        self._end = 0
        for entry in entries:
            numbered = _Numbered(self._end, entry)
            for name in dict.fromkeys(entry.task_types or (None,)):
                by_type[name].append(numbered)
            self._end += 1
        self._read_type = read_type
        self._of_any_type = _group(by_type.pop(None, []))
        self._by_type = {
            name: _joined(_group(numbered), self._of_any_type) for name, numbered in by_type.items()
        }

    def first(self, scope: Scope) -> T | None:
        """The first entry that looks at this task's type and holds."""
        best, found = self._end, None
        for places in self._asked(scope):
            for number, holds, entry in places:
                if number > best:
                    break
                if holds is None or holds(scope):
                    best, found = number, entry
                    break
        return found

    def asked(self, scope: Scope, before: int) -> int:
        """How many of the first `before` entries `first` asks at most."""
        return sum(bisect_left(places, before, key=_number) for places in self._asked(scope))

    def _asked(self, scope: Scope) -> tuple[Sequence[Place[T]], ...]:
        """Lists of all that can hold, each in order."""
        try:
            by_value, lists = self._by_type.get(self._read_type(scope), self._of_any_type)
        except TypeError:  # a list or an object, which is no type
            by_value, lists = self._of_any_type
        for read, places_of in by_value:
            try:
                places = places_of.get(read(scope))
            except TypeError:  # nor does one equal anything
                continue
            if places:
                lists = (places, *lists)  # the few first, so that less of the others is asked
        return lists


class _Numbered(Generic[T]):
    """An entry, how many stand before it, and its places in the groups of its types, which are made once."""

    def __init__(self, number: int, entry: Entry[T]) -> None:
        self.keys = required_values(entry.expression)
        self._number = number
        self._entry = entry
        self._places: dict[Reference | None, Place[T]] = {}

    def place(self, key: Reference | None) -> Place[T]:
        """Where it is found by the value of a reference, or by none."""
        if key not in self._places:
            expression = self._entry.expression
            rest = _rest(expression, key) if key else expression
            self._places[key] = Place(self._number, _compiled(rest), self._entry.found)
        return self._places[key]


def required_values(expression: Expression | None) -> Keys:
    """References that must have one of a few values for the expression to hold."""
    match expression:
        case Comparison():
            return _values(expression)
        case And(terms):
            together: dict[Reference, frozenset[object]] = {}
            for term in terms:
                for key, fitting in required_values(term).items():
                    together[key] = together[key] & fitting if key in together else fitting
            return together
        case Or(terms):
            first, *others = (required_values(term) for term in terms)
            shared = (key for key in first if all(key in other for other in others))
            return {key: first[key].union(*(other[key] for other in others)) for key in shared}
    return {}


def _values(comparison: Comparison) -> Keys:
    match comparison.operator, comparison.left, comparison.right:
        case ("==", Reference() as reference, Constant(value)) | (
            "==",
            Constant(value),
            Reference() as reference,
        ):
            return _keys(reference, [value])
        case "IN", Reference() as reference, Constant(list() as values):
            return _keys(reference, values)
    return {}


def _number(place: Place[Any]) -> int:
    return place.number


def _keys(reference: Reference, values: Iterable[object]) -> Keys:
    if is_day(reference):  # it compares without regard to case
        return {}
    return {reference: frozenset(value for value in values if not isinstance(value, list | dict))}


def _group(numbered: list[_Numbered[T]]) -> Group[T]:
    crowds: dict[Reference, Counter[object]] = defaultdict(Counter)
    users: Counter[Reference] = Counter()
    for each in numbered:
        for key, values in each.keys.items():
            crowds[key].update(values)
            users[key] += 1
    # A place is found by the reference that tells most places apart, unless many share a value of it.
    worth = {key: len(crowd) * _evenness(crowd) for key, crowd in crowds.items()}
    by_key: dict[Reference, dict[object, list[Place[T]]]] = defaultdict(lambda: defaultdict(list))
    others: list[Place[T]] = []
    for each in numbered:
        shared = [key for key in each.keys if users[key] >= FEW]
        if not shared:
            others.append(each.place(None))
            continue
        key = max(shared, key=worth.__getitem__)
        for value in each.keys[key]:
            by_key[key][value].append(each.place(key))
    indexes = tuple((compile_reference(key), dict(by_value)) for key, by_value in by_key.items())
    return Group(indexes, (others,) if others else ())


def _evenness(crowd: Counter[object]) -> float:
    """1 where each value is asked for once; else one part of how many others ask for the same on average."""
    return crowd.total() / max(1, sum(count * count for count in crowd.values()))


def _rest(expression: Expression | None, key: Reference) -> Expression | None:
    """What is left to ask of an entry that was found by the value of a reference."""
    match expression:
        case And(terms):
            asking = [number for number, term in enumerate(terms) if key in required_values(term)]
            if len(asking) > 1:
                return expression  # none of them alone says what the others do
            left = [_rest(term, key) if number in asking else term for number, term in enumerate(terms)]
            rest = tuple(term for term in left if term is not None)
            return And(rest) if len(rest) > 1 else rest[0] if rest else None
        case Comparison("==" | "IN", Reference() as reference, Constant(value)) if reference == key:
            # Numbers are asked again: 1 finds the place of true, too, since Python has them equal.
            texts = value if isinstance(value, list) else [value]
            return None if all(isinstance(text, str) for text in texts) else expression
    return expression


def _compiled(expression: Expression | None) -> Predicate | None:
    return compile_expression(expression) if expression else None


def _joined(one: Group[T], other: Group[T]) -> Group[T]:
    return Group(one.by_value + other.by_value, one.others + other.others)
