"""The SIDs and numbers that rules name, each at its place: one that a var holds at the var, once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from app.engine.catalogue import Check
from app.engine.fields import Parameter
from app.engine.source import Node, Scalar
from app.engine.templates import is_template, read_template
from app.engine.variables import Variables
from app.engine.written import Written, WrittenInstruction
from app.model import Level, Location, Problem

Wanted = Callable[[WrittenInstruction, Parameter], bool]


@dataclass(frozen=True, slots=True)
class Named:
    """A text that is the same for every call. `rule` is None where it stands in a var."""

    text: str
    key: str
    place: Location
    rule: str | None

    def problem(
        self, check: Check, level: Level, message: str, hint: str, code: int | None = None
    ) -> Problem:
        """A problem with it, at its place."""
        return Problem(check, f"{self.key} {message}", self.place, level, self.rule, hint, code)


def named(written: Written, is_wanted: Wanted) -> Iterator[Named]:
    """What the wanted parameters hold."""
    told: set[str] = set()
    for instruction, key, text in _constants(written, is_wanted):
        node = instruction.node.entries[key]
        var = _var(written.variables, node, text)
        if var is None:
            yield Named(text, f"`{key}`", node.location, instruction.rule)
        elif var not in told:
            told.add(var)
            yield Named(text, f"the var {var!r}", written.variables.places[var], None)


def _constants(written: Written, is_wanted: Wanted) -> Iterator[tuple[WrittenInstruction, str, str]]:
    for instruction in written.instructions:
        parameters = instruction.plan.schema.parameters()
        for key, value in instruction.plan.constants.items():
            if isinstance(value, str) and is_wanted(instruction, parameters[key]):
                yield instruction, key, value


def _var(variables: Variables, node: Node, text: str) -> str | None:
    """The var that holds just this text, where the template takes it from one."""
    if not isinstance(node, Scalar) or not is_template(node.text):
        return None
    paths = list(read_template(node.text).variables)
    name = str(paths[0][0]) if len(paths) == 1 else ""
    return name if variables.values.get(name) == text else None
