"""Saved callbacks are read in whatever form they were kept."""

import io
import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from app.model import Saved
from app.replay.saved import MAX_LINE, BadLine, read_saved
from tests.builders import parameters

PARAMS = parameters({"type": "support", "who": "Ölaf & sons"})
LINE = json.dumps(PARAMS)
BODY = urlencode(PARAMS)


def read(text: str | bytes) -> list[Saved | BadLine]:
    """What a file holds."""
    return list(read_saved(io.BytesIO(text.encode() if isinstance(text, str) else text)))


def bad(text: str | bytes) -> list[tuple[int, str]]:
    """The lines that cannot be read, and why."""
    return [(each.line, each.message) for each in read(text) if isinstance(each, BadLine)]


def test_a_saved_callback_with_its_circumstances() -> None:
    """When it came, where to, and what was decided."""
    saved = {
        "received_at": "2026-11-23T12:00:00.5+01:00",
        "path": "/assignment",
        "params": PARAMS,
        "decision": {"rule": "support"},
    }

    assert read(json.dumps(saved)) == [
        Saved(
            1,
            PARAMS,
            datetime(2026, 11, 23, 11, 0, 0, 500_000, UTC),
            "/assignment",
            {"rule": "support"},
        )
    ]


def test_params_alone_are_enough() -> None:
    """All else is optional, and may be null; the parameters may stand bare."""
    wrapped = json.dumps({"params": PARAMS, "received_at": None, "path": None, "decision": None})

    assert read(f"{wrapped}\n{LINE}\n") == [Saved(1, PARAMS), Saved(2, PARAMS)]


def test_a_raw_body() -> None:
    """Decoded as the service does; what is empty stays."""
    assert read(BODY + "&Empty=\n") == [Saved(1, {**PARAMS, "Empty": ""})]


def test_a_repeated_parameter_is_a_list() -> None:
    """In a body and in JSON."""
    expected: dict[str, object] = {"TaskSid": "WT1", "Extra": ["a", "b"]}

    assert read("TaskSid=WT1&Extra=a&Extra=b") == [Saved(1, expected)]  # type: ignore[arg-type]
    assert read(json.dumps(expected)) == [Saved(1, expected)]  # type: ignore[arg-type]


def test_forms_may_be_mixed_and_lines_be_empty() -> None:
    """Each line is recognised by itself; lines count as an editor counts them."""
    lines = ["", LINE, " ", BODY, json.dumps({"params": PARAMS}), ""]

    assert read("\ufeff" + "\r\n".join(lines)) == [Saved(number, PARAMS) for number in (2, 4, 5)]


def test_an_object_over_several_lines() -> None:
    """As a formatter writes it."""
    assert read(json.dumps({"params": PARAMS}, indent=2)) == [Saved(1, PARAMS)]
    assert read("\n" + json.dumps(PARAMS, indent="\t")) == [Saved(2, PARAMS)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("hello", "neither a JSON object nor a body"),
        ('{"TaskSid": ', "JSON is broken"),
        ("[1, 2]", "JSON is broken, or no object"),
        ('["a=b"]', "JSON is broken, or no object"),
        ('{"TaskSid": 7}', "the parameter TaskSid is no text"),
        ('{"TaskSid": ["WT1", null]}', "the parameter TaskSid is no text"),
        ('{"TaskSid": []}', "the parameter TaskSid is no text"),
        ("{}", "no object of parameters"),
        ('{"params": "a=b"}', "no object of parameters"),
        ('{"params": {"a": "b"}, "received_at": "soon"}', "`received_at` is no time"),
        ('{"params": {"a": "b"}, "received_at": 7}', "`received_at` is no time"),
        ('{"params": {"a": "b"}, "decision": "x"}', "`decision` is no object"),
        ("&".join(["a=b"] * 1_001), "more than 1000 parameters"),
        (f"a={'x' * MAX_LINE}", "longer than 1 MiB"),
    ],
)
def test_a_line_that_cannot_be_read_says_why(line: str, said: str) -> None:
    """With its number; the lines around it are read."""
    (found,) = bad(f"{LINE}\n{line}\n{LINE}\n")
    assert found[0] == 2
    assert said in found[1]
    assert len(read(f"{LINE}\n{line}\n{LINE}\n")) == 3

    (first,) = bad(f"{line}\n{LINE}\n")
    assert (first[0], said in first[1]) == (1, True)


def test_bytes_that_are_no_utf_8() -> None:
    """They say how to save the file."""
    assert bad(b"TaskSid=\xff\n") == [(1, "the line is not UTF-8: save the file as UTF-8")]
    assert bad(LINE.encode("utf-16")) == [(1, "the file is UTF-16: save it as UTF-8")]


def test_a_broken_object_over_several_lines() -> None:
    """One problem, and not one for each of its lines."""
    assert [line for line, _ in bad(json.dumps(PARAMS, indent=2)[:-9])] == [1]


def test_nothing_at_all() -> None:
    """An empty file holds no callback, and no problem."""
    assert read("") == read("\n \n") == []


# HAR: what browsers and proxies save.


def entry(**changes: Any) -> dict[str, Any]:
    """One exchange of a HAR: a callback, but for the changes of its request."""
    request = {
        "method": "POST",
        "url": "https://desk.example.com/assignment?x=1",
        "postData": {"mimeType": "application/x-www-form-urlencoded; charset=utf-8", "text": BODY},
        **changes,
    }
    return {"startedDateTime": "2026-11-23T12:00:00.000Z", "request": request, "response": {}}


def har(*entries: object) -> dict[str, Any]:
    return {"log": {"version": "1.2", "entries": list(entries)}}


@pytest.mark.parametrize("indent", [None, 2])
def test_a_har_holds_the_requests_that_are_callbacks(indent: int | None) -> None:
    """Its line is the entry's number; pages, other forms and entries that are cut short are passed over."""
    form = "application/x-www-form-urlencoded"
    listed = [{"name": name, "value": value} for name, value in PARAMS.items()]
    document = har(
        {"request": {"method": "GET", "url": "https://example.com/"}},
        entry(),
        entry(method="PUT"),
        entry(postData={"mimeType": "application/json", "text": LINE}),
        entry(postData={"mimeType": form, "text": "a=b"}),
        entry(postData={"mimeType": form, "text": "hello"}),
        entry(postData={"mimeType": form, "params": listed}),
        entry(postData=None),
        entry(postData={"mimeType": None}),
        "nothing",
    )

    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert read(json.dumps(document, indent=indent)) == [
        Saved(2, PARAMS, noon, "/assignment"),
        Saved(7, PARAMS, noon, "/assignment"),
    ]


@pytest.mark.parametrize("log", [None, {}, {"entries": None}, []])
def test_a_har_without_entries(log: object) -> None:
    """It holds no callback."""
    assert read(json.dumps({"log": log})) == []


def test_a_har_on_one_long_line() -> None:
    """What else a page holds may be longer than any callback."""
    document = har(entry(), {"response": "x" * 2 * MAX_LINE})

    assert [each.line for each in read(json.dumps(document))] == [1]


# Size.


class Endless:
    """A file of many lines that is made while it is read."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self.lines = lines
        self.rest = b""

    def readline(self, size: int, /) -> bytes:
        line = self.rest or next(self.lines, b"")
        self.rest = line[size:]
        return line[:size]

    def read(self, size: int, /) -> bytes:
        raise AssertionError("lines are read one by one")


def peak(lines: Iterator[bytes]) -> tuple[int, list[int]]:
    """The most memory that reading took, in bytes, and the numbers of the lines that were callbacks."""
    tracemalloc.start()
    try:
        found = [each.line for each in read_saved(Endless(lines)) if isinstance(each, Saved)]
        return tracemalloc.get_traced_memory()[1], found
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file() -> None:
    """A callback is forgotten when the next is read."""
    line = LINE.encode() + b"\n"
    few, _ = peak(line for _ in range(10))
    many, found = peak(line for _ in range(5_000))

    assert len(found) == 5_000
    assert many < few + 300_000


def test_a_line_without_end_is_passed_over() -> None:
    """Its beginning is all that is held."""
    huge = b"x" * (8 * MAX_LINE)
    most, found = peak(iter([LINE.encode() + b"\n", huge, LINE.encode() + b"\n"]))

    assert found == [1]
    assert most < 20 * MAX_LINE


def test_reading_stops_where_the_reader_stops() -> None:
    """What stands behind the line that was wanted is not read."""

    def lines() -> Iterator[bytes]:
        yield LINE.encode() + b"\n"
        raise AssertionError("the second line was read")

    assert next(read_saved(Endless(lines()))) == Saved(1, PARAMS)
