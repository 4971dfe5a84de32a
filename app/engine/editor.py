"""The rules format as a JSON Schema, by which an editor completes and checks keys: made of what validates.

It refuses nothing that `loading` takes, and leaves open what it cannot say: what templates, expressions and
vars come to, and what must be unique in a rule set. Its keywords are those that draft-07 and 2020-12 share.
"""

from collections.abc import Mapping

from marshmallow import Schema

from app.engine.fields import JsonSchema, Parameter
from app.engine.format import (
    ACTIONS,
    CaseShape,
    DefaultShape,
    ExpectShape,
    FileShape,
    RuleShape,
    reference,
    schema,
)
from app.engine.instructions import INSTRUCTIONS, InstructionSchema
from app.engine.manual import ABOUT, INSTRUCTION, LEVELS, PARAMETERS
from app.engine.plan import missing_parameters
from app.engine.variables import NAME
from app.engine.wire import WIRE_NAMES
from app.model import Mode

DRAFT = "https://json-schema.org/draft/2020-12/schema"
TEMPLATE = r"\{\{[\s\S]*\}\}"
EXACTLY_ONE_ACTION: JsonSchema = {
    "oneOf": [{"required": [action]} for action in ACTIONS],
    "if": {"anyOf": [{"required": ["retry_for"]}, {"required": ["on_failure"]}]},
    "then": {"required": ["post"]},
}


def rules_schema() -> JsonSchema:
    """The JSON Schema of a rules file, as a document."""
    definitions = {
        "vars": {
            "description": ABOUT["vars"],
            "type": "object",
            "propertyNames": {"pattern": f"^{NAME.pattern}$"},
        },
        "rule": _level("rule", RuleShape) | {"required": ["name"]} | EXACTLY_ONE_ACTION,
        "default": _level("default", DefaultShape) | EXACTLY_ONE_ACTION,
        "reply": _instruction(Mode.REPLY),
        "post": _instruction(Mode.POST),
        **{name: _parameters(instruction) for name, instruction in INSTRUCTIONS.items()},
        "test": _level("test", CaseShape),
        "expect": _level("expect", ExpectShape),
        "expected": _expected(),
    }
    # A file that is empty, or all comment, holds no rule and no mistake.
    file = _level("file", FileShape) | {"type": ["object", "null"]}
    return {"$schema": DRAFT, "title": "Assignment Desk rules", **file, "definitions": definitions}


def _level(name: str, shape: type[Schema]) -> JsonSchema:
    properties = {
        key: _described(field.json_schema(), LEVELS[name][key])
        for key, field in schema(shape).fields.items()
        if isinstance(field, Parameter)
    }
    return _closed(name, properties)


def _parameters(instruction: InstructionSchema) -> JsonSchema:
    """The keys of one instruction, in either mode."""
    texts = PARAMETERS[instruction.name]
    properties = {
        key: _described(_or_template(parameter.json_schema()), texts[key])
        for key, parameter in instruction.parameters().items()
    }
    return _closed(instruction.name, {"instruction": {}, **properties})


def _instruction(mode: Mode) -> JsonSchema:
    """Any instruction in one mode: its name decides which keys there are and which must be there."""
    return {
        "description": ABOUT[mode],
        "type": "object",
        "properties": {"instruction": _name()},
        "required": ["instruction"],
        "allOf": [
            {"if": _is(name), "then": {"allOf": [reference(name), _of_mode(instruction, mode)]}}
            for name, instruction in INSTRUCTIONS.items()
        ],
    }


def _expected() -> JsonSchema:
    """What a test expects of an instruction: any of its keys, or of those of all where it is not named."""
    unnamed = {"not": {"required": ["instruction"]}}
    any_key: dict[str, JsonSchema] = {key: {} for each in INSTRUCTIONS.values() for key in each.parameters()}
    return {
        "description": ABOUT["expected"],
        "type": "object",
        "properties": {"instruction": _name()},
        "allOf": [
            *({"if": _is(name), "then": _only(_any_value(name))} for name in INSTRUCTIONS),
            {"if": unnamed, "then": _only({"instruction": {}, **any_key})},
        ],
    }


def _any_value(name: str) -> Mapping[str, JsonSchema]:
    """The keys of an instruction, whatever they hold."""
    keys = INSTRUCTIONS[name].parameters()
    return {"instruction": {}, **{key: {"description": PARAMETERS[name][key]} for key in keys}}


def _name() -> JsonSchema:
    """The name of an instruction: an editor completes it in small letters, and takes it in any case."""
    names = {"enum": list(INSTRUCTIONS)}
    in_any_case = {"type": "string", "pattern": "|".join(map(_in_any_case, INSTRUCTIONS))}
    return {"description": INSTRUCTION, "anyOf": [names, in_any_case]}


def _of_mode(instruction: InstructionSchema, mode: Mode) -> JsonSchema:
    names = WIRE_NAMES[instruction.name]
    without_form = [key for key in instruction.parameters() if mode is Mode.POST and not names[key]]
    required = {"required": list(missing_parameters(instruction, (), mode))}
    return required | ({"properties": dict.fromkeys(without_form, False)} if without_form else {})


def _is(name: str) -> JsonSchema:
    named = {"type": "string", "pattern": _in_any_case(name)}
    return {"properties": {"instruction": named}, "required": ["instruction"]}


def _in_any_case(name: str) -> str:
    return "^" + "".join(f"[{letter.upper()}{letter}]" for letter in name) + "$"


def _or_template(constant: JsonSchema) -> JsonSchema:
    if "pattern" in constant:
        return constant | {"pattern": f"{constant['pattern']}|{TEMPLATE}"}
    return {"anyOf": [constant, {"type": "string", "pattern": TEMPLATE}]}


def _described(value: JsonSchema, text: str) -> JsonSchema:
    return {"description": text, **value}


def _closed(name: str, properties: Mapping[str, JsonSchema]) -> JsonSchema:
    return {"description": ABOUT[name], "type": "object", **_only(properties)}


def _only(properties: Mapping[str, JsonSchema]) -> JsonSchema:
    return {"properties": dict(properties), "additionalProperties": False}
