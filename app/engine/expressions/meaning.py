"""Tree to predicate: what a comparison means (the tables of Twilio's workflow expressions).

No predicate ever raises, whatever the attributes hold.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from operator import ge, gt, le, lt

from app.engine.expressions.tree import And, Comparison, Expression, Not, Operand, Or, Reference
from app.engine.scope import Scope, lookup

Predicate = Callable[[Scope], bool]
Getter = Callable[[Scope], object]

# All in UTC, as Twilio's own.
CLOCK: Mapping[str, Callable[[datetime], object]] = {
    "currentTime": lambda now: now.hour * 100 + now.minute,
    "currentHour": lambda now: now.hour,
    "currentMin": lambda now: now.minute,
    "dayOfWeek": lambda now: ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[now.weekday()],
}


def compile_expression(expression: Expression) -> Predicate:
    """A function that tells whether the expression holds. Names under `taskrouter` must be those of CLOCK."""
    match expression:
        case Comparison(operator, left, right):
            return _comparison(COMPARE[operator], left, right)
        case Not(term):
            inner = compile_expression(term)
            return lambda scope: not inner(scope)
        case And(terms):
            return _all([compile_expression(term) for term in terms])
        case Or(terms):
            return _any([compile_expression(term) for term in terms])


def compile_reference(reference: Reference) -> Getter:
    """A function that looks a reference up; None for whatever is not there."""
    root, path = reference.root, reference.path
    match root:
        case "taskrouter":
            read = CLOCK[str(path[0])]
            return lambda scope: read(scope.now)
        case "task":
            return lambda scope: lookup(scope.task, path)
        case "worker":
            return lambda scope: lookup(scope.worker, path)
        case "callback":
            return lambda scope: lookup(scope.callback, path)
    return lambda scope: lookup(scope.variables, path)


def _comparison(compare: Callable[[object, object], bool], left: Operand, right: Operand) -> Predicate:
    get_left, get_right = _operand(left), _operand(right)
    if _is_day(left) or _is_day(right):
        return lambda scope: compare(_folded(get_left(scope)), _folded(get_right(scope)))
    return lambda scope: compare(get_left(scope), get_right(scope))


def _operand(operand: Operand) -> Getter:
    if isinstance(operand, Reference):
        return compile_reference(operand)
    value = operand.value
    return lambda _: value


def _all(predicates: list[Predicate]) -> Predicate:
    def holds(scope: Scope) -> bool:
        for predicate in predicates:  # noqa: SIM110  a third faster than all() over a generator
            if not predicate(scope):
                return False
        return True

    return holds


def _any(predicates: list[Predicate]) -> Predicate:
    def holds(scope: Scope) -> bool:
        for predicate in predicates:  # noqa: SIM110  a third faster than any() over a generator
            if predicate(scope):
                return True
        return False

    return holds


def _is_day(operand: Operand) -> bool:
    return isinstance(operand, Reference) and (operand.root, operand.path) == ("taskrouter", ("dayOfWeek",))


def _folded(value: object) -> object:
    """Days of the week compare without regard to case."""
    if isinstance(value, list):
        return [item.casefold() if isinstance(item, str) else item for item in value]
    return value.casefold() if isinstance(value, str) else value


def _kind(value: object) -> str:
    """Values compare within a kind alone: a boolean is no number, a list or an object equals nothing."""
    if value is None or isinstance(value, bool):
        return type(value).__name__
    if isinstance(value, int | float):
        return "number"
    return "text" if isinstance(value, str) else "document"


def equal(left: object, right: object) -> bool:
    kind = _kind(left)
    return kind == _kind(right) and kind != "document" and left == right


def _ordered(compare: Callable[..., bool]) -> Callable[[object, object], bool]:
    def holds(left: object, right: object) -> bool:
        kind = _kind(left)
        return kind in {"number", "text"} and kind == _kind(right) and compare(left, right)

    return holds


def _contains(left: object, right: object) -> bool:
    return isinstance(left, str) and isinstance(right, str) and right in left


def _in(left: object, right: object) -> bool:
    return isinstance(right, list) and any(equal(left, item) for item in right)


def _not_in(left: object, right: object) -> bool:
    if right is None:
        return True
    return isinstance(right, list) and (left is None or not _in(left, right))


COMPARE: Mapping[str, Callable[[object, object], bool]] = {
    "==": equal,
    "!=": lambda left, right: not equal(left, right),
    "<": _ordered(lt),
    "<=": _ordered(le),
    ">": _ordered(gt),
    ">=": _ordered(ge),
    "CONTAINS": _contains,
    "HAS": lambda left, right: _in(right, left),
    "IN": _in,
    "NOT IN": _not_in,
}
