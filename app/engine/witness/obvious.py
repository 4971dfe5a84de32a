"""The call that an expression names outright: quick to make, and often enough one for which it holds.

Most rules ask for a few values and no more. Whoever asks for a call may try this one before the search, which
takes twenty times longer.
"""

from collections.abc import Iterator

from app.engine.expressions import Constant, Expression, Reference
from app.engine.expressions.tree import And, Comparison, Not, Or
from app.engine.witness.calls import Example
from app.engine.witness.clock import MONDAYS, instants, minutes

STEP = {">": 1, ">=": 0, "<": -1, "<=": 0}


def obvious_example(expression: Expression) -> Example:
    """A call with the values that the expression asks for, in the first way that it offers."""
    documents: dict[str, dict[str, object]] = {"task": {}, "worker": {}}
    clocks: list[tuple[str | None, int]] = []
    for comparison in _asked(expression):
        match comparison:
            case Comparison(_, Reference("taskrouter", zone=zone), Constant()):
                clocks.append((zone, minutes(comparison)))
            case Comparison(_, Reference(root, (str(name),))) if root in documents:
                documents[root].update((name, value) for value in _fitting(comparison))
    at = next(instants(clocks), MONDAYS[0])
    return Example(documents["task"], documents["worker"], {}, at)


def _asked(expression: Expression) -> Iterator[Comparison]:
    match expression:
        case And(terms):
            for term in terms:
                yield from _asked(term)
        case Or(terms):
            yield from _asked(terms[0])
        case Comparison():
            yield expression
        case Not():
            return


def _fitting(comparison: Comparison) -> Iterator[object]:
    """A value with which the reference on the left does as asked, where that is plain."""
    match comparison.operator, comparison.right:
        case "==" | "CONTAINS", Constant(value):
            yield value
        case "IN", Constant([value, *_]):
            yield value
        case "HAS", Constant(value):
            yield [value]
        case operator, Constant(int() as value) if operator in STEP:
            yield value + STEP[operator]
