"""The expressions of rules: `when` to predicates, `task_type_from` to getters, each reference a known one."""

from collections.abc import Iterable
from difflib import get_close_matches

from app.engine import source
from app.engine.catalogue import Check
from app.engine.expressions import (
    Constant,
    Expression,
    Operand,
    Reference,
    comparisons,
    compile_expression,
    parse,
    parse_reference,
    references,
)
from app.engine.expressions.meaning import CLOCK, Getter, Predicate, compile_reference
from app.engine.expressions.tree import ROOTS
from app.engine.report import Report
from app.engine.scope import lookup
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
        self._warn_of_clock(tree, node)
        return self._compiled.setdefault(node.text, compile_expression(tree))

    def _getter(self, node: Scalar) -> Getter | None:
        try:
            reference = parse_reference(node.text)
        except ExpressionError as error:
            self._report.error(Check.EXPRESSION, node.location, f"`task_type_from`: {error}", error.hint)
            return None
        return compile_reference(reference) if self._known([reference], node, "task_type_from") else None

    def _known(self, given: Iterable[Reference], node: Scalar, where: str) -> bool:
        found = list(given)
        unknown = [(reference, said) for reference in found if (said := self._unknown(reference))]
        for reference in found:
            self._warn_of_root(reference, node, where)
        for reference, (message, hint) in unknown:
            place = node.locate(reference.at)
            self._report.error(Check.UNKNOWN_REFERENCE, place, f"`{where}`: {message}", hint)
        return not unknown

    def _warn_of_clock(self, tree: Expression, node: Scalar) -> None:
        """The hour is a number, and compares with numbers alone: `0900` from the environment is text."""
        for comparison in comparisons(tree):
            for clock, other in (
                (comparison.left, comparison.right),
                (comparison.right, comparison.left),
            ):
                value = self._constant(other)
                if _is_hour(clock) and not isinstance(value, int | float | list | None):
                    message = "`when`: the time is a number, and this compares it with another kind of value"
                    hint = "write 900 for nine o'clock: unquoted, and without a leading zero"
                    self._report.warning(Check.NEVER_HOLDS, node.locate(other.at), message, hint)

    def _constant(self, operand: Operand) -> object:
        """The value of an operand that is the same for every call, None of another."""
        if isinstance(operand, Constant):
            return operand.value
        return lookup(self._variables.values, operand.path) if operand.root == "vars" else None

    def _warn_of_root(self, reference: Reference, node: Scalar, where: str) -> None:
        first, below = str(reference.path[0]), reference.path[1:]
        bare = reference.root == "task" and node.text.startswith(first, reference.at)
        if not (bare and below):
            return
        near = get_close_matches(first, ROOTS, n=1, cutoff=0.75)
        if near:
            message = f"`{where}`: {first}.… is an attribute of the task here"
            hint = f"did you mean {near[0]!r}? Else write task.{first}"
            self._report.warning(Check.UNLIKELY_REFERENCE, node.locate(reference.at), message, hint)

    def _unknown(self, reference: Reference) -> tuple[str, str] | None:
        name, below = str(reference.path[0]), reference.path[1:]
        if reference.root == "taskrouter" and (name not in CLOCK or below):
            dotted = ".".join(map(str, reference.path))
            return f"there is no taskrouter.{dotted}", did_you_mean(name, CLOCK)
        if reference.root == "vars" and name not in self._variables.values:
            return f"there is no var {name!r}", self._variables.hint(name)
        return None


def _is_hour(operand: Operand) -> bool:
    return isinstance(operand, Reference) and operand.root == "taskrouter" and operand.path != ("dayOfWeek",)


def _texts(node: Node) -> list[Scalar]:
    items = node.items if isinstance(node, source.Sequence) else (node,)
    return [
        item
        for item in items
        if isinstance(item, Scalar) and isinstance(item.value, str) and item.value.strip()
    ]
