"""From a box of cases to calls: the values of each reference, and the documents that hold them."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from datetime import datetime
from itertools import islice, pairwise
from typing import TypeVar

from app.engine.expressions import Reference
from app.engine.expressions.meaning import equal, kind
from app.engine.scope import lookup
from app.engine.witness import clock
from app.engine.witness.cells import Cells, Source, possible
from app.engine.witness.reading import Ask, Pair
from app.engine.witness.space import OFF, ON, Space

T = TypeVar("T")

MAX_INDEX = 1_000  # lists are filled up to an index
CHOICES = 12  # of each side of a pair
ASSIGNMENTS = 1_000  # of values to some or all references, from one box

# Texts that regular expressions are often made for.
SPECIMENS = (
    "a",
    "A",
    "0",
    "1",
    "abc",
    "12345",
    "+15550100",
    "a b",
    "a@example.com",
    "https://example.com/",
    "2026-11-23",
)
# Parts of a regular expression, in this order, and what they can stand for.
SAMPLES: Sequence[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]] = [
    (re.compile(r"\(\?\w+\)|\\[bBAz]|(?<!\\)[\^$](?!\])"), ""),
    (re.compile(r"\\d"), "5"),
    (re.compile(r"\\w"), "a"),
    (re.compile(r"\\s"), " "),
    (re.compile(r"(?<!\\)\[([^]\\^])[^]]*\]"), r"\\\1"),  # with a backslash: it is no operator
    (re.compile(r"(?<!\\)\.(?=[+{])"), "a"),
    (re.compile(r"(?<!\\)(?:\\.|[^\\()]|\([^()]*\))[*?]\??"), ""),
    (re.compile(r"(?<!\\)\+\??"), ""),
    (re.compile(r"(?<!\\)\((?:\?:)?([^()|]*)(?:\|[^()]*)?\)"), r"\1"),
    (re.compile(r"(\\.|[^\\])\{(\d{1,3})(?:,\d*)?\}"), lambda part: part[1] * int(part[2])),
    (re.compile(r"\\(.)"), r"\1"),
]
SEPARATORS = (" ", "-", "/", "|", "~")


@dataclass(frozen=True, slots=True)
class Example:
    """A concrete call: the two attribute documents, the parameters that matter, and the time (aware, UTC)."""

    task: Mapping[str, object]
    worker: Mapping[str, object]
    callback: Mapping[str, str | list[str]]
    at: datetime


def calls(space: Space, box: Sequence[int]) -> Iterator[Example]:
    """Calls that may lie in a box, the plainest first."""
    choices = {reference: _own(space, box, reference, 1) for reference in space.axes}
    pairs = list(space.pairs())
    for pair, _ in pairs:
        _vary(space, box, pair, choices)
    wanted = [(pair, box[switch] == ON) for pair, switch in pairs if box[switch] in {OFF, ON}]
    times = list(clock.instants([(zone, box[dimension]) for zone, dimension in space.clocks.items()]))
    for values in _assignments(choices, wanted):
        documents = _documents(values)
        if documents is not None:
            yield from (Example(*documents, at) for at in times)


def _assignments(
    choices: Mapping[Reference, Sequence[object]], wanted: Sequence[tuple[Pair, bool]]
) -> Iterator[dict[Reference, object]]:
    """One value for each reference, so that the pairs of two of them hold as wanted."""
    fixed = {reference: values[0] for reference, values in choices.items() if len(values) == 1}
    free = [reference for reference in choices if reference not in fixed]
    stack: list[tuple[object, ...]] = [()]
    for _ in range(ASSIGNMENTS):
        if not stack:
            return
        chosen = stack.pop()
        values = fixed | dict(zip(free, chosen, strict=False))
        if any(pair.holds(values) == (not on) for pair, on in wanted):
            continue
        if len(chosen) == len(free):
            yield values
        else:
            stack.extend((*chosen, value) for value in reversed(choices[free[len(chosen)]]))


def _own(space: Space, box: Sequence[int], reference: Reference, most: int) -> list[object]:
    """Values of the first cells that the box leaves a reference."""
    domain = box[space.axes[reference].dimension]
    found: list[object] = []
    while domain and len(found) < most:
        bit = domain & -domain
        domain ^= bit
        found.extend(islice(_values(space, box, reference, bit), 1))
    return found


def _values(space: Space, box: Sequence[int], reference: Reference, bit: int) -> Iterator[object]:
    cells = space.axes[reference].cells
    if bit == cells.lists:
        held = [ask.value for ask, switch in space.of(reference, "HAS", "LACKS") if box[switch] == ON]
        plain = cells.values[bit.bit_length() - 1]
        yield (held if cells.source is Source.ATTRIBUTE else _repeated(held)) or plain
    elif bit & cells.inner:
        yield from _texts(space, box, reference, bit)
    else:
        yield cells.values[bit.bit_length() - 1]


def _texts(space: Space, box: Sequence[int], reference: Reference, bit: int) -> Iterator[str]:
    """Texts of one cell that contain and match what the box says, first those that do no more than that."""
    cells = space.axes[reference].cells
    asks = [(ask, box[switch] == ON) for ask, switch in space.of(reference, "CONTAINS", "MATCHES", "WITHIN")]
    gap = cells.gaps[bit]
    more: list[str] = []
    for text in _proposals(cells, asks, str(gap.value)):
        if gap.holds(text) and not cells.equal_to(text) and possible(cells.source, text):
            wrong = [on for ask, on in asks if ask.holds(text) != on]
            if not wrong:
                yield text
            elif not any(wrong):
                more.append(text)
    yield from more


def _proposals(cells: Cells, asks: Sequence[tuple[Ask, bool]], start: str) -> Iterator[str]:
    wanted = [str(ask.value) for ask, on in asks if on and ask.operator == "CONTAINS"]
    parts = [text for text in wanted if not any(text != other and text in other for other in wanted)]
    known = {char for ask, _ in asks for char in str(ask.value)} | {
        char for text, _ in cells.texts() for char in text
    }
    fresh = next(chr(code) for code in range(0xA1, 0x10FFFF) if chr(code) not in known)
    for separator in (*SEPARATORS, fresh):
        joined = separator.join(parts)
        yield from (joined, start + joined, start + separator + joined, separator + joined + separator)
    patterns = [str(ask.value) for ask, on in asks if on and ask.operator != "CONTAINS"]
    for pattern in patterns:
        yield from _specimens(pattern)
    joined = fresh.join(parts)
    for specimen in SPECIMENS:
        yield from (specimen, start + specimen, joined + specimen)


def _specimens(pattern: str) -> Iterator[str]:
    """Texts that a pattern could be meant for: its own letters, and a sample of each class and group."""
    yield from map(_sampled, (pattern, *pattern.split("|")))
    yield from (pattern, "")


def _sampled(pattern: str) -> str:
    for part, sample in SAMPLES:
        pattern = part.sub(sample, pattern)
    return pattern


def _vary(space: Space, box: Sequence[int], pair: Pair, choices: dict[Reference, list[object]]) -> None:
    """Adds values to both sides of a pair, each made from those of the other, that the box leaves them."""
    sides = [side for side in (pair.left, pair.right) if isinstance(side, Reference)]
    own = {
        side: _own(space, box, side, 4) if side in space.axes else [clock.reading(side, clock.MONDAYS[0])]
        for side in sides
    }
    for side, other in zip(sides, sides[::-1], strict=True):
        if side in space.axes:
            near = [made for value in own[other] for made in _near(value, own[side])]
            dimension, cells = space.axes[side]
            fitting = [made for made in near if cells.cell_of(made) & box[dimension]]
            for value in [*own[side], *fitting]:
                if len(choices[side]) < CHOICES and not any(
                    value == seen and kind(value) == kind(seen) for seen in choices[side]
                ):
                    choices[side].append(value)


def _near(value: object, own: Sequence[object]) -> Iterator[object]:
    """Values that stand to this one in some way that a comparison can ask for."""
    if value is None:
        yield from ("x", 0, 1, 2, {}, [None])
        return
    yield value
    yield next(([*each, value] for each in own if isinstance(each, list)), [value])
    if isinstance(value, int | float) and not isinstance(value, bool):
        yield from (value + 1, value - 1)
    elif isinstance(value, str):
        yield value + "a"
        yield value[:1]


def _documents(
    values: Mapping[Reference, object],
) -> tuple[dict[str, object], dict[str, object], dict[str, str | list[str]]] | None:
    """Task, worker and parameters in which each reference has its value; None where two do not fit."""
    roots: dict[str, dict[str, object]] = {"task": {}, "worker": {}, "callback": {}}
    outside_in = sorted(values.items(), key=lambda item: (item[1] is None, len(item[0].path)))
    for reference, value in outside_in:
        if not _plant(roots[reference.root], reference.path, value):
            return None
    given = {name: value for name, value in roots["callback"].items() if value is not None}
    return roots["task"], roots["worker"], {name: _sent(value) for name, value in given.items()}


def _sent(value: object) -> str | list[str]:
    """The value of a parameter as a body has it."""
    return _repeated([str(item) for item in value]) if isinstance(value, list) else str(value)


def _repeated(values: list[T]) -> list[T]:
    """The values of a parameter that stands in a body more than once."""
    return values if len(values) > 1 else values * 2


def _plant(root: dict[str, object], path: tuple[str | int, ...], value: object) -> bool:
    """Puts a value at a path, through the objects and lists that it needs; whether that was possible."""
    document: object = root
    for step, following in pairwise(path):
        inner = lookup(document, (step,))
        if inner is None and value is None:
            return True
        if inner is None or inner == {}:
            inner = [] if isinstance(following, int) else {}
            if not _put(document, step, inner):
                return False
        document = inner
    if value is None and lookup(document, path[-1:]) is None:
        return True
    return _put(document, path[-1], copy(value))


def _put(document: object, step: str | int, value: object) -> bool:
    if isinstance(document, dict) and isinstance(step, str):
        document[step] = value
        return True
    if not isinstance(document, list) or not isinstance(step, int) or step > MAX_INDEX:
        return False
    if step < len(document) and document[step] != {} and not equal(document[step], value):
        document.append(document[step])  # what the list holds anyway, at another place
    document.extend({} for _ in range(step - len(document) + 1))
    document[step] = value
    return True
