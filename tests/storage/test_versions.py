"""The tables and their version."""

import sqlite3
import subprocess
import sys
import threading
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from app.errors import StoreError
from app.storage import Database
from app.storage.tables import VERSION, metadata
from app.storage.upgrading import STEPS
from tests.conftest import Opening


def test_the_last_step_is_the_version_that_we_ask_for() -> None:
    """So that a current database is recognised without reading the steps."""
    assert ScriptDirectory(str(STEPS)).get_heads() == [VERSION]


def test_the_steps_make_the_tables_that_the_code_knows(address: str, opened: Opening) -> None:
    """Every column, type, key and index: whoever changes the one changes the other."""
    database = opened(address)
    database.ping()
    with database.reading() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


def test_partial_indexes_are_made_partial(address: str, opened: Opening) -> None:
    """alembic compares no conditions."""
    asked = {
        "sqlite": "SELECT sql FROM sqlite_master WHERE name = 'deliveries_pending'",
        "postgresql": "SELECT indexdef FROM pg_indexes WHERE indexname = 'deliveries_pending'",
    }
    with opened(address).reading() as connection:
        made = connection.scalar(text(asked[connection.dialect.name]))
    assert "WHERE" in str(made)
    assert "'pending'" in str(made)


def test_postgresql_is_left_to_the_release(database: str, opened: Opening) -> None:
    """The sentence says what to run; once it has run, the same process goes on."""
    ours = opened(database)
    for _ in range(2):
        with pytest.raises(StoreError, match=r"^the database has no tables yet: run `desk db upgrade`$"):
            ours.ping()
    assert opened(database).upgrade() == (None, VERSION)
    ours.ping()


def test_an_older_version_is_upgraded(database: str, opened: Opening) -> None:
    """PostgreSQL is not used before; nothing is done twice."""
    opened(database).upgrade()
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("UPDATE alembic_version SET version_num = '0000'")
    with pytest.raises(StoreError, match="is older than this release: run `desk db upgrade`"):
        opened(database).ping()


def test_a_table_that_is_gone_is_a_sentence(database: str, opened: Opening) -> None:
    """An empty copy was restored while we ran."""
    ours = opened(database)
    ours.upgrade()
    with psycopg.connect(database, autocommit=True) as other:
        other.execute("DROP TABLE rejections")
    with (
        pytest.raises(StoreError, match="lacks a table: run `desk db upgrade`"),
        ours.reading() as connection,
    ):
        connection.execute(text("SELECT * FROM rejections"))


def test_a_later_version_serves_us_too(address: str, opened: Opening) -> None:
    """While a release is rolled out the one before it still runs, and a release may be taken back."""
    with opened(address).writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    later = opened(address)
    later.ping()
    assert later.upgrade() == ("9999", "9999")


def test_upgrading_again_does_nothing(address: str, opened: Opening) -> None:
    """The version is the same before and after."""
    opened(address).upgrade()
    assert opened(address).upgrade() == (VERSION, VERSION)


def test_several_may_upgrade_at_once(tmp_path: Path, database: str, opened: Opening) -> None:
    """One of them finds no tables, the others find them made: on a new file and on a new server."""
    for address in (f"sqlite:///{tmp_path}/desk.db", database):
        together = threading.Barrier(6)
        found: list[tuple[str | None, str]] = []

        def upgrade(
            ours: Database,
            together: threading.Barrier = together,
            found: list[tuple[str | None, str]] = found,
        ) -> None:
            together.wait()
            found.append(ours.upgrade())

        threads = [threading.Thread(target=upgrade, args=(opened(address),)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(before or "" for before, _ in found) == ["", *[VERSION] * 5]


def test_rules_from_before_there_were_versions_are_kept(tmp_path: Path, opened: Opening) -> None:
    """Their table was made without a version."""
    with closing(sqlite3.connect(tmp_path / "desk.db")) as before, before:
        before.execute(
            "CREATE TABLE rules_last_loaded (folder TEXT NOT NULL PRIMARY KEY, version VARCHAR(64) NOT NULL,"
            " files TEXT NOT NULL, loaded_at DATETIME NOT NULL)"
        )
        before.execute("INSERT INTO rules_last_loaded VALUES ('rules', 'v1', '{}', '2026-11-23 12:00:00')")
    with opened(f"sqlite:///{tmp_path}/desk.db").reading() as connection:
        assert connection.scalar(text("SELECT version FROM rules_last_loaded")) == "v1"


def test_a_current_database_is_used_without_alembic(tmp_path: Path) -> None:
    """Nor does a command import it, or the driver, that needs neither."""
    program = """
import sys
import app.cli
from app.storage import Database
Database(sys.argv[1]).ping()
print(sorted({"alembic", "psycopg"} & sys.modules.keys()))
"""
    command = [sys.executable, "-c", program, f"sqlite:///{tmp_path}/desk.db"]
    said = [subprocess.run(command, capture_output=True, check=True).stdout for _ in range(2)]
    assert said == [b"['alembic']\n", b"[]\n"]
