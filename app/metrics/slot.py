"""Where a process keeps its values, so that any process of the server can tell those of all.

A slot is a few files of prometheus_client's multiprocess format. A process has one to itself for as long as
it lives; when it ends, even killed, the system frees the slot's lock, and the next process goes on counting
where that one stopped. So no counter goes back, and there are never more files than processes at once.
"""

import fcntl
import json
import logging
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from struct import unpack_from

from prometheus_client import Metric as Family
from prometheus_client.mmap_dict import MmapedDict
from prometheus_client.multiprocess import MultiProcessCollector

from app.metrics.metric import COUNTER, KINDS, LASTING

log = logging.getLogger(__name__)

SIZE = 1 << 16  # bytes of a file
SIZES = {COUNTER: 1 << 20}  # what the label sets of the rules need
START = 8  # where a file's first key begins


class Slot:
    """The first free slot of a directory. Not for several threads at once. Raises OSError."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._kept = keep(directory)
        self._number, self._lock = _take(directory)
        self._files: dict[str, MmapedDict] = {}
        self._keys: set[str] = set()
        self._held: Counter[str] = Counter()

    def held(self, name: str) -> int:
        """How many values it keeps of this name."""
        return self._held[name]

    def holds(self, kind: str, key: str) -> bool:
        """Whether it keeps a value under this key."""
        self._file(kind)
        return key in self._keys

    def read(self, kind: str, key: str) -> float:
        """A value, 0.0 where there is none yet; it is kept from now on. Raises OSError without room."""
        file = self._file(kind)
        if key not in self._keys:
            _make_room(_path(self._directory, kind, self._number), key)
            self._know(key)
        return float(file.read_value(key)[0])

    def write(self, kind: str, key: str, value: float) -> None:
        """Keeps a value that was read."""
        self._file(kind).write_value(key, value, 0.0)

    def is_gone(self) -> bool:
        """Whether somebody has removed its files, so that nobody can tell its values."""
        return not os.fstat(self._lock).st_nlink

    def close(self) -> None:
        """Frees it."""
        for file in self._files.values():
            file.close()
        os.close(self._lock)
        os.close(self._kept)

    def _file(self, kind: str) -> MmapedDict:
        if kind not in self._files:
            path = _path(self._directory, kind, self._number)
            size = SIZES.get(kind, SIZE)
            if not path.exists() or not path.stat().st_size:
                _make(path, size)
            elif not _is_sound(path):
                log.warning(
                    "a damaged file is begun anew, its counts are lost", extra={"fields": {"file": path}}
                )
                _make(path, size)
            else:
                _allocate(path, size)
            self._files[kind] = MmapedDict(str(path))
            for key, *_ in self._files[kind].read_all_values():
                self._know(key)
        return self._files[kind]

    def _know(self, key: str) -> None:
        if key not in self._keys:
            self._keys.add(key)
            self._held[json.loads(key)[1]] += 1


def keep(directory: Path) -> int:
    """A lock of the whole directory, until the descriptor is closed.

    What is locked is not removed by the next server, which looks for what killed ones left, nor by systemd,
    which removes what is old in /tmp.
    """
    kept = os.open(directory, os.O_RDONLY | os.O_CLOEXEC)
    fcntl.flock(kept, fcntl.LOCK_SH)
    return kept


def gathered(directory: Path) -> tuple[Iterable[Family], set[Path]]:
    """The metrics of all processes, with the counts of those that are gone; and what files are damaged."""
    told, damaged = [], set()
    for path in _written(directory):
        if _is_sound(path):
            told.append(str(path))
        else:
            damaged.add(path)
    families: Iterable[Family] = MultiProcessCollector.merge(told)
    return families, damaged


def _written(directory: Path) -> Iterator[Path]:
    """The files that hold anything which is to be told."""
    for number in (int(path.stem) for path in directory.glob("[0-9]*.lock")):
        for kind in KINDS if _is_taken(directory, number) else LASTING:
            path = _path(directory, kind, number)
            if path.exists() and path.stat().st_size:
                yield path


def _is_sound(path: Path) -> bool:
    """Whether all in it can be told, as not when a power loss has left zeros."""
    try:
        _walk(path.read_bytes())
        MultiProcessCollector.merge([str(path)])
    except Exception:  # what is raised depends on the bytes
        return False
    return True


def _walk(text: bytes) -> None:
    """Goes from key to key: where one's length is no length, prometheus_client might go on for ever."""
    (used,) = unpack_from("i", text)
    at = START
    if used and not START <= used <= len(text):
        raise ValueError(used)
    while at < used:
        (length,) = unpack_from("i", text, at)
        if length <= 0:
            raise ValueError(length)
        at += _needed(length)


def _needed(length: int) -> int:
    """The bytes that a key of such a length takes, with its own length before it and its value after it."""
    return 4 + length + 8 - (length + 4) % 8 + 16


def _take(directory: Path) -> tuple[int, int]:
    for number in count():
        lock = os.open(_lock(directory, number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with suppress(BlockingIOError):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return number, lock
        os.close(lock)
    raise AssertionError  # numbers do not end


def _is_taken(directory: Path, number: int) -> bool:
    lock = os.open(_lock(directory, number), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(lock)
    return False


def _make(path: Path, size: int) -> None:
    """Makes the file with all of its room, or not at all: where a disk is full, a part of it would stay."""
    part = path.with_suffix(".part")
    try:
        part.write_bytes(bytes(size))
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _make_room(path: Path, key: str) -> None:
    """Makes the file larger before prometheus_client would, which leaves a hole."""
    with path.open("rb") as file:
        (used,) = unpack_from("i", file.read(4))
        size = os.fstat(file.fileno()).st_size
    if used + _needed(len(key.encode())) > size:
        _allocate(path, 2 * size)


def _allocate(path: Path, size: int) -> None:
    """Gives it so much room on the disk: when that is full, writing into a hole would kill the process."""
    with path.open("r+b") as file:
        size = max(size, os.fstat(file.fileno()).st_size)
        if hasattr(os, "posix_fallocate"):  # macOS has none
            os.posix_fallocate(file.fileno(), 0, size)
        else:
            file.truncate(size)


def _lock(directory: Path, number: int) -> Path:
    return directory / f"{number}.lock"


def _path(directory: Path, kind: str, number: int) -> Path:
    return directory / f"{kind}_{number}.db"  # prometheus_client reads the kind from the name
