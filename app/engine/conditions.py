"""The expressions of rules: `when` to predicates, `task_type_from` to getters, each reference a known one."""

from collections.abc import Iterable

from app.engine import source
from app.engine.catalogue import Check
from app.engine.expressions import Reference, compile_expression, parse, parse_reference, references
from app.engine.expressions.meaning import CLOCK, Getter, Predicate, compile_reference
from app.engine.report import Report
from app.engine.source import Node, Scalar
from app.engine.suggest import did_you_mean
from app.engine.variables import Variables
from app.errors import ExpressionError


class Conditions:
    """Reads expressions; one that stands in several rules is compiled once."""

    def __init__(self, report: Report, variables: Variables) -> None:
        self._report = report
        self._variables = variables
        self._compiled: dict[str, Predicate] = {}

    def predicates(self, node: Node) -> tuple[Predicate, ...]:
        """The terms of a `when`, which must all hold. What is no text was reported by its shape."""
        return tuple(predicate for term in _texts(node) if (predicate := self._predicate(term)))

    def getters(self, node: Node) -> tuple[Getter, ...]:
        """The references of `task_type_from`."""
        return tuple(getter for text in _texts(node) if (getter := self._getter(text)))

    def _predicate(self, node: Scalar) -> Predicate | None:
        if node.text in self._compiled:
            return self._compiled[node.text]
        try:
            tree = parse(node.text)
        except ExpressionError as error:
            self._report.error(Check.EXPRESSION, node.locate(error.at), f"`when`: {error}", error.hint)
            return None
        if not self._known(references(tree), node, "when"):
            return None
        return self._compiled.setdefault(node.text, compile_expression(tree))

    def _getter(self, node: Scalar) -> Getter | None:
        try:
            reference = parse_reference(node.text)
        except ExpressionError as error:
            self._report.error(Check.EXPRESSION, node.location, f"`task_type_from`: {error}", error.hint)
            return None
        return compile_reference(reference) if self._known([reference], node, "task_type_from") else None

    def _known(self, found: Iterable[Reference], node: Scalar, where: str) -> bool:
        unknown = [(reference, said) for reference in found if (said := self._unknown(reference))]
        for reference, (message, hint) in unknown:
            place = node.locate(reference.at)
            self._report.error(Check.UNKNOWN_REFERENCE, place, f"`{where}`: {message}", hint)
        return not unknown

    def _unknown(self, reference: Reference) -> tuple[str, str] | None:
        name, below = str(reference.path[0]), reference.path[1:]
        if reference.root == "taskrouter" and (name not in CLOCK or below):
            dotted = ".".join(map(str, reference.path))
            return f"there is no taskrouter.{dotted}", did_you_mean(name, CLOCK)
        if reference.root == "vars" and name not in self._variables.values:
            return f"there is no var {name!r}", self._variables.hint(name)
        return None


def _texts(node: Node) -> list[Scalar]:
    items = node.items if isinstance(node, source.Sequence) else (node,)
    return [
        item
        for item in items
        if isinstance(item, Scalar) and isinstance(item.value, str) and item.value.strip()
    ]
