"""The values of one reference, in cells whose values no comparison with a constant tells apart."""

from bisect import bisect_left, bisect_right
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto
from itertools import count, pairwise
from math import ceil, floor
from typing import Any

from app.engine.expressions.meaning import kind

DIGITS = 19  # as many are a number in TaskAge and TaskPriority, more are text


class Source(Enum):
    """Where a reference's values come from, and so what they can be."""

    ATTRIBUTE = auto()  # anything that JSON can say
    PARAMETER = auto()  # text
    REPEATABLE = auto()  # text, or a list of texts, since a body may hold a parameter more than once
    NUMBERED = auto()  # whole numbers, and text that is none
    NOWHERE = auto()  # nothing: a path below a parameter


@dataclass(slots=True)
class Uses:
    """The constants that a reference is compared with, and what else its cells have to tell apart."""

    booleans: set[bool] = field(default_factory=set)
    numbers: dict[int | float, None] = field(default_factory=dict)
    texts: dict[str, None] = field(default_factory=dict)
    number_order: bool = False
    text_order: bool = False
    text_inside: bool = False  # CONTAINS and MATCHES
    lists: bool = False
    objects: bool = False
    members: list[object] = field(default_factory=list)  # what a list may hold

    def add(self, value: object) -> None:
        """Notes a constant; null, a list and an object need no cell of their own."""
        if isinstance(value, bool):
            self.booleans.add(value)
        elif isinstance(value, int | float):
            self.numbers[value] = None
        elif isinstance(value, str):
            self.texts[value] = None

    def add_order(self, value: object) -> None:
        """Notes a constant beside which values are ordered."""
        self.add(value)
        self.number_order |= kind(value) == "number"
        self.text_order |= isinstance(value, str)

    def add_member(self, value: object) -> None:
        """Notes a constant that a list may hold."""
        self.lists = True
        self.members.append(value)


@dataclass(frozen=True, slots=True)
class Gap:
    """The cell of the numbers or texts between two constants; `value` is one of them."""

    value: int | float | str
    after: int | float | str | None = None
    before: int | float | str | None = None

    def holds(self, value: object) -> bool:
        return (
            kind(value) == kind(self.value)
            and (self.after is None or self.after < value)  # type: ignore[operator]  # of one kind
            and (self.before is None or value < self.before)  # type: ignore[operator]
        )


class Cells:
    """`values` has a value of each cell, the plainest first; a set of cells is a mask of bits in that order.

    `gaps` are the cells of many numbers or texts, `inner` masks those whose texts CONTAINS and MATCHES still
    tell apart. `lists` and `objects` are the cells of those, `stranger` is that of whatever has none of its
    own; each may be 0.
    """

    def __init__(self, uses: Uses, source: Source) -> None:
        self.source = source
        self._anything = source is Source.ATTRIBUTE
        self.in_order = uses.text_order
        self.values: list[object] = [None]
        self.null = 1
        self.gaps: dict[int, Gap] = {}
        self.inner = self.lists = self.objects = self.stranger = 0
        self._points: dict[tuple[str, object], int] = {}
        self._rows: dict[str, tuple[int, list[Any]]] = {}
        if uses.booleans:
            self._add(sorted(uses.booleans, reverse=True))
        if uses.numbers:
            self._rows["number"] = self._add(number_cells(uses, source))
        if uses.texts or uses.text_inside:
            self._rows["text"] = self._add(text_cells(uses, source))
        if uses.text_inside:
            self.inner = sum(bit for bit, gap in self.gaps.items() if isinstance(gap.value, str))
        self._add_others(uses)
        self.full = (1 << len(self.values)) - 1

    def equal_to(self, value: object) -> int:
        """The cells of what equals a constant."""
        if value is None:
            return self.null
        of = kind(value)
        return 0 if of == "document" else self._points.get((of, value), 0)

    def ordered(self, operator: str, value: object) -> int:
        """The cells of what is so ordered beside a constant."""
        first, row = self._rows.get(kind(value), (0, []))
        lower, upper = bisect_left(row, value), bisect_right(row, value)
        ends = {"<": (0, lower), "<=": (0, upper), ">": (upper, len(row)), ">=": (lower, len(row))}
        start, end = ends[operator]
        return _run(first + start, first + end)

    def texts(self) -> Iterator[tuple[str, int]]:
        """Each text that is a cell of its own."""
        for (_, value), bit in self._points.items():
            if isinstance(value, str):
                yield value, bit

    def cell_of(self, value: object) -> int:
        """The cell that a value lies in; 0 for some that the reference never has."""
        if bit := self.equal_to(value):
            return bit
        if isinstance(value, dict):
            return self.objects or self.stranger
        if isinstance(value, list):
            return self.lists or self.stranger
        return next((bit for bit, gap in self.gaps.items() if gap.holds(value)), self.stranger)

    def _add(self, row: Iterable[object]) -> tuple[int, list[object]]:
        """Adds cells, of points and gaps; the place of the first, and a value of each."""
        first = len(self.values)
        for cell in row:
            value = cell.value if isinstance(cell, Gap) else cell
            if self._anything or possible(self.source, value):
                if isinstance(cell, Gap):
                    self.gaps[1 << len(self.values)] = cell
                else:
                    self._points[kind(value), value] = 1 << len(self.values)
                self.values.append(value)
        return first, self.values[first:]

    def _add_others(self, uses: Uses) -> None:
        for strange in strangers(uses):
            if self._anything or possible(self.source, strange):
                self.stranger = 1 << len(self.values)
                self.values.append(strange)
                break
        if uses.lists and (self._anything or self.source is Source.REPEATABLE):
            self.lists = 1 << len(self.values)
            self.values.append([] if self._anything else repeated(uses))
        if uses.objects and self._anything:
            self.objects = 1 << len(self.values)
            self.values.append({})


def _run(start: int, end: int) -> int:
    return ((1 << (end - start)) - 1) << start


def possible(source: Source, value: object) -> bool:
    """Whether a value can come from there."""
    match source:
        case Source.ATTRIBUTE:
            return True
        case Source.NOWHERE:
            return value is None
        case Source.PARAMETER:
            return value is None or isinstance(value, str)
        case Source.REPEATABLE:
            texts = value if isinstance(value, list) and len(value) > 1 else [value]
            return value is None or all(isinstance(text, str) for text in texts)
    if isinstance(value, str):
        return not (value.isascii() and value.isdigit() and len(value) <= DIGITS)
    whole = isinstance(value, int | float) and not isinstance(value, bool) and value % 1 == 0
    return value is None or (whole and 0 <= value < 10**DIGITS)  # type: ignore[operator]  # a number


def number_cells(uses: Uses, source: Source) -> Iterator[object]:
    """Each number; when numbers are ordered, in ascending order with the gaps around them."""
    if not uses.number_order:
        yield from uses.numbers
        return
    bounds = (0, 10**DIGITS - 1) if source is Source.NUMBERED else ()
    numbers = {*uses.numbers, *bounds}
    for after, before in pairwise([None, *sorted(numbers), None]):
        value = _number_between(after, before)
        if value is not None:
            yield Gap(value, after, before)
        if before is not None:
            yield before


def text_cells(uses: Uses, source: Source) -> Iterator[object]:
    """Each text, and the gaps that matter: around them when texts are ordered, else the one of all others."""
    if not uses.text_order:
        yield from uses.texts
        if uses.text_inside:
            yield Gap(fresh_text(uses.texts))
        return
    for after, before in pairwise([None, *sorted(uses.texts), None]):
        value = _text_between(after, before, source)
        if value is not None:
            yield Gap(value, after, before)
        if before is not None:
            yield before


def strangers(uses: Uses) -> Iterator[object]:
    """Values that no comparison of such uses tells from an object, the plainest first."""
    if not (uses.text_order or uses.text_inside):
        yield fresh_text(uses.texts)
    if not uses.number_order:
        yield next(number for number in count() if number not in uses.numbers)
    yield from (value for value in (True, False) if value not in uses.booleans)
    yield {}
    if not uses.lists:
        yield repeated(uses)


def repeated(uses: Uses) -> list[object]:
    """What a parameter is that stands in a body twice, with a text that no comparison asks for."""
    texts: list[object] = [*uses.texts, *uses.members]
    return [fresh_text(texts)] * 2


def fresh_text(texts: Container[object]) -> str:
    """A text that is none of these."""
    if "other" not in texts:
        return "other"
    return next(text for number in count(2) if (text := f"other{number}") not in texts)


def _number_between(after: int | float | None, before: int | float | None) -> int | float | None:
    if after is None:
        return None if before is None else 0 if before > 0 else ceil(before) - 1
    whole = floor(after) + 1
    if before is None or whole < before:
        return whole
    try:
        middle = (after + before) / 2
    except OverflowError:  # whole numbers next to each other, beyond every fraction
        return None
    return middle if after < middle < before else None


def _text_between(after: str | None, before: str | None, source: Source) -> str | None:
    if after is None:
        return "" if before != "" else None
    texts = (after + more for more in ("a", "0", " ", "\0"))
    between = (text for text in texts if before is None or text < before)
    return next((text for text in between if possible(source, text)), None)
