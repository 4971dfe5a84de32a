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


def make_place() -> Path:
    """A folder of its own, for whoever removes it. Raises SettingsError."""
    try:
        return Path(mkdtemp(prefix="desk-metrics-"))
    except OSError as error:
        raise _unusable("a temporary folder", error) from None


@contextmanager
def counting(directory: Path | None) -> Iterator[Tally]:
    """Counts in this folder, or in one that is removed afterwards. Raises SettingsError."""
    place = directory or make_place()
    try:
        place.mkdir(parents=True, exist_ok=True)
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
