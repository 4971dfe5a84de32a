"""An instruction with tokens in the place of the personal values that were filled into it."""

import re
from collections.abc import Iterator
from dataclasses import replace

from app.engine.filters import FILTERS, printed
from app.engine.fragments import Fragment
from app.engine.plan import Blank, Plan
from app.engine.scope import Scope
from app.errors import TemplateUnfilled
from app.model import Instruction
from app.replay.reads import RESERVATION, value_at


def in_tokens(plan: Plan, instruction: Instruction, before: Scope, after: Scope) -> Instruction | None:
    """The instruction that a plan gave for a call, as it reads when each value is replaced by its token.

    `before` is what was filled in, `after` the same with tokens. None where a token does not fit its place.
    """
    fields = dict(instruction.fields)
    for blank in plan.blanks:
        fields[blank.key] = _value(blank, before, after)
        if fields[blank.key] is None:
            return None
    return replace(instruction, fields=fields)


def _value(blank: Blank, before: Scope, after: Scope) -> object:
    parts = [
        part if isinstance(part, str) else _replaced(part, before, after) for part in blank.template.parts
    ]
    try:
        return blank.parameter.read(parts[0] if len(parts) == 1 else "".join(map(printed, parts)))
    except TemplateUnfilled:
        return None


def _replaced(fragment: Fragment, before: Scope, after: Scope) -> object:
    """What the fragment made of the values, with each that can still be found in it replaced."""
    value = fragment.evaluate(before)
    pairs = [
        pair
        for keys in fragment.references
        for read in [RESERVATION if keys[0] == "reservation" else keys]
        for pair in _pairs(value_at(read, before), value_at(read, after))
    ]
    for old, new in pairs:
        if type(old) is type(value) and old == value:
            return new
    return _substituted(value, pairs) if isinstance(value, str) else value


def _pairs(old: object, new: object) -> Iterator[tuple[object, object]]:
    """Each value, at any depth, with its token."""
    if isinstance(old, list) and isinstance(new, list):
        for inner in zip(old, new, strict=True):
            yield from _pairs(*inner)
    elif isinstance(old, dict) and isinstance(new, dict):
        for inner in zip(old.values(), new.values(), strict=True):
            yield from _pairs(*inner)
    else:
        yield old, new


def _substituted(text: str, pairs: list[tuple[object, object]]) -> str:
    """The text with each value that stands in it, as it is or as a URL has it, replaced."""
    found: dict[str, str] = {}
    for old, new in pairs:
        if isinstance(old, str | int | float) and not isinstance(old, bool) and str(old):
            for form in (printed, FILTERS["urlencode"]):
                found.setdefault(form(printed(old)), form(printed(new)))
    if not found:
        return text
    longest_first = sorted(found, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), lambda match: found[match[0]], text)
