"""A request as it comes in, piece by piece: whether it is all there, and whether it is too large.

Only the framing of HTTP/1.1 is looked at (RFC 9112, sections 6 and 7). What is odd counts as all there:
gunicorn's parser, which gets no more than these bytes, says what is wrong with it.
"""

import re
from enum import Enum, auto

MOST_HEAD = 32 * 1024  # bytes of the request line and the headers; Twilio's have less than 2 KiB
MOST_BODY = 64 * 1024  # bytes; Twilio's attributes are at most 4 KB each
MOST_FRAMES = 64 * 1024  # bytes of a body's chunk sizes and trailers, beside what they frame

LINE_END = b"\r\n"
END = LINE_END * 2
# Possessive, since a stranger's zeros and blanks would be tried in every division.
LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*+0*+([0-9]*+)[ \t]*+\r\n", re.IGNORECASE)
CODED = re.compile(rb"\r\ntransfer-encoding:", re.IGNORECASE)
CONTINUE = re.compile(rb"\r\nexpect:[ \t]*+100-continue[ \t]*+\r\n", re.IGNORECASE)
SIZE = re.compile(rb"0*+([0-9a-f]*+)[ \t]*+(;.*)?", re.IGNORECASE)
MOST_DIGITS = 8  # of a length or a size; more are too large, whatever they say


class Standing(Enum):
    """How far a request has come."""

    COMING = auto()
    WHOLE = auto()
    HEAD_TOO_LARGE = auto()
    BODY_TOO_LARGE = auto()


class Incoming:
    """The bytes of one request so far, and perhaps the beginning of another."""

    def __init__(self) -> None:
        self.received = bytearray()
        self.wants_continue = False  # the client waits for a 100 before it sends the body
        self._body: _Body | _Chunks | None = None

    @property
    def request(self) -> bytes:
        """The bytes; without the wish for a 100, which is granted where it was needed."""
        head, end, body = bytes(self.received).partition(END)
        return CONTINUE.sub(LINE_END, head + LINE_END)[: -len(LINE_END)] + end + body

    def add(self, piece: bytes) -> Standing:
        """How far it has come with this piece."""
        searched = max(0, len(self.received) - len(END))
        self.received += piece
        if self._body is None and self.received.startswith(LINE_END):
            del self.received[: len(LINE_END)]  # an empty line before the first one is no part of it
            searched = 0
        if self._body is None:
            end = self.received.find(END, searched)
            if end < 0:
                return Standing.HEAD_TOO_LARGE if len(self.received) > MOST_HEAD else Standing.COMING
            if end > MOST_HEAD:
                return Standing.HEAD_TOO_LARGE
            self._begin_body(end + len(END))
        standing = self._body.standing(self.received) if self._body else Standing.WHOLE
        self.wants_continue = self.wants_continue and standing is Standing.COMING
        return standing

    def _begin_body(self, start: int) -> None:
        head = bytes(self.received[:start])
        self.wants_continue = bool(CONTINUE.search(head))
        if CODED.search(head):
            self._body = _Chunks(start)
        elif length := LENGTH.search(head):
            self._body = _Body(start, _number(length[1], 10))
        else:
            self._body = _Body(start, 0)


class _Body:
    """A body of known length."""

    def __init__(self, start: int, length: int) -> None:
        self._end = start + length
        self._is_too_large = length > MOST_BODY

    def standing(self, received: bytearray) -> Standing:
        if self._is_too_large:
            return Standing.BODY_TOO_LARGE
        return Standing.WHOLE if len(received) >= self._end else Standing.COMING


class _Chunks:
    """A body in chunks: each has its size in a line before it, the last is empty, and trailers may follow."""

    def __init__(self, start: int) -> None:
        self._start = start
        self._at = start  # where the next size begins
        self._held = 0  # bytes of the chunks so far
        self._is_last = False

    def standing(self, received: bytearray) -> Standing:
        while not self._is_last:
            end = received.find(b"\r\n", self._at)
            if end < 0:
                return self._coming(received)
            size = SIZE.fullmatch(received[self._at : end])
            if size is None or end == self._at:
                return Standing.WHOLE
            length = _number(size[1], 16)
            if self._held + length > MOST_BODY:
                return Standing.BODY_TOO_LARGE
            if length == 0:
                self._is_last = True
                self._at = end  # trailers end with an empty line, and so do none
                break
            following = end + 2 + length
            if len(received) < following + 2:
                return self._coming(received)
            if received[following : following + 2] != b"\r\n":
                return Standing.WHOLE
            self._held += length
            self._at = following + 2
        return Standing.WHOLE if received.find(END, self._at) >= 0 else self._coming(received)

    def _coming(self, received: bytearray) -> Standing:
        framed = len(received) - self._start - self._held
        return Standing.BODY_TOO_LARGE if framed > MOST_BODY + MOST_FRAMES else Standing.COMING


def _number(digits: bytes, base: int) -> int:
    """The number, as far as it can matter."""
    return int(digits or b"0", base) if len(digits) <= MOST_DIGITS else 10**MOST_DIGITS
