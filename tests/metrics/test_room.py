"""The room of metrics on the disk: a process never writes where the disk has none for it."""

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from app.metrics import Tally, counter
from app.metrics.slot import SIZE, SIZES
from tests.metrics.scraped import shown

PLAIN = counter("desk_plain_total", "Plain.")
HITS = counter("desk_hits_total", "Hits.", "rule", always=())
MANY = tuple(counter(f"desk_many_{number}_total", "x" * 1000, always=()) for number in range(1200))
WHOLE = SIZES["counter"]


def is_on_the_disk(file: Path) -> bool:
    """Whether no part of the file is a hole."""
    found = file.stat()
    return found.st_blocks * 512 >= found.st_size


@pytest.mark.parametrize("length", [4096, SIZE, 600_000])
def test_a_part_of_a_file_becomes_a_whole_one(tmp_path: Path, length: int) -> None:
    """Such as a full disk leaves; what is in it counts on."""
    tally = Tally(tmp_path, (PLAIN,))
    tally.note(PLAIN, (), 7)
    tally.stop()
    file = tmp_path / "counter_0.db"
    assert (file.stat().st_size, is_on_the_disk(file)) == (WHOLE, True)
    os.truncate(file, length)
    tally = Tally(tmp_path, (PLAIN,))
    assert (file.stat().st_size, is_on_the_disk(file)) == (WHOLE, True)
    assert shown(tally.collect())["desk_plain_total"] == 7
    tally.stop()


def test_holes_are_filled(tmp_path: Path) -> None:
    """A file as long as a whole one may have no room on the disk."""
    file = tmp_path / "counter_0.db"
    file.touch()
    os.truncate(file, WHOLE)
    assert not is_on_the_disk(file)
    Tally(tmp_path, (PLAIN,)).stop()
    assert is_on_the_disk(file)


def test_a_file_grows_without_holes(tmp_path: Path) -> None:
    """And all in it is told."""
    tally = Tally(tmp_path)
    for metric in MANY:
        tally.note(metric)
    assert len(shown(tally.collect())) == len(MANY)
    tally.stop()
    file = tmp_path / "counter_0.db"
    assert (file.stat().st_size, is_on_the_disk(file)) == (2 * WHOLE, True)
    again = Tally(tmp_path)
    again.note(MANY[-1])
    assert shown(again.collect())[MANY[-1].name] == 2
    again.stop()


def run_with(most: int, folder: Path, program: str) -> str:
    """Runs it in a process of which no file may have more bytes, as on a full disk."""
    begin = f"""
import logging, pathlib
from app.metrics.place import counting
from tests.metrics.scraped import shown
from tests.metrics.test_room import HITS, MANY
logging.basicConfig(format="%(message)s: %(fields)s", level=logging.WARNING)
folder = pathlib.Path({str(folder)!r})
"""
    done = subprocess.run(
        [sys.executable, "-c", begin + program],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_no_part_of_a_file_is_left(tmp_path: Path) -> None:
    """Without room for a whole file nothing is counted, and the next process begins with whole ones."""
    said = run_with(WHOLE // 2, tmp_path, "with counting(folder) as tally: tally.note(HITS, ('a',))")
    assert said.startswith("nothing is counted: ")
    assert said.count("\n") == 1
    assert list(tmp_path.glob("counter*")) == []


def test_a_file_that_cannot_grow(tmp_path: Path) -> None:
    """What was counted before is counted on, what is new is not, and the log says so once."""
    program = """
with counting(folder) as tally:
    tally.note(HITS, ("a",))
    for _ in range(2):
        for metric in MANY:
            tally.note(metric)
        found = shown(tally.collect())
    tally.note(HITS, ("a",))
    found = shown(tally.collect())
    many = [found.get(metric.name) for metric in MANY]
    assert found['desk_hits_total{rule="a"}'] == 2, found
    assert found[MANY[0].name] == 2, found
    assert 500 < many.count(2) < len(MANY) - 1, many
    assert many.count(None) == len(MANY) - many.count(2), many
"""
    said = run_with(WHOLE, tmp_path, program)
    assert said.startswith("nothing more is counted but what was before: ")
    assert said.count("\n") == 1
    assert (tmp_path / "counter_0.db").stat().st_size == WHOLE
