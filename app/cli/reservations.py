"""`desk reservations`: the Reservation resource, fetched, listed and updated by hand."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

import click

from app.cli.output import json_text, one_line
from app.cli.tables import make_table, show
from app.cli.update_options import BY_STATUS, INSTRUCTIONS, UpdateCommand, parameter_options, read_options
from app.delivery.resource import Place, Resource, Row
from app.engine.fields import Sid
from app.model import Call
from app.settings import process_environment, read_rest_settings

KINDS = {"WS": "workspace", "WT": "task", "WR": "reservation", "WK": "worker"}
STATUSES = ("pending", "accepted", "rejected", "timeout", "canceled", "rescinded", "wrapping", "completed")
COLOURS = {
    "pending": "yellow",
    "accepted": "green",
    "wrapping": "green",
    "completed": "green",
    "rejected": "red",
    "timeout": "red",
    "canceled": "red",
    "rescinded": "red",
}
COLUMNS = ("sid", "reservation_status", "worker_name", "worker_sid", "date_created", "date_updated")

FORMS = click.Choice(["text", "json"])

form_option = click.option("--format", "form", type=FORMS, default="text", show_default=True)


@click.group(short_help="Fetches, lists and updates reservations.")
def reservations() -> None:
    """Fetches, lists and updates reservations: TaskRouter's whole resource, through Twilio's library.

    Needs TWILIO_ACCOUNT_SID, and TWILIO_AUTH_TOKEN or both TWILIO_API_KEY and TWILIO_API_SECRET. With
    TWILIO_API_BASE it asks another host, such as the one of `desk sandbox`.
    """


@reservations.command(short_help="Shows one reservation.")
@click.argument("workspace")
@click.argument("task")
@click.argument("reservation")
@form_option
def fetch(workspace: str, task: str, reservation: str, form: str) -> None:
    """Shows one reservation, with the ETag that `update --if-match` takes.

    Exits 0, 1 when Twilio refuses or cannot be reached, 2 when a SID or a setting is wrong.

    \b
    Examples:
      desk reservations fetch WS… WT… WR…
      desk reservations fetch WS… WT… WR… --format json | jq -r '.[0].reservation_status'
    """
    _check_sids(WORKSPACE=("WS", workspace), TASK=("WT", task), RESERVATION=("WR", reservation))
    _show_one(_resource().fetch(Place(workspace, task, reservation)), form)


@reservations.command("list", short_help="Lists a task's reservations.")
@click.argument("workspace")
@click.argument("task")
@click.option("--worker", metavar="WK…", help="Only those of this worker.")
@click.option("--status", type=click.Choice(STATUSES), help="Only those with this status.")
@click.option("--limit", type=click.IntRange(1), metavar="N", help="No more than N.")
@form_option
def list_reservations(
    workspace: str, task: str, worker: str | None, status: str | None, limit: int | None, form: str
) -> None:
    """Lists the reservations of a task, in Twilio's order.

    Exits 0 whether there are any or not, 1 when Twilio refuses or cannot be reached, 2 when a SID or a
    setting is wrong.

    \b
    Examples:
      desk reservations list WS… WT…
      desk reservations list WS… WT… --status pending --worker WK…
      desk reservations list WS… WT… --limit 20 --format json | jq -r '.[].sid'
    """
    _check_sids(WORKSPACE=("WS", workspace), TASK=("WT", task), **{"--worker": ("WK", worker)})
    rows = _resource().list(workspace, task, worker_sid=worker, status=status, limit=limit)
    if form == "json":
        _show_json(rows)
    elif rows:
        _show_rows(rows)
    else:
        such = "such " if worker or status else ""
        click.echo(f"the task has no {such}reservation", err=True)


@reservations.command(cls=UpdateCommand, params=[*parameter_options()], short_help="Updates a reservation.")
@click.argument("workspace")
@click.argument("task")
@click.argument("reservation")
@click.option("--status", type=click.Choice(list(BY_STATUS)), help="What it shall be.")
@click.option(
    "--instruction", type=click.Choice(INSTRUCTIONS, case_sensitive=False), help="What TaskRouter shall do."
)
@click.option("--if-match", metavar="ETAG", help="Only if it still has the ETag that `fetch` showed.")
@form_option
def update(
    workspace: str,
    task: str,
    reservation: str,
    status: str | None,
    instruction: str | None,
    if_match: str | None,
    form: str,
    **given: Any,
) -> None:
    """Updates a reservation by a status or by an instruction, once, and shows what became of it.

    Parameters have the names that they have in rules, with hyphens. What is wrong with them is said before
    anything is sent.

    Exits 0, 1 when Twilio refuses or cannot be reached, 2 when a parameter, a SID or a setting is wrong.

    \b
    Examples:
      desk reservations update WS… WT… WR… --status accepted
      desk reservations update WS… WT… WR… --status rejected --activity-sid WA…
      desk reservations update WS… WT… WR… --instruction dequeue --from +14155551212 --timeout 20
      desk reservations update WS… WT… WR… --instruction supervise --supervisor WK… --supervisor-mode whisper
      desk reservations update WS… WT… WR… --status completed --if-match '"3"'
    """
    _check_sids(WORKSPACE=("WS", workspace), TASK=("WT", task), RESERVATION=("WR", reservation))
    if if_match is not None and not re.fullmatch(r"[\x21-\x7e][\x20-\x7e]*", if_match):
        raise click.UsageError("--if-match must be the ETag that `desk reservations fetch` shows")
    call = Call(workspace, task, reservation, read_options(status, instruction, given))
    _show_one(_resource().update(call, if_match), form)


def _check_sids(**given: tuple[str, str | None]) -> None:
    """Raises UsageError with all that is wrong, by the name of the argument; None is not given."""
    wrong = [
        f"{name} must be {_wanted(prefix, value)}"
        for name, (prefix, value) in given.items()
        if value is not None and not Sid(prefix).read(value)
    ]
    if wrong:
        raise click.UsageError("\n".join(wrong))


def _wanted(prefix: str, value: str) -> str:
    wanted = f"a {KINDS[prefix]}'s SID, {prefix} and 32 hexadecimal digits"
    other = next((kind for each, kind in KINDS.items() if each != prefix and Sid(each).read(value)), None)
    return f"{wanted}; that is a {other}'s" if other else wanted


def _resource() -> Resource:
    return Resource(read_rest_settings(process_environment()))


def _show_one(row: Row, form: str) -> None:
    if form == "json":
        _show_json([row])
        return
    table = make_table()
    table.add_column()
    table.add_column(overflow="fold")
    for name, value in _flat(row):
        table.add_row(name, value, style=COLOURS.get(value) if name == "reservation_status" else None)
    show(table, whole=True)


def _flat(row: Row) -> Iterator[tuple[str, str]]:
    for name, value in row.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{key}", _text(each)) for key, each in value.items())
        else:
            yield name, _text(value)


def _show_rows(rows: Sequence[Row]) -> None:
    table = make_table(*COLUMNS)
    for row in rows:
        cells = [_text(row[name]) for name in COLUMNS]
        table.add_row(*cells, style=COLOURS.get(cells[1]))
    show(table, whole=True)


def _text(value: object) -> str:
    return "–" if value is None else one_line(str(value))


def _show_json(rows: Sequence[Row]) -> None:
    click.echo(json_text(rows))
