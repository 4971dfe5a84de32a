"""R019 list-wanted (warning): IN or HAS without a list where it wants one, or one where it wants a value.

`IN` wants a list on its right and `HAS` one on its left: `channel IN "chat"` never holds. Write `channel
IN ["chat"]`, or `channel == "chat"`. Nothing is in an empty list. `skills HAS ["a", "b"]` looks for a list
inside a list: write `skills HAS "a" AND skills HAS "b"`. `CONTAINS` looks for a text in a text, and knows
no lists: there, write `HAS`.

Wrong:

    rules:
      - name: chat
        when: channel IN "chat"
        reply: {instruction: accept}

Right:

    rules:
      - name: chat
        when: channel IN ["chat", "sms"]
        reply: {instruction: accept}
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.expressions import Constant, Operand, Reference, show_operand
from app.engine.written import Written, WrittenComparison, without_quotes
from app.model import Problem

CHECK = Check.LIST_WANTED
ONE_BY_ONE = "write one comparison for each value, with AND or OR between"


def find(written: Written) -> Iterator[Problem]:
    """What the operators of lists are given, and lists beside CONTAINS."""
    for comparison in written.comparisons:
        left, right = comparison.resolved.left, comparison.resolved.right
        if comparison.of_constants:
            continue
        if comparison.operator in {"IN", "NOT IN"}:
            yield from _membership(comparison, left, right)
        elif comparison.operator == "HAS":
            yield from _membership(comparison, right, left)
        elif comparison.operator == "CONTAINS" and (_is_list(left) or _is_list(right)):
            side, hint = (left, "write HAS") if _is_list(left) else (right, ONE_BY_ONE)
            message = "CONTAINS looks for a text in a text, and this is a list: this never holds"
            yield comparison.warning(CHECK, side, message, hint)


def _membership(comparison: WrittenComparison, item: Operand, items: Operand) -> Iterator[Problem]:
    operator = comparison.operator
    if _is_no_list(items):
        shown = show_operand(comparison.written(items))
        message = f"{operator} wants a list, and {shown} is none: this never holds"
        yield comparison.warning(CHECK, items, message, _list_hint(comparison, items))
    elif isinstance(items, Constant) and items.value == [] and not comparison.is_var(items):
        holds = "always" if operator == "NOT IN" else "never"
        hint = "write the values in it, or leave the comparison out"
        yield comparison.warning(CHECK, items, f"nothing is in an empty list: this {holds} holds", hint)
    elif _is_list(item):
        message = f"{operator} looks for one value, and this is a list"
        yield comparison.warning(CHECK, item, message, ONE_BY_ONE)


def _is_list(side: Operand) -> bool:
    return isinstance(side, Constant) and isinstance(side.value, list)


def _is_no_list(side: Operand) -> bool:
    """Whether a side can be no list. A null may be a setting left empty."""
    if isinstance(side, Reference):
        return side.root == "taskrouter"
    return side.value is not None and not isinstance(side.value, list)


def _list_hint(comparison: WrittenComparison, side: Operand) -> str:
    shown = show_operand(comparison.written(side))
    if isinstance(side, Reference):
        return "write == for one value"
    if comparison.is_var(side):
        search = f", or search the text: {shown} CONTAINS …" if isinstance(side.value, str) else ""
        return "make it a list under `vars`" + search
    unquoted = without_quotes(side.value) if comparison.operator == "HAS" else ""
    return unquoted or f"write [{shown}]"
