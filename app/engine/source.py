"""YAML text to nodes that know their line and column.

Nodes are built from the parser's events, which need no recursion of libyaml's: what nests too deep, repeats
itself by aliases or is too large is refused before anything is built from it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import PurePath
from typing import Any, ClassVar, TypeAlias, cast

import yaml

from app.engine.catalogue import Check
from app.model import Location, Problem

TEST_FILE_ENDING = "_test"

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 50
MAX_VALUES = 300_000  # of all files together, each alias counted as all that it stands for
TOO_DEEP = f"nested more than {MAX_DEPTH} deep"
FEWER_LEVELS = "rules need five levels"

INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
WORDS = {"true": True, "false": False, "null": None, "": None}

# What stands before a scalar's content: an anchor, then a quote or the header of a block.
OPENING = re.compile(r"""(?:&[0-9A-Za-z_-]+(?:\s+\#[^\r\n]*)*\s*)?(?:(["'])|[|>][^\r\n\x85\u2028\u2029]*)?""")
# How one character is written, by the quote around it.
WRITTEN = {
    '"': re.compile(r"\\(?:x.{2}|u.{4}|U.{8}|.)|.", re.DOTALL),
    "'": re.compile(r"''|.", re.DOTALL),
    None: re.compile(r".", re.DOTALL),
}
SPACE_ESCAPES = frozenset("tnvfrNLP_")

# The characters that YAML does not allow anywhere, and a byte order mark behind the beginning.
FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")

# libyaml where the wheel has it: six times faster than the parser in Python.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One rules file: its name as problems show it, and its text."""

    name: str
    text: str

    @property
    def holds_tests(self) -> bool:
        """Whether its name says that it holds tests alone: `support_test.yaml`."""
        return PurePath(self.name).stem.endswith(TEST_FILE_ENDING)


@dataclass(slots=True)  # not frozen, which doubles the time of making one: a folder has hundreds of thousands
class Scalar:
    """A single value. `raw` is its text in the file, with quotes; `quoted` tells that it has them."""

    location: Location
    value: object
    text: str
    raw: str = field(repr=False)
    quoted: bool = False
    size: ClassVar[int] = 1

    def locate(self, offset: int) -> Location:
        """Where the character at an offset of `text` stands in the file.

        Quotes, escapes, folding and indentation are only in the file; what is not white space stands there in
        the same order. White space itself is placed behind the character before it.
        """
        start, units = _written(self.raw)
        before = len("".join(self.text[:offset].split()))
        if self.text[offset : offset + 1].strip():
            place = units[before].start()
        else:
            place = units[before - 1].end() if before else start
        *earlier, last = f"{self.raw[:place]}|".splitlines()
        column = len(last) if earlier else self.location.column + place
        return Location(self.location.file, self.location.line + len(earlier), column)


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list of nodes."""

    location: Location
    items: tuple["Node", ...]
    size: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """Nodes by key, in the file's order; `keys` has the place of each key."""

    location: Location
    entries: dict[str, "Node"]
    keys: dict[str, Location]
    size: int


Node: TypeAlias = Scalar | Sequence | Mapping


class Allowance:
    """How many values may still be read, from all the files that share it; none once there were too many."""

    def __init__(self, left: int = MAX_VALUES) -> None:
        self.left = left

    @property
    def is_spent(self) -> bool:
        """Whether reading was stopped by it."""
        return self.left < 0


def read_source(source: SourceFile, allowance: Allowance | None = None) -> tuple[Node | None, list[Problem]]:
    """The node of a file's one document, None where it is empty or cannot be read; and what is wrong."""
    if len(source.text) > MAX_BYTES:
        return None, [too_large(source.name)]
    source = SourceFile(source.name, source.text.removeprefix("\ufeff"))  # columns are counted without it
    if forbidden := FORBIDDEN.search(source.text):
        return None, [_forbidden_problem(source, forbidden)]
    reader = _Reader(source, allowance or Allowance())
    try:
        return reader.document(), reader.problems
    except _Stop:
        return None, reader.problems
    except yaml.MarkedYAMLError as error:
        return None, [*reader.problems, _syntax_problem(source, error)]


def too_large(name: str) -> Problem:
    """The problem of a file over MAX_BYTES, which need not be read to be refused."""
    limit = f"{MAX_BYTES // 1024 // 1024} MB"
    return Problem(
        Check.YAML, f"the file is larger than {limit}", Location(name), hint="split it into several"
    )


def scalar_value(text: str) -> object:
    """What an unquoted text is: true, false, null, a plain decimal number, or text."""
    if text in WORDS:
        return WORDS[text]
    if text[0] in "-0123456789" and len(text) < 300:
        if INTEGER.fullmatch(text):
            return int(text)
        if FLOAT.fullmatch(text):
            return float(text)
    return text


class _Stop(Exception):
    """Reading goes no further; the problem is on the list."""


class _Reader:
    def __init__(self, source: SourceFile, allowance: Allowance) -> None:
        self.file = source.name
        self.text = source.text
        self.allowance = allowance
        self.has_aliases = False
        self.line = 0
        # Not yaml.parse, which asks for each event twice.
        self.events: Iterator[Any] = iter(_Loader(source.text).get_event, None)
        self.anchors: dict[str, Node] = {}
        self.problems: list[Problem] = []

    def document(self) -> Node | None:
        node = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if node is not None:
                    raise self.stop(event, "a second document begins here", "write it into a file of its own")
                node = self.value(next(self.events), depth=0)
        return None if isinstance(node, Scalar) and node.value is None else node

    def value(self, event: Any, depth: int) -> Node:
        self.allowance.left -= 1
        if self.allowance.is_spent:
            raise self.too_many(event)
        return self.node(event, depth)

    def node(self, event: Any, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.stop(event, TOO_DEEP, FEWER_LEVELS)
        if isinstance(event, yaml.AliasEvent):
            return self.aliased(event)
        if event.tag is not None:
            raise self.stop(
                event, f"tags such as {event.tag} are not read", "quote the value to keep it text"
            )
        node = self.untagged(event, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def aliased(self, event: Any) -> Node:
        if event.anchor not in self.anchors:
            raise self.stop(
                event, f"no value with &{event.anchor} ends before *{event.anchor}", "write the value out"
            )
        self.has_aliases = True
        node = self.anchors[event.anchor]
        self.allowance.left -= node.size - 1
        if self.allowance.is_spent:
            raise self.too_many(event)
        return node

    def too_many(self, event: Any) -> _Stop:
        if self.has_aliases:
            return self.stop(
                event, f"aliases make this larger than {MAX_VALUES:,} values", "write fewer aliases"
            )
        hint = "let vars and templates say once what rules repeat"
        return self.stop(event, f"the files hold more than {MAX_VALUES:,} values together", hint)

    def untagged(self, event: Any, depth: int) -> Node:
        match event:
            case yaml.ScalarEvent():
                return self.scalar(event)
            case yaml.SequenceStartEvent():
                return self.sequence(event, depth)
        return self.mapping(event, depth)

    def scalar(self, event: Any) -> Scalar:
        quoted = bool(event.style)
        value = event.value if quoted else scalar_value(event.value)
        raw = self.text[event.start_mark.index : event.end_mark.index]
        # Most stand there as they are: no second copy of those.
        return Scalar(self.at(event), value, event.value, event.value if raw == event.value else raw, quoted)

    def sequence(self, event: Any, depth: int) -> Sequence:
        items = []
        while not isinstance(inner := next(self.events), yaml.SequenceEndEvent):
            items.append(self.value(inner, depth + 1))
        return Sequence(self.at(event), tuple(items), 1 + sum(item.size for item in items))

    def mapping(self, event: Any, depth: int) -> Mapping:
        entries: dict[str, Node] = {}
        keys: dict[str, Location] = {}
        while not isinstance(inner := next(self.events), yaml.MappingEndEvent):
            key, place = self.key(inner, depth + 1)
            value = self.value(next(self.events), depth + 1)
            if key in entries:
                self.duplicate(key, place, keys[key])
                continue
            entries[key], keys[key] = value, place
        return Mapping(self.at(event), entries, keys, 1 + sum(node.size for node in entries.values()))

    def key(self, event: Any, depth: int) -> tuple[str, Location]:
        is_plain = isinstance(event, yaml.ScalarEvent) and event.tag is None and event.anchor is None
        if is_plain and depth <= MAX_DEPTH:
            return event.value, self.at(event)
        key = self.node(event, depth)
        if not isinstance(key, Scalar):
            raise self.stop(event, "a key is a list or an object", "write a name")
        return key.text, key.location

    def duplicate(self, key: str, place: Location, first: Location) -> None:
        message = f"the key {key!r} stands here a second time; first in line {first.line}"
        self.problems.append(Problem(Check.DUPLICATE_KEY, message, place, hint="remove one of the two"))

    def at(self, event: Any) -> Location:
        line = event.start_mark.line + 1
        self.line = self.line if line == self.line else line  # one object for all that stands in a line
        return Location(self.file, self.line, event.start_mark.column + 1)

    def stop(self, event: Any, message: str, hint: str) -> _Stop:
        self.problems.append(Problem(Check.YAML, message, self.at(event), hint=hint))
        return _Stop()


@lru_cache(maxsize=16)  # a scalar with many mistakes is asked for each
def _written(raw: str) -> tuple[int, list[re.Match[str]]]:
    """Where a scalar's content begins, and how each of its characters but white space is written."""
    opening = cast("re.Match[str]", OPENING.match(raw))
    units = WRITTEN[opening[1]].finditer(raw, opening.end())
    return opening.end(), [unit for unit in units if not _is_space(unit[0])]


def _is_space(unit: str) -> bool:
    if len(unit) > 2:
        return chr(int(unit[2:], 16)).isspace()
    return unit[-1].isspace() or (unit[0] == "\\" and unit[1:] in SPACE_ESCAPES)


def _forbidden_problem(source: SourceFile, found: re.Match[str]) -> Problem:
    *earlier, last = f"{source.text[: found.start()]}|".splitlines()
    message = f"YAML: the character U+{ord(found[0]):04X} is not allowed"
    return Problem(
        Check.YAML, message, Location(source.name, len(earlier) + 1, len(last)), hint="remove the character"
    )


def _syntax_problem(source: SourceFile, error: yaml.MarkedYAMLError) -> Problem:
    mark = cast("yaml.Mark", error.problem_mark or error.context_mark)
    message = f"YAML: {error.problem}" + (f" {error.context}" if error.context else "")
    hint = "check the indentation, quotes and brackets here and just above"
    line = "".join(source.text.splitlines()[mark.line : mark.line + 1])
    if "nesting depth" in str(error.problem):  # libyaml has a limit of its own, and reads ahead of events
        message, hint = TOO_DEEP, FEWER_LEVELS
    elif line[: mark.column + 1].lstrip(" ").startswith("\t"):
        hint = "indent with spaces, not with tabs"
    return Problem(Check.YAML, message, Location(source.name, mark.line + 1, mark.column + 1), hint=hint)


def plain(node: Node) -> object:
    """The value that a node stands for, without its places."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.entries.items()}
