"""Notices that a folder may have changed."""

import logging
from collections.abc import Iterator
from pathlib import Path
from threading import Event

from watchfiles import watch

from app.rulebook.folder import folder_identity

TICK = 0.4  # seconds
GATHERING = 200  # milliseconds in which changes count as one

# It writes a line for each change, an editor's files among them.
logging.getLogger("watchfiles").setLevel(logging.WARNING)


def ticks(folder: Path, stop: Event) -> Iterator[None]:
    """Comes back every TICK, and sooner when the system tells of a change in the folder.

    The system tells nothing of a link to the folder that leads elsewhere, of a disk on the network, and where
    it can watch no more folders: there the ticks alone serve.
    """
    while not stop.is_set():
        try:
            yield from _told(folder, stop)
        except (OSError, RuntimeError):  # watchfiles has a RuntimeError of its own
            yield
            stop.wait(TICK)


def _told(folder: Path, stop: Event) -> Iterator[None]:
    """The same, as long as the folder is the one that it was."""
    watched = folder_identity(folder)
    changes = watch(
        folder,
        watch_filter=None,
        debounce=GATHERING,
        stop_event=stop,
        rust_timeout=int(TICK * 1000),
        yield_on_timeout=True,
        recursive=False,
    )
    for _ in changes:
        yield
        if folder_identity(folder) != watched:
            return
