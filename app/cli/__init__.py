"""The command line: `desk`. One module for each family of commands; `failures` ends them."""

import click

from app.cli.callbacks import callbacks
from app.cli.check import check
from app.cli.db import db
from app.cli.deliveries import deliveries
from app.cli.demo import demo
from app.cli.doctor import doctor
from app.cli.explain import explain
from app.cli.failures import Desk
from app.cli.replay import replay
from app.cli.reservations import reservations
from app.cli.rules import rules
from app.cli.sandbox import sandbox
from app.cli.schema import schema
from app.cli.serve import serve
from app.cli.test import test
from app.cli.worker import worker


@click.group(cls=Desk, context_settings={"help_option_names": ["-h", "--help"]})
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


for command in (
    demo,
    serve,
    worker,
    check,
    test,
    explain,
    replay,
    callbacks,
    rules,
    schema,
    deliveries,
    reservations,
    db,
    doctor,
    sandbox,
):
    main.add_command(command)
