"""What an update of a reservation may ask for: what rules may, and what follows an acceptance.

Source: Twilio's OpenAPI document of the Reservation resource.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from marshmallow import ValidationError

from app.engine.fields import Choice, ContactUri, JsonSchema, Parameter, Sid
from app.engine.instructions import INSTRUCTIONS, InstructionSchema
from app.engine.plan import missing_parameters
from app.engine.wire import UPDATE_NAMES
from app.model import Instruction, Mode


class Supervisor(Parameter):
    """Who joins the call: a worker, or whatever can be called."""

    wants = "a worker SID, a phone number in E.164, client:name or sip:user@host"
    example = "client:carol"

    def read(self, value: object) -> object:
        kinds = (Sid("WK"), ContactUri())
        return next((value for kind in kinds if kind.read(value) is not None), None)

    def keywords(self) -> JsonSchema:
        return {"anyOf": [Sid("WK").keywords(), ContactUri().keywords()]}


class Supervise(InstructionSchema):
    """A supervisor listens to the worker's call, or takes part in it."""

    name = "supervise"

    supervisor = Supervisor()
    supervisor_mode = Choice("monitor", "whisper", "barge")


class Wrapping(InstructionSchema):
    """The worker has finished the conversation, and not yet the work."""

    name = "wrapping"


class Completed(InstructionSchema):
    """The worker has finished the work."""

    name = "completed"


UPDATES: Mapping[str, InstructionSchema] = {
    **INSTRUCTIONS,
    **{schema.name: schema() for schema in (Supervise, Wrapping, Completed)},
}


class Mistake(NamedTuple):
    """What is wrong with a parameter of an update; keys stand in backticks."""

    message: str
    hint: str


def rest_parameters(name: str) -> Mapping[str, Parameter]:
    """The parameters of an update that have a form over REST, by inline key."""
    return {key: value for key, value in UPDATES[name].parameters().items() if UPDATE_NAMES[name][key]}


def read_update(name: str, values: Mapping[str, object]) -> tuple[Instruction, tuple[Mistake, ...]]:
    """The update with those of the values that are right, and all that is wrong: nothing may be sent then."""
    parameters = rest_parameters(name)
    fields: dict[str, object] = {}
    mistakes = [_unknown(name, key) for key in values if key not in parameters]
    for key in (key for key in values if key in parameters):
        try:
            fields[key] = parameters[key].deserialize(values[key])
        except ValidationError as error:
            example = parameters[key].example.strip("[]")
            mistakes.append(Mistake(f"`{key}` {error.messages[0]}", f"such as {example}"))
    mistakes += _missing(name, values)
    mistakes += [Mistake(found.message, found.hint) for found in UPDATES[name].field_findings(fields)]
    return Instruction(name, fields), tuple(mistakes)


def _unknown(name: str, key: str) -> Mistake:
    known = ", ".join(f"`{each}`" for each in rest_parameters(name))
    hint = UPDATES[name].refused.get(key) or (f"it takes {known}" if known else "remove it")
    return Mistake(f"{name} takes no `{key}`", hint)


def _missing(name: str, values: Mapping[str, object]) -> Iterator[Mistake]:
    for key in missing_parameters(UPDATES[name], values, Mode.POST):
        parameter = UPDATES[name].parameters()[key]
        yield Mistake(f"{name} needs `{key}`", f"add `{key}` {parameter.example}")
