"""Where the processes of a server keep their counts."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp

from app.errors import SettingsError
from app.metrics.catalogue import COUNTED, PROCESSES
from app.metrics.tally import Tally

VARIABLE = "PROMETHEUS_MULTIPROC_DIR"


def make_place(directory: Path | None) -> Path:
    """This folder, or a temporary one for whoever removes it. Raises SettingsError."""
    try:
        if directory is None:
            return Path(mkdtemp(prefix="desk-metrics-"))
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unusable(str(directory or "a temporary folder"), error) from None
    return directory


@contextmanager
def counting(directory: Path | None) -> Iterator[Tally]:
    """Counts in this folder, or in one that is removed afterwards. Raises SettingsError."""
    place = make_place(directory)
    try:
        tally = Tally(place, COUNTED)
    except OSError as error:
        raise _unusable(str(place), error) from None
    tally.poll(PROCESSES, lambda: 1)
    tally.start()
    try:
        yield tally
    finally:
        tally.stop()
        if not directory:
            shutil.rmtree(place, ignore_errors=True)


def _unusable(place: str, error: OSError) -> SettingsError:
    return SettingsError(
        f"metrics cannot be kept in {place} ({error.strerror}): set {VARIABLE} to a folder of their own"
    )
