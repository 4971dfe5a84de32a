"""The call that an expression names outright: quick to make, and often enough one for which it holds.

Most rules ask for a few values and no more. Whoever asks for a call may try this one before the search, which
takes twenty times longer.
"""

from collections.abc import Iterator

from app.engine.expressions import Constant, Expression, Reference
from app.engine.expressions.tree import And, Comparison, Or
from app.engine.witness.calls import Example
from app.engine.witness.clock import MONDAYS

STEP = {">": 1, ">=": 0, "<": -1, "<=": 0}


def obvious_example(expression: Expression) -> Example:
    """A call with the values that the expression asks for, in the first way that it offers."""
    documents: dict[str, dict[str, object]] = {"task": {}, "worker": {}}
    for reference, value in _asked(expression):
        if reference.root in documents and len(reference.path) == 1:
            documents[reference.root][str(reference.path[0])] = value
    return Example(documents["task"], documents["worker"], {}, MONDAYS[0])


def _asked(expression: Expression) -> Iterator[tuple[Reference, object]]:
    match expression:
        case And(terms):
            for term in terms:
                yield from _asked(term)
        case Or(terms):
            yield from _asked(terms[0])
        case Comparison("==" | "CONTAINS", Reference() as reference, Constant(value)):
            yield reference, value
        case Comparison("IN", Reference() as reference, Constant([value, *_])):
            yield reference, value
        case Comparison("HAS", Reference() as reference, Constant(value)):
            yield reference, [value]
        case Comparison(operator, Reference() as reference, Constant(int() as value)) if operator in STEP:
            yield reference, value + STEP[operator]
