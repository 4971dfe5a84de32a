"""R012 never-holds (warning): a comparison that cannot hold, because its two sides are of different kinds.

The hour is a number, and a number compares with numbers alone: `taskrouter.currentHour >= "9"` is false at
any time. `0900` is text as well, since YAML numbers have no leading zero. A day is one of Mon, Tue, Wed,
Thu, Fri, Sat and Sun. Of a callback's own parameters TaskAge and TaskPriority are numbers, and all others
text. A list equals nothing, and nothing is less than a list, a boolean or null.

What never equals always differs: with `!=` or `NOT IN` such a comparison always holds, and says as little.

Write the value as the other side has it. A number that the clock never shows is told only where it stands
in the `when` itself: `vars` may say 2400 for a shop that never closes.

Wrong:

    rules:
      - name: evening
        when: taskrouter.currentTime >= "1800"
        defer: nobody is there

Right:

    rules:
      - name: evening
        when: taskrouter.currentTime >= 1800
        defer: nobody is there
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from app.engine.catalogue import Check
from app.engine.expressions import Constant, Reference, show_constant, show_operand
from app.engine.expressions.meaning import DAYS, compare, kind
from app.engine.expressions.tree import Comparison
from app.engine.natures import CLOCK, Nature, nature_of
from app.engine.written import Written, WrittenComparison
from app.model import Problem

CHECK = Check.NEVER_HOLDS
ORDERS = frozenset({"<", "<=", ">", ">="})
SEARCHES = frozenset({"CONTAINS", "MATCHES"})
DAY = f"write one of {', '.join(DAYS)}, in quotes"
DIGITS = re.compile("[0-9]{1,20}")
OTHER_NUMBER = "compare with a number that it can be"
NINE = "write 900 for nine o'clock: unquoted, and without a leading zero"


def find(written: Written) -> Iterator[Problem]:
    """Comparisons of a reference with what it can never be."""
    for comparison in written.comparisons:
        if comparison.pair:
            reference, constant = comparison.pair
            said = (
                _wrong_operand(comparison.operator, constant.value)
                or _never_equal(comparison, reference, constant)
                or _never_ordered(comparison, reference, constant)
            )
            # A var that is null is a setting left empty.
            if said and not (constant.value is None and comparison.is_var(constant)):
                yield comparison.warning(CHECK, constant, *said)


def _wrong_operand(operator: str, value: object) -> tuple[str, str] | None:
    """What to say of an operator that holds for no such value; beside CONTAINS a list is another check's."""
    match operator, value:
        case "==", list():
            return "nothing equals a list: this never holds", "write IN for one of several values"
        case "!=", list():
            return "nothing equals a list: this always holds", "write NOT IN for none of several values"
        case "==" | "!=", dict():
            holds = "never" if operator == "==" else "always"
            return f"nothing equals an object: this {holds} holds", "compare with a value in it"
        case "<" | "<=" | ">" | ">=", None | bool():
            shown = show_constant(value)
            return (
                f"nothing is less or more than {shown}: this never holds",
                f"write == {shown} or != {shown}",
            )
        case "<" | "<=" | ">" | ">=", list() | dict():
            said = "a list" if isinstance(value, list) else "an object"
            return (
                f"nothing is less or more than {said}: this never holds",
                "compare with a number or a text",
            )
        case "CONTAINS", None | bool() | int() | float() | dict():
            hint = "write the value in quotes, or HAS where the attribute is a list"
            return "CONTAINS looks for a text in a text: this never holds", hint
    return None


def _never_equal(
    comparison: WrittenComparison, reference: Reference, constant: Constant
) -> tuple[str, str] | None:
    nature = nature_of(reference)
    of_items = isinstance(constant.value, list)
    if nature is None or not (of_items or comparison.operator in {"==", "!="}):
        return None
    known = _known(nature, from_vars=comparison.is_var(constant))
    never = [value for value in comparison.asked if not known.can_be(value)]
    if not never:
        return None
    message = f"{show_operand(reference)} is never {comparison.show(constant, *never)}: it is {nature.said}"
    return message, _hint(comparison, nature, never[0])


def _never_ordered(
    comparison: WrittenComparison, reference: Reference, constant: Constant
) -> tuple[str, str] | None:
    nature = nature_of(reference)
    if nature is None or comparison.operator not in SEARCHES | ORDERS or isinstance(constant.value, list):
        return None
    is_searched_number = comparison.operator in SEARCHES and nature.kind == "number"
    fits = kind(constant.value) == nature.kind and not is_searched_number
    # A text of `vars` that days are looked for in may say "none".
    samples = () if comparison.is_var(constant) else nature.samples
    if fits and (not samples or any(_holds_for(value, comparison.resolved) for value in samples)):
        return None
    message = f"this never holds: {show_operand(reference)} is {nature.said}"
    hint = "write ==, <, <=, > or >=" if is_searched_number else _hint(comparison, nature, constant.value)
    return message, hint


def _holds_for(value: object, comparison: Comparison) -> bool:
    """Whether a comparison of a reference with a constant holds where the reference has this value."""
    left, right = comparison.left, comparison.right
    return compare(
        comparison,
        left.value if isinstance(left, Constant) else value,
        right.value if isinstance(right, Constant) else value,
    )


def _known(nature: Nature, *, from_vars: bool) -> Nature:
    """What a constant is held to: a number of `vars` need only be one."""
    return replace(nature, values=()) if from_vars and nature.kind == "number" else nature


def _hint(comparison: WrittenComparison, nature: Nature, value: object) -> str:
    """What to write for a value that a reference of this nature never equals."""
    from_vars = comparison.pair is not None and comparison.is_var(comparison.pair[1])
    if value is None:
        return "leave the comparison out"
    if nature is CLOCK["dayOfWeek"]:
        if nature.can_be(value):
            return "days compare by their letters: write ==, or IN for several"
        day = str(value)[:3].title()
        return f'write "{day}"' if day in DAYS and not from_vars else DAY
    if nature.kind == "text":
        return "put the value in quotes under `vars`" if from_vars else "write the value in quotes"
    if kind(value) == "number":
        return OTHER_NUMBER
    if isinstance(value, str) and DIGITS.fullmatch(value) and not from_vars:
        number = int(value)
        return f"write {number}, without quotes" if nature.can_be(number) else OTHER_NUMBER
    return NINE if nature is CLOCK["currentTime"] else "write a number: unquoted, and without a leading zero"
