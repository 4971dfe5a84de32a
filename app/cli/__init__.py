"""The command line: `desk`. One module for each family of commands; `failures` ends them."""

from pkgutil import resolve_name

import click

from app.cli.failures import Desk

COMMANDS = (
    "callbacks",
    "check",
    "db",
    "deliveries",
    "demo",
    "doctor",
    "explain",
    "replay",
    "reservations",
    "rules",
    "sandbox",
    "schema",
    "serve",
    "test",
    "worker",
)


class Commands(Desk):
    """Imports a command when it is asked for: a process that serves has no use for what others need."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = resolve_name(f"{__name__}.{cmd_name}:{cmd_name}")
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="desk", prog_name="desk")
def main() -> None:
    """Answers Twilio TaskRouter's assignment callbacks from rules in YAML.

    \b
    Begin with:
      desk demo                  see it work, without a Twilio account
      desk check                 what is wrong with the rules in ./rules
      desk serve                 answer callbacks
      desk doctor                what is wrong with this deployment
    """
