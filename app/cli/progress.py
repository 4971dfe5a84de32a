"""A bar on standard error, where that is a terminal, for what takes long."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

T = TypeVar("T")


@contextmanager
def progress_of(title: str, total: int | None) -> Iterator[Callable[[int], None]]:
    """What is called with how much more is done. Without a total it tells only that work goes on."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task(title, total=total)
        yield lambda more: bar.advance(task, more)


def counted(items: Iterable[T], label: str, total: Callable[[], int]) -> Iterator[T]:
    """The items as they come, with a bar; `total` is asked on a terminal alone."""
    if not sys.stderr.isatty():
        yield from items
        return
    with progress_of(label, total()) as advance:
        for item in items:
            yield item
            advance(1)
