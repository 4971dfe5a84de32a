"""How commands end: 0 fine, 1 what was asked found problems, 2 wrong usage or unreadable input."""

import errno
import os
import sys
from typing import Any

import click

from app.cli.output import problem_line
from app.errors import (
    AccountError,
    DeskError,
    ReservationError,
    RulesBroken,
    RulesUnreadable,
    SettingsError,
    StoreError,
)
from app.settings import process_environment

UNWRITABLE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
# From error to exit status, the particular ones first.
EXIT_STATUS: dict[type[DeskError], int] = {
    RulesBroken: 1,
    RulesUnreadable: 2,
    SettingsError: 2,
    StoreError: 1,
    ReservationError: 1,
    AccountError: 1,
}


class Desk(click.Group):
    """A group whose commands may raise our errors: each becomes a sentence and an exit status."""

    def main(self, *args: Any, **extra: Any) -> Any:
        _open_what_is_closed()
        try:
            return super().main(*args, **extra)
        except OSError as error:
            if error.errno not in UNWRITABLE:
                raise
            click.echo(f"desk: the output cannot be written: {error.strerror}", err=True)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # Python would try once more when it ends
            sys.exit(1)

    def invoke(self, ctx: click.Context) -> Any:
        if process_environment().get("NO_COLOR"):
            ctx.color = False
        try:
            return super().invoke(ctx)
        except DeskError as error:
            if isinstance(error, RulesBroken):
                for problem in error.problems:
                    click.echo(problem_line(problem), err=True)
            click.echo(f"desk: {error}", err=True)
            ctx.exit(EXIT_STATUS[type(error)])


def _open_what_is_closed() -> None:
    """Gives the process streams where it was started without: what it opens next would take their place."""
    for number, name in ((1, "stdout"), (2, "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            setattr(sys, name, os.fdopen(number, "w"))
