"""A rules folder, and databases that answer and that do not."""

from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.storage import Database, GoodRules

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
DEFAULT = "default: {defer: nobody is there}\n"
FAILING_TEST = """\
tests:
  - name: somebody is there
    expect: {rule: default, reply: {instruction: accept}}
"""
RULE = "rules:\n  - name: NAME\n    reply: {instruction: accept}\n"


def rule(name: str) -> str:
    """A file with one rule."""
    return RULE.replace("NAME", name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rules folder with nothing but a default."""
    made = tmp_path / "rules"
    made.mkdir()
    (made / "00.yaml").write_text(DEFAULT)
    return made


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[GoodRules]:
    """What was kept, in a database that answers."""
    with closing(Database(f"sqlite:///{tmp_path}/desk.db")) as database:
        yield GoodRules(database)


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[GoodRules]:
    """A database that does not answer: a file stands where its folder should be."""
    (tmp_path / "file").write_text("")
    with closing(Database(f"sqlite:///{tmp_path}/file/desk.db")) as database:
        yield GoodRules(database)
