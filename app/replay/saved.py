"""Saved callbacks, in whatever form they were kept. The form is recognised by content.

JSON Lines of `{"received_at", "path", "params", "decision"}`, where `params` alone is required; a bare JSON
object of parameters a line; a raw body `a=b&c=d` a line; or a HAR file, as browsers and proxies save it. A
single object may also span lines. Lines are read one by one, whatever the size of the file, and a HAR whole.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from itertools import chain
from typing import Any, NamedTuple, Protocol, TypeAlias
from urllib.parse import parse_qs, urlsplit

import orjson

from app.engine.timestamp import read_time
from app.model import Saved

MAX_LINE = 2**20  # bytes; a request holds 64 KiB at most
MAX_DOCUMENT = 2**25  # bytes of a HAR
MAX_PARAMETERS = 1_000
FORM = "application/x-www-form-urlencoded"
HALF_OF_PAIR = b"\\ud"
UTF_8_MARK = b"\xef\xbb\xbf"
UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")

Params: TypeAlias = Mapping[str, str | list[str]]


class Stream(Protocol):
    """What bytes are read from: a file, or standard input."""

    def read(self, size: int, /) -> bytes: ...

    def readline(self, size: int, /) -> bytes: ...


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that holds no saved callback, and why. The message repeats no value of it."""

    line: int
    message: str


# Its number and its text; None: it is too long. Not a named tuple, which takes as long as to read the line.
_Line: TypeAlias = tuple[int, bytes | None]


class _BadError(Exception):
    """What is wrong with a line."""


def read_saved(stream: Stream) -> Iterator[Saved | BadLine]:
    """Every saved callback, in order, as it is read; empty lines are passed over."""
    lines = _lines(stream)
    begun, form, har = _begin(lines)
    match form:
        case _Form.UTF_16:
            yield BadLine(begun[0][0], "the file is UTF-16: save it as UTF-8")
        case _Form.HAR:
            yield from _entries(har)
        case _Form.SPANNING:
            text = b"".join(text or b"" for _, text in begun)
            yield from _spanning(begun[0][0], text + stream.read(MAX_DOCUMENT))
        case _Form.LINES:
            yield from map(_read_line, chain(begun, lines))


def is_of_lines(stream: Stream) -> bool:
    """Whether each line is read for itself: then a part of the lines can be read without the others."""
    return _begin(_lines(stream)).form is _Form.LINES


def read_lines(stream: Stream, before: int) -> Iterator[Saved | BadLine]:
    """What some lines hold, of a stream that is of lines; so many lines stand before them."""
    return map(_read_line, _lines(stream, before))


class _Form(Enum):
    LINES = auto()
    HAR = auto()
    SPANNING = auto()  # one document over several lines
    UTF_16 = auto()


class _Beginning(NamedTuple):
    """The lines that were needed to know the form, and the document where it is a HAR."""

    lines: list[_Line]
    form: _Form
    har: Mapping[str, Any]


def _begin(lines: Iterator[_Line]) -> _Beginning:
    first = next(lines, None)
    if first is None:
        return _Beginning([], _Form.LINES, {})
    text = first[1] or b""
    if text.startswith(UTF_16_MARKS):
        return _Beginning([first], _Form.UTF_16, {})
    document = _document(text)
    if document is not None:
        return _Beginning([first], _Form.HAR if "log" in document else _Form.LINES, document)
    second = next(lines, None) if text.startswith(b"{") else None
    begun = [first, second] if second else [first]
    goes_on = second is not None and (second[1] or b"").startswith(b'"')  # with a key
    return _Beginning(begun, _Form.SPANNING if goes_on else _Form.LINES, {})


def _lines(stream: Stream, before: int = 0) -> Iterator[_Line]:
    """The lines that are not empty. Only the first may be as long as a HAR."""
    number, limit = before, MAX_LINE if before else MAX_DOCUMENT
    while raw := stream.readline(limit):
        number += 1
        if len(raw) == limit and not raw.endswith(b"\n"):
            while (raw := stream.readline(limit)) and not raw.endswith(b"\n"):
                pass
            yield number, None
        elif text := (raw.removeprefix(UTF_8_MARK) if number == 1 else raw).strip():
            yield number, text
            limit = MAX_LINE


def _spanning(line: int, text: bytes) -> Iterator[Saved | BadLine]:
    """What one document over several lines holds."""
    document = _document(text)
    if document is None:
        yield BadLine(line, f"the JSON is broken, or longer than {MAX_DOCUMENT // 2**20} MiB: save it anew")
    elif "log" in document:
        yield from _entries(document)
    else:
        yield _read_document(document, line)


def _document(text: bytes) -> dict[str, Any] | None:
    try:
        read = orjson.loads(text)
    except orjson.JSONDecodeError:
        read = _lenient(text) if HALF_OF_PAIR in text else None
    return read if isinstance(read, dict) else None


def _lenient(text: bytes) -> object:
    """What orjson refuses for half of a surrogate pair, which a cut emoji leaves."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _read_line(line: _Line) -> Saved | BadLine:
    number, text = line
    if text is None or len(text) > MAX_LINE:
        return BadLine(number, f"the line is longer than {MAX_LINE // 2**20} MiB: this is no callback")
    document = _document(text)
    if document is not None:
        return _read_document(document, number)
    try:
        return Saved(number, _body(text))
    except _BadError as error:
        return BadLine(number, str(error))


def _read_document(document: Mapping[str, object], line: int) -> Saved | BadLine:
    try:
        if "params" not in document:
            return Saved(line, _params(document))
        get = document.get
        received, path, decision = get("received_at"), get("path"), get("decision")
        return Saved(
            line,
            _params(document["params"]),
            None if received is None else _received_at(received),
            path if isinstance(path, str) else str(path or ""),
            None if decision is None else _decision(decision),
        )
    except _BadError as error:
        return BadLine(line, str(error))


def _params(given: object) -> Params:
    if not isinstance(given, dict) or not given:
        raise _BadError("`params` is no object of parameters: write Twilio's names and their texts")
    try:
        "".join(given.values())  # which takes texts alone, as there are nearly always
    except TypeError:
        _check_texts(given)
    return given


def _check_texts(given: Mapping[str, object]) -> None:
    for name, value in given.items():
        texts = value if isinstance(value, list) and value else [value]
        if not all(isinstance(text, str) for text in texts):
            raise _BadError(f"the parameter {name} is no text: write it in quotes, as Twilio sent it")


def _received_at(given: object) -> datetime:
    time = read_time(given) if isinstance(given, str) else None
    if time is None:
        raise _BadError("`received_at` is no time: write one such as 2026-11-23T17:30:00Z, or leave it out")
    return time


def _decision(given: object) -> Mapping[str, object]:
    if not isinstance(given, dict):
        raise _BadError("`decision` is no object: leave it out")
    return given


def _body(text: bytes) -> Params:
    """The parameters of a raw body."""
    if text.startswith((b"{", b"[")):
        raise _BadError("the JSON is broken, or no object: write one object a line")
    if b"=" not in text:
        raise _BadError("this is neither a JSON object nor a body such as TaskSid=…&WorkerSid=…")
    try:
        fields = parse_qs(text.decode(), keep_blank_values=True, max_num_fields=MAX_PARAMETERS)
    except UnicodeDecodeError:
        raise _BadError("the line is not UTF-8: save the file as UTF-8") from None
    except ValueError:
        raise _BadError(f"the body has more than {MAX_PARAMETERS} parameters: this is no callback") from None
    return _single(fields)


def _single(fields: Mapping[str, list[str]]) -> Params:
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _entries(document: Mapping[str, Any]) -> Iterator[Saved]:
    """The requests of a HAR that are assignment callbacks; a page that was saved has many others."""
    log = document["log"]
    entries = log.get("entries") if isinstance(log, dict) else None
    for number, entry in enumerate(entries if isinstance(entries, list) else (), start=1):
        try:
            saved = _entry(entry, number)
        except (KeyError, TypeError, ValueError, AttributeError, _BadError):
            continue
        if saved and "ReservationSid" in saved.params:
            yield saved


def _entry(entry: Any, number: int) -> Saved | None:
    request = entry["request"]
    posted = request["postData"]
    if request["method"] != "POST" or not posted["mimeType"].startswith(FORM):
        return None
    if posted.get("text"):
        params = _body(posted["text"].encode())
    else:
        fields: dict[str, list[str]] = {}
        for field in posted["params"]:
            fields.setdefault(field["name"], []).append(field["value"])
        params = _params(_single(fields))
    return Saved(number, params, read_time(str(entry.get("startedDateTime"))), urlsplit(request["url"]).path)
