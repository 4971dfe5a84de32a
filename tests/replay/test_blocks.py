"""Files and streams are cut at line ends, and nothing is lost."""

import os
import threading
from io import BytesIO
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.model import Saved
from app.replay.blocks import Block, Range, blocks_of, read_block
from app.replay.saved import MAX_LINE, BadLine, read_saved
from tests.builders import parameters
from tests.replay.lines import saved, written

GOOD = written(saved({"type": "support", "name": "Ölaf"}))
PIECES = st.sampled_from(
    [
        GOOD,
        b"\n",
        b"  \n",
        b"garbage\n",
        b"\xff\n",
        b"{broken\n",
        b"TaskSid=WT1\n",
        b'{"params": 1}\r\n',
        b"x",
    ]
)
HAR = orjson.dumps(
    {
        "log": {
            "entries": [
                {
                    "request": {
                        "method": "POST",
                        "url": "https://desk.example/assignment",
                        "postData": {
                            "mimeType": "application/x-www-form-urlencoded",
                            "params": [{"name": name, "value": text} for name, text in parameters().items()],
                        },
                    }
                }
            ]
        }
    }
)


def blocks(content: bytes, size: int, path: Path | None = None) -> list[Block]:
    """The blocks of a file, where there is a path, or of a stream."""
    if path is None:
        return list(blocks_of("x", BytesIO(content), None, size))
    path.write_bytes(content)
    with path.open("rb") as stream:
        return list(blocks_of("x", stream, str(path), size))


def read(found: list[Block]) -> list[Saved | BadLine]:
    return [item for block in found for item in read_block(block)]


@settings(deadline=None, max_examples=150)
@given(st.lists(PIECES, max_size=12), st.integers(1, 3_000))
def test_cut_or_whole(pieces: list[bytes], size: int) -> None:
    """Whatever the lines and the size, blocks of a stream hold what the stream does, at the same lines."""
    content = b"".join(pieces)
    assert read(blocks(content, size)) == list(read_saved(BytesIO(content)))


@pytest.mark.parametrize("size", [1, 10, 1_000, 100_000])
def test_a_file_is_cut_into_ranges(tmp_path: Path, size: int) -> None:
    """They are opened by who reads them, and stand one after the other."""
    content = b"\xef\xbb\xbf" + GOOD * 3 + b"bad\n" + GOOD
    found = blocks(content, size, tmp_path / "x")
    assert all(isinstance(block.content, Range) for block in found)
    assert sum(block.size for block in found) == len(content)
    assert read(found) == list(read_saved(BytesIO(content)))
    assert [item.line for item in read(found)] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("of_file", [True, False])
@pytest.mark.parametrize(
    "content",
    [
        HAR,
        b"\n\n" + HAR,
        orjson.dumps({"params": parameters()}, option=orjson.OPT_INDENT_2),
        b"\xff\xfe{\x00",
    ],
    ids=["HAR", "HAR below blank lines", "a document over lines", "UTF-16"],
)
def test_one_document_is_one_block(tmp_path: Path, content: bytes, of_file: bool) -> None:
    """However small the blocks."""
    [block] = blocks(content, 16, tmp_path / "x" if of_file else None)
    assert not block.is_of_lines
    [item] = read([block])
    assert item == next(iter(read_saved(BytesIO(content))))


@pytest.mark.parametrize("of_file", [True, False])
def test_a_line_that_is_far_too_long(tmp_path: Path, of_file: bool) -> None:
    """It is one bad line and is not held whole; its neighbours are read."""
    content = GOOD + b"a" * (50 * MAX_LINE) + b"\n" + GOOD
    found = blocks(content, MAX_LINE, tmp_path / "x" if of_file else None)
    assert max(block.size for block in found) < (4 * MAX_LINE if of_file else 40 * MAX_LINE)
    first, long, last = read(found)
    assert isinstance(first, Saved)
    assert isinstance(last, Saved)
    assert isinstance(long, BadLine)
    assert (long.line, last.line) == (2, 3)
    assert "longer than 1 MiB" in long.message


def test_an_end_without_a_line_end() -> None:
    """A file that was cut off loses no more than its last line."""
    found = read(blocks(GOOD + GOOD[:100], 64))
    assert [type(item) for item in found] == [Saved, BadLine]


def test_nothing() -> None:
    """An empty stream has no block."""
    assert blocks(b"", 10) == []


def test_a_pipe_has_a_path_and_is_no_file(tmp_path: Path) -> None:
    """As a shell hands over what a program writes."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(GOOD * 3,))
    writer.start()
    with pipe.open("rb") as stream:
        found = list(blocks_of("x", stream, str(pipe), 100))
    writer.join()
    assert all(isinstance(block.content, bytes) for block in found)
    assert len(read(found)) == 3


def test_a_file_that_went_away(tmp_path: Path) -> None:
    """Its reader says so."""
    found = blocks(GOOD, 100, tmp_path / "x")
    (tmp_path / "x").unlink()
    with pytest.raises(FileNotFoundError):
        read(found)
