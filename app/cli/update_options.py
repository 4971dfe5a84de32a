"""The options of `desk reservations update`, one for each parameter, made of the instructions' schemas.

An option has the parameter's inline key as its name, so one option serves several instructions.
"""

import re
import sys
from collections.abc import Iterator, Mapping

import click

from app.engine.fields import Events, Parameter, Secret, Text
from app.engine.updates import UPDATES, read_update, rest_parameters
from app.engine.wire import UPDATE_STATUSES
from app.model import Instruction, Mode

TAKEN: Mapping[str, Mapping[str, Parameter]] = {
    name: parameters for name in UPDATES if (parameters := rest_parameters(name))
}
TAKERS: Mapping[str, tuple[str, ...]] = {
    key: tuple(name for name, parameters in TAKEN.items() if key in parameters)
    for key in dict.fromkeys(key for parameters in TAKEN.values() for key in parameters)
}
INSTRUCTIONS = tuple(name for name in UPDATES if name not in {"wrapping", "completed"})
BY_STATUS = {status: name for name, status in UPDATE_STATUSES.items()}

KEY = re.compile(r"`([a-z_]+)`|\b([a-z]+(?:_[a-z]+)+)\b")


def flag(key: str) -> str:
    """`--wait-url` for `wait_url`."""
    return "--" + key.replace("_", "-")


def parameter_options() -> Iterator[click.Option]:
    """One option for each key."""
    for key, takers in TAKERS.items():
        repeated = any(isinstance(TAKEN[name][key], Events) for name in takers)
        yield click.Option([flag(key)], multiple=repeated, metavar="VALUE", help=f"For {', '.join(takers)}.")


class UpdateCommand(click.Command):
    """Shows its options by what takes them."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The command's own options first, then a section for each instruction with parameters."""
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        own = [each for each in options if each.name not in TAKERS]
        with formatter.section("Options"):
            formatter.write_dl([record for each in own if (record := each.get_help_record(ctx))])
        for name, parameters in TAKEN.items():
            status = UPDATE_STATUSES.get(name)
            with formatter.section(f"For --status {status}" if status else f"For --instruction {name}"):
                formatter.write_dl([_row(key, parameter) for key, parameter in parameters.items()])


def read_options(status: str | None, instruction: str | None, given: Mapping[str, object]) -> Instruction:
    """The update that the options ask for. Raises UsageError with all that is wrong."""
    if bool(status) == bool(instruction):
        raise click.UsageError(_one_of_both(bool(status)))
    name = BY_STATUS[status] if status else str(instruction)
    values = {key: _value(key, value) for key, value in given.items() if value not in {None, ()}}
    update, mistakes = read_update(name, values)
    if mistakes:
        raise click.UsageError("\n".join(_as_options(f"{each.message}; {each.hint}") for each in mistakes))
    return update


def _one_of_both(both: bool) -> str:
    if both:
        return "an update is either a status or an instruction: remove --status or --instruction"
    known = f"--status {'|'.join(BY_STATUS)} or --instruction {'|'.join(INSTRUCTIONS)}"
    return f"there is nothing to update: write {known}"


def _value(key: str, value: object) -> object:
    if isinstance(value, tuple):
        return ",".join(value)
    is_secret = any(isinstance(TAKEN[name][key], Secret) for name in TAKERS[key])
    return _from_standard_input(key) if is_secret and value == "-" else value


def _from_standard_input(key: str) -> str:
    """A secret that neither the shell's history nor the list of processes shows."""
    if sys.stdin.isatty():
        return str(click.prompt(key.replace("_", " "), hide_input=True, err=True))
    return sys.stdin.readline().rstrip("\r\n")


def _as_options(text: str) -> str:
    """A message about keys, for somebody who writes options."""

    def replace(match: re.Match[str]) -> str:
        key = match[1] or match[2]
        return flag(key) if key in TAKERS else match[0]

    return KEY.sub(replace, text)


def _row(key: str, parameter: Parameter) -> tuple[str, str]:
    return flag(key), _wants(parameter) + ("; required" if Mode.POST in parameter.required_in else "")


def _wants(parameter: Parameter) -> str:
    match parameter:
        case Secret():
            return "a text, or - to read it from standard input"
        case Text():
            return "a text"
        case Events():
            return f"{', '.join(parameter.events)}; several by repeating it"
    return parameter.wants
