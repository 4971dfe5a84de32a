"""What a comparison asks: known already, of one value of the call, or of more than that."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite

from app.engine.expressions import Constant, Operand, Reference, show, show_operand
from app.engine.expressions.meaning import compare
from app.engine.expressions.tree import Comparison
from app.engine.scope import lookup

ORDERS = frozenset({"<", "<=", ">", ">="})
INSIDE = frozenset({"CONTAINS", "MATCHES", "WITHIN"})

# Two are not of the language: LACKS is NOT IN, and WITHIN is CONTAINS, with their sides exchanged.
MIRRORED = {
    "==": "==",
    "!=": "!=",
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
    "IN": "HAS",
    "HAS": "IN",
    "NOT IN": "LACKS",
    "CONTAINS": "WITHIN",
}


@dataclass(frozen=True, slots=True)
class Ask:
    """One reference beside one constant: `operator` as if the reference stood on the left of `comparison`."""

    operator: str
    reference: Reference
    value: object
    comparison: Comparison

    def holds(self, value: object) -> bool:
        """Whether the comparison holds when the reference has this value."""
        if isinstance(self.comparison.left, Reference):
            return compare(self.comparison, value, self.value)
        return compare(self.comparison, self.value, value)


@dataclass(frozen=True, slots=True)
class Pair:
    """A comparison that the value of one reference does not answer, in one form for all that ask the same."""

    operator: str
    left: Operand
    right: Operand

    def holds(self, values: Mapping[Reference, object]) -> bool | None:
        """Whether it holds for these values of the call; None when they do not tell."""
        sides = [
            values.get(side, self) if isinstance(side, Reference) else side.value
            for side in (self.left, self.right)
        ]
        if any(side is self for side in sides):
            return None
        return compare(Comparison(self.operator, self.left, self.right), sides[0], sides[1])

    @property
    def why(self) -> str:
        text = show(Comparison(self.operator, self.left, self.right))
        if isinstance(self.left, Reference) and isinstance(self.right, Reference):
            return f"`{text}` compares two values of the call"
        return f"`{text}` cannot be taken apart"


def read(comparison: Comparison, variables: Mapping[str, object]) -> bool | Ask | Pair:
    """What a comparison asks once the vars have their values."""
    operator, left, right = comparison.operator, comparison.left, comparison.right
    left, right = _known(left, variables), _known(right, variables)
    plain = Comparison(operator, left, right, comparison.at)
    if isinstance(left, Constant):
        if isinstance(right, Constant):
            return compare(plain, left.value, right.value)
        if operator in MIRRORED and _finite(left.value):
            return Ask(MIRRORED[operator], right, left.value, plain)
    elif isinstance(right, Constant) and _finite(right.value):
        return Ask(operator, left, right.value, plain)
    return _pair(operator, left, right)


def _pair(operator: str, left: Operand, right: Operand) -> Pair:
    swapped = operator in {">", ">=", "HAS"} or (
        operator in {"==", "!="} and show_operand(right) < show_operand(left)
    )
    return Pair(MIRRORED[operator], right, left) if swapped else Pair(operator, left, right)


def _known(operand: Operand, variables: Mapping[str, object]) -> Operand:
    if isinstance(operand, Reference) and operand.root == "vars":
        return Constant(lookup(variables, operand.path), operand.at)
    return operand


def _finite(value: object) -> bool:
    if isinstance(value, list):
        return all(map(_finite, value))
    return not isinstance(value, float) or isfinite(value)
