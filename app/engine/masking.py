"""Secrets where something is shown: `***` instead."""

import math
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from app.engine.fields import ContactUri, Parameter, PhoneNumber, Secret, Url
from app.engine.instructions import INSTRUCTIONS
from app.engine.plan import Plan
from app.engine.ruleset import RuleSet
from app.engine.scope import lookup
from app.model import Instruction

MASK = "***"
# A shorter one may stand in any text by chance: it is masked where it is all of a text.
RECOGNISABLE = 6
MAX_DEPTH = 100  # levels of a document that are shown


def secrets_of(ruleset: RuleSet) -> frozenset[str]:
    """Every secret that the rules hold: values of parameters that are secrets, and the vars behind them."""
    given = frozenset(secret for plan in _plans(ruleset) for secret in _secrets(plan, ruleset.variables))
    # A var may be a part of one: what is left of a constant template is its text.
    parts = (text for text in _texts(dict(ruleset.variables)) if len(text) >= RECOGNISABLE)
    return given | {text for text in parts if any(text in secret for secret in given)}


def secrets_in(instruction: Instruction | None) -> Iterator[str]:
    """The values of an instruction's parameters that are secrets."""
    if instruction:
        yield from (str(instruction.fields[key]) for key in secret_keys(instruction))


def secret_keys(instruction: Instruction) -> list[str]:
    """The parameters of an instruction that are secrets, of those that it has."""
    return [key for key in instruction.fields if _is_secret(instruction, key)]


def masked(instruction: Instruction, secrets: frozenset[str]) -> Instruction:
    """The instruction as it may be shown."""
    fields = {
        key: MASK if _is_secret(instruction, key) else visible(value, secrets)
        for key, value in instruction.fields.items()
    }
    return Instruction(instruction.name, fields)


def impersonal(instruction: Instruction) -> Instruction:
    """The instruction without secrets and without what tells of a person, for who reads it much later.

    Of a number or another address nothing is left, and of a URL its host and path: what a task's or a
    worker's attributes are written into is a URL's query.
    """
    parameters = INSTRUCTIONS[instruction.name].parameters()
    fields = {key: _impersonal(parameters.get(key), value) for key, value in instruction.fields.items()}
    return Instruction(instruction.name, fields)


def visible(value: object, secrets: frozenset[str], depth: int = MAX_DEPTH) -> object:
    """The value as it may be shown, and as JSON can hold it: what nests deeper is cut."""
    if depth == 0 and isinstance(value, list | tuple | dict):
        return "…"
    match value:
        case str():
            return visible_text(value, secrets)
        case bool() | None:
            return value
        case float() if not math.isfinite(value):
            return "Infinity" if value > 0 else "-Infinity"
        case list() | tuple():
            return type(value)(visible(item, secrets, depth - 1) for item in value)
        case dict():
            return {
                visible_text(str(key), secrets): visible(item, secrets, depth - 1)
                for key, item in value.items()
            }
    return MASK if str(value) in secrets else value


def visible_text(text: str, secrets: frozenset[str]) -> str:
    """The text without any secret in it."""
    if text in secrets:
        return MASK
    for secret in sorted(secrets, key=len, reverse=True):
        if len(secret) >= RECOGNISABLE:
            text = text.replace(secret, MASK)
    return text


def _is_secret(instruction: Instruction, key: str) -> bool:
    return isinstance(INSTRUCTIONS[instruction.name].parameters().get(key), Secret)


def _impersonal(parameter: Parameter | None, value: object) -> object:
    match parameter:
        case Secret() | PhoneNumber() | ContactUri() | None:
            return MASK
        case Url():
            return _place(str(value))
    return value


def _place(url: str) -> str:
    """A URL's scheme, host and path, and `***` for what else it has."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    place = parts._replace(netloc=f"{MASK if user else user}{at}{host}", query="", fragment="").geturl()
    return f"{place}?{MASK}" if parts.query or parts.fragment else place


def _plans(ruleset: RuleSet) -> Iterator[Plan]:
    for action in (*(rule.action for rule in ruleset.rules), ruleset.default):
        yield from filter(None, (action.plan, action.on_failure))


def _secrets(plan: Plan, variables: Mapping[str, object]) -> Iterator[str]:
    secret = {key for key, parameter in plan.schema.parameters().items() if isinstance(parameter, Secret)}
    for key in secret & plan.constants.keys():
        if plan.constants[key] is not None:
            yield str(plan.constants[key])
    for blank in plan.blanks:
        if blank.key in secret:
            for path in blank.template.variables:
                yield from _texts(lookup(variables, path))


def _texts(value: object) -> Iterator[str]:
    """The texts and numbers of a value, at any depth, as texts."""
    match value:
        case str() | int() | float() if not isinstance(value, bool) and str(value).strip():
            yield str(value)
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            for item in value.values():
                yield from _texts(item)
