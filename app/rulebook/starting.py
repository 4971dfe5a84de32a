"""Which rules a process begins with."""

import logging
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from app.engine.loading import read_rules
from app.engine.ruleset import RuleSet
from app.engine.source import SourceFile
from app.errors import DeskError, RulesBroken, RulesUnreadable, StoreError
from app.rulebook.folder import changed_at, read_files
from app.rulebook.standing import Failing, Standing, broken, sentences

log = logging.getLogger(__name__)


class Memory(Protocol):
    """Where the last good rules of each folder are kept, as text by file name. Both raise StoreError."""

    def keep_rules(self, folder: str, version: str, files: Mapping[str, str], now: datetime) -> None: ...

    def last_rules(self, folder: str) -> Mapping[str, str] | None: ...


def starting_rules(
    folder: Path,
    environment: Mapping[str, str],
    memory: Memory,
    now: datetime,
) -> Standing:
    """The folder's rules; where they are broken, the last good ones that were kept.

    Their own tests are not run. Raises RulesBroken, or RulesUnreadable, where no good rules were ever seen.
    """
    try:
        files, unread = read_files(folder)
        ruleset, problems = read_rules(files, environment, str(folder), unread, lint=False)
        if ruleset is None:
            raise broken(folder, problems)
    except (RulesUnreadable, RulesBroken) as error:
        kept = _kept(memory, folder)
        last = read_rules(kept, environment, lint=False)[0] if kept else None
        if last is None:
            raise
        return Standing(last, failing=_failing(error, last, changed_at(folder, now)), since=now)
    keep(memory, folder, ruleset.version, files, now)
    return Standing(ruleset, files, since=now)


def joining_rules(folder: Path, environment: Mapping[str, str], memory: Memory, before: Standing) -> Standing:
    """The rules of a process that joins a server which began with `before`: those that the server took last.

    What the folder holds now may never have been checked, or was refused: it does not run before it is. Where
    it is what the server took, the standing has its files.
    """
    try:
        files, unread = read_files(folder)
    except RulesUnreadable:
        files, unread = (), ()
    whole = files if files and not unread else ()
    if before.files == whole and not before.failing:
        return before
    kept = _kept(memory, folder)
    last = read_rules(kept, environment, lint=False)[0] if kept else None
    if last is None:
        return replace(before, files=())
    same = {file.name: file.text for file in whole} == {file.name: file.text for file in kept}
    return Standing(last, whole) if same else Standing(last, failing=before.failing)


def keep(memory: Memory, folder: Path, version: str, files: Sequence[SourceFile], now: datetime) -> None:
    """Keeps good rules for worse days. A memory that is lost is a warning."""
    try:
        memory.keep_rules(_name(folder), version, {file.name: file.text for file in files}, now)
    except StoreError as error:
        log.warning("rules not kept", extra={"fields": {"rules": version, "error": str(error)}})


def _failing(error: DeskError, last: RuleSet, since: datetime) -> Failing:
    failing = Failing(since, str(error), sentences(getattr(error, "problems", ())))
    fields = {"running": last.version, "error": failing.error, "problems": failing.problems}
    log.warning("the last good rules run instead", extra={"fields": fields})
    return failing


def _kept(memory: Memory, folder: Path) -> tuple[SourceFile, ...]:
    """The folder's last good rules; nothing, where none are known."""
    try:
        files = memory.last_rules(_name(folder))
    except StoreError as error:
        log.warning("last good rules unknown", extra={"fields": {"error": str(error)}})
        return ()
    return tuple(SourceFile(name, text) for name, text in (files or {}).items())


def _name(folder: Path) -> str:
    """The folder's whole path, however it was named; through links that lead elsewhere it stays the same."""
    return os.fsencode(os.path.abspath(folder)).decode(errors="replace")  # noqa: PTH100  resolves no link
