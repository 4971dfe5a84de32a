"""Tree to text: an expression as it could have been written. Parsing it gives the same tree."""

from app.engine.expressions.tree import And, Comparison, Expression, Not, Operand, Or, Reference


def show(expression: Expression) -> str:
    """The expression's text, with no more parentheses than it needs."""
    match expression:
        case Comparison(operator, left, right):
            return f"{show_operand(left)} {operator} {show_operand(right)}"
        case Not(term):
            return f"NOT ({show(term)})"
        case And(terms):
            return " AND ".join(_grouped(term, And, Or) for term in terms)
        case Or(terms):
            return " OR ".join(_grouped(term, Or) for term in terms)


def show_operand(operand: Operand) -> str:
    """A reference or a constant; attributes of the task always with their root."""
    return show_reference(operand) if isinstance(operand, Reference) else show_constant(operand.value)


def show_reference(reference: Reference) -> str:
    zone = f'.in("{reference.zone}")' if reference.zone else ""
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in reference.path)
    return reference.root + zone + "".join(steps)


def show_constant(value: object) -> str:
    """A value as the language writes it; an object, which it cannot write, as JSON has it."""
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case list() | tuple():
            return f"[{', '.join(show_constant(item) for item in value)}]"
        case dict():
            return (
                "{" + ", ".join(f"{show_constant(key)}: {show_constant(value[key])}" for key in value) + "}"
            )
    return repr(value)


def _grouped(term: Expression, *weaker: type[Expression]) -> str:
    return f"({show(term)})" if isinstance(term, weaker) else show(term)
