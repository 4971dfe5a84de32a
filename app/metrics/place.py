"""Where the processes of a server keep their counts."""

import fcntl
import logging
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir, mkdtemp

from prometheus_client import Metric as Family

from app.errors import SettingsError
from app.metrics.catalogue import COUNTED, PROCESSES
from app.metrics.metric import Labels, Metric
from app.metrics.slot import keep
from app.metrics.tally import Tally

log = logging.getLogger(__name__)

PREFIX = "desk-metrics-"
VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def make_place(directory: Path | None) -> Path:
    """This folder, or a temporary one for whoever removes it. Raises SettingsError."""
    try:
        if directory is None:
            return _make_temporary()
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(str(directory or "a temporary folder"), error) from None
    return directory


def _make_temporary() -> Path:
    """A folder, locked as long as this process or one that it forked runs; those of killed ones go."""
    for left in Path(gettempdir()).glob(f"{PREFIX}*"):
        if _is_left(left):
            shutil.rmtree(left, ignore_errors=True)
    made = Path(mkdtemp(prefix=PREFIX))
    keep(made)
    return made


def _is_left(place: Path) -> bool:
    """Whether it is a folder of ours that nobody holds a lock on."""
    try:
        folder = os.open(place, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        if os.fstat(folder).st_uid != os.geteuid():
            return False
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(folder)
    return True


@contextmanager
def counting(directory: Path | None) -> Iterator[Tally]:
    """Counts in this folder, or in one that is removed afterwards.

    Where that fails, as on a full disk, nothing is counted: callbacks are answered all the same.
    """
    place = directory
    try:
        place = make_place(directory)
        tally = Tally(place, COUNTED)
    except Exception as error:  # whatever it is, it is no reason to answer nobody
        reason = error.strerror if isinstance(error, OSError) else str(error) or repr(error)
        log.error("nothing is counted", extra={"fields": {"folder": place, "error": reason}})  # noqa: TRY400  its text is all there is to know
        tally = Uncounted()
    tally.poll(PROCESSES, lambda: 1)
    tally.start()
    try:
        yield tally
    finally:
        tally.stop()
        if place and not directory:
            shutil.rmtree(place, ignore_errors=True)


class Uncounted(Tally):
    """Takes what it is told, and counts nothing."""

    def __init__(self) -> None:
        """Without a folder."""

    def note(self, metric: Metric, labels: Labels = (), value: float = 1.0) -> None:
        """Nothing."""

    def poll(self, metric: Metric, read: Callable[[], float], labels: Labels = ()) -> None:
        """Nothing."""

    def start(self) -> None:
        """Nothing."""

    def stop(self) -> None:
        """Nothing."""

    def collect(self) -> Iterable[Family]:
        """No metric."""
        return ()


def _unusable(place: str, error: OSError) -> SettingsError:
    return SettingsError(
        f"metrics cannot be kept in {place} ({error.strerror}): set {VARIABLE} to a folder of their own"
    )
