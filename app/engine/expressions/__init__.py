"""TaskRouter's expression language: text to tree (`parser`), tree to text (`text`), and what a tree means.

`tree` holds the nodes, `mistakes` what to say of text that does not parse. `meaning` says in plain functions
what holds, `compiling` makes fast predicates that say the same.
"""

from app.engine.expressions.compiling import Predicate, compile_expression, compile_reference, resolved
from app.engine.expressions.parser import parse, parse_reference
from app.engine.expressions.text import show, show_constant, show_operand
from app.engine.expressions.tree import (
    Constant,
    Expression,
    Operand,
    Reference,
    comparisons,
    references,
    size,
)

__all__ = [
    "Constant",
    "Expression",
    "Operand",
    "Predicate",
    "Reference",
    "comparisons",
    "compile_expression",
    "compile_reference",
    "parse",
    "parse_reference",
    "references",
    "resolved",
    "show",
    "show_constant",
    "show_operand",
    "size",
]
