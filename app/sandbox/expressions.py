"""TaskRouter's expressions, read once and asked often: those of queues, filters and targets.

    OR binds weakest, then AND; parentheses nest. A comparison has a constant or a reference on either side.
    A reference is names joined by dots, with [n] indexes: `task.languages[0]`, `worker.level`, `type`.

Source: "Using TaskRouter Expressions" of Twilio's documentation.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.sandbox.comparisons import COMPARISONS, Day
from app.sandbox.tokens import ExpressionError, Token, tokens_of

DEEPEST = 150
"""How deep parentheses nest."""

LONGEST_NUMBER = 400
"""How many characters a number has."""

_CONSTANTS: Mapping[str, object] = {"TRUE": True, "FALSE": False, "NULL": None}
_CLOCK: Mapping[str, Callable[[datetime], object]] = {
    "currentTime": lambda now: now.hour * 100 + now.minute,
    "currentHour": lambda now: now.hour,
    "currentMin": lambda now: now.minute,
    "dayOfWeek": lambda now: Day(now.strftime("%a")),
}


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Scope:
    """What references stand for: `bare` without a prefix, `named` by prefix; `taskrouter.` tells `now`."""

    bare: Mapping[str, Any] = field(default_factory=dict)
    named: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    now: datetime = _LONG_AGO


Holds = Callable[[Scope], bool]
Value = Callable[[Scope], Any]


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression that can be asked whether it holds; `text` is as it was written.

    One that `reads_clock` may hold at one time and not at another, of the same task and worker.
    """

    text: str
    holds: Holds = field(compare=False)
    reads_clock: bool = False


ALWAYS = Expression("1==1", lambda _scope: True)
"""The queue of everybody, and the target of every worker in the queue."""


def read_expression(text: str) -> Expression:
    """Read an expression. Raises ExpressionError; an expression that was read never raises."""
    parser = _Parser(text)
    return Expression(text, parser.whole(), parser.reads_clock)


def read_reference(text: str) -> Value:
    """Read a reference alone, such as `task.agent_sid`. Raises ExpressionError."""
    return _Parser(text).lone_reference()


class _Parser:
    """Reads one expression from its start to its end; each method takes the tokens that it is named after."""

    def __init__(self, text: str) -> None:
        self._tokens = list(tokens_of(text))
        self._next = 0
        self._depth = 0
        self.reads_clock = False

    def whole(self) -> Holds:
        holds = self._any_of()
        self._end()
        return holds

    def lone_reference(self) -> Value:
        value = self._reference()
        self._end()
        return value

    def _any_of(self) -> Holds:
        parts = [self._all_of()]
        while self._took("OR"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else lambda scope: any(part(scope) for part in parts)

    def _all_of(self) -> Holds:
        parts = [self._comparison()]
        while self._took("AND"):
            parts.append(self._comparison())
        return parts[0] if len(parts) == 1 else lambda scope: all(part(scope) for part in parts)

    def _comparison(self) -> Holds:
        if self._took("("):
            return self._nested()
        left = self._operand()
        compare = COMPARISONS[self._operator()]
        right = self._operand()
        return lambda scope: compare(left(scope), right(scope))

    def _nested(self) -> Holds:
        self._depth += 1
        if self._depth > DEEPEST:
            raise ExpressionError(f"parentheses nest deeper than {DEEPEST}", self._here.position)
        holds = self._any_of()
        self._expect(")")
        self._depth -= 1
        return holds

    def _operator(self) -> str:
        here = self._here
        word = here.value.upper()
        if here.kind == "word" and word == "NOT":
            self._next += 1
            self._expect("IN")
            return "NOT IN"
        if here.kind not in {"word", "sign"} or word not in COMPARISONS:
            raise ExpressionError("a comparison such as == or HAS is missing", here.position)
        self._next += 1
        return word

    def _operand(self) -> Value:
        here = self._here
        if here.kind == "word" and here.value.upper() not in _CONSTANTS:
            return self._reference()
        value = self._constant()
        return lambda _scope: value

    def _constant(self) -> object:
        here = self._here
        if self._took("["):
            return self._list()
        if here.kind == "text":
            value: object = here.value
        elif here.kind == "number":
            value = _number(here)
        elif here.kind == "word" and here.value.upper() in _CONSTANTS:
            value = _CONSTANTS[here.value.upper()]
        else:
            raise ExpressionError("a name or a constant is missing", here.position)
        self._next += 1
        return value

    def _list(self) -> list[object]:
        values: list[object] = []
        while not self._took("]"):
            if values:
                self._expect(",")
            if self._here.value == "[" and self._here.kind == "sign":
                raise ExpressionError("a list holds no lists", self._here.position)
            values.append(self._constant())
        return values

    def _reference(self) -> Value:
        path: list[str | int] = [self._name()]
        while True:
            if self._took("."):
                path.append(self._name())
            elif self._took("["):
                path.append(self._index())
            else:
                self.reads_clock |= path[0] == "taskrouter"
                return _follow(path, self._here.position)

    def _name(self) -> str:
        here = self._here
        if here.kind != "word":
            raise ExpressionError("a name is missing", here.position)
        self._next += 1
        return here.value

    def _index(self) -> int:
        here = self._here
        index = _number(here) if here.kind == "number" else -1
        if not isinstance(index, int) or index < 0:
            raise ExpressionError("an index is a whole number", here.position)
        self._next += 1
        self._expect("]")
        return index

    @property
    def _here(self) -> Token:
        return self._tokens[self._next]

    def _took(self, value: str) -> bool:
        here = self._here
        if here.kind not in {"word", "sign"} or here.value.upper() != value:
            return False
        self._next += 1
        return True

    def _expect(self, value: str) -> None:
        if not self._took(value):
            raise ExpressionError(f"{value} is missing", self._here.position)

    def _end(self) -> None:
        if self._here.kind != "end":
            raise ExpressionError("AND, OR or the end is missing", self._here.position)


def _number(token: Token) -> float | int:
    if len(token.value) > LONGEST_NUMBER:
        raise ExpressionError(f"a number has at most {LONGEST_NUMBER} characters", token.position)
    return float(token.value) if "." in token.value else int(token.value)


def _follow(path: list[str | int], position: int) -> Value:
    head, rest = path[0], path[1:]
    if head == "taskrouter":
        if len(rest) != 1 or rest[0] not in _CLOCK:
            raise ExpressionError(f"taskrouter. has {', '.join(_CLOCK)} alone", position)
        tell = _CLOCK[str(rest[0])]
        return lambda scope: tell(scope.now)

    def value(scope: Scope) -> Any:
        if rest and head in scope.named:
            return _walk(scope.named[str(head)], rest)
        return _walk(scope.bare, path)

    return value


def _walk(found: Any, path: list[str | int]) -> Any:
    for step in path:
        if isinstance(step, str):
            found = found.get(step) if isinstance(found, Mapping) else None
        else:
            found = found[step] if isinstance(found, list) and step < len(found) else None
    return found
