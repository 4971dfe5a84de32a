"""An expression by which saved callbacks are searched: rules' own language, without rules."""

from collections.abc import Callable
from datetime import datetime

from app.engine.callback import read_callback
from app.engine.conditions import LARGEST, unknown_clock, unsearchable
from app.engine.expressions import Expression, compile_expression, parse, references, size
from app.engine.scope import scope_of
from app.errors import ExpressionError, Unreadable
from app.model import Callback, Saved

Search = Callable[[Saved, datetime], bool]


def read_search(text: str) -> Search:
    """A function that tells whether the expression holds of a saved callback at a time.

    Raises ExpressionError for what cannot be read, and for `vars`, which only rules have.
    """
    tree = parse(text)
    _check(tree)
    holds = compile_expression(tree)

    def found(saved: Saved, at: datetime) -> bool:
        return holds(scope_of(_callback(saved), {}, at))

    return found


def _check(tree: Expression) -> None:
    for reference in references(tree):
        if reference.root == "vars":
            message = "vars belong to rules, and no rules are read here"
            raise ExpressionError(message, reference.at, "write the value itself")
        if reference.root == "taskrouter" and (said := unknown_clock(reference)):
            raise ExpressionError(said[0], reference.at, said[1])
    for at, message, hint in unsearchable(tree):
        raise ExpressionError(message, at, hint)
    if size(tree) > LARGEST:
        raise ExpressionError(f"this holds more than {LARGEST:,} comparisons and values", 0, "shorten it")


def _callback(saved: Saved) -> Callback:
    try:
        return read_callback(saved.params)
    except Unreadable:
        return Callback(saved.params)  # which has parameters, and no attributes
