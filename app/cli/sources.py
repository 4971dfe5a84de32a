"""The saved callbacks that a command is given: files, standard input, or the journal."""

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import BinaryIO, NamedTuple, NoReturn

import click

from app.model import Saved
from app.replay.saved import BadLine, read_saved
from app.settings import read_database_url
from app.storage import Callbacks, Database, Sought

JOURNAL = "journal"
STDIN = "standard input"


class Item(NamedTuple):
    """A callback, or a line that holds none, and the file it is from."""

    source: str
    saved: Saved | BadLine


def items_of_files(files: Sequence[str]) -> Iterator[Item]:
    """What files hold, one after the other; `-` is standard input. Ends where one cannot be read."""
    for file in files:
        if file == "-":
            yield from (Item(STDIN, each) for each in read_saved(sys.stdin.buffer))
        else:
            with opened(file) as stream:
                yield from (Item(file, each) for each in read_saved(stream))


def items_of_journal(sought: Sought, environment: Mapping[str, str]) -> Iterator[Item]:
    """What the journal holds, the oldest first."""
    with closing(Database(read_database_url(environment).reveal())) as database:
        yield from (Item(JOURNAL, each) for each in Callbacks(database).each(sought))


def opened(file: str) -> BinaryIO:
    """The file. Ends the command where it cannot be read."""
    try:
        return Path(file).open("rb")
    except OSError as error:
        end_unreadable(f"{file} cannot be read: {error.strerror}")


def end_unreadable(message: str) -> NoReturn:
    """Ends the command: the input cannot be used."""
    raise click.BadParameter(message, param_hint="FILE")
