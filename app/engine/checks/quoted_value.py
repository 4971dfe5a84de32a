"""R022 quoted-value (warning): a boolean or a number that is written as text.

`overflow == "true"` never holds where the attribute is the boolean true: write `overflow == true`. Where
it is sometimes one and sometimes the other, ask for both: `overflow IN [true, "true"]`.

`priority > "5"` compares as text, where "10" comes before "5". Write `priority > 5`. With `==` and lists,
digits in quotes are told only of what the rules compare with numbers elsewhere, since ids are often digits
in a text; of others R024 is a note.

Wrong:

    rules:
      - name: overflow
        when: overflow == "true"
        reply: {instruction: accept}

Right:

    rules:
      - name: overflow
        when: overflow == true
        reply: {instruction: accept}
"""

import re
from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.expressions import Reference, show_operand
from app.engine.expressions.meaning import kind
from app.engine.natures import nature_of
from app.engine.written import Written, WrittenComparison
from app.model import Problem

CHECK = Check.QUOTED_VALUE
ORDERS = frozenset({"<", "<=", ">", ">="})
BOOLEANS = {"true": True, "false": False}
NUMBER = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300})?")


def find(written: Written) -> Iterator[Problem]:
    """Texts that look like a boolean or a number, beside an attribute."""
    asked = set(_asked(written))
    compared_with_numbers = {reference for _, reference, of_kind, _ in asked if of_kind == "number"}
    for comparison in written.comparisons:
        if comparison.pair is None or nature_of(comparison.pair[0]):
            continue
        reference, constant = comparison.pair
        texts = [value for value in _values(comparison) if isinstance(value, str) and _is_quoted(value)]
        # Whoever asks for both knows that it can be either.
        alone = [text for text in texts if (comparison.rule.name, reference, *_unquoted(text)) not in asked]
        booleans = [text for text in alone if text in BOOLEANS]
        numbers = [text for text in alone if text not in BOOLEANS]
        if booleans and comparison.operator not in ORDERS:
            said, told = "text, and never equals a boolean", booleans
        elif numbers and comparison.operator in ORDERS:
            said, told = "text, and texts compare by their characters: 10 comes before 9", numbers
        elif numbers and reference in compared_with_numbers:
            said, told = f"text, and {show_operand(reference)} is compared with numbers too", numbers
        else:
            continue
        shown = comparison.show(constant, *told)
        yield comparison.warning(CHECK, constant, f"{shown} is {said}", _hint(comparison, told[0]))


def _asked(written: Written) -> Iterator[tuple[str, Reference, str, object]]:
    """By rule, what each reference is compared with but for texts: the kind of value, and the value."""
    for comparison in written.comparisons:
        if comparison.pair:
            for value in _values(comparison):
                if not isinstance(value, str):
                    yield comparison.rule.name, comparison.pair[0], kind(value), value


def _values(comparison: WrittenComparison) -> tuple[object, ...]:
    """What the constant of a comparison is compared with: all but lists and objects."""
    ordered = comparison.pair if comparison.operator in ORDERS else None
    values = (ordered[1].value,) if ordered else comparison.asked
    return tuple(value for value in values if kind(value) != "document")


def _is_quoted(text: str) -> bool:
    """Whether a text would be a boolean or a number without its quotes."""
    return text in BOOLEANS or NUMBER.fullmatch(text) is not None


def _unquoted(text: str) -> tuple[str, object]:
    """The kind and the value that such a text has without its quotes."""
    if text in BOOLEANS:
        return "bool", BOOLEANS[text]
    return "number", float(text) if "." in text else int(text)


def _hint(comparison: WrittenComparison, text: str) -> str:
    if comparison.pair and comparison.is_var(comparison.pair[1]):
        return "take the quotes off it under `vars`"
    if text in BOOLEANS and comparison.operator != "HAS":
        operator = "NOT IN" if comparison.operator in {"!=", "NOT IN"} else "IN"
        return f'write {text} without quotes; {operator} [{text}, "{text}"] where the attribute can be either'
    return f"write {text} without quotes"
