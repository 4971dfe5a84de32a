"""The rules folder: what it holds, and whether that changed."""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

from app.engine.catalogue import Check
from app.engine.loading import read_rules
from app.engine.ruleset import RuleSet
from app.engine.source import MAX_BYTES, SourceFile, too_large
from app.engine.workspace import Workspace
from app.errors import RulesUnreadable
from app.model import Level, Location, Problem

ENDINGS = (".yaml", ".yml")
MAX_TOGETHER = 32 * 1024 * 1024  # bytes of all files

Fingerprint: TypeAlias = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a folder holds: a rule set unless it holds an error, and every problem."""

    files: tuple[SourceFile, ...]
    ruleset: RuleSet | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> int:
        return sum(problem.level is Level.ERROR for problem in self.problems)


def read_folder(
    folder: Path, environment: Mapping[str, str], *, lint: bool = True, workspace: Workspace | None = None
) -> Reading:
    """Reads every rules file, in name order. Raises RulesUnreadable for a folder that cannot be listed.

    Without `lint` only errors are looked for, which takes half the time. With a `workspace` it is compared
    with what the rules name.
    """
    files, unread = read_files(folder)
    ruleset, problems = read_rules(files, environment, str(folder), unread, lint=lint, workspace=workspace)
    return Reading(files, ruleset, problems)


def read_files(folder: Path) -> tuple[tuple[SourceFile, ...], tuple[Problem, ...]]:
    """The text of every rules file, in name order, and the problems of those that cannot be read.

    Reading ends with the file that is too much. Raises RulesUnreadable for a folder that cannot be listed.
    """
    files: list[SourceFile] = []
    problems: list[Problem] = []
    left = MAX_TOGETHER
    for path in _paths(folder):
        left -= _size(path)
        if left < 0:
            problems.append(_too_much(path))
            break
        file, problem = _read(path)
        files.extend([file] if file else [])
        problems.extend([problem] if problem else [])
    return tuple(files), tuple(problems)


def fingerprint(folder: Path) -> Fingerprint:
    """What is another whenever a rules file is, or the folder itself; nothing is read for it.

    Links are followed, so that one which leads elsewhere counts as a change. An editor's files do not.
    """
    try:
        files = tuple((path.name, *_status(path)) for path in _paths(folder))
    except RulesUnreadable as error:
        return (str(error),)
    return (folder_identity(folder), files)


def changed_at(folder: Path, now: datetime) -> datetime:
    """When a rules file was last changed, added or removed; `now` where the folder cannot be listed.

    Every process finds the same time, whenever it looks: it is the system's, which nobody can set.
    """
    try:
        changes = [path.stat().st_ctime for path in (folder, *_paths(folder))]
    except (OSError, RulesUnreadable):
        return now
    return min(now, datetime.fromtimestamp(max(changes), UTC))


def folder_identity(folder: Path) -> tuple[int, ...]:
    """Tells the folder from another one that takes its place."""
    return _status(folder)[:2]


def _status(path: Path) -> tuple[int, ...]:
    try:
        status = path.stat()
    except OSError as error:
        return (error.errno or 0,)
    times = (status.st_mtime_ns, status.st_ctime_ns)
    return (status.st_dev, status.st_ino, status.st_mode, status.st_size, *times)


def _paths(folder: Path) -> list[Path]:
    try:
        return sorted((path for path in folder.iterdir() if _holds_rules(path)), key=lambda path: path.name)
    except FileNotFoundError:
        raise RulesUnreadable(f"there is no folder {folder}: name one that holds *.yaml files") from None
    except NotADirectoryError:
        raise RulesUnreadable(f"{folder} is a file: name the folder that holds it") from None
    except OSError as error:
        raise RulesUnreadable(f"the folder {folder} cannot be read: {error.strerror}") from None


def _holds_rules(path: Path) -> bool:
    # os.path, since Path.is_dir raises where it may not look: reading the file then says why.
    return path.suffix in ENDINGS and not path.name.startswith(".") and not os.path.isdir(path)  # noqa: PTH112


def _size(path: Path) -> int:
    """The bytes that reading a file takes: none where it is refused unread."""
    try:
        size = path.stat().st_size
    except OSError:  # reading it says why
        return 0
    return size if size <= MAX_BYTES else 0


def _too_much(path: Path) -> Problem:
    message = f"with this file the folder holds more than {MAX_TOGETHER // 1024 // 1024} MB of rules"
    return Problem(
        Check.YAML, message, Location(_name(path)), hint="let vars and templates say once what rules repeat"
    )


def _name(path: Path) -> str:
    return os.fsencode(path).decode(errors="replace")  # neither JSON nor the database takes other bytes


def _read(path: Path) -> tuple[SourceFile | None, Problem | None]:
    name = _name(path)
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # reading a pipe or a device may never end
            return None, Problem(Check.YAML, "this is no file", Location(name), hint="remove it")
        if status.st_size > MAX_BYTES:
            return None, too_large(name)
        content = path.read_bytes()
    except OSError as error:
        message = f"the file cannot be read: {error.strerror}"
        return None, Problem(Check.YAML, message, Location(name), hint="look at its permissions")
    try:
        return SourceFile(name, content.decode("utf-8-sig")), None
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode()  # without a byte order mark
        place = Location(name, before.count("\n") + 1, len(before) - before.rfind("\n"))
        return None, Problem(Check.YAML, "the file is not UTF-8", place, hint="save it as UTF-8")
