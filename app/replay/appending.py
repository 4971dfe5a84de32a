"""Adding an entry to the `tests:` of a file, with every byte before it kept."""

import re
from collections.abc import Mapping
from pathlib import Path
from textwrap import indent

from app.engine import source
from app.engine.case_reading import read_cases
from app.engine.cases import Trial
from app.engine.source import SourceFile, read_source
from app.model import Saved
from app.replay.as_test import CannotTest, Entry, Folder, test_entry
from app.rulebook import read_folder

HEAD = re.compile(r"tests:\s*(?:#.*)?")
ITEM = re.compile(r"( *)- ")


def save_test(saved: Saved, folder: Path, file: Path, environment: Mapping[str, str]) -> str:
    """Adds a test of a saved callback to a file of the rules folder, and returns the test's name.

    The folder is read again with it and the test is run; where that fails, the file is as it was. Raises
    CannotTest, and RulesUnreadable for a folder that cannot be listed.
    """
    reading = read_folder(folder, environment, lint=False)
    if reading.ruleset is None:
        raise CannotTest(f"the rules in {folder} hold errors: see desk check {folder}")
    entry = test_entry(saved, Folder(str(folder), reading.files, reading.ruleset, environment))
    try:
        before = file.read_bytes() if file.exists() else None
        with file.open("ab") as opened:
            opened.write(_addition(file, before, entry))
    except OSError as error:
        raise CannotTest(f"{file} cannot be written: {error.strerror}") from None
    wrong = _wrong(folder, entry, environment)
    if wrong:
        _restore(file, before)
        raise CannotTest(f"{file} is left as it was: {wrong}")
    return entry.name


def _addition(file: Path, before: bytes | None, entry: Entry) -> bytes:
    """What is written at the end of the file. Raises CannotTest where a test cannot be written there."""
    try:
        text = (before or b"").decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CannotTest(f"{file} is not UTF-8: save it as UTF-8") from None
    if not text.strip():
        added = f"tests:\n{indent(entry.text, '  ')}"
    else:
        added = indent(entry.text, _indentation(file, text))
    if text and not text.endswith("\n"):
        added = f"\n{added}"
    return added.replace("\n", "\r\n" if "\r\n" in text else "\n").encode()


def _indentation(file: Path, text: str) -> str:
    """How far the items of the file's `tests:` stand in."""
    node = read_source(SourceFile(file.name, text))[0]
    keys = list(node.entries) if isinstance(node, source.Mapping) else []
    if not isinstance(node, source.Mapping) or not keys:
        raise CannotTest(f"{file} cannot be read: see desk check, or name another file")
    if keys[-1] != "tests":
        said = "stand before other keys" if "tests" in keys else "are not there"
        raise CannotTest(f"{file}: its `tests:` {said}: put them at its end, or name another file")
    tests, lines = node.entries["tests"], text.splitlines()
    items = tests.items if isinstance(tests, source.Sequence) else ()
    if HEAD.fullmatch(lines[node.keys["tests"].line - 1]):
        if not items:
            return "  "
        if item := ITEM.match(lines[items[0].location.line - 1]):
            return item[1]
    raise CannotTest(f"{file}: its `tests:` are no list with a line for each item: write them so")


def _wrong(folder: Path, entry: Entry, environment: Mapping[str, str]) -> str:
    """What stands against the file with its new test; empty where nothing does."""
    reading = read_folder(folder, environment, lint=False)
    if reading.ruleset is None:
        return "with the test the rules hold an error"
    cases = [case for case in read_cases(reading.files) if case.name == entry.name]
    if not cases:
        return f"it is not read with the rules: name a file in {folder} that ends in .yaml"
    trial = Trial(reading.files, environment, str(folder), reading.ruleset)
    return "" if trial.result(cases[0]).passed else "the test would not pass"


def _restore(file: Path, before: bytes | None) -> None:
    if before is None:
        file.unlink()
    else:
        file.write_bytes(before)
