"""`desk rules`: what the rules of a folder did."""

from contextlib import closing
from datetime import datetime
from pathlib import Path

import click

from app.cli.current import current_rules, rules_option
from app.cli.output import count, iso, json_text
from app.cli.periods import SinceType
from app.cli.progress import counted
from app.cli.statistics import (
    COLUMNS,
    MISS_COLUMNS,
    Summary,
    miss_cells,
    rule_cells,
    sentences,
    statistics_object,
)
from app.cli.tables import make_table, show
from app.engine.ruleset import DEFAULT, RuleSet
from app.replay.misses import misses
from app.settings import process_environment, read_database_url
from app.storage import Callbacks, Database, Sought, Statistics

LATEST = 1_000  # callbacks that got the default, and that are looked at


@click.group(short_help="Says what the rules did.")
def rules() -> None:
    """Says what the rules of a folder did, by the callbacks and deliveries that are saved.

    Needs no variable but DATABASE_URL, and those that the rules' `vars` read.
    """


@rules.command(short_help="Counts hits, rejections and failures by rule.")
@click.option(
    "--since",
    type=SinceType(),
    default="7d",
    show_default=True,
    help="Only what came since then: 7d, 2h or a time.",
)
@click.option("--until", type=SinceType(), help="Only what came before: 7d, 2h or a time.")
@rules_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def stats(since: datetime, until: datetime | None, rules: Path | None, form: str) -> None:
    """Counts by rule: how many callbacks it decided and when last, rejections, and deliveries that failed.

    Names the rules of the folder that decided nothing, and those that did and are no longer there. Of the
    latest 1,000 callbacks that got the default it says which rule lacked least, and what it lacked.

    Exits 0, 1 when the rules hold errors or the database cannot be used, 2 when an option is wrong.

    \b
    Examples:
      desk rules stats
      desk rules stats --since 30d --rules rules/
      desk rules stats --since 2h --format json | jq -r '.never_hit[]'
    """
    ruleset = current_rules(rules)
    with closing(Database(read_database_url(process_environment()).reveal())) as database:
        summary = _summary(database, ruleset, since, until)
    if form == "json":
        click.echo(json_text(statistics_object(summary)))
        return
    _show(summary)


def _summary(database: Database, ruleset: RuleSet, since: datetime, until: datetime | None) -> Summary:
    sums = Statistics(database)
    sought = Sought(since=since, until=until, rules=[DEFAULT])
    defaulted = Callbacks(database).newest(sought, LATEST)
    return Summary(
        since,
        until,
        [rule.name for rule in ruleset.rules],
        ruleset.version,
        sums.hits(since, until),
        sums.failures(since, until),
        misses(ruleset, counted(defaulted, "nearest misses", lambda: len(defaulted))),
    )


def _show(summary: Summary) -> None:
    until = f" until {iso(summary.until, 'seconds')}" if summary.until else ""
    click.echo(f"{count(summary.callbacks, 'callback')} since {iso(summary.since, 'seconds')}{until}")
    if summary.seen:
        _show_rows(COLUMNS, [rule_cells(summary, rule) for rule in summary.seen])
    if summary.misses.nearest:
        click.echo()
        _show_rows(MISS_COLUMNS, list(miss_cells(summary.misses)))
    said = list(sentences(summary))
    if said:
        click.echo()
    for sentence in said:
        click.echo(sentence)


def _show_rows(columns: tuple[str, ...], rows: list[list[str]]) -> None:
    table = make_table(*columns)
    for row in rows:
        table.add_row(*row)
    show(table, whole=True)
