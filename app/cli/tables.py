"""Tables for people: as wide as the terminal, and whole where there is none."""

import sys

import click
from rich.console import Console, ConsoleOptions
from rich.table import Table

WIDE = 10_000  # columns off a terminal, where nothing is wrapped


def make_table(*columns: str) -> Table:
    """A table without lines; without columns it has no head. What is too wide is wrapped, never cut."""
    table = Table(box=None, pad_edge=False, show_header=bool(columns))
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def show(table: Table, *, whole: bool = False) -> None:
    """Prints it, with colour on a terminal alone. What stands in brackets is text: names hold such.

    A `whole` one is never wrapped: a terminal that is narrower goes on in its next line, so that what stands
    there can be copied.
    """
    console = Console(markup=False, emoji=False, highlight=False)
    if whole:
        console.width = max(console.width, console.measure(table, options=_wide(console)).maximum)
    if not sys.stdout.isatty():
        console.width = WIDE
    with console.capture() as printed:
        console.print(table)
    for line in printed.get().splitlines():
        click.echo(line.rstrip())


def _wide(console: Console) -> ConsoleOptions:
    return console.options.update(width=WIDE)
