"""An expression as a formula over dimensions: cells for a reference, minutes for a clock, and switches.

A switch is a dimension of two cases, for what the cells of its reference do not say: whether a list holds a
value, whether a text holds another or matches a pattern, whether two values of the call compare so. The
formula allows all that the expression allows; it may allow more where there are `reasons`.
"""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import NamedTuple

from app.engine.callback import KNOWN
from app.engine.expressions import Expression, Reference, comparisons, show
from app.engine.expressions.meaning import kind
from app.engine.expressions.tree import And, Comparison, Not
from app.engine.scope import NUMBERS, WORKER_FALLBACKS
from app.engine.witness import clock
from app.engine.witness.cells import Cells, Source, Uses
from app.engine.witness.formula import Formula, every, negated, some
from app.engine.witness.reading import INSIDE, ORDERS, Ask, Pair, read

OFF, ON = 1, 2
FALLBACKS = [
    (Reference("worker", (name,)), Reference("callback", (parameter,)))
    for name, parameter in WORKER_FALLBACKS.items()
]


@dataclass(slots=True)
class Switch:
    """A dimension that tells whether something holds; of a Pair, or of an Ask (then by that reference)."""

    dimension: int
    asks: Ask | Pair


class Axis(NamedTuple):
    """The dimension of a reference of the call."""

    dimension: int
    cells: Cells


class Space:
    """The dimensions of an expression and the formula over them; `full` has every domain whole."""

    def __init__(self, expression: Expression, variables: Mapping[str, object]) -> None:
        self.full: list[int] = []
        self.axes: dict[Reference, Axis] = {}
        self.clocks: dict[str | None, int] = {}
        self.switches: dict[Hashable, Switch] = {}
        self.reasons: dict[int, str] = {}
        self.asked = {id(each): read(each, variables) for each in comparisons(expression)}
        for reference, uses in _uses(self.asked.values()).items():
            cells = Cells(uses, source_of(reference))
            self.axes[reference] = Axis(self._dimension(cells.full), cells)
        whole = self._formula(expression, True)
        links = list(self._links())
        self.formula = every([whole, *links], self.full) if links else whole

    def pairs(self) -> Iterator[tuple[Pair, int]]:
        """The comparisons of two values of the call, each with the dimension of its switch."""
        for switch in self.switches.values():
            if isinstance(switch.asks, Pair):
                yield switch.asks, switch.dimension

    def of(self, reference: Reference, *operators: str) -> list[tuple[Ask, int]]:
        """The switches of a reference that ask with these operators, each with its dimension."""
        return [
            (switch.asks, switch.dimension)
            for switch in self.switches.values()
            if isinstance(switch.asks, Ask)
            and switch.asks.reference == reference
            and switch.asks.operator in operators
        ]

    def reason(self, box: Sequence[int]) -> str:
        """Why it may be that a box of the formula's holds no call."""
        settled = [why for dimension, why in self.reasons.items() if box[dimension] in {OFF, ON}]
        if settled:
            return settled[0]
        if len(self.clocks) > 1:
            return "it compares the times of several zones"
        return next(iter(self.reasons.values()), "no example could be put together")

    def _dimension(self, full: int) -> int:
        self.full.append(full)
        return len(self.full) - 1

    def _formula(self, expression: Expression, positive: bool) -> Formula:
        if isinstance(expression, Comparison):
            formula = self._comparison(self.asked[id(expression)])
            return formula if positive else negated(formula, self.full)
        if isinstance(expression, Not):
            return self._formula(expression.term, not positive)
        parts = [self._formula(term, positive) for term in expression.terms]
        return every(parts, self.full) if isinstance(expression, And) == positive else some(parts, self.full)

    def _comparison(self, asked: bool | Ask | Pair) -> Formula:
        if isinstance(asked, bool):
            return asked
        if isinstance(asked, Pair):
            return self._pair(asked)
        if asked.reference.root == "taskrouter":
            return self._clock(asked.reference.zone), clock.minutes(asked.comparison)
        return self._ask(asked, *self.axes[asked.reference])

    def _ask(self, ask: Ask, dimension: int, cells: Cells) -> Formula:
        operator, value = ask.operator, ask.value
        match operator:
            case "==":
                return dimension, cells.equal_to(value)
            case "!=":
                return dimension, cells.full & ~cells.equal_to(value)
            case "IN" | "NOT IN":
                return self._membership(ask, dimension, cells)
            case "HAS" | "LACKS":
                return self._holding(ask, dimension, cells)
        if operator in ORDERS:
            return dimension, cells.ordered(operator, value)
        return self._inside(ask, dimension, cells)

    def _membership(self, ask: Ask, dimension: int, cells: Cells) -> Formula:
        if not isinstance(ask.value, list):
            return ask.operator == "NOT IN" and ask.value is None
        found = 0
        for item in ask.value:
            found |= cells.equal_to(item)
        return dimension, found if ask.operator == "IN" else cells.null | cells.full & ~found

    def _holding(self, ask: Ask, dimension: int, cells: Cells) -> Formula:
        lacks = ask.operator == "LACKS"
        unheld = kind(ask.value) == "document" or (lacks and ask.value is None)
        if unheld or (cells.source is Source.REPEATABLE and not isinstance(ask.value, str)):
            return (dimension, cells.null | cells.lists) if lacks else False
        switch = self._switch(("HAS", ask.reference, kind(ask.value), ask.value), ask)
        held = every([(dimension, cells.lists), (switch, OFF if lacks else ON)], self.full)
        return some([(dimension, cells.null), held], self.full) if lacks else held

    def _inside(self, ask: Ask, dimension: int, cells: Cells) -> Formula:
        if not isinstance(ask.value, str):
            return False
        points = sum(bit for text, bit in cells.texts() if ask.holds(text))
        if ask.operator == "CONTAINS" and not ask.value:
            return dimension, points | cells.inner
        switch = self._switch((ask.operator, ask.reference, ask.value), ask)
        if ask.operator == "CONTAINS" and cells.in_order:
            self.reasons[switch] = f"`{show(ask.comparison)}` stands beside an order of texts"
        elif ask.operator != "CONTAINS":
            self.reasons[switch] = f"`{show(ask.comparison)}` cannot be taken apart"
        return some(
            [(dimension, points), every([(dimension, cells.inner), (switch, ON)], self.full)], self.full
        )

    def _pair(self, pair: Pair) -> Formula:
        if pair.operator == "!=":
            return negated(self._pair(Pair("==", pair.left, pair.right)), self.full)
        why = pair.why
        switch = self._switch(why, pair)
        self.reasons[switch] = why
        return switch, ON

    def _switch(self, key: Hashable, asks: Ask | Pair) -> int:
        if key not in self.switches:
            self.switches[key] = Switch(self._dimension(OFF | ON), asks)
        return self.switches[key].dimension

    def _clock(self, zone: str | None) -> int:
        if zone not in self.clocks:
            self.clocks[zone] = self._dimension(clock.FULL)
        return self.clocks[zone]

    def _links(self) -> Iterator[Formula]:
        """What ties dimensions to each other."""
        for reference, axis in self.axes.items():
            if axis.cells.inner:
                yield from self._substring_links(reference)
            if len(reference.path) > 1:
                yield from self._parent_links(reference, axis)
        for worker, callback in FALLBACKS:
            if worker in self.axes and callback in self.axes:
                yield some([self._not_null(worker), self._null(callback)], self.full)

    def _substring_links(self, reference: Reference) -> Iterator[Formula]:
        """A text that contains another contains what that one contains."""
        found = [(str(ask.value), switch) for ask, switch in self.of(reference, "CONTAINS")]
        for (part, inner), (whole, outer) in permutations(found, 2):
            if part in whole:
                yield some([(outer, OFF), (inner, ON)], self.full)

    def _parent_links(self, reference: Reference, axis: Axis) -> Iterator[Formula]:
        """What is not null has a parent that can hold it, and a list holds what is at its indexes."""
        for parent, step in parents(reference):
            if parent not in self.axes:
                continue
            dimension, cells = self.axes[parent]
            holders = cells.lists if isinstance(step, int) else cells.objects
            yield some([self._null(reference), (dimension, holders)], self.full)
            if isinstance(step, int) and len(parent.path) + 1 == len(reference.path):
                for ask, switch in self.of(parent, "HAS", "LACKS"):
                    if ask.value is not None:
                        other = axis.dimension, axis.cells.full & ~axis.cells.equal_to(ask.value)
                        yield some([(dimension, cells.full & ~cells.lists), (switch, ON), other], self.full)

    def _null(self, reference: Reference) -> Formula:
        dimension, cells = self.axes[reference]
        return dimension, cells.null

    def _not_null(self, reference: Reference) -> Formula:
        return negated(self._null(reference), self.full)


def source_of(reference: Reference) -> Source:
    """Where the values of a reference under `task`, `worker` or `callback` come from."""
    name, *steps = reference.path
    if reference.root != "callback":
        return Source.ATTRIBUTE
    if name in KNOWN:
        return Source.NOWHERE if steps else Source.NUMBERED if name in NUMBERS else Source.PARAMETER
    if not steps:
        return Source.REPEATABLE
    return Source.PARAMETER if len(steps) == 1 and isinstance(steps[0], int) else Source.NOWHERE


def parents(reference: Reference) -> Iterator[tuple[Reference, str | int]]:
    """Each document that a reference leads through below its root, and the step that it takes from there."""
    for length in range(1, len(reference.path)):
        yield Reference(reference.root, reference.path[:length]), reference.path[length]


def _uses(asked: Iterable[bool | Ask | Pair]) -> dict[Reference, Uses]:
    """What the cells of each reference of the call have to tell apart, in order of appearance."""
    uses: dict[Reference, Uses] = {}
    for each in asked:
        if isinstance(each, Pair):
            for side in (each.left, each.right):
                if isinstance(side, Reference) and side.root != "taskrouter":
                    uses.setdefault(side, Uses())
        elif isinstance(each, Ask) and each.reference.root != "taskrouter":
            _note(each, uses.setdefault(each.reference, Uses()))
    if any(len(reference.path) > 1 for reference in uses):
        _nest(uses)
    return uses


def _note(ask: Ask, uses: Uses) -> None:
    operator, value = ask.operator, ask.value
    if operator in ORDERS:
        uses.add_order(value)
    elif operator in INSIDE:
        uses.text_inside |= isinstance(value, str)
    elif operator in {"HAS", "LACKS"}:
        uses.add_member(value)
    else:
        for item in value if isinstance(value, list) else (value,):
            uses.add(item)


def _nest(uses: dict[Reference, Uses]) -> None:
    """Notes which references are objects or lists that others lead through."""
    below = [(reference, *each) for reference in uses for each in parents(reference)]
    lists = {parent for _, parent, step in below if isinstance(step, int)}
    objects = {parent for _, parent, step in below if isinstance(step, str)}
    for parent in lists & objects:
        uses.setdefault(parent, Uses())
    for parent in uses.keys() & lists:
        uses[parent].lists = True
    for parent in uses.keys() & objects:
        uses[parent].objects = True
    for reference, parent, step in below:
        if parent in uses and isinstance(step, int) and len(parent.path) + 1 == len(reference.path):
            for value in uses[parent].members:
                uses[reference].add(value)
