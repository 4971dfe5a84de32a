"""Secrets of instructions that are kept: a reference to the var that holds each, in place of its value."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from app.engine.masking import secret_keys
from app.engine.scope import lookup
from app.model import Instruction

VAR = "var"  # the key of a reference, which no parameter's value has

Path: TypeAlias = tuple[str | int, ...]


def sealed(instruction: Instruction, variables: Mapping[str, object]) -> Instruction | None:
    """The instruction as it may be kept; None where no var holds one of its secrets as it is."""
    fields = dict(instruction.fields)
    for key in secret_keys(instruction):
        path = next((path for path, value in _values(variables) if value == fields[key]), None)
        if path is None:
            return None
        fields[key] = {VAR: list(path)}
    return Instruction(instruction.name, fields)


def unsealed(instruction: Instruction, variables: Mapping[str, object]) -> Instruction | None:
    """The instruction as it is sent; None where a var that holds a secret is no longer there."""
    fields = dict(instruction.fields)
    for key in secret_keys(instruction):
        reference = fields[key]
        path = tuple(reference[VAR]) if isinstance(reference, dict) else ()
        fields[key] = lookup(variables, path) if path else None
        if fields[key] is None:
            return None
    return Instruction(instruction.name, fields)


def _values(value: object, path: Path = ()) -> Iterator[tuple[Path, object]]:
    """Every value that is no document, with its path."""
    match value:
        case dict():
            for key, inner in value.items():
                yield from _values(inner, (*path, key))
        case list():
            for index, inner in enumerate(value):
                yield from _values(inner, (*path, index))
        case _:
            yield path, value
