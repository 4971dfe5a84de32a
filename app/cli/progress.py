"""A bar on standard error, where that is a terminal, for what takes long."""

import sys
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from rich.console import Console
from rich.progress import Progress

T = TypeVar("T")


def counted(items: Iterable[T], label: str, total: Callable[[], int]) -> Iterator[T]:
    """The items as they come, with a bar; `total` is asked on a terminal alone."""
    if not sys.stderr.isatty():
        yield from items
        return
    with Progress(console=Console(stderr=True), transient=True) as progress:
        yield from progress.track(items, total=total(), description=label)
