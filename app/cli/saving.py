"""`desk replay --save-test`: a saved callback becomes a test of the rules."""

from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

import click

from app.cli.output import one_line
from app.cli.sources import Item, end_unreadable
from app.model import Saved
from app.replay.appending import save_test
from app.replay.as_test import CannotTest
from app.replay.saved import BadLine


def save_as_test(
    items: Iterator[Item], line: int | None, file: Path, folder: Path, environment: Mapping[str, str]
) -> None:
    """Adds a test of the callback at a line, or of the only one, and says its name."""
    saved = _chosen(items, line)
    try:
        name = save_test(saved, folder, file, environment)
    except CannotTest as error:
        raise click.ClickException(one_line(str(error))) from None
    click.echo(one_line(f"{file}: added {name!r}, which passes"))


def _chosen(items: Iterator[Item], line: int | None) -> Saved:
    found = [item for item in items if item.saved.line == line] if line else list(islice(items, 2))
    if not found:
        end_unreadable(f"there is no callback at line {line}" if line else "there is no callback")
    if len(found) > 1:
        several = f"several files have a line {line}: name one file" if line else "name one with --line"
        end_unreadable(f"there are several callbacks: {several}" if not line else several)
    source, saved = found[0]
    if isinstance(saved, BadLine):
        end_unreadable(f"{source}:{saved.line}: {saved.message}")
    return saved
