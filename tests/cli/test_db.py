"""`desk db upgrade`."""

import socket
import subprocess
import sys
from pathlib import Path

import psycopg
from click.testing import CliRunner, Result
from sqlalchemy import text

from app.cli import main
from app.storage import Database
from app.storage.tables import VERSION
from tests.cli.test_failures import BARE
from tests.conftest import Opening


def upgrade(address: str) -> Result:
    """With nothing but DATABASE_URL."""
    return CliRunner().invoke(main, ["db", "upgrade"], env={"DATABASE_URL": address})


def test_the_tables_are_made_once(database: str) -> None:
    """It says what it did; run again it finds nothing to do, and the service can begin."""
    assert upgrade(database).output == f"database: tables made, version {VERSION}\n"
    again = upgrade(database)
    assert (again.exit_code, again.output) == (0, f"database: up to date, version {VERSION}\n")
    ours = Database(database)
    ours.ping()
    ours.close()


def test_sqlite_can_be_prepared_too(tmp_path: Path) -> None:
    """In a folder that is made for it."""
    address = f"sqlite:///{tmp_path}/instance/desk.db"
    assert upgrade(address).output == f"database: tables made, version {VERSION}\n"
    assert upgrade(address).output == f"database: up to date, version {VERSION}\n"


def test_tables_of_a_newer_release_stay(address: str, opened: Opening) -> None:
    """That they are newer is said; this release goes on."""
    database = opened(address)
    database.upgrade()
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    ended = upgrade(address)
    said = "upgraded by a newer release, version 9999: this one works with it, as steps only add"
    assert (ended.exit_code, ended.output) == (0, f"database: {said}\n")
    database.ping()


def test_it_waits_for_another_upgrade(database: str) -> None:
    """For longer than a statement may take otherwise: releases on two machines begin at once."""
    with psycopg.connect(database) as other:
        other.execute("SELECT pg_advisory_xact_lock(4002026)")
        command = [sys.executable, "-m", "app.cli", "db", "upgrade"]
        waiting = subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env={**BARE, "DATABASE_URL": database}
        )
        other.execute("SELECT pg_sleep(3)")  # more than a statement, and more than an answer
        assert waiting.poll() is None
    said, _ = waiting.communicate(timeout=30)
    assert (waiting.returncode, said) == (0, f"database: tables made, version {VERSION}\n")


def test_a_database_that_is_away_is_a_sentence() -> None:
    """Status 1, and nothing of the address."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    ended = upgrade(f"postgresql://desk:hunter2secret@127.0.0.1:{port}/desk")
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert ended.stderr == "desk: the database does not answer (OperationalError)\n"


def test_a_wrong_address_is_wrong_usage() -> None:
    """Status 2, and nothing of the address."""
    ended = upgrade("mysql://desk:hunter2secret@localhost/desk")
    assert ended.exit_code == 2
    assert ended.stderr == "desk: DATABASE_URL must begin with sqlite:/// or postgresql://\n"
