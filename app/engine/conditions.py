"""The expressions of rules: `when` to terms, `task_type_from` to references, each reference a known one."""

from collections.abc import Iterable, Iterator
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

import re2

from app.engine import source
from app.engine.catalogue import Check
from app.engine.expressions import (
    Constant,
    Expression,
    Reference,
    comparisons,
    parse,
    parse_reference,
    references,
    resolved,
    size,
)
from app.engine.expressions.meaning import CLOCK, regex
from app.engine.report import Report
from app.engine.ruleset import Term
from app.engine.source import Node, Scalar
from app.engine.suggest import did_you_mean
from app.engine.variables import Variables
from app.errors import ExpressionError

LARGEST = 20_000  # comparisons, and values in lists, of one expression
ALL = 500_000  # of all rules together


class Conditions:
    """Reads expressions; one that stands in several rules is parsed once."""

    def __init__(self, report: Report, variables: Variables) -> None:
        self._report = report
        self._variables = variables
        self._read: dict[str, tuple[Term, int]] = {}
        self._left = ALL

    def terms(self, node: Node) -> tuple[Term, ...]:
        """The terms of a `when`, which must all hold. What is no text was reported by its shape."""
        return tuple(term for text in texts(node) if (term := self._term(text)))

    def references(self, node: Node) -> tuple[Reference, ...]:
        """The references of `task_type_from`."""
        return tuple(reference for text in texts(node) if (reference := self._reference(text)))

    def _term(self, node: Scalar) -> Term | None:
        read = self._read.get(node.text) or self._new_term(node)
        if read is None:
            return None
        self._read[node.text] = term, large = read
        return term if self._fits(large, node) else None

    def _new_term(self, node: Scalar) -> tuple[Term, int] | None:
        """The term that a text is, and how large it is."""
        try:
            tree = parse(node.text)
        except ExpressionError as error:
            self._report.error(Check.EXPRESSION, node.locate(error.at), f"`when`: {error}", error.hint)
            return None
        if not self._known(references(tree), node, "when"):
            return None
        whole = resolved(tree, self._variables.values)
        return (Term(node.text, tree), size(whole)) if self._searchable(whole, node) else None

    def _fits(self, large: int, node: Scalar) -> bool:
        """Whether so large an expression can be read beside those that were."""
        if large <= min(LARGEST, self._left):
            self._left -= large
            return True
        message = f"this holds more than {LARGEST:,} comparisons and values"
        if large <= LARGEST:
            message = f"with this all rules hold more than {ALL:,} comparisons and values"
        hint = "give the call an attribute that says the same in one comparison"
        self._report.error(Check.EXPRESSION, node.location, f"`when`: {message}", hint)
        return False

    def _reference(self, node: Scalar) -> Reference | None:
        try:
            reference = parse_reference(node.text)
        except ExpressionError as error:
            self._report.error(Check.EXPRESSION, node.location, f"`task_type_from`: {error}", error.hint)
            return None
        return reference if self._known([reference], node, "task_type_from") else None

    def _known(self, given: Iterable[Reference], node: Scalar, where: str) -> bool:
        unknown = [(reference, said) for reference in given if (said := self._unknown(reference))]
        for reference, (message, hint) in unknown:
            place = node.locate(reference.at)
            self._report.error(Check.UNKNOWN_REFERENCE, place, f"`{where}`: {message}", hint)
        return not unknown

    def _unknown(self, reference: Reference) -> tuple[str, str] | None:
        match reference.root:
            case "taskrouter":
                return unknown_clock(reference)
            case "vars":
                return self._variables.unknown(reference.path)
        return None

    def _searchable(self, tree: Expression, node: Scalar) -> bool:
        wrong = list(unsearchable(tree))
        for at, message, hint in wrong:
            self._report.error(Check.EXPRESSION, node.locate(at), f"`when`: {message}", hint)
        return not wrong


def unsearchable(tree: Expression) -> Iterator[tuple[int, str, str]]:
    """What stands behind MATCHES and is no regular expression: place, message and hint."""
    for comparison in comparisons(tree):
        if comparison.operator != "MATCHES":
            continue
        right = comparison.right
        if not isinstance(right, Constant) or not isinstance(right.value, str):
            yield (
                right.at,
                "MATCHES needs a regular expression in quotes",
                'for instance MATCHES "^[+]44"',
            )
            continue
        try:
            regex(right.value)
        except re2.error as error:
            said = error.args[0].decode(errors="replace")
            hint = "write what RE2 reads: no backreferences, no lookahead"
            yield right.at, f"the regular expression cannot be read: {said}", hint


def texts(node: Node) -> list[Scalar]:
    """The texts of a node that holds one, or a list of them."""
    items = node.items if isinstance(node, source.Sequence) else (node,)
    return [
        item
        for item in items
        if isinstance(item, Scalar) and isinstance(item.value, str) and item.value.strip()
    ]


def unknown_clock(reference: Reference) -> tuple[str, str] | None:
    """What to say of a reference below `taskrouter` that is none, None where it is one."""
    name, below = str(reference.path[0]), reference.path[1:]
    if name not in CLOCK or below:
        dotted = ".".join(map(str, reference.path))
        return f"there is no taskrouter.{dotted}", did_you_mean(name, CLOCK)
    try:
        if reference.zone is not None:
            ZoneInfo(reference.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # the latter two for what looks like a path
        hint = did_you_mean(reference.zone or "", available_timezones())
        near = hint if hint.startswith("did") else "write one such as Europe/Paris or America/New_York"
        return f"there is no time zone {reference.zone!r}", near
    return None
