"""What references can be, where that is known before a call: those to the clock and to the callback."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache

from app.engine.callback import KNOWN
from app.engine.expressions import Reference
from app.engine.expressions.meaning import DAYS, folded, kind
from app.engine.scope import NUMBERS


@dataclass(frozen=True, slots=True)
class Nature:
    """A `kind` of value, as `meaning.kind` tells them apart, and how messages call it.

    `values` are all there are, in order; none where there are too many. An `optional` one can be null.
    """

    kind: str
    said: str
    values: tuple[object, ...] = ()
    optional: bool = False
    _folded: frozenset[object] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_folded", frozenset(map(folded, self.values)))

    def can_be(self, value: object) -> bool:
        """Whether a reference of this nature ever equals the value."""
        if value is None:
            return self.optional
        if kind(value) != self.kind:
            return False
        return not self.values or folded(value) in self._folded

    @property
    def samples(self) -> tuple[object, ...]:
        """Those of `values` that tell what holds for any: of numbers the first and the last."""
        return (self.values[0], self.values[-1]) if self.values and self.kind == "number" else self.values


CLOCK: Mapping[str, Nature] = {
    "currentTime": Nature(
        "number",
        "a number, HHMM from 0 to 2359",
        tuple(hour * 100 + minute for hour in range(24) for minute in range(60)),
    ),
    "currentHour": Nature("number", "a number from 0 to 23", tuple(range(24))),
    "currentMin": Nature("number", "a number from 0 to 59", tuple(range(60))),
    "dayOfWeek": Nature("text", f"one of {', '.join(DAYS)}", DAYS),
}
TEXT = Nature("text", "text", optional=True)
NUMBER = Nature("number", "a number", optional=True)


def nature_of(reference: Reference) -> Nature | None:
    """What a reference can be; None for an attribute, which can be anything, and for parts of a parameter."""
    if reference.root == "taskrouter":
        return CLOCK[str(reference.path[0])]
    if reference.root == "callback" and len(reference.path) == 1:
        return NUMBER if (meant_parameter(reference) or reference.path[0]) in NUMBERS else TEXT
    return None


def meant_parameter(reference: Reference) -> str | None:
    """The parameter of every callback that a reference nearly names, and does not name."""
    return _nearly_known(str(reference.path[0])) if reference.root == "callback" else None


@lru_cache(maxsize=1_000)
def _nearly_known(name: str) -> str | None:
    if name in KNOWN:
        return None
    by_case = {known.casefold(): known for known in sorted(KNOWN)}
    word = name.replace("_", "").casefold()
    near = get_close_matches(word, by_case, n=1, cutoff=0.85)
    # TimestampMs and TaskAgent go on where a known name ends, and are names of their own.
    goes_on = near and word.startswith(near[0]) and len(word) > len(near[0]) + 1
    return by_case[near[0]] if near and not goes_on else None
