"""The shape of a rules file, as marshmallow schemas: which keys there are and what kind of value each holds.

Version 1. What the values mean together is checked in `loading`.
"""

import re
from datetime import timedelta
from functools import cache
from typing import Any

from marshmallow import Schema, ValidationError

from app.engine import source
from app.engine.catalogue import Check
from app.engine.fields import TEXT_OR_UNQUOTED_NUMBER, Flag, JsonSchema, Parameter, Whole
from app.engine.report import Report
from app.engine.suggest import did_you_mean

UNITS = {"s": "seconds", "m": "minutes", "h": "hours"}
MAX_REJECTIONS = 1000  # TaskRouter cancels a task then
ACTIONS = ("reply", "post", "defer")
NAME = re.compile(r"(?!default$)[a-z0-9][a-z0-9-]*")
PREFIX = re.compile(r"\+[1-9][0-9]{0,14}|sip:[^\s@]+")
DURATION = re.compile(r"([1-9][0-9]{0,5})([smh]?)")
NOT_IN_TASK_TYPES = r",\[\]{}$"


def reference(definition: str) -> JsonSchema:
    """The reference to a definition of the JSON Schema."""
    return {"$ref": f"#/definitions/{definition}"}


class Prose(Parameter):
    """A text for people, of any length."""

    wants = "a text"
    example = "a sentence"

    def read(self, value: object) -> object:
        return value if isinstance(value, str) and value.strip() else None

    def keywords(self) -> JsonSchema:
        return {"type": "string", "pattern": r"\S"}


class Code(Parameter):
    """A Twilio code, or a check's id."""

    wants = "a Twilio code or a check's id"
    example = "40140"

    def read(self, value: object) -> object:
        return value if isinstance(value, int | str) and not isinstance(value, bool) else None

    def keywords(self) -> JsonSchema:
        return {"type": ["integer", "string"]}


class Name(Parameter):
    """A rule's name."""

    wants = "a name of a-z, 0-9 and -, and not `default`"
    example = "what-it-does"

    def read(self, value: object) -> object:
        return value if isinstance(value, str) and NAME.fullmatch(value) else None

    def keywords(self) -> JsonSchema:
        return {"type": "string", "pattern": f"^{NAME.pattern}$", "examples": [self.example]}


class Texts(Parameter):
    """A text or a list of texts; read as a tuple."""

    wants = "a text or a list of texts"
    example = "[one, another]"
    one = r"\S"  # what each of the texts looks like

    def read(self, value: object) -> object:
        items = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not items:
            return None
        return tuple(items) if all(isinstance(item, str) and item.strip() for item in items) else None

    def keywords(self) -> JsonSchema:
        text = {"type": "string", "pattern": self.one}
        return {"type": ["string", "array"], "pattern": self.one, "items": text, "minItems": 1}


class TaskTypes(Texts):
    """Task types."""

    wants = "a text or a list of texts, without commas, brackets or braces"
    one = f"^[^{NOT_IN_TASK_TYPES}]*[^\\s{NOT_IN_TASK_TYPES}][^{NOT_IN_TASK_TYPES}]*$"

    def read(self, value: object) -> object:
        types = super().read(value)
        forbidden = f"[{NOT_IN_TASK_TYPES}]"
        whole = isinstance(types, tuple) and not any(re.search(forbidden, name) for name in types)
        return types if whole else None


class Expressions(Texts):
    """Expressions that must all hold."""

    wants = "an expression or a list of expressions"
    example = 'type == "support"'


class Prefixes(Parameter):
    """What a number may begin with."""

    wants = 'a list of prefixes such as "+1" and "sip:host"'
    example = '["+1", "sip:example.com"]'

    def read(self, value: object) -> object:
        if not isinstance(value, list):
            return None
        fitting = all(isinstance(item, str) and PREFIX.fullmatch(item) for item in value)
        return tuple(value) if fitting else None

    def keywords(self) -> JsonSchema:
        prefix = {**TEXT_OR_UNQUOTED_NUMBER, "pattern": f"^(?:{PREFIX.pattern})$"}
        return {"type": "array", "items": prefix, "examples": [["+1", "sip:example.com"]]}


class Duration(Parameter):
    """`30s`, `2m`, `1h`, or whole seconds; at most a day, the longest life of a reservation."""

    wants = "a time such as 30s, 2m or 1h, up to 24h"
    example = "30s"

    def read(self, value: object) -> object:
        match = DURATION.fullmatch(str(value))
        if not match:
            return None
        duration = timedelta(**{UNITS[match[2] or "s"]: int(match[1])})
        return duration if duration <= timedelta(days=1) else None

    def keywords(self) -> JsonSchema:
        limits = {"minimum": 1, "maximum": 24 * 60 * 60}
        pattern = f"^{DURATION.pattern}$"
        return {"type": ["string", "integer"], "pattern": pattern, **limits, "examples": [self.example]}


class Moment(Parameter):
    """A time as a callback's Timestamp has it, as text; unquoted epoch seconds are a number."""

    wants = "a time such as 2026-11-23T17:30:00Z"
    example = "2026-11-23T17:30:00Z"

    def read(self, value: object) -> object:
        written = isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip()
        return str(value) if written else None

    def keywords(self) -> JsonSchema:
        return {"type": ["string", "integer"], "pattern": r"\S", "examples": [self.example]}


class Object(Parameter):
    """Keys with values. `holds` names the definition that says which, in the JSON Schema; else any."""

    wants = "keys with values below it"
    example = "{key: value}"

    def __init__(self, holds: str | None = None) -> None:
        super().__init__()
        self.holds = holds

    def json_schema(self) -> JsonSchema:
        return reference(self.holds) if self.holds else {"type": "object"}

    def read(self, value: object) -> object:
        return value if isinstance(value, dict) else None


class Items(Parameter):
    """A list. `of` names the definition of one item in the JSON Schema."""

    wants = "a list: each item begins with -"
    example = "[first, second]"

    def __init__(self, of: str) -> None:
        super().__init__()
        self.of = of

    def json_schema(self) -> JsonSchema:
        return {"type": "array", "items": reference(self.of)}

    def read(self, value: object) -> object:
        return value if isinstance(value, list) else None


class FileShape(Schema):
    """The top level of a file."""

    vars = Object("vars")
    rules = Items("rule")
    max_rejections = Whole(1, MAX_REJECTIONS)
    allowed_numbers = Prefixes()
    task_type_from = Texts()
    default = Object("default")
    tests = Items("test")


class DefaultShape(Schema):
    """What is done when no rule can be carried out."""

    reply = Object("reply")
    post = Object("post")
    defer = Prose()
    retry_for = Duration()
    on_failure = Object("post")


class RuleShape(DefaultShape):
    """One rule."""

    name = Name()
    description = Prose()
    task_type = TaskTypes()
    when = Expressions()
    enabled = Flag()


class ExpectShape(Schema):
    """What a test of the rules expects."""

    rule = Prose()
    reply = Object("expected")
    post = Object("expected")
    defer = Prose()
    problem = Code()


class CaseShape(Schema):
    """A test of the rules."""

    name = Prose()
    task = Object()
    worker = Object()
    callback = Object()
    at = Moment()
    env = Object()
    rejections = Whole(0, MAX_REJECTIONS)
    expect = Object("expect")


@cache  # marshmallow copies all fields of a schema that is made
def schema(shape: type[Schema]) -> Schema:
    """The one schema of a shape."""
    return shape()


def read_shape(shape: type[Schema], node: source.Node, where: str, report: Report) -> dict[str, Any] | None:
    """The values of a node's keys that fit the shape, None where it has no keys; the rest is reported."""
    fields = schema(shape).fields
    if not isinstance(node, source.Mapping):
        hint = f"write keys: {', '.join(sorted(fields))}"
        report.error(Check.WRONG_TYPE, node.location, f"{where} holds keys with values", hint)
        return None
    fitting: dict[str, Any] = {}
    for key, value in node.entries.items():
        if key not in fields:
            hint = did_you_mean(key, fields)
            report.error(Check.UNKNOWN_KEY, node.keys[key], f"unknown key {key!r} in {where}", hint)
            continue
        # Not the schema's load, which looks for every key that there is: a rule has a few.
        try:
            fitting[key] = fields[key].deserialize(source.plain(value))
        except ValidationError as error:
            hint = f"for instance {key}: {getattr(fields[key], 'example', '')}"
            report.error(Check.WRONG_TYPE, value.location, f"`{key}` {error.messages[0]}", hint)
    return fitting
