"""What the comparisons of TaskRouter's expressions mean. None raises, whatever it is given.

Values are those of JSON; a missing attribute is None. Source: "Using TaskRouter Expressions" of Twilio's
documentation, and what configurations in production depend on.
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

Comparison = Callable[[Any, Any], bool]


class Day(str):
    """A day of the week, which is compared without regard to case."""

    __slots__ = ()


def equal(left: Any, right: Any) -> bool:
    """The same value of the same type; lists and objects are equal to nothing. 1 and 1.0 are the same."""
    if isinstance(left, str) and isinstance(right, str):
        if isinstance(left, Day) or isinstance(right, Day):
            return left.casefold() == right.casefold()
        return left == right
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if _is_number(left) and _is_number(right):
        return bool(left == right)
    return left is None and right is None


def _unequal(left: Any, right: Any) -> bool:
    return not equal(left, right)


def _holds(values: Any, value: Any) -> bool:
    return isinstance(values, list) and any(equal(each, value) for each in values)


def _is_in(left: Any, right: Any) -> bool:
    return _holds(right, left)


def _is_not_in(left: Any, right: Any) -> bool:
    # Nobody is excluded by a list that is not there: `worker.sid NOT IN task.excluded`.
    if right is None:
        return True
    return isinstance(right, list) and (left is None or not _holds(right, left))


def _contains(left: Any, right: Any) -> bool:
    if not isinstance(left, str) or not isinstance(right, str):
        return False
    if isinstance(left, Day) or isinstance(right, Day):
        return right.casefold() in left.casefold()
    return right in left


def _ordered(compare: Callable[[Any, Any], bool]) -> Comparison:
    def holds(left: Any, right: Any) -> bool:
        both = (isinstance(left, str) and isinstance(right, str)) or (_is_number(left) and _is_number(right))
        return both and compare(left, right)

    return holds


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


COMPARISONS: Mapping[str, Comparison] = {
    "==": equal,
    "=": equal,
    "!=": _unequal,
    "<": _ordered(operator.lt),
    "<=": _ordered(operator.le),
    ">": _ordered(operator.gt),
    ">=": _ordered(operator.ge),
    "CONTAINS": _contains,
    "HAS": _holds,
    "IN": _is_in,
    "NOT IN": _is_not_in,
}
"""Each operator, with what it means."""
