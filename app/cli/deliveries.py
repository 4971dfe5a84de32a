"""`desk deliveries`: the ledger of what was to be sent over REST, and what became of it."""

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from typing import NoReturn

import click

from app.cli.history import (
    ATTEMPT_COLUMNS,
    COLOURS,
    COLUMNS,
    attempt_cells,
    delivery_cells,
    delivery_object,
    delivery_pairs,
    history_object,
)
from app.cli.output import iso, json_text, one_line
from app.cli.periods import PeriodType, SinceType
from app.cli.tables import make_table
from app.cli.tables import show as show_table
from app.model import Attempt, Delivery, State
from app.settings import process_environment, read_database_url
from app.storage import Database, Ledger
from app.storage.ledger import RETRIED

MOST = 100_000  # deliveries of one list

RING_TWICE = "it may have been applied already, and a second call could ring the worker twice"
# Why a delivery is not retried, by its state; of one that is pending its time says more.
KEPT = {
    State.DELIVERED: "it was delivered",
    State.SUPERSEDED: "it was superseded: the reservation was no longer pending",
    State.INLINE: "it is inline: the answer to the callback held the instruction, and nothing is to be sent",
}

form_option = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)


@click.group(short_help="Lists, shows and retries what is sent over REST.")
def deliveries() -> None:
    """Lists, shows and retries deliveries: each `post` that was promised, with its attempts and outcomes.

    Needs no variable but DATABASE_URL, which names the database of `desk serve`.
    """


@deliveries.command("list", short_help="Lists deliveries, the newest first.")
@click.option(
    "--state",
    "states",
    type=click.Choice([state.value for state in State]),
    multiple=True,
    help="Only those in this state; may be repeated.",
)
@click.option("--task", metavar="WT…", help="Only those of this task.")
@click.option("--rule", metavar="NAME", help="Only those that this rule decided.")
@click.option(
    "--since", type=SinceType(), help="Only those whose callback came since then: 7d, 2h or a time."
)
@click.option(
    "--limit",
    type=click.IntRange(1, MOST),
    default=100,
    show_default=True,
    metavar="N",
    help="No more than N.",
)
@form_option
def list_deliveries(
    states: tuple[str, ...],
    task: str | None,
    rule: str | None,
    since: datetime | None,
    limit: int,
    form: str,
) -> None:
    """Lists deliveries, the newest first, with what the last attempt came to.

    Pending ones are under way, or wait for their next attempt. Dead ones were given up; ambiguous ones may
    have been applied, and nothing tells. Superseded is what came too late for its reservation, and inline
    what the answer to the callback held after all.

    Exits 0 whether there are any or not, 1 when the database cannot be used, 2 when an option is wrong.

    \b
    Examples:
      desk deliveries list
      desk deliveries list --state dead --state ambiguous --since 7d
      desk deliveries list --task WT… --rule support --limit 20
      desk deliveries list --state dead --format json | jq -r '.[].reservation'
    """
    asked = [State(state) for state in states]
    with _ledger() as ledger:
        found = ledger.list(states=asked, task_sid=task, rule=rule, since=since, limit=limit + 1)
    shown = found[:limit]
    if form == "json":
        click.echo(json_text([delivery_object(each) for each in shown]))
    elif shown:
        _show_list(shown)
    else:
        such = "such " if states or task or rule or since else ""
        click.echo(f"the ledger has no {such}delivery", err=True)
    if len(found) > limit:
        click.echo(f"there are older ones: --limit shows more than {limit}", err=True)


@deliveries.command(short_help="Shows one delivery with its attempts.")
@click.argument("reservation")
@form_option
def show(reservation: str, form: str) -> None:
    """Shows the delivery of a reservation, and each request that was made for it.

    A request sends the instruction, or looks what became of the reservation. Of the instructions, secrets,
    phone numbers and other addresses are shown as ***, and so is the query of a URL.

    Exits 0, 1 when the ledger has no delivery of the reservation or the database cannot be used.

    \b
    Examples:
      desk deliveries show WR…
      desk deliveries show WR… --format json | jq '.history[-1].outcome'
    """
    with _ledger() as ledger:
        delivery = _found(ledger, reservation)
        history = ledger.history(delivery.id)
    if form == "json":
        click.echo(json_text(history_object(delivery, history)))
        return
    _show_pairs(delivery)
    if history:
        click.echo()
        _show_history(history)


@deliveries.command(short_help="Makes a dead or ambiguous delivery due again.")
@click.argument("reservation")
@click.option(
    "--for",
    "period",
    type=PeriodType(),
    default="60s",
    show_default=True,
    help="How long to go on trying, such as 30s, 2m or 1h.",
)
@click.option("--yes", is_flag=True, help="Send an ambiguous one again without a question.")
def retry(reservation: str, period: timedelta, yes: bool) -> None:
    """Makes a dead or ambiguous delivery due again, from its first instruction.

    It is sent by whatever process runs, `desk serve` or `desk worker`; while none runs, nothing happens. An
    ambiguous one may have been applied already, and a second call could ring the worker twice: so it needs
    an answer on a terminal, or --yes.

    Exits 0, 1 when the delivery is not to be retried or the database cannot be used, 2 when an ambiguous one
    lacks --yes or an option is wrong.

    \b
    Examples:
      desk deliveries retry WR…
      desk deliveries retry WR… --for 5m
      desk deliveries retry WR… --yes      one that is ambiguous
    """
    with _ledger() as ledger:
        delivery = _found(ledger, reservation)
        if delivery.state not in RETRIED:
            _end_kept(delivery)
        if delivery.state is State.AMBIGUOUS and not yes:
            _ask(reservation)
        # One that was dead may have been retried elsewhere since, and be ambiguous: nobody agreed to that.
        agreed = RETRIED if yes else (delivery.state,)
        now = datetime.now(UTC)
        delivery = ledger.retry(reservation, now, now + period, agreed) or _end_unknown(reservation)
    if delivery.state is not State.PENDING or delivery.due != now:  # somebody else retried it meanwhile
        _end_kept(delivery)
    click.echo(_due_again(delivery))


@contextmanager
def _ledger() -> Iterator[Ledger]:
    with closing(Database(read_database_url(process_environment()).reveal())) as database:
        yield Ledger(database)


def _found(ledger: Ledger, reservation: str) -> Delivery:
    return ledger.find(reservation) or _end_unknown(reservation)


def _ask(reservation: str) -> None:
    """Whether an ambiguous delivery is to be sent again."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"the delivery is ambiguous: {RING_TWICE}; add --yes to send it again")
    click.echo(f"{one_line(reservation)} is ambiguous: {RING_TWICE}", err=True)
    click.confirm("send it again?", abort=True, err=True)


def _why_not(delivery: Delivery) -> str:
    if delivery.state is not State.PENDING:
        return KEPT.get(delivery.state, "another process changed it at this moment: run this again")
    if delivery.leased_by:
        return "it is pending, and an attempt is under way"
    return f"it is pending: its next attempt is due at {iso(delivery.due, 'milliseconds')}"


def _due_again(delivery: Delivery) -> str:
    sid = one_line(delivery.promise.call.reservation_sid)
    until = iso(delivery.promise.deadline, "seconds")
    return (
        f"{sid} is due again, until {until}: a `desk serve` or `desk worker` that runs delivers it, and "
        f"nothing happens while none runs; `desk deliveries show {sid}` tells what became of it"
    )


def _end_unknown(reservation: str) -> NoReturn:
    _end(f"the ledger has no delivery of {one_line(reservation)}: see `desk deliveries list`")


def _end_kept(delivery: Delivery) -> NoReturn:
    _end(f"{one_line(delivery.promise.call.reservation_sid)} is not retried: {_why_not(delivery)}")


def _end(sentence: str) -> NoReturn:
    click.echo(f"desk: {sentence}", err=True)
    click.get_current_context().exit(1)


def _show_list(found: list[Delivery]) -> None:
    table = make_table(*COLUMNS)
    for each in found:
        table.add_row(*delivery_cells(each), style=COLOURS[each.state])
    show_table(table, whole=True)


def _show_pairs(delivery: Delivery) -> None:
    table = make_table()
    table.add_column()
    table.add_column(overflow="fold")
    for name, text in delivery_pairs(delivery):
        table.add_row(name, text, style=COLOURS[delivery.state] if name == "state" else None)
    show_table(table, whole=True)


def _show_history(history: tuple[Attempt, ...]) -> None:
    table = make_table(*ATTEMPT_COLUMNS)
    for attempt in history:
        table.add_row(*attempt_cells(attempt))
    show_table(table, whole=True)
