"""The option that names workspaces."""

import click

from app.engine.fields import Sid

WORKSPACE = Sid("WS")


def _sids(_context: click.Context, _option: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    for each in given:
        if WORKSPACE.read(each) is None:
            raise click.BadParameter(f"{each!r} must be {WORKSPACE.wants}")
    return given


workspace_option = click.option(
    "--workspace",
    "workspaces",
    multiple=True,
    metavar="WS…",
    callback=_sids,
    help="Look at this workspace alone; may be repeated. Default: each of the account.",
)
