"""What an expression made of a call, term by term: the meaning of `meaning`, with its reasons."""

from collections.abc import Iterator
from dataclasses import dataclass

from app.engine.expressions.meaning import compare, value_of
from app.engine.expressions.tree import And, Comparison, Expression, Not, Or
from app.engine.scope import Scope


@dataclass(frozen=True, slots=True)
class Trace:
    """An expression and whether it held.

    A comparison has the values of its two sides, every other expression the traces of all its terms: none is
    left out because another decided already.
    """

    expression: Expression
    held: bool
    left: object = None
    right: object = None
    terms: tuple["Trace", ...] = ()

    def comparisons(self) -> Iterator["Trace"]:
        """The traces of all comparisons, in reading order."""
        if isinstance(self.expression, Comparison):
            yield self
        for term in self.terms:
            yield from term.comparisons()

    def deciding(self) -> Iterator["Trace"]:
        """The comparisons but for which the outcome would or could be another: all that had to hold and did,
        or one by one those that failed."""
        match self.expression:
            case Comparison():
                yield self
            case Not():
                yield from self.terms[0].deciding()
            case And() | Or():
                for term in self.terms:
                    if term.held is self.held:
                        yield from term.deciding()


def trace(expression: Expression, scope: Scope) -> Trace:
    """The trace of an expression. Names under `taskrouter` must be those of CLOCK."""
    match expression:
        case Comparison(_, left, right):
            values = value_of(left, scope), value_of(right, scope)
            return Trace(expression, compare(expression, *values), *values)
        case Not(term):
            inner = trace(term, scope)
            return Trace(expression, not inner.held, terms=(inner,))
        case And(terms):
            traced = tuple(trace(term, scope) for term in terms)
            return Trace(expression, all(term.held for term in traced), terms=traced)
        case Or(terms):
            traced = tuple(trace(term, scope) for term in terms)
            return Trace(expression, any(term.held for term in traced), terms=traced)
