"""Each test of the store runs on both databases."""

import pytest

from app.storage import Database, Ledger
from tests.conftest import Opening


@pytest.fixture
def ours(address: str, opened: Opening) -> Database:
    """One process's way to it."""
    return opened(address)


@pytest.fixture
def ledger(ours: Database) -> Ledger:
    return Ledger(ours)
