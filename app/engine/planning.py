"""The node of an instruction to a Plan: keys, values, templates, and what can be known before a call."""

from marshmallow import ValidationError

from app.engine import source
from app.engine.catalogue import Check
from app.engine.fields import Parameter, Secret
from app.engine.instructions import INSTRUCTIONS, InstructionSchema
from app.engine.plan import Blank, Plan, missing_parameters
from app.engine.report import Report
from app.engine.scope import NO_CALL
from app.engine.source import Node, Scalar, plain
from app.engine.suggest import did_you_mean, nearest
from app.engine.templates import Template, is_template, read_template
from app.engine.variables import FROM_ENVIRONMENT, Variables
from app.engine.wire import WIRE_NAMES
from app.errors import TemplateError, TemplateUnfilled
from app.model import Mode

# Values and keys that TaskRouter takes, and that people had better not write.
WARNINGS: dict[tuple[str, str], tuple[Check, str, str]] = {
    ("conference", "room_name"): (
        Check.UNDOCUMENTED_PARAMETER,
        "`room_name` is undocumented, and has no form over REST",
        "remove it: TaskRouter names the conference after the task",
    ),
    ("conference", "post_work_activity_sid"): (
        Check.DEPRECATED_PARAMETER,
        "`post_work_activity_sid` is deprecated on conference, and not valid in multi-tasking workspaces",
        "set the activity when the work ends",
    ),
}


def read_plan(
    node: source.Mapping, mode: Mode, report: Report, variables: Variables, *, constant: bool = False
) -> Plan | None:
    """The plan of an instruction's node, None where it holds errors.

    A `constant` one, such as the default, may read nothing but `vars`.
    """
    errors = report.errors
    schema = _schema(node, report)
    if schema is None:
        return None
    plan = _Instruction(schema, node, report, variables, constant=constant).plan(mode)
    return plan if report.errors == errors else None


def _schema(node: source.Mapping, report: Report) -> InstructionSchema | None:
    known = f"write one of {', '.join(INSTRUCTIONS)}"
    value = node.entries.get("instruction")
    if value is None:
        meant = next((key for key in node.entries if nearest(key, ["instruction"])), None)
        place = node.keys[meant] if meant else node.location
        hint = f"write `instruction` for {meant!r}" if meant else known
        report.error(Check.MISSING_KEY, place, "there is no `instruction`", hint, 40005)
        return None
    name = value.text if isinstance(value, Scalar) else ""
    if name.lower() in INSTRUCTIONS:
        return INSTRUCTIONS[name.lower()]
    if name.lower() == "supervise":
        message = "supervise is no answer to a pending reservation"
        report.error(Check.UNKNOWN_INSTRUCTION, value.location, message, known, 40146)
        return None
    near = nearest(name, INSTRUCTIONS)
    hint = f"did you mean {near!r}?" if near else known
    report.error(Check.UNKNOWN_INSTRUCTION, value.location, f"unknown instruction {name!r}", hint, 55555)
    return None


class _Instruction:
    """One instruction while it is read."""

    def __init__(
        self,
        schema: InstructionSchema,
        node: source.Mapping,
        report: Report,
        variables: Variables,
        *,
        constant: bool,
    ) -> None:
        self.schema = schema
        self.node = node
        self.report = report
        self.variables = variables
        self.constant = constant
        self.parameters = schema.parameters()
        self.values: dict[str, object] = {}
        self.meant: set[str] = set()  # by keys that are misspelt
        self.blanks: list[Blank] = []

    def plan(self, mode: Mode) -> Plan:
        for key, value in self.node.entries.items():
            if key == "instruction":
                continue
            parameter = self.parameters.get(key)
            if parameter is None:
                self.unknown(key)
            else:
                self.parameter(key, parameter, value)
        self.missing(mode)
        self.together(mode)
        return Plan(self.schema, self.values, tuple(self.blanks))

    def parameter(self, key: str, parameter: Parameter, node: Node) -> None:
        self.values[key] = None
        text = node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""
        if FROM_ENVIRONMENT.search(text):
            hint = "write it under `vars` as a name, and {{ vars.NAME }} here"
            self.report.error(
                Check.VARIABLE, node.location, "the environment is read under `vars` alone", hint
            )
        elif is_template(text):
            self.templated(key, parameter, text, node)
        else:
            self.value(key, parameter, plain(node), node, f"for instance {key}: {parameter.example}")
            if isinstance(parameter, Secret):
                self.secret(key, node)
        warning = WARNINGS.get((self.schema.name, key))
        if warning:
            check, message, hint = warning
            self.report.warning(check, self.node.keys[key], message, hint)

    def value(self, key: str, parameter: Parameter, value: object, node: Node, hint: str) -> None:
        try:
            self.values[key] = parameter.deserialize(value)
        except ValidationError as error:
            message = f"`{key}` {error.messages[0]}"
            self.report.error(Check.INVALID_PARAMETER, node.location, message, hint, parameter.code)
        if key == "conference_record" and self.values[key] == "true":
            message = "TaskRouter ignores `conference_record: true`"
            self.report.warning(Check.IGNORED_VALUE, node.location, message, "write record-from-start")

    def templated(self, key: str, parameter: Parameter, text: str, node: Node) -> None:
        try:
            template = read_template(text)
        except TemplateError as error:
            self.report.error(Check.TEMPLATE, node.location, f"`{key}`: {error}", "see Values in the README")
            return
        unknown = [
            said for path in sorted(template.variables, key=str) if (said := self.variables.unknown(path))
        ]
        for message, hint in unknown:
            self.report.error(Check.TEMPLATE, node.location, f"`{key}`: {message}", hint)
        head = text.partition("{{")[0]
        if not parameter.may_begin_with(head):
            message, hint = f"`{key}` cannot begin with {head!r}", f"it must be {parameter.wants}"
            self.report.error(Check.INVALID_PARAMETER, node.location, message, hint, parameter.code)
        elif template.reads <= {"vars"}:
            if not unknown:
                self.constant_template(key, parameter, template, node)
        elif self.constant:
            message = f"`{key}`: the default reads {', '.join(sorted(template.reads - {'vars'}))}"
            hint = "it must hold for every call: use constants and vars"
            self.report.error(Check.DEFAULT_READS_CALL, node.location, message, hint)
        else:
            self.blanks.append(Blank(key, parameter, template))

    def constant_template(self, key: str, parameter: Parameter, template: Template, node: Node) -> None:
        """A template of vars alone is the same for every call: it is filled and validated here."""
        try:
            value = template.fill(NO_CALL.beside(self.variables.values))
        except TemplateUnfilled as error:
            message, hint = f"`{key}`: {error}", "give the var a value"
            self.report.error(Check.INVALID_PARAMETER, node.location, message, hint, parameter.missing_code)
            return
        self.value(key, parameter, value, node, f"mend the var that {template.text} takes it from")

    def secret(self, key: str, node: Node) -> None:
        message = f"`{key}` is a secret, and stands in the rules"
        hint = (
            'take it from the environment: PASSWORD: "${SIP_PASSWORD}" under `vars`, '
            '"{{ vars.PASSWORD }}" here'
        )
        self.report.warning(Check.SECRET_IN_RULES, node.location, message, hint)

    def unknown(self, key: str) -> None:
        said = self.schema.refused.get(key)
        self.meant.add(nearest(key, self.parameters) or "")
        message = (
            f"{self.schema.name} takes no {key!r}" if said else f"unknown key {key!r} of {self.schema.name}"
        )
        known = [*self.parameters, "instruction"]
        hint = said or did_you_mean(key, known)
        self.report.error(Check.UNKNOWN_PARAMETER, self.node.keys[key], message, hint)

    def missing(self, mode: Mode) -> None:
        for key in missing_parameters(self.schema, [*self.node.entries, *self.meant], mode):
            parameter = self.parameters[key]
            message = f"{self.schema.name} needs `{key}`" + (" over REST" if mode is Mode.POST else "")
            hint = f"add {key}: {parameter.example}"
            place = self.node.location
            self.report.error(Check.MISSING_PARAMETER, place, message, hint, parameter.missing_code)

    def together(self, mode: Mode) -> None:
        """What the values are worth beside each other, and in this mode."""
        for found in self.schema.field_findings(self.values):
            place = self.node.location
            self.report.error(Check.INVALID_PARAMETER, place, found.message, found.hint, found.twilio_code)
        if mode is Mode.POST:
            for key in (key for key in self.values if not WIRE_NAMES[self.schema.name][key]):
                message = f"`{key}` has no form over REST"
                self.report.error(
                    Check.UNKNOWN_PARAMETER, self.node.keys[key], message, "remove it, or reply"
                )
