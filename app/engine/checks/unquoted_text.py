"""R021 unquoted-text (warning): a bare name where a text is most probably meant.

Without quotes, Foo is an attribute of the task: `helpline == Foo` compares two attributes, and never holds
where the task has no Foo. Write `helpline == "Foo"`. Where Foo is an attribute, write `task.Foo`: that
says so.

A name that is plainly an attribute is not told: one that is written with `task.` somewhere in the rules,
or compared with a constant, or that shares a word with the other side, as in `language IN
worker.languages`.

Wrong:

    rules:
      - name: helpline
        when: helpline == Sales
        reply: {instruction: accept}

Right:

    rules:
      - name: helpline
        when: helpline == "Sales" OR helpline == task.line
        reply: {instruction: accept}
"""

import re
from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.expressions import Reference, references
from app.engine.expressions.tree import ROOTS
from app.engine.natures import nature_of
from app.engine.written import Written, WrittenComparison
from app.model import Problem

CHECK = Check.UNQUOTED_TEXT
NULLS = frozenset({"none", "nil", "undefined"})
WORD = re.compile(r"[A-Z]?[^\W\dA-Z_]{2,}|[A-Z]{2,}")  # of snake_case and camelCase
IN_TEMPLATE = re.compile(r"\btask\.(\w+)")


def find(written: Written) -> Iterator[Problem]:
    """Bare names beside another reference, where the operator lets a text stand."""
    attributes = _attributes(written)
    for comparison in written.comparisons:
        reference = _meant_as_text(comparison)
        if reference and reference.path[0] not in attributes:
            name = reference.path[0]
            message = f"{name} without quotes is an attribute of the task"
            text = "null if nothing is meant" if str(name).casefold() in NULLS else f'"{name}" if it is text'
            hint = f"write {text}, task.{name} if it is an attribute"
            yield comparison.warning(CHECK, reference, message, hint)


def _meant_as_text(comparison: WrittenComparison) -> Reference | None:
    """The bare name of two references that stands where a text could."""
    left, right = comparison.resolved.left, comparison.resolved.right
    if not isinstance(left, Reference) or not isinstance(right, Reference):
        return None
    match comparison.operator:
        case "==" | "!=":
            candidates = [(right, left), (left, right)]
        case "HAS" | "CONTAINS":
            candidates = [(right, left)]
        case "IN" | "NOT IN":
            candidates = [(left, right)]
        case _:
            candidates = []
    if _words(left) & _words(right) or any(_is_a_root(comparison, side) for side in (left, right)):
        return None
    bare = [name for name, other in candidates if _is_bare(comparison, name) and _can_be_text(other)]
    return bare[0] if bare else None


def _words(reference: Reference) -> set[str]:
    """The words of a reference's last name, without the s of a plural: skill and list of skill_list."""
    return {word.casefold().removesuffix("s") for word in WORD.findall(str(reference.path[-1]))}


def _is_bare(comparison: WrittenComparison, side: Reference) -> bool:
    return len(side.path) == 1 and comparison.term.is_bare(side)


def _is_a_root(comparison: WrittenComparison, side: Reference) -> bool:
    """Whether it is a root alone, of which another check tells."""
    return side.path[0] in ROOTS and _is_bare(comparison, side)


def _can_be_text(reference: Reference) -> bool:
    nature = nature_of(reference)
    return nature is None or nature.kind == "text"


def _attributes(written: Written) -> frozenset[object]:
    """The names that are plainly attributes of the task."""
    templates = (blank.template.text for each in written.instructions for blank in each.plan.blanks)
    names: set[object] = {name for text in templates for name in IN_TEMPLATE.findall(text)}
    for comparison in written.comparisons:
        if comparison.pair and comparison.pair[0].root == "task":
            names.add(comparison.pair[0].path[0])
        for side in references(comparison.tree):
            if side.root == "task" and not comparison.term.is_bare(side):
                names.add(side.path[0])
    return frozenset(names)
