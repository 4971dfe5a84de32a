"""Checks a folder in a process of its own: `python -m app.rulebook`, which `outside` starts.

On standard input comes an Order; on standard output a Finding goes back, and then each rule of its rule set,
all of them pickled. The process ends when its standard input does, so that it never outlives whoever asked.
"""

import os
import pickle
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Thread
from typing import BinaryIO

from app.engine.cases import Result, run
from app.engine.ruleset import RuleSet
from app.engine.source import SourceFile
from app.errors import RulesBroken, RulesUnreadable
from app.rulebook.folder import read_folder
from app.rulebook.standing import broken, sentences

NICENESS = 10  # requests go first


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be checked. Rules of the version that is `running` need not come back."""

    folder: Path
    environment: Mapping[str, str]
    running: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What a folder holds. Without `ruleset` a sentence says why, and `problems` name each place.

    `rules` counts the rules that `ruleset` lacks yet. What is not `final` is no fault of the folder's:
    another check may find something else.
    """

    files: tuple[SourceFile, ...] = ()
    ruleset: RuleSet | None = None
    rules: int = 0
    error: str = ""
    problems: tuple[str, ...] = ()
    final: bool = True


def checked(folder: Path, environment: Mapping[str, str], running: str = "") -> Finding:
    """Reads the folder and runs the rules' own tests, but not those of the version that is running."""
    try:
        reading = read_folder(folder, environment, lint=False)
        if reading.ruleset is None:
            raise broken(folder, reading.problems)
        if reading.ruleset.version == running:
            return Finding(reading.files, reading.ruleset)
        results = run(reading.files, environment, str(folder), reading.ruleset).results
    except RulesUnreadable as error:
        return Finding(error=str(error))
    except RulesBroken as error:
        return Finding(error=str(error), problems=sentences(error.problems))
    if failed := [result for result in results if not result.passed]:
        return Finding(error=_tests_fail(folder, len(failed)), problems=tuple(map(_sentence, failed)))
    return Finding(reading.files, reading.ruleset)


def write(finding: Finding, running: str, out: BinaryIO) -> None:
    """Writes a finding in pieces that are quickly taken over: all but the rules, then one rule at a time."""
    rules = finding.ruleset.rules if finding.ruleset and finding.ruleset.version != running else ()
    head = replace(finding.ruleset, rules=()) if finding.ruleset else None
    for piece in (replace(finding, ruleset=head, rules=len(rules)), *rules):
        out.write(pickle.dumps(piece, pickle.HIGHEST_PROTOCOL))
    out.flush()


def _tests_fail(folder: Path, failed: int) -> str:
    fail = "one of the rules' own tests fails" if failed == 1 else f"{failed} of the rules' own tests fail"
    return f"{fail}: look why (desk test {folder})"


def _sentence(result: Result) -> str:
    return f"{result.case.location} test {result.case.name!r}: " + "; ".join(map(str.strip, result.lines))


def _end_with_input() -> None:
    os.read(sys.stdin.fileno(), 1)  # not its buffer, whose lock would be held when Python ends
    os._exit(1)


def main() -> None:
    """Carries out the one order."""
    os.nice(NICENESS)
    order: Order = pickle.load(sys.stdin.buffer)  # noqa: S301  from the process that started this one
    Thread(target=_end_with_input, daemon=True).start()
    write(checked(order.folder, order.environment, order.running), order.running, sys.stdout.buffer)
