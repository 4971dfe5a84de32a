"""Waiting for what another thread or process does."""

from collections.abc import Callable
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TypeVar

T = TypeVar("T")

# Database servers, and what Python starts with the first pool of processes and keeps to the end.
OF_ALL_TESTS = ("postgres", "resource_tracker")


def until(condition: Callable[[], T | None], patience: float = 20) -> T:
    """What the condition says as soon as it says anything; fails after `patience` seconds."""
    deadline = monotonic() + patience
    while not (found := condition()):
        assert monotonic() < deadline, "it did not come to pass"
        Event().wait(0.01)
    return found


def children(process: int | str = "self") -> list[int]:
    """The processes that one has started and that run, as far as Linux tells."""
    lists = Path(f"/proc/{process}/task").glob("*/children")
    return [int(pid) for each in lists for pid in each.read_text().split()]


def checks() -> list[int]:
    """The processes that this one has started and that run, without those that serve all of the tests."""
    return [pid for pid in children() if not any(name in _command(pid) for name in OF_ALL_TESTS)]


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ")
    except OSError:  # it has ended
        return ""
