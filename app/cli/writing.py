"""Where a command writes: a file that its owner alone can read, or standard output."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import TextIOWrapper
from typing import IO

import click

output_option = click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, allow_dash=True),
    default="-",
    metavar="FILE|-",
    help="Where to write; by default standard output.",
)


@contextmanager
def opened(output: str) -> Iterator[IO[bytes]]:
    """The file, emptied, or standard output for -."""
    if output == "-":
        with click.open_file("-", "wb") as stdout:
            yield stdout
        return
    try:
        file = os.fdopen(os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb")
    except OSError as error:
        message = f"{output} cannot be written: {error.strerror}"
        raise click.BadParameter(message, param_hint="-o") from None
    with file:
        yield file


@contextmanager
def printed_to(output: str) -> Iterator[None]:
    """What is printed meanwhile goes there, without colour where that is a file."""
    if output == "-":
        yield
        return
    with (
        opened(output) as file,
        TextIOWrapper(file, "utf-8", "backslashreplace", newline="") as text,
        redirect_stdout(text),
    ):
        yield
