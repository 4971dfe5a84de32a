"""When a request is all there."""

from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.web.incoming import MOST_BODY, MOST_HEAD, Incoming, Standing

HEAD = b"POST /assignment HTTP/1.1\r\nHost: desk\r\n"
CHUNKED = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
WHOLE = [
    b"GET /healthz HTTP/1.1\r\nHost: desk\r\n\r\n",
    HEAD + b"Content-Length: 5\r\n\r\na=b&c",
    HEAD + b"content-LENGTH:5 \r\nX: y\r\n\r\na=b&c",
    HEAD + b"Content-Length: 0\r\n\r\n",
    HEAD + b"Content-Length: 00000000000000000005\r\n\r\na=b&c",
    CHUNKED + b"0\r\n\r\n",
    CHUNKED + b"000000000000003\r\na=b\r\n0\r\n\r\n",
    CHUNKED + b"3\r\na=b\r\nA;x=1\r\n\r\n0\r\n\r\n&&&\r\n0\r\n\r\n",
    CHUNKED + b"3\r\na=b\r\n00\r\nTrailer: x\r\n\r\n",
]


def standing(received: bytes) -> Standing:
    return Incoming().add(received)


@pytest.mark.parametrize("request_", WHOLE)
def test_a_request_is_whole_with_its_last_byte(request_: bytes) -> None:
    """Byte by byte, and at once; not before."""
    incoming = Incoming()
    standings = [incoming.add(bytes([byte])) for byte in request_]
    assert standings == [Standing.COMING] * (len(request_) - 1) + [Standing.WHOLE]
    assert standing(request_) is Standing.WHOLE
    assert incoming.received == request_


@given(st.sampled_from(WHOLE), st.lists(st.integers(1, 40)), st.binary(max_size=20))
def test_it_does_not_matter_how_it_is_cut(request_: bytes, sizes: list[int], more: bytes) -> None:
    """And what follows belongs to another request."""
    incoming, rest = Incoming(), request_ + more
    came = 0
    for size in [*sizes, len(rest)]:
        piece, rest = rest[:size], rest[size:]
        came += len(piece)
        if piece:
            expected = Standing.WHOLE if came >= len(request_) else Standing.COMING
            assert incoming.add(piece) is expected


@pytest.mark.parametrize(
    "request_",
    [
        HEAD + b"Content-Length: 5x\r\n\r\n",
        HEAD + b"Content-Length: \r\n\r\n",
        HEAD + b"Content-Length: -5\r\n\r\n",
        b"\x16\x03\x01\x02\x00\r\n\r\n",
        CHUNKED + b"zz\r\n",
        CHUNKED + b"-1\r\n",
        CHUNKED + b"\r\n",
        CHUNKED + b"1\r\nabc",
    ],
)
def test_what_is_odd_is_left_to_the_parser(request_: bytes) -> None:
    """Nobody waits for more of it."""
    assert standing(request_) is Standing.WHOLE


def test_a_head_has_a_limit() -> None:
    """Whether it ends or not."""
    long = HEAD + b"X: " + b"y" * (MOST_HEAD - len(HEAD) - 3)
    assert standing(long) is Standing.COMING
    assert standing(long + b"\r\n\r\n") is Standing.WHOLE
    assert standing(long + b"y") is Standing.HEAD_TOO_LARGE
    assert standing(long + b"y\r\n\r\n") is Standing.HEAD_TOO_LARGE


def test_a_body_has_a_limit() -> None:
    """Known by its length before it comes."""
    assert standing(HEAD + b"Content-Length: %d\r\n\r\n" % MOST_BODY) is Standing.COMING
    assert standing(HEAD + b"Content-Length: %d\r\n\r\n" % (MOST_BODY + 1)) is Standing.BODY_TOO_LARGE
    for digits in (b"999999999999", b"9" * 5_000, b"0" * 50 + b"9" * 9):
        assert standing(HEAD + b"Content-Length: %s\r\n\r\n" % digits) is Standing.BODY_TOO_LARGE


def test_chunks_have_a_limit() -> None:
    """Together, and with all that stands around them."""
    half = b"%x\r\n%s\r\n" % (MOST_BODY // 2, b"x" * (MOST_BODY // 2))
    assert standing(CHUNKED + half * 2 + b"0\r\n\r\n") is Standing.WHOLE
    assert standing(CHUNKED + half * 2 + b"1\r\n") is Standing.BODY_TOO_LARGE
    assert standing(CHUNKED + b"123456789\r\n") is Standing.BODY_TOO_LARGE
    assert standing(CHUNKED + b"1\r\n" + b"x" * 200_000) is Standing.WHOLE
    assert standing(CHUNKED + b"1;" + b"x" * 200_000) is Standing.BODY_TOO_LARGE
    assert standing(CHUNKED + b"0\r\n" + b"x: y\r\n" * 40_000) is Standing.BODY_TOO_LARGE


def test_who_waits_for_a_100_is_told_to_go_on() -> None:
    """As long as the body is missing."""
    head = HEAD + b"Expect: 100-Continue\r\nContent-Length: 2\r\n\r\n"

    def waits(*pieces: bytes) -> list[bool]:
        incoming = Incoming()
        return [bool(incoming.add(piece)) and incoming.wants_continue for piece in pieces]

    assert waits(head[:-1], head[-1:], b"a", b"b") == [False, True, True, False]
    assert waits(head + b"ab") == [False]


def test_an_empty_line_before_a_request_is_no_part_of_it() -> None:
    """Old clients send one behind the body before (RFC 9112, section 2.2)."""
    for pieces in ((b"\r\n" + WHOLE[0],), (b"\r", b"\n", WHOLE[0])):
        incoming = Incoming()
        assert [incoming.add(piece) for piece in pieces][-1] is Standing.WHOLE
        assert incoming.request == WHOLE[0]


def test_the_wish_for_a_100_is_granted_once() -> None:
    """The parser does not see it; other wishes it does."""
    incoming = Incoming()
    incoming.add(HEAD + b"Expect: 100-continue\r\nContent-Length: 2\r\n\r\nab")
    assert incoming.request == HEAD + b"Content-Length: 2\r\n\r\nab"
    incoming = Incoming()
    odd = HEAD + b"X: y\r\nExpect: a miracle\r\n\r\n"
    incoming.add(odd)
    assert incoming.request == odd


@pytest.mark.parametrize(
    ("before", "filling", "after"),
    [
        (HEAD + b"Content-Length: ", b"0", b"x\r\n\r\n"),
        (HEAD + b"Content-Length: ", b"1", b"x\r\n\r\n"),
        (HEAD + b"Content-Length:", b" ", b"x\r\n\r\n"),
        (HEAD + b"Content-Length: 1", b"\t", b"x\r\n\r\n"),
        (HEAD + b"Expect:", b" ", b"x\r\n\r\n"),
        (HEAD, b"Content-Length:\r\n", b"\r\n"),
        (CHUNKED, b"0", b"x\r\n"),
        (CHUNKED, b"a", b"x\r\n"),
        (CHUNKED + b"1", b" ", b"x\r\n"),
        (CHUNKED + b"1;", b";", b"\n\r\n"),
        (CHUNKED, b"1\r\nx\r\n", b"x\r\n"),
        (CHUNKED + b"0\r\n", b"X: y\r\n", b"x\r\n\r\n"),
    ],
)
def test_no_request_takes_long_to_be_looked_at(before: bytes, filling: bytes, after: bytes) -> None:
    """Whatever a stranger fills it with: one loop looks at all of them."""
    most = MOST_HEAD if before.startswith(HEAD) and CHUNKED not in before else 100_000
    incoming, began = Incoming(), process_time()
    incoming.add(before + filling * ((most - len(before) - len(after)) // len(filling)) + after)
    assert incoming.request
    assert process_time() - began < 0.2  # it takes less than a millisecond
