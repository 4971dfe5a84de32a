"""`desk callbacks`: the callbacks that were saved, each with its decision."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import click

from app.cli.current import current_rules, rules_option
from app.cli.output import count, json_text, one_line
from app.cli.progress import counted
from app.cli.redacting import redacted, redaction_sentence
from app.cli.saved import COLUMNS, delivery_sentence, saved_cells, saved_pairs
from app.cli.seeking import Seeking, seeking, seeking_options
from app.cli.tables import make_table
from app.cli.tables import show as show_table
from app.cli.writing import opened, output_option
from app.model import Delivery, Saved
from app.replay.lines import saved_line, saved_object
from app.replay.proving import Redactor, Sums
from app.settings import process_environment, read_database_url
from app.storage import Callbacks, Database, Ledger, Removal, Removed, Sought
from app.storage.callbacks import PAGE
from app.storage.removal import has_deliveries

MOST = 100_000  # callbacks of one list
MANY = 10  # reservations that are named in one sentence

form_option = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True
)


@click.group(short_help="Lists, shows, exports and removes saved callbacks.")
def callbacks() -> None:
    """Lists, shows, exports and removes saved callbacks, each with its decision.

    Needs no variable but DATABASE_URL, which names the database of `desk serve`.
    """


@callbacks.command("list", short_help="Lists saved callbacks, the newest first.")
@seeking_options
@click.option(
    "--limit",
    type=click.IntRange(1, MOST),
    default=100,
    show_default=True,
    metavar="N",
    help="No more than N.",
)
@form_option
def list_callbacks(limit: int, form: str, **options: Any) -> None:
    """Lists saved callbacks, the newest first, with what was decided.

    All that is asked for must be true of a callback; --rule, --mode and --task-type may be repeated, and then
    one of them is enough. EXPR is written as in a rule's `when`; `taskrouter` is the time at which it came.

    Exits 0 whether there are any or not, 1 when the database cannot be used, 2 when an option is wrong.

    \b
    Examples:
      desk callbacks list
      desk callbacks list --rule default --since 2h
      desk callbacks list --where 'task.customer_value == "Gold" AND worker.skills HAS "vip"'
      desk callbacks list --mode post --format json | jq -r '.[].params.TaskSid'
    """
    asked = seeking(options)
    with _database() as database:
        found = list(islice(asked.among(Callbacks(database).backwards(asked.sought)), limit + 1))
    shown = found[:limit]
    if form == "json":
        click.echo(json_text([saved_object(each) for each in shown]))
    elif shown:
        _show_list(shown)
    else:
        click.echo(f"there is no {'' if asked.is_all else 'such '}saved callback", err=True)
    if len(found) > limit:
        click.echo(f"there are older ones: --limit shows more than {limit}", err=True)


@callbacks.command(short_help="Shows the saved callbacks of a reservation.")
@click.argument("reservation")
@form_option
def show(reservation: str, form: str) -> None:
    """Shows the saved callbacks of a reservation, whole: parameters, decision, and its delivery's state.

    There are several where TaskRouter called again. What is shown is as personal as the task's attributes;
    secrets of the rules are ***.

    Exits 0, 1 when no callback of the reservation is saved or the database cannot be used.

    \b
    Examples:
      desk callbacks show WR…
      desk callbacks show WR… --format json | jq '.[-1].decision.instruction'
    """
    with _database() as database:
        found = list(Callbacks(database).each(Sought(reservation_sid=reservation)))
        delivery = Ledger(database).find(reservation)
    if not found:
        name = one_line(reservation)
        click.echo(f"desk: no callback of {name} is saved: see `desk callbacks list`", err=True)
        click.get_current_context().exit(1)
    if form == "json":
        state = delivery.state if delivery else None
        click.echo(json_text([{**saved_object(each), "delivery": state} for each in found]))
        return
    for number, each in enumerate(found):
        if number:
            click.echo()
        _show_pairs(each, delivery)


@callbacks.command(short_help="Writes saved callbacks as JSON Lines.")
@seeking_options
@output_option
@click.option("--redact", is_flag=True, help="Replace what is personal by tokens.")
@rules_option
def export(output: str, redact: bool, rules: Path | None, **options: Any) -> None:
    """Writes saved callbacks as JSON Lines, the oldest first: what `desk replay` and `desk explain` read.

    However many there are, few are held at once. A new FILE can be read by its owner alone, since callbacks
    hold what tasks and workers do.

    With --redact every text and number of tasks, workers and parameters becomes a token of the same kind, but
    for those that the rules' conditions read: the same number is the same token within one export, and
    nobody can tell which number it was. Each callback is then decided again, before and after, and is left
    out and named where the two decisions are not the same; where a template transforms a value, it stays.

    Exits 0 whether there are any or not, 1 when one is left out or the database cannot be used, 2 when an
    option is wrong or FILE cannot be written.

    \b
    Examples:
      desk callbacks export --since 7d -o callbacks.jsonl
      desk callbacks export --rule default | jq -r .params.TaskAttributes
      desk callbacks export --reservation WR… | desk explain -
      desk callbacks export --since 7d --redact --rules rules/ -o callbacks.jsonl
    """
    asked = seeking(options)
    if rules and not redact:
        raise click.UsageError("--rules goes with --redact alone: nothing else of an export reads them")
    redactor, sums = Redactor(current_rules(rules)) if redact else None, Sums()
    with _database() as database, opened(output) as file:
        found = _each(Callbacks(database), asked, "callbacks")
        for each in redacted(found, redactor, sums) if redactor else found:
            file.write(saved_line(each))
    if redactor:
        click.echo(redaction_sentence(sums, redactor.conditions), err=True)
    if sums.left_out:
        click.get_current_context().exit(1)


@callbacks.command(short_help="Removes saved callbacks and their deliveries.")
@seeking_options
@click.option("--all", "everything", is_flag=True, help="Remove all there are.")
@click.option("--dry-run", is_flag=True, help="Only say how many there are.")
@click.option("--yes", is_flag=True, help="Remove them without a question.")
def purge(everything: bool, dry_run: bool, yes: bool, **options: Any) -> None:
    """Removes saved callbacks for good, from the journal and from the ledger of deliveries alike.

    With a callback goes the finished delivery of its reservation. Without --task-type, --worker and --where
    so do deliveries whose callback is not saved. What is under way stays, callback and delivery, and is
    named: deliveries that are pending, and reservations that have not timed out.

    Exits 0, 1 when something stays or the database cannot be used, 2 when an option is wrong or --yes is
    lacking.

    \b
    Examples:
      desk callbacks purge --task WT… --yes
      desk callbacks purge --where 'task.customer_id == "c-17"' --dry-run
      desk callbacks purge --until 90d --yes
      desk callbacks purge --all
    """
    asked = seeking(options)
    if asked.is_all is not everything:
        said = "--all goes with no other filter" if everything else "say what to remove"
        raise click.UsageError(f"{said}: name a filter such as --task WT…, or --all alone")
    with _database() as database:
        if dry_run:
            click.echo(f"{_sum(_remove(database, asked, dry=True))} would be removed")
            return
        if not yes:
            _ask(_remove(database, asked, dry=True))
        removed = _remove(database, asked)
    click.echo(f"{_sum(removed)} removed")
    if removed.kept:
        click.echo(f"desk: {_kept(removed.kept)}", err=True)
        click.get_current_context().exit(1)


@contextmanager
def _database() -> Iterator[Database]:
    with closing(Database(read_database_url(process_environment()).reveal())) as database:
        yield database


def _each(journal: Callbacks, asked: Seeking, label: str) -> Iterator[Saved]:
    """What is asked for, the oldest first, with a bar on a terminal."""
    found: Iterable[Saved] = journal.each(asked.sought)
    return asked.among(counted(found, label, lambda: journal.count(asked.sought)))


def _remove(database: Database, asked: Seeking, *, dry: bool = False) -> Removed:
    """Removes, or counts, a batch after the other."""
    removal = Removal(database, datetime.now(UTC), dry=dry)
    found = _each(Callbacks(database), asked, "counted" if dry else "removed")
    removed = Removed()
    while batch := list(islice(found, PAGE)):
        removed += removal.remove(batch)
    if asked.where is None and has_deliveries(asked.sought):
        removed = sum(removal.remove_unsaved(asked.sought), removed)
    return removed


def _ask(there: Removed) -> None:
    if not sys.stdin.isatty():
        raise click.UsageError("what is removed is gone for good: add --yes, or see it with --dry-run")
    click.confirm(f"{_sum(there)} will be gone for good: remove?", abort=True)


def _sum(removed: Removed) -> str:
    return f"{count(removed.callbacks, 'callback')} and {_deliveries(removed.deliveries)}"


def _deliveries(number: int) -> str:
    return "1 delivery" if number == 1 else f"{number} deliveries"


def _kept(kept: frozenset[str]) -> str:
    named = ", ".join(map(one_line, sorted(kept)[:MANY]))
    more = f" and {len(kept) - MANY} more" if len(kept) > MANY else ""
    if len(kept) == 1:
        return f"{named} is under way and stays: remove it when it is done"
    return f"{named}{more} are under way and stay: remove them when they are done"


def _show_list(found: list[Saved]) -> None:
    table = make_table(*COLUMNS)
    for each in found:
        table.add_row(*saved_cells(each))
    show_table(table, whole=True)


def _show_pairs(saved: Saved, delivery: Delivery | None) -> None:
    table = make_table()
    table.add_column()
    table.add_column(overflow="fold")
    for name, text in saved_pairs(saved):
        table.add_row(name, text)
    if delivery:
        table.add_row("delivery", delivery_sentence(delivery))
    show_table(table, whole=True)
