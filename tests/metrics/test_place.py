"""Where counts are kept, and what happens where they cannot be."""

import fcntl
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.errors import SettingsError
from app.metrics import counter
from app.metrics.place import counting, make_place
from app.metrics.slot import keep
from tests.metrics.scraped import shown

PLAIN = counter("desk_plain_total", "Plain.")


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    """The folder for temporary files, for as long as a test runs."""
    before, tempfile.tempdir = tempfile.tempdir, str(tmp_path)
    yield tmp_path
    tempfile.tempdir = before


def test_a_folder_of_its_own(temporary: Path) -> None:
    """It is there while something is counted, and removed afterwards."""
    with counting(None) as tally:
        tally.note(PLAIN)
        found = shown(tally.collect())
        assert (found["desk_plain_total"], found["desk_processes"]) == (1, 1)
        assert len(list(temporary.iterdir())) == 1
    assert list(temporary.iterdir()) == []


def test_what_killed_ones_left_is_removed(temporary: Path) -> None:
    """And nothing that is in use, or that only looks like it."""
    left, used, file, link = (temporary / f"desk-metrics-{name}" for name in ("left", "used", "file", "link"))
    for folder in (left, used, temporary / "elsewhere"):
        folder.mkdir()
        (folder / "0.lock").touch()
    file.touch()
    link.symlink_to(temporary / "elsewhere")
    lock = keep(used)
    made = make_place(None)
    os.close(lock)
    assert not left.exists()
    assert [(each / "0.lock").exists() for each in (used, temporary / "elsewhere")] == [True, True]
    assert file.exists()
    assert link.is_symlink()
    assert made.is_dir()
    another = make_place(None)
    assert made.is_dir(), "as long as the process lives that made it"
    assert another != made


def test_a_folder_that_was_named(tmp_path: Path) -> None:
    """It is made, and kept with what was counted."""
    place = tmp_path / "not" / "yet"
    for number in (1, 2):
        with counting(place) as tally:
            tally.note(PLAIN)
            assert shown(tally.collect())["desk_plain_total"] == number


def test_a_folder_that_cannot_be_made(tmp_path: Path, temporary: Path) -> None:
    """The sentence names it, why, and what to set."""
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match=r"in .*/file/below \(Not a directory\): set PROMETHEUS_MULTI"):
        make_place(tmp_path / "file" / "below")
    tempfile.tempdir = str(temporary / "gone")
    with pytest.raises(SettingsError, match=r"in a temporary folder \(No such file or directory\): set "):
        make_place(None)


def test_a_folder_that_cannot_be_written_to(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is counted, and the log says so: a full disk is no reason to answer nobody."""
    (tmp_path / "0.lock").mkdir()
    with caplog.at_level(logging.ERROR), counting(tmp_path) as tally:
        tally.note(PLAIN)
        assert list(tally.collect()) == []
    [record] = caplog.records
    assert record.getMessage() == "nothing is counted"
    assert record.fields["error"] == "Is a directory"  # type: ignore[attr-defined]


def test_a_folder_that_is_removed_meanwhile(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Scrapes show nothing more, and the log says so once, also where another process makes it again."""
    place = tmp_path / "counts"
    with counting(place) as tally:
        assert shown(tally.collect())["desk_processes"] == 1
        shutil.rmtree(place)
        assert shown(tally.collect()) == {}
        with counting(place):
            tally.collect()
            tally.collect()
    [record] = caplog.records
    assert record.getMessage().startswith("what is counted is not told: the folder was removed")
    assert record.fields == {"folder": place}  # type: ignore[attr-defined]


def test_a_folder_that_cannot_be_made_again(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """A process that comes later counts nothing, and says so."""
    (tmp_path / "file").touch()
    with counting(tmp_path / "file" / "below") as tally:
        tally.note(PLAIN)
        assert list(tally.collect()) == []
    [record] = caplog.records
    assert record.getMessage() == "nothing is counted"
    assert "Not a directory" in record.fields["error"]  # type: ignore[attr-defined]


def test_nobody_cleans_it_up_meanwhile(tmp_path: Path) -> None:
    """systemd leaves a folder alone that somebody holds a lock on."""

    def is_held() -> bool:
        folder = os.open(tmp_path, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(folder)
        return False

    with counting(tmp_path):
        assert is_held()
    assert not is_held()
