"""The rules folder: reading it, and which rule set a process begins with."""

import logging
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.engine.catalogue import Check
from app.engine.loading import read_rules
from app.engine.ruleset import RuleSet
from app.engine.source import MAX_BYTES, SourceFile, too_large
from app.errors import RulesBroken, RulesUnreadable, StoreError
from app.model import Level, Location, Problem
from app.storage import Store

log = logging.getLogger(__name__)

ENDINGS = (".yaml", ".yml")


@dataclass(frozen=True, slots=True)
class Reading:
    """What a folder holds: a rule set unless it holds an error, and every problem."""

    files: tuple[SourceFile, ...]
    ruleset: RuleSet | None
    problems: tuple[Problem, ...]

    @property
    def errors(self) -> int:
        return sum(problem.level is Level.ERROR for problem in self.problems)


def read_folder(folder: Path, environment: Mapping[str, str]) -> Reading:
    """Reads every rules file, in name order. Raises RulesUnreadable for a folder that cannot be listed."""
    files: list[SourceFile] = []
    problems: list[Problem] = []
    for path in _paths(folder):
        file, problem = _read(path)
        files.extend([file] if file else [])
        problems.extend([problem] if problem else [])
    ruleset, found = read_rules(files, environment, str(folder), problems)
    return Reading(tuple(files), ruleset, found)


def starting_rules(
    folder: Path,
    environment: Mapping[str, str],
    store: Store,
    now: datetime,
    otherwise: RuleSet | None = None,
) -> RuleSet:
    """The folder's rule set; where that is broken, the last good one that was kept, else `otherwise`.

    Raises RulesBroken, or RulesUnreadable, where no good one was ever seen.
    """
    try:
        reading, ruleset = _good(folder, environment)
    except (RulesUnreadable, RulesBroken) as error:
        last = _last_good(store, environment) or otherwise
        if last is None:
            raise
        found = [f"{problem.location} {problem.message}" for problem in getattr(error, "problems", ())]
        fields = {"running": last.version, "error": str(error), "problems": found}
        log.warning("the last good rules run instead", extra={"fields": fields})
        return last
    _keep(store, reading, ruleset, now)
    return ruleset


def _good(folder: Path, environment: Mapping[str, str]) -> tuple[Reading, RuleSet]:
    reading = read_folder(folder, environment)
    if reading.ruleset is None:
        raise RulesBroken(
            f"the rules in {folder} hold errors: mend them (desk check {folder})", reading.problems
        )
    return reading, reading.ruleset


def _last_good(store: Store, environment: Mapping[str, str]) -> RuleSet | None:
    try:
        files = store.last_rules()
    except StoreError as error:
        log.warning("last good rules unknown", extra={"fields": {"error": str(error)}})
        return None
    if files is None:
        return None
    return read_rules([SourceFile(name, text) for name, text in files.items()], environment)[0]


def _keep(store: Store, reading: Reading, ruleset: RuleSet, now: datetime) -> None:
    try:
        store.keep_rules(ruleset.version, {file.name: file.text for file in reading.files}, now)
    except StoreError as error:
        log.warning("rules not kept", extra={"fields": {"rules": ruleset.version, "error": str(error)}})


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


def _read(path: Path) -> tuple[SourceFile | None, Problem | None]:
    name = os.fsencode(path).decode(errors="replace")  # neither JSON nor the database takes other bytes
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
