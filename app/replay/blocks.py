"""Files and streams of saved callbacks as blocks of whole lines, which can be read beside each other.

What is no file of lines, such as a HAR, is one block. Of a file a block is a range, which its reader opens;
of a stream the bytes themselves.
"""

import os
import stat
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from app.model import Saved
from app.replay.saved import MAX_DOCUMENT, MAX_LINE, BadLine, is_of_lines, read_lines, read_saved

BLOCK = 2**22  # bytes that are read at once


class Range(NamedTuple):
    """Some bytes of a file."""

    path: str
    start: int
    size: int


class Block(NamedTuple):
    """Some of what a source holds; `before` counts the lines that stand before it."""

    source: str
    before: int
    content: Range | bytes
    is_of_lines: bool = True

    @property
    def size(self) -> int:
        return self.content.size if isinstance(self.content, Range) else len(self.content)


def blocks_of(source: str, stream: BinaryIO, path: str | None, size: int = BLOCK) -> Iterator[Block]:
    """The blocks of a stream that is at its beginning, of some `size` each.

    `path` is that of its file, where it can be opened.
    """
    if path and is_file(stream):
        of_lines = is_of_lines(stream)
        stream.seek(0)
        if of_lines:
            yield from _cut(source, stream, b"", path, size)
        else:
            yield Block(source, 0, Range(path, 0, os.fstat(stream.fileno()).st_size), is_of_lines=False)
        return
    begun = _begun(stream)
    if is_of_lines(BytesIO(begun)):
        yield from _cut(source, stream, begun, None, size)
    else:
        yield Block(source, 0, begun + stream.read(MAX_DOCUMENT), is_of_lines=False)


def is_file(stream: BinaryIO) -> bool:
    """Whether it can be opened once more and read from any place."""
    return stat.S_ISREG(os.fstat(stream.fileno()).st_mode)


def read_block(block: Block) -> Iterator[Saved | BadLine]:
    """The saved callbacks of a block. Raises OSError where its file is gone."""
    stream = BytesIO(_bytes(block.content))
    return read_lines(stream, block.before) if block.is_of_lines else read_saved(stream)


def _bytes(content: Range | bytes) -> bytes:
    if isinstance(content, bytes):
        return content
    with Path(content.path).open("rb") as file:
        file.seek(content.start)
        return file.read(content.size)


def _begun(stream: BinaryIO) -> bytes:
    """As much of a stream as tells what it is: two lines, or the longest document."""
    begun = b""
    while len(begun) < MAX_DOCUMENT and begun.lstrip().count(b"\n") < 2:
        piece = stream.read(BLOCK)
        if not piece:
            break
        begun += piece
    return begun


def _cut(source: str, stream: BinaryIO, begun: bytes, path: str | None, size: int) -> Iterator[Block]:
    """Blocks that end with a line. Of a line that is too long only as much is kept as shows that."""
    before = start = end = 0
    held, is_whole = b"", True
    while piece := begun or stream.read(size):
        begun = b""
        cut = piece.rfind(b"\n") + 1
        if not cut:
            held += piece
            end += len(piece)
            if len(held) > max(size, MAX_LINE):
                held, is_whole = held[: MAX_LINE + 1], False
            continue
        content = held + piece[:cut]
        end += cut
        yield _block(source, before, content, path if is_whole else None, start)
        before += content.count(b"\n")
        held, is_whole, start = piece[cut:], True, end
        end += len(held)
    if held:
        yield _block(source, before, held, path if is_whole else None, start)


def _block(source: str, before: int, content: bytes, path: str | None, start: int) -> Block:
    return Block(source, before, Range(path, start, len(content)) if path else content)
