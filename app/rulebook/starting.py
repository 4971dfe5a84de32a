"""Which rules a process begins with."""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

from app.engine.loading import read_rules
from app.engine.ruleset import RuleSet
from app.engine.source import SourceFile
from app.errors import DeskError, RulesBroken, RulesUnreadable, StoreError
from app.rulebook.folder import read_files
from app.rulebook.standing import Failing, Standing, broken, sentences

log = logging.getLogger(__name__)


class Memory(Protocol):
    """Where the last good rules are kept, as text by file name. Both methods raise StoreError."""

    def keep_rules(self, version: str, files: Mapping[str, str], now: datetime) -> None: ...

    def last_rules(self) -> Mapping[str, str] | None: ...


def starting_rules(
    folder: Path,
    environment: Mapping[str, str],
    memory: Memory,
    now: datetime,
    before: Standing | None = None,
) -> Standing:
    """The folder's rules; where they are broken, the last good ones that were kept, else those of `before`.

    The rules' own tests are not run. Rules of `before` that are still in the folder are not read again.
    Raises RulesBroken, or RulesUnreadable, where no good rules were ever seen.
    """
    try:
        files, unread = read_files(folder)
        if before and not (before.failing or unread) and before.files == files:
            return before
        ruleset, problems = read_rules(files, environment, str(folder), unread, lint=False)
        if ruleset is None:
            raise broken(folder, problems)
    except (RulesUnreadable, RulesBroken) as error:
        last = _last_good(memory, environment) or (before.ruleset if before else None)
        if last is None:
            raise
        return Standing(last, failing=_failing(error, last, now))
    keep(memory, ruleset.version, files, now)
    return Standing(ruleset, files)


def keep(memory: Memory, version: str, files: Sequence[SourceFile], now: datetime) -> None:
    """Keeps good rules for worse days. A memory that is lost is a warning."""
    try:
        memory.keep_rules(version, {file.name: file.text for file in files}, now)
    except StoreError as error:
        log.warning("rules not kept", extra={"fields": {"rules": version, "error": str(error)}})


def _failing(error: DeskError, last: RuleSet, now: datetime) -> Failing:
    failing = Failing(now, str(error), sentences(getattr(error, "problems", ())))
    fields = {"running": last.version, "error": failing.error, "problems": failing.problems}
    log.warning("the last good rules run instead", extra={"fields": fields})
    return failing


def _last_good(memory: Memory, environment: Mapping[str, str]) -> RuleSet | None:
    try:
        files = memory.last_rules()
    except StoreError as error:
        log.warning("last good rules unknown", extra={"fields": {"error": str(error)}})
        return None
    if files is None:
        return None
    return read_rules([SourceFile(name, text) for name, text in files.items()], environment, lint=False)[0]
