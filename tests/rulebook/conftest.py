"""A rules folder, and databases that answer and that do not."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.storage import Store

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
def store(tmp_path: Path) -> Iterator[Store]:
    """A database that answers."""
    made = Store(f"sqlite:///{tmp_path}/desk.db")
    yield made
    made.close()


@pytest.fixture
def lost(tmp_path: Path) -> Iterator[Store]:
    """A database that does not answer: a file stands where its folder should be."""
    (tmp_path / "file").write_text("")
    made = Store(f"sqlite:///{tmp_path}/file/desk.db")
    yield made
    made.close()
