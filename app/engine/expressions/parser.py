"""Text to tree, by recursive descent. What does not parse is explained by `mistakes`.

    any         = all { OR all }
    all         = term { AND term }
    term        = [NOT] "(" any ")" | comparison
    comparison  = operand operator operand
    operand     = constant | reference | "[" [constant { "," constant }] "]"

What a word means depends on what can stand there: where only a name can stand, IN or HAS is a name.
"""

import math
import re

from app.engine.expressions.mistakes import Expected, Place, explain
from app.engine.expressions.tree import (
    ROOTS,
    And,
    Comparison,
    Constant,
    Expression,
    Not,
    Operand,
    Or,
    Reference,
)
from app.errors import ExpressionError

MAX_DEPTH = 100  # parentheses; reading and compiling one takes up to five calls a level
MAX_DIGITS = 300

WORDS = {"true": True, "false": False, "null": None}
STEP = re.compile(r"\w+|\[([0-9]+)\]")
ESCAPE = re.compile(r"""\\(["'\\])""")

NAME = r"\w*[^\W\d_]\w*(?:\.\w+|\[[0-9]+\])*"  # it has a letter: 1_000 is none
CONSTANT = r"""
    (?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    # A number ends where a name cannot go on, or where a keyword follows without white space: 5AND.
  | (?P<number>-?[0-9]+(?:\.[0-9]+)?(?:e[+-]?[0-9]+)?
        (?:(?![\w.])|(?=(?:and|or|in|not|has|contains|matches)\b)))
  | (?P<word>true|false|null)(?![\w.\[])
"""
FLAGS = re.IGNORECASE | re.VERBOSE | re.DOTALL
OPERAND = re.compile(
    rf"""\s*(?:{CONSTANT}
      | (?-i:taskrouter\.in)\(\s*(?P<zone>"[^"\\]*"|'[^'\\]*')\s*\)\.(?P<zoned>\w+)
      | (?P<name>{NAME})
      | (?P<list>\[))""",
    FLAGS,
)
ITEM = re.compile(rf"\s*(?:{CONSTANT})", FLAGS)
GROUP = re.compile(r"\s*(not\s*)?\(", re.IGNORECASE)
OPERATOR = re.compile(r"\s*(==?|!=|<=?|>=?|(?:contains|has|in|matches)\b|not\s+in\b)", re.IGNORECASE)
AND = re.compile(r"\s*and\b", re.IGNORECASE)
OR = re.compile(r"\s*or\b", re.IGNORECASE)
CLOSING = re.compile(r"\s*\)")
COMMA = re.compile(r"\s*,")
BRACKET = re.compile(r"\s*\]")
SPACE = re.compile(r"\s*")


def parse(text: str) -> Expression:
    """The tree of an expression.

    Raises ExpressionError with the offset of the mistake and what to write instead.
    """
    parser = _Parser(text)
    tree = parser.any()
    if parser.at < len(text.rstrip()):
        raise parser.mistake(Expected.CONJUNCTION)
    return tree


def parse_reference(text: str) -> Reference:
    """The reference that a text is, all of it: `task.type`. Raises ExpressionError."""
    if not re.fullmatch(NAME, text):
        raise ExpressionError(f"{text!r} is no reference", 0, "write a name such as task.type")
    return _reference(text, 0)


class _Parser:
    """An expression while it is read: `at` is the offset behind what was read last."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0

    def any(self) -> Expression:
        terms = [self.all()]
        while self.takes(OR):
            terms.append(self.all())
        return terms[0] if len(terms) == 1 else Or(tuple(terms))

    def all(self) -> Expression:
        terms = [self.term()]
        while self.takes(AND):
            terms.append(self.term())
        return terms[0] if len(terms) == 1 else And(tuple(terms))

    def term(self) -> Expression:
        group = GROUP.match(self.text, self.at)
        if group is None:
            return self.comparison()
        self.at = group.end()
        self.depth += 1
        if self.depth > MAX_DEPTH:
            message = f"parentheses nest more than {MAX_DEPTH} deep"
            raise ExpressionError(message, self.at - 1, "split the rule in two")
        inner = self.any()
        if not self.takes(CLOSING):
            raise self.mistake(Expected.CONJUNCTION)
        self.depth -= 1
        return Not(inner) if group[1] else inner

    def comparison(self) -> Comparison:
        left = self.operand()
        operator = OPERATOR.match(self.text, self.at)
        if operator is None:
            raise self.mistake(Expected.OPERATOR)
        self.at = operator.end()
        name = " ".join(operator[1].upper().split())
        return Comparison("==" if name == "=" else name, left, self.operand(), operator.start(1))

    def operand(self) -> Operand:
        match = OPERAND.match(self.text, self.at)
        if match is None:
            raise self.mistake(Expected.OPERAND)
        self.at = match.end()
        match match.lastgroup:
            case "name":
                return _reference(match["name"], match.start("name"))
            case "zoned":
                at = match.end() - len(match[0].lstrip())
                return Reference("taskrouter", (match["zoned"],), at, match["zone"][1:-1])
            case "list":
                return self.items(match.start("list"))
        return _constant(match)

    def items(self, at: int) -> Constant:
        values: list[object] = []
        if self.takes(BRACKET):
            return Constant(values, at)
        while True:
            item = ITEM.match(self.text, self.at)
            if item is None:
                raise self.mistake(Expected.ITEM if values else Expected.FIRST_ITEM)
            self.at = item.end()
            values.append(_constant(item).value)
            if self.takes(BRACKET):
                return Constant(values, at)
            if not self.takes(COMMA):
                raise self.mistake(Expected.COMMA)

    def takes(self, sign: re.Pattern[str]) -> bool:
        match = sign.match(self.text, self.at)
        if match:
            self.at = match.end()
        return match is not None

    def mistake(self, expected: Expected) -> ExpressionError:
        space = SPACE.match(self.text, self.at)
        at = space.end() if space else self.at
        at = len(self.text.rstrip()) if at == len(self.text) else at
        return explain(Place(self.text, at, expected, inside=self.depth > 0))


def _reference(text: str, at: int) -> Reference:
    if "[" not in text:
        steps: tuple[str | int, ...] = tuple(text.split("."))
    else:
        steps = tuple(
            match[0] if match[1] is None else int(_digits(match[1], at)) for match in STEP.finditer(text)
        )
    if steps[0] in ROOTS and len(steps) > 1 and isinstance(steps[1], str):
        return Reference(str(steps[0]), steps[1:], at)
    return Reference("task", steps, at)


def _constant(match: re.Match[str]) -> Constant:
    kind = str(match.lastgroup)
    text, at = match[kind], match.start(kind)
    match kind:
        case "text":
            return Constant(ESCAPE.sub(r"\1", text[1:-1]), at)
        case "number":
            return Constant(_number(text, at), at)
    return Constant(WORDS[text.lower()], at)


def _digits(text: str, at: int) -> str:
    if len(text) > MAX_DIGITS:
        raise ExpressionError(f"a number of {len(text)} digits is too long", at, "compare with a shorter one")
    return text


def _number(text: str, at: int) -> int | float:
    _digits(text, at)
    if text.removeprefix("-").isdigit():
        return int(text)
    number = float(text)
    if math.isinf(number):
        raise ExpressionError(f"{text} is too large for a number", at, "compare with a smaller one")
    return number
