"""R017 type-contradicted (warning): a `when` that asks for another task type than the rule's `task_type`.

A rule looks only at tasks of its `task_type`, so one that asks for another type in its `when` never
matches. Mend the one or the other; of a rule that has `task_type`, the `when` need not ask for the type at
all.

It is told where a task's type is found in `task.type`, as it is without `task_type_from`.

Wrong:

    rules:
      - name: invoices
        task_type: support
        when: type == "billing"
        reply: {instruction: accept}

Right:

    rules:
      - name: invoices
        task_type: billing
        reply: {instruction: accept}
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.expressions import Expression, Reference
from app.engine.expressions.tree import And
from app.engine.written import Written, WrittenComparison, listed
from app.model import Problem

CHECK = Check.TYPE_CONTRADICTED
TYPE = Reference("task", ("type",))


def find(written: Written) -> Iterator[Problem]:
    """What must hold in a `when`, and asks for a type that none of the rule's tasks has."""
    if written.ruleset is None or written.ruleset.task_type_from != (TYPE,):
        return
    for comparison in written.comparisons:
        types, pair = comparison.rule.task_types, comparison.pair
        if not types or pair is None or pair[0] != TYPE or not _asks_for_one(comparison):
            continue
        if not any(value in types for value in comparison.asked) and _must_hold(comparison):
            asked = comparison.show(pair[1], *comparison.asked)
            message = f"the rule looks at tasks of type {listed(types)} alone; this asks for {asked}"
            yield comparison.warning(CHECK, pair[1], message, "mend task_type, or what is asked for here")


def _asks_for_one(comparison: WrittenComparison) -> bool:
    """Whether the reference must equal one of the values asked for."""
    if comparison.operator == "==":
        return bool(comparison.asked)
    of_items = comparison.pair is not None and isinstance(comparison.pair[1].value, list)
    return comparison.operator in {"IN", "HAS"} and of_items and bool(comparison.asked)


def _must_hold(comparison: WrittenComparison) -> bool:
    return any(term is comparison.tree for term in _conjuncts(comparison.term.tree))


def _conjuncts(expression: Expression) -> Iterator[Expression]:
    if isinstance(expression, And):
        for term in expression.terms:
            yield from _conjuncts(term)
    else:
        yield expression
