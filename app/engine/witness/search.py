"""Is there a call for which an expression holds?"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

from app.engine.expressions import Expression, size
from app.engine.expressions.meaning import holds
from app.engine.scope import scope_of
from app.engine.witness.calls import Example, calls
from app.engine.witness.formula import TooManyCasesError, boxes
from app.engine.witness.space import Space
from app.model import Callback

# Of calls that may do: so many are tried from one box, and so many comparisons are made on all of them.
CALLS_OF_A_BOX = 400
COMPARISONS = 20_000
BOXES = 50

LARGEST = (
    5_000  # comparisons and values of an expression: what it is taken apart into grows with their square
)
TOO_LARGE = f"together the conditions hold more than {LARGEST:,} comparisons and values"


class Verdict(StrEnum):
    FOUND = "found"
    NONE = "none"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Finding:
    """`example` is one call for which the expression holds; `reason` says why none was found nor excluded."""

    verdict: Verdict
    example: Example | None = None
    reason: str = ""


def find_example(expression: Expression, variables: Mapping[str, object], *, budget: int = 20_000) -> Finding:
    """A call for which the expression holds, a proof that there is none, or why neither was found.

    `variables` are the `vars`. `budget` bounds the steps of the search, some tens of microseconds each. An
    example was tried on the expression itself. Of parameters it has those alone that the expression reads, as
    single texts; TaskAge and TaskPriority can be any whole number or other text.
    """
    if size(expression) > LARGEST:
        return Finding(Verdict.UNDECIDED, reason=TOO_LARGE)
    space = Space(expression, variables)
    tries = max(10, COMPARISONS // (1 + len(space.asked)))
    reason = ""
    try:
        for box in islice(boxes(space.formula, space.full, budget), BOXES):
            for example in islice(calls(space, box), min(tries, CALLS_OF_A_BOX)):
                tries -= 1
                if _holds(expression, variables, example):
                    return Finding(Verdict.FOUND, example)
            reason = reason or space.reason(box)
    except TooManyCasesError:
        return Finding(Verdict.UNDECIDED, None, reason or "there are too many cases")
    return Finding(Verdict.UNDECIDED, None, reason) if reason else Finding(Verdict.NONE)


def _holds(expression: Expression, variables: Mapping[str, object], example: Example) -> bool:
    callback = Callback(dict(example.callback), example.task, example.worker)
    return holds(expression, scope_of(callback, variables, example.at))
