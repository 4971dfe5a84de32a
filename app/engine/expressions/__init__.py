"""TaskRouter's expression language: text to tree (`parser`), tree to predicate (`meaning`).

`tree` holds the nodes, `grammar.lark` the grammar, `mistakes` what to say of text that does not parse.
"""

from app.engine.expressions.meaning import Predicate, compile_expression
from app.engine.expressions.parser import parse, parse_reference
from app.engine.expressions.tree import Constant, Expression, Operand, Reference, comparisons, references

__all__ = [
    "Constant",
    "Expression",
    "Operand",
    "Predicate",
    "Reference",
    "comparisons",
    "compile_expression",
    "parse",
    "parse_reference",
    "references",
]
