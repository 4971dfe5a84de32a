"""What an expression made of a call, term by term."""

from hypothesis import given, settings

from app.engine.expressions import comparisons, parse, show
from app.engine.expressions.meaning import holds
from app.engine.expressions.tracing import Trace, trace
from app.engine.expressions.tree import Expression
from app.engine.scope import scope_of
from app.model import Callback
from tests.builders import MONDAY_NOON, PARAMS
from tests.trees import MEETING, TASKS, VARIABLES


def traced(text: str, task: object) -> Trace:
    return trace(parse(text), scope_of(Callback(PARAMS, task), {}, MONDAY_NOON))


@settings(deadline=None, max_examples=200)
@given(MEETING, TASKS)
def test_a_trace_holds_what_the_expression_holds(tree: Expression, task: object) -> None:
    """The outcome is that of the meaning, and every comparison has its trace."""
    scope = scope_of(Callback(PARAMS, task), VARIABLES, MONDAY_NOON)
    found = trace(tree, scope)

    assert found.held is holds(tree, scope)
    assert [each.expression for each in found.comparisons()] == list(comparisons(tree))


def test_the_values_of_both_sides() -> None:
    """A comparison has what stood on either side."""
    found = traced("customer.tier == 'Gold'", {"customer": {"tier": "Silver"}})

    assert (found.left, found.right, found.held) == ("Silver", "Gold", False)


def test_what_decided() -> None:
    """Of an AND that fails the terms that failed, of an OR that fails all, else those that held."""
    task = {"a": 1, "b": 2, "c": 3}

    def deciding(text: str) -> list[str]:
        return [show(each.expression) for each in traced(text, task).deciding()]

    assert deciding("a == 1 AND b == 9 AND c == 9") == ["task.b == 9", "task.c == 9"]
    assert deciding("a == 9 OR b == 9") == ["task.a == 9", "task.b == 9"]
    assert deciding("a == 9 OR b == 2") == ["task.b == 2"]
    assert deciding("a == 1 AND NOT (b == 2 OR c == 9)") == ["task.b == 2"]
    assert deciding("a == 1 AND b == 2") == ["task.a == 1", "task.b == 2"]
