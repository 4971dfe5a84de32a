"""Comments that silence: `# desk: ignore[R012]` keeps the warnings and notes of that check from a rule.

A comment is about its own line or, where it is alone on that, about the line below it; and so about the rule,
or the default, that has this line. Errors cannot be silenced. A comment that silences nothing is a finding.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import pairwise
from typing import TypeAlias, cast

from app.engine import source
from app.engine.catalogue import Check
from app.engine.ruleset import DEFAULT
from app.engine.source import OPENING, Node, Scalar, SourceFile, read_source
from app.model import Level, Location, Problem

MARK = re.compile(r"(?<!\S)#[ \t]*desk:[ \t]*ignore\b[ \t]*(?:\[([^\]#\r\n]*)\])?", re.IGNORECASE)
WORD = re.compile("desk:", re.IGNORECASE)  # a line without it holds no mark
ID = re.compile(r"[^\s,]+")
QUOTED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'""")
HOW = "write # desk: ignore[R012], with the id that stands behind the problem"

# What a comment or a problem is about: a rule by its name, `default`, or one line of a file.
Subject: TypeAlias = str | tuple[str, int]


@dataclass(frozen=True, slots=True)
class Ignore:
    """One id in a comment, empty where the comment has none; and what the comment is about."""

    check: str
    place: Location
    subjects: tuple[Subject, ...]


def silenced(
    problems: Sequence[Problem],
    files: Iterable[SourceFile],
    levels: Mapping[str, Level],
    unseen: Set[str] = frozenset(),
) -> list[Problem]:
    """The problems that no comment silences, and what is wrong with the comments.

    `levels` tells by a check's id how much it matters; `unseen` are those that are not looked for this time.
    Whether a comment silences nothing can be told of rules without error alone: in others, some problems are
    not looked for.
    """
    outlines = {file.name: outline for file in files if (outline := _outline(file))}
    ignores = [ignore for outline in outlines.values() for ignore in outline.ignores()]
    asked = {(ignore.check, subject) for ignore in ignores for subject in ignore.subjects}
    kept: list[Problem] = []
    used: set[tuple[str, Subject]] = set()
    for problem in problems:
        found = asked.intersection((problem.check, subject) for subject in _subjects(problem, outlines))
        if found and problem.level is not Level.ERROR:
            used |= found
        else:
            kept.append(problem)
    if any(problem.level is Level.ERROR for problem in problems):
        used = asked
    for outline in outlines.values():
        used |= {(check, subject) for check, subject in asked if subject in outline.switched_off}
    used |= {(check, subject) for check, subject in asked if check in unseen}
    return [*kept, *(finding for ignore in ignores if (finding := _wrong(ignore, used, levels)))]


def _subjects(problem: Problem, outlines: Mapping[str, "_Outline"]) -> Iterator[Subject]:
    if problem.rule:
        yield problem.rule
    if problem.location and problem.location.file in outlines:
        yield from outlines[problem.location.file].subjects(problem.location.line)


def _wrong(ignore: Ignore, used: set[tuple[str, Subject]], levels: Mapping[str, Level]) -> Problem | None:
    if not ignore.check:
        message, hint = "the comment names no check to ignore", HOW
    elif ignore.check not in levels:
        near = get_close_matches(ignore.check, levels, n=1, cutoff=0.7)
        message, hint = f"there is no check {ignore.check!r}", f"did you mean {near[0]!r}?" if near else HOW
    elif levels[ignore.check] is Level.ERROR:
        message, hint = f"{ignore.check} is an error, and errors cannot be silenced", "remove it here"
    elif used.isdisjoint((ignore.check, subject) for subject in ignore.subjects):
        message, hint = f"nothing here is {ignore.check}", "remove it"
    else:
        return None
    rule = next((subject for subject in ignore.subjects if isinstance(subject, str)), None)
    return Problem(Check.IGNORES_NOTHING, message, ignore.place, Level.WARNING, rule, hint)


@dataclass(frozen=True, slots=True)
class _Outline:
    """A file with comments that silence: which rules its lines belong to. Lines count from 1."""

    file: str
    lines: Sequence[str]
    texts: set[tuple[int, int]]  # where a mark stands in a text, and so is no comment, by line and column
    owners: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    switched_off: set[Subject] = field(default_factory=set)

    def subjects(self, line: int) -> tuple[Subject, ...]:
        """The rules that a line belongs to, else the line itself."""
        return tuple(self.owners.get(line, ())) or ((self.file, line),)

    def ignores(self) -> Iterator[Ignore]:
        """Every id of every comment."""
        about = _what_comments_are_about(self.lines)
        for number, line in enumerate(self.lines, start=1):
            for mark in MARK.finditer(line) if WORD.search(line) else ():
                if (number, mark.start() + 1) not in self.texts:
                    yield from self.ids(mark, number, self.subjects(about[number - 1]))

    def ids(self, mark: re.Match[str], line: int, subjects: tuple[Subject, ...]) -> Iterator[Ignore]:
        named = list(ID.finditer(mark[1] or ""))
        for found in named:
            column = mark.start(1) + found.start() + 1
            yield Ignore(found[0].upper(), Location(self.file, line, column), subjects)
        if not named:
            yield Ignore("", Location(self.file, line, mark.start() + 1), subjects)

    def add(self, name: str, first: int, last: int) -> None:
        for line in range(first, last + 1):
            self.owners[line].append(name)


def _outline(file: SourceFile) -> _Outline | None:
    """The outline of a file, None where it holds no such comment or cannot be read."""
    if not WORD.search(file.text) or not MARK.search(file.text):
        return None
    node, _ = read_source(file)
    if not isinstance(node, source.Mapping):
        return None
    lines = file.text.removeprefix("\ufeff").splitlines(keepends=True)
    outline = _Outline(file.name, lines, set(_marks_in_texts(node, lines)))
    begins = [place.line for place in node.keys.values()]
    for (key, value), (first, last) in zip(
        node.entries.items(), _extents(begins, len(lines) + 1), strict=True
    ):
        if key == DEFAULT:
            outline.add(DEFAULT, first, last)
        if key == "rules" and isinstance(value, source.Sequence):
            _add_rules(outline, value, last)
    return outline


def _add_rules(outline: _Outline, rules: source.Sequence, last: int) -> None:
    begins = [_first_line(rule.location, outline.lines) for rule in rules.items]
    for rule, extent in zip(rules.items, _extents(begins, last + 1), strict=True):
        entries = rule.entries if isinstance(rule, source.Mapping) else {}
        name = entries.get("name")
        if isinstance(name, Scalar):
            outline.add(name.text, *extent)
            enabled = entries.get("enabled")
            if isinstance(enabled, Scalar) and enabled.text == "false":
                outline.switched_off.add(name.text)


def _extents(begins: Sequence[int], end: int) -> Iterator[tuple[int, int]]:
    """First and last line of each of what begins in these lines; the last of them goes on up to `end`."""
    for first, following in pairwise([*begins, end]):
        yield first, max(first, following - 1)


def _first_line(place: Location, lines: Sequence[str]) -> int:
    """The line of an item's dash, which may stand above all else of the item."""
    line = place.line
    if lines[line - 1][: place.column - 1].strip():
        return line
    above = next((n for n in range(line - 1, 0, -1) if _without_comment(lines[n - 1])), 0)
    return above if above and _without_comment(lines[above - 1]) == "-" else line


def _without_comment(line: str) -> str:
    return line.partition("#")[0].strip()


def _what_comments_are_about(lines: Sequence[str]) -> list[int]:
    """For each line the one that a comment in it is about."""
    about = list(range(1, len(lines) + 1))
    for at in range(len(lines) - 2, -1, -1):
        if lines[at].lstrip().startswith("#") and lines[at + 1].strip():
            about[at] = about[at + 1]
    return about


def _marks_in_texts(node: Node, lines: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Line and column of every mark that stands in a text."""
    for place, raw in _texts(node, lines):
        if not WORD.search(raw):
            continue
        content = cast("re.Match[str]", OPENING.match(raw)).end()  # a comment may stand before it
        offset = 0
        for number, line in enumerate(raw.splitlines(keepends=True)):
            for mark in MARK.finditer(line):
                if offset + mark.start() >= content:
                    yield place.line + number, mark.start() + (1 if number else place.column)
            offset += len(line)


def _texts(node: Node, lines: Sequence[str]) -> Iterator[tuple[Location, str]]:
    """Every value, and every key in quotes, as it stands in the file."""
    match node:
        case Scalar():
            yield node.location, node.raw
        case source.Sequence():
            for item in node.items:
                yield from _texts(item, lines)
        case source.Mapping():
            for key, value in node.entries.items():
                place = node.keys[key]
                if quoted := QUOTED.match(lines[place.line - 1], place.column - 1):
                    yield place, quoted[0]
                yield from _texts(value, lines)
