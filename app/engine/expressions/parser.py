"""Text to tree. What does not parse is explained by `mistakes`."""

import math
import re
from pathlib import Path
from typing import cast

from lark import Lark, Token, Transformer, UnexpectedInput, UnexpectedToken, v_args

from app.engine.expressions.mistakes import explain
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

MAX_DEPTH = 100  # parentheses; compiling one takes up to five calls a level
MAX_DIGITS = 300

WORDS = {"true": True, "false": False, "null": None}
STEP = re.compile(r"\w+|\[([0-9]+)\]")
# A quote that is never closed ends with the text: to look for the next one would take quadratic time.
QUOTED = re.compile(r""""(?:[^"\\]|\\.)*(?:"|\\?\Z)|'(?:[^'\\]|\\.)*(?:'|\\?\Z)""", re.DOTALL)
ESCAPE = re.compile(r"""\\(["'\\])""")


def parse(text: str) -> Expression:
    """The tree of an expression.

    Raises ExpressionError with the offset of the mistake and what to write instead.
    """
    _limit_depth(text)
    try:
        return cast("Expression", _PARSER.parse(text))
    except UnexpectedInput as error:
        raise _explained(text, error) from None


def parse_reference(text: str) -> Reference:
    """The reference that a text is, all of it: `task.type`. Raises ExpressionError."""
    if not re.fullmatch(r"\w*[^\W\d_]\w*(?:\.\w+|\[[0-9]+\])*", text):
        raise ExpressionError(f"{text!r} is no reference", 0, "write a name such as task.type")
    return _reference(text, 0)


def _explained(text: str, error: UnexpectedInput) -> ExpressionError:
    at = error.pos_in_stream or 0
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        at = len(text.rstrip())
    read = _PARSER.parse_interactive(text[:at])
    read.exhaust_lexer()
    return explain(text, at, read.accepts())  # type: ignore[no-untyped-call]  # lark leaves it unannotated


def _reference(text: str, at: int) -> Reference:
    steps = tuple(
        int(_digits(match[1], at)) if match[1] is not None else match[0] for match in STEP.finditer(text)
    )
    if steps[0] in ROOTS and len(steps) > 1 and isinstance(steps[1], str):
        return Reference(str(steps[0]), steps[1:], at)
    return Reference("task", steps, at)


def _limit_depth(text: str) -> None:
    depth = 0
    for match in re.finditer(r"[()]", QUOTED.sub(lambda quoted: " " * len(quoted[0]), text)):
        depth += 1 if match[0] == "(" else -1
        if depth > MAX_DEPTH:
            raise ExpressionError(
                f"parentheses nest more than {MAX_DEPTH} deep", match.start(), "split the rule in two"
            )


def _digits(text: str, at: int) -> str:
    if len(text) > MAX_DIGITS:
        raise ExpressionError(f"a number of {len(text)} digits is too long", at, "compare with a shorter one")
    return text


def _number(text: str, at: int) -> int | float:
    _digits(text, at)
    if re.fullmatch(r"-?[0-9]+", text):
        return int(text)
    number = float(text)
    if math.isinf(number):
        raise ExpressionError(f"{text} is too large for a number", at, "compare with a smaller one")
    return number


@v_args(inline=True)
class _Tree(Transformer[Token, Expression]):
    """Builds nodes while the parser reduces, so that depth costs no recursion."""

    def constant(self, token: Token) -> Constant:
        at = token.start_pos or 0
        match token.type:
            case "STRING":
                return Constant(ESCAPE.sub(r"\1", token[1:-1]), at)
            case "NUMBER":
                return Constant(_number(str(token), at), at)
        return Constant(WORDS[token.lower()], at)

    def reference(self, token: Token) -> Reference:
        return _reference(str(token), token.start_pos or 0)

    def list(self, bracket: Token, *items: Constant) -> Constant:
        return Constant([item.value for item in items], bracket.start_pos or 0)

    def operator(self, *tokens: Token) -> Token:
        name = " ".join(token.upper() for token in tokens)
        return Token("OPERATOR", "==" if name == "=" else name, tokens[0].start_pos)

    def comparison(self, left: Operand, operator: Token, right: Operand) -> Comparison:
        return Comparison(str(operator), left, right, operator.start_pos or 0)

    def negation(self, term: Expression) -> Not:
        return Not(term)

    def all(self, *terms: Expression) -> And:
        return And(terms)

    def any(self, *terms: Expression) -> Or:
        return Or(terms)


_PARSER = Lark(
    (Path(__file__).parent / "grammar.lark").read_text(encoding="utf-8"),
    parser="lalr",
    lexer="contextual",
    transformer=_Tree(),
    maybe_placeholders=False,
)
