"""YAML text to nodes that know their line and column.

Nodes are built from the parser's events, which need no recursion of libyaml's: what nests too deep, repeats
itself by aliases or is too large is refused before anything is built from it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import yaml

from app.engine.catalogue import Check
from app.model import Location, Problem

MAX_BYTES = 16 * 1024 * 1024
MAX_DEPTH = 50
MAX_NODES = 1_000_000  # of one file, each alias counted as all that it stands for

INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)")
FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+")
WORDS = {"true": True, "false": False, "null": None, "": None}

# libyaml where the wheel has it: six times faster than the parser in Python.
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One rules file: its name as problems show it, and its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value. `raw` is its text in the file, with quotes; `quoted` tells that it has them."""

    location: Location
    value: object
    text: str
    raw: str = field(repr=False)
    quoted: bool = False
    size: int = 1

    def locate(self, offset: int) -> Location:
        """Where the character at an offset of `text` stands in the file.

        Quotes, escapes, folding and indentation are only in the file: from character to character of the text,
        the next equal one in the file is looked for.
        """
        place = _content_start(self.raw)
        for character in self.text[:offset]:
            if not character.isspace():
                place = self.raw.find(character, place) + 1
        while place < len(self.raw) and self.raw[place].isspace():
            place += 1
        before = self.raw[:place]
        line = self.location.line + before.count("\n")
        column = place - before.rfind("\n") if "\n" in before else self.location.column + place
        return Location(self.location.file, line, column)


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


def read_source(source: SourceFile) -> tuple[Node | None, list[Problem]]:
    """The node of a file's one document, None where it is empty or cannot be read; and what is wrong."""
    if len(source.text) > MAX_BYTES:
        return None, [too_large(source.name)]
    reader = _Reader(source)
    try:
        return reader.document(), reader.problems
    except _Stop:
        return None, reader.problems
    except yaml.YAMLError as error:
        return None, [*reader.problems, _syntax_problem(source.name, error)]


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
    if len(text) < 300:
        if INTEGER.fullmatch(text):
            return int(text)
        if FLOAT.fullmatch(text):
            return float(text)
    return text


class _Stop(Exception):
    """Reading goes no further; the problem is on the list."""


class _Reader:
    def __init__(self, source: SourceFile) -> None:
        self.file = source.name
        self.lines = source.text.splitlines(keepends=True)
        self.events: Iterator[Any] = yaml.parse(source.text, Loader=_Loader)
        self.anchors: dict[str, Node] = {}
        self.problems: list[Problem] = []

    def document(self) -> Node | None:
        node = None
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                if node is not None:
                    raise self.stop(event, "a second document begins here", "write it into a file of its own")
                node = self.node(next(self.events), depth=0)
        return None if isinstance(node, Scalar) and node.value is None else node

    def node(self, event: Any, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise self.stop(event, f"nested more than {MAX_DEPTH} deep", "rules need five levels")
        if isinstance(event, yaml.AliasEvent):
            return self.aliased(event)
        if event.tag is not None:
            raise self.stop(
                event, f"tags such as {event.tag} are not read", "quote the value to keep it text"
            )
        node = self.untagged(event, depth)
        if node.size > MAX_NODES:
            raise self.stop(event, "aliases make this larger than a million values", "write fewer aliases")
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def aliased(self, event: Any) -> Node:
        if event.anchor not in self.anchors:
            raise self.stop(
                event, f"*{event.anchor} stands before the end of its anchor", "write the value out"
            )
        return self.anchors[event.anchor]

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
        raw = self.between(event.start_mark, event.end_mark)
        return Scalar(self.at(event), value, event.value, raw, quoted)

    def sequence(self, event: Any, depth: int) -> Sequence:
        items = []
        while not isinstance(inner := next(self.events), yaml.SequenceEndEvent):
            items.append(self.node(inner, depth + 1))
        return Sequence(self.at(event), tuple(items), 1 + sum(item.size for item in items))

    def mapping(self, event: Any, depth: int) -> Mapping:
        entries: dict[str, Node] = {}
        keys: dict[str, Location] = {}
        while not isinstance(inner := next(self.events), yaml.MappingEndEvent):
            key = self.node(inner, depth + 1)
            if not isinstance(key, Scalar):
                raise self.stop(inner, "a key is a list or an object", "write a name")
            value = self.node(next(self.events), depth + 1)
            if key.text in entries:
                self.duplicate(key, keys[key.text])
                continue
            entries[key.text], keys[key.text] = value, key.location
        return Mapping(self.at(event), entries, keys, 1 + sum(node.size for node in entries.values()))

    def duplicate(self, key: Scalar, first: Location) -> None:
        message = f"the key {key.text!r} stands here a second time; first in line {first.line}"
        self.problems.append(
            Problem(Check.DUPLICATE_KEY, message, key.location, hint="remove one of the two")
        )

    def at(self, event: Any) -> Location:
        return Location(self.file, event.start_mark.line + 1, event.start_mark.column + 1)

    def between(self, start: Any, end: Any) -> str:
        lines = self.lines[start.line : end.line + 1]
        if not lines:
            return ""
        if end.line < len(self.lines):
            lines[-1] = lines[-1][: end.column]
        lines[0] = lines[0][start.column :]
        return "".join(lines)

    def stop(self, event: Any, message: str, hint: str) -> _Stop:
        self.problems.append(Problem(Check.YAML, message, self.at(event), hint=hint))
        return _Stop()


def _content_start(raw: str) -> int:
    """Behind a quote, or behind the header line of a block scalar."""
    if raw[:1] in {"|", ">"}:
        return raw.find("\n") + 1
    return 1 if raw[:1] in {'"', "'"} else 0


def _syntax_problem(file: str, error: yaml.YAMLError) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    location = Location(file, mark.line + 1, mark.column + 1) if mark else Location(file)
    said = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    context = getattr(error, "context", None)
    message = f"YAML: {said}" + (f" {context}" if context else "")
    hint = "check the indentation, quotes and brackets here and just above"
    if "\\t" in message or "tab" in message:
        hint = "indent with spaces, not with tabs"
    return Problem(Check.YAML, message, location, hint=hint)


def plain(node: Node) -> object:
    """The value that a node stands for, without its places."""
    match node:
        case Scalar():
            return node.value
        case Sequence():
            return [plain(item) for item in node.items]
    return {key: plain(value) for key, value in node.entries.items()}
