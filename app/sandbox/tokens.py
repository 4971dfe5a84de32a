"""The words of a TaskRouter expression: `type == "sms" AND worker.skills HAS 'fr'`, cut into tokens."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "word", "sign", "end"]

_TOKEN = re.compile(
    r"""\s*(?:
      (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    | (?P<number>-?\d+(?:\.\d+)?(?!\w))
    | (?P<word>\w+)
    | (?P<sign>==|!=|<=|>=|[=<>()\[\],.])
    | (?P<end>\Z)
    )""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"\\([\\\"'])")


@dataclass(frozen=True, slots=True)
class Token:
    """One word, sign or constant; `position` counts characters from 0."""

    kind: Kind
    value: str
    position: int


class ExpressionError(Exception):
    """An expression that TaskRouter cannot read: `text` says what is wrong, `position` where, from 0."""

    def __init__(self, text: str, position: int) -> None:
        super().__init__(f"{text} at character {position + 1}")
        self.text = text
        self.position = position


def tokens_of(text: str) -> Iterator[Token]:
    """Cut an expression into tokens; the last one is of kind `end`. Raises ExpressionError.

    A text is yielded without its quotes. A backslash escapes a quote or a backslash, and otherwise stays.
    """
    position = 0
    while True:
        match = _TOKEN.match(text, position)
        if match is None:
            start = position + len(text[position:]) - len(text[position:].lstrip())
            raise ExpressionError(f"{text[start]!r} has no place in an expression", start)
        kind: Kind = match.lastgroup  # type: ignore[assignment] # the groups are named after the kinds
        value = match[kind]
        if kind == "text":
            value = _ESCAPED.sub(r"\1", value[1:-1])
        yield Token(kind, value, match.start(kind))
        if kind == "end":
            return
        position = match.end()
