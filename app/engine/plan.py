"""An instruction as a rule gives it: constants, validated at load, and templates to fill."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from marshmallow import ValidationError

from app.engine.catalogue import Check
from app.engine.fields import Parameter
from app.engine.instructions import INSTRUCTIONS, Finding, InstructionSchema
from app.engine.scope import Scope
from app.engine.templates import Template
from app.errors import DeskError, TemplateUnfilled
from app.model import Instruction, Mode

CALLERS_TEXT = frozenset({"task", "callback"})
SIP_PARAMETERS = frozenset({"edge", "region", "secure", "transport", "user"})  # that lead to no other host


class CannotCarryOut(DeskError):
    """This call cannot get the instruction."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(finding.message for finding in self.findings))


@dataclass(frozen=True, slots=True)
class Blank:
    """A parameter that each call fills in."""

    key: str
    parameter: Parameter
    template: Template


@dataclass(frozen=True, slots=True)
class Plan:
    """`constants` hold every key in the file's order; what a blank fills stands there as None."""

    schema: InstructionSchema
    constants: Mapping[str, object]
    blanks: tuple[Blank, ...]
    _whole: Instruction | None = field(init=False, repr=False, compare=False)  # where there is no blank
    _lacking: Mapping[Mode, tuple[Finding, ...]] = field(init=False, repr=False, compare=False)
    _is_chosen: bool = field(init=False, repr=False, compare=False)  # `to`, by a caller's text

    def __post_init__(self) -> None:
        whole = None if self.blanks else Instruction(self.schema.name, self.constants)
        lacking = {
            mode: tuple(_missing(self.schema, self.constants, mode)) for mode in (Mode.REPLY, Mode.POST)
        }
        object.__setattr__(self, "_whole", whole)
        object.__setattr__(self, "_lacking", lacking)
        chosen = any(blank.key == "to" and blank.template.reads & CALLERS_TEXT for blank in self.blanks)
        object.__setattr__(self, "_is_chosen", chosen)

    def __reduce__(self) -> tuple[Any, ...]:
        """What goes to another process, where the schema is one of its own."""
        blanks = tuple((blank.key, blank.template) for blank in self.blanks)
        return _restored, (self.schema.name, self.constants, blanks)

    def carry_out(self, scope: Scope, mode: Mode, allowed_numbers: tuple[str, ...] | None) -> Instruction:
        """The instruction for this call. Raises CannotCarryOut with all that stands against it."""
        instruction = self._whole or self._filled(scope, allowed_numbers)
        findings = [*self._lacking[mode], *self.schema.call_findings(instruction.fields, scope)]
        if findings:
            raise CannotCarryOut(findings)
        return instruction

    def _filled(self, scope: Scope, allowed_numbers: tuple[str, ...] | None) -> Instruction:
        fields = dict(self.constants)
        findings = [finding for blank in self.blanks if (finding := _fill(blank, fields, scope))]
        if not findings:
            findings = [
                *self.schema.field_findings(fields),
                *self._forbidden_number(fields, scope, allowed_numbers),
            ]
        if findings:
            raise CannotCarryOut(findings)
        return Instruction(self.schema.name, fields)

    def _forbidden_number(
        self, fields: Mapping[str, object], scope: Scope, allowed: tuple[str, ...] | None
    ) -> Iterable[Finding]:
        """`to`, where a caller's text decides it, begins with one of the rule set's `allowed_numbers`."""
        if allowed is None or not self._is_chosen:
            return
        target = str(fields["to"])
        if target.startswith("client:") or target == scope.worker.get("contact_uri"):
            return
        if not any(is_allowed(target, prefix) for prefix in allowed):
            yield Finding(
                Check.NUMBER_NOT_ALLOWED,
                "`to` begins with none of allowed_numbers",
                "add its prefix to allowed_numbers, if such numbers may be called",
            )


def _restored(name: str, constants: Mapping[str, object], blanks: Iterable[tuple[str, Template]]) -> Plan:
    schema = INSTRUCTIONS[name]
    parameters = schema.parameters()
    return Plan(schema, constants, tuple(Blank(key, parameters[key], template) for key, template in blanks))


def missing_parameters(schema: InstructionSchema, keys: Iterable[str], mode: Mode) -> Iterable[str]:
    """The parameters without which TaskRouter refuses the instruction in this mode."""
    given = set(keys)
    return [key for key in schema.required(mode) if key not in given]


def _missing(schema: InstructionSchema, fields: Mapping[str, object], mode: Mode) -> Iterable[Finding]:
    # Only a post that is answered inline after all can lack something here: rules are checked when loaded.
    for key in missing_parameters(schema, fields, mode):
        code = schema.parameters()[key].missing_code
        yield Finding(Check.NOT_INLINE, f"inline, {schema.name} needs {key}", f"write {key}", code)


def _fill(blank: Blank, fields: dict[str, object], scope: Scope) -> Finding | None:
    try:
        fields[blank.key] = blank.parameter.deserialize(blank.template.fill(scope))
    except TemplateUnfilled as error:
        hint = f"give it a value with | default(…), or make `when` ask for it: {blank.key}"
        return Finding(Check.TEMPLATE_UNFILLED, f"`{blank.key}`: {error}", hint, blank.parameter.missing_code)
    except ValidationError as error:
        hint = f"make `when` or a filter keep other values from `{blank.key}`"
        return Finding(Check.INVALID_VALUE, f"`{blank.key}` {error.messages[0]}", hint, blank.parameter.code)
    return None


def is_allowed(target: str, prefix: str) -> bool:
    """Whether an address is of those that an entry of `allowed_numbers` means."""
    if not prefix.startswith("sip:"):
        return target.startswith(prefix)
    user_and_host = target.lower().removeprefix("sip:")
    where, *parameters = user_and_host.rpartition("@")[2].split(";")
    names = {each.partition("=")[0] for each in parameters}
    # Headers, and other parameters (RFC 3261, 19.1.1), could name another host on the way.
    own = target.lower().startswith("sip:") and "?" not in target and names <= SIP_PARAMETERS
    return own and where.partition(":")[0] == prefix.lower().removeprefix("sip:")
