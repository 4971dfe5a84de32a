"""Each test of the store runs on both databases."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from app.storage import Database, Ledger

Opening = Callable[[str], Database]


@pytest.fixture
def opened() -> Iterator[Opening]:
    """Makes databases, as the processes of a deployment do, and closes them after the test."""
    made: list[Database] = []

    def make(address: str) -> Database:
        made.append(Database(address))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest, tmp_path: Path, opened: Opening) -> str:
    """An empty database of each kind, as a release leaves it."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/not/yet/there/desk.db"
    made = str(request.getfixturevalue("database"))
    opened(made).upgrade()
    return made


@pytest.fixture
def ours(address: str, opened: Opening) -> Database:
    """One process's way to it."""
    return opened(address)


@pytest.fixture
def ledger(ours: Database) -> Ledger:
    return Ledger(ours)
