"""From an address to a database: what is connected, made and set."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from app.errors import SettingsError
from app.storage import Database
from tests.conftest import Opening
from tests.storage.rows import add, write, written

PASSWORD = "hunter2secret"


def test_making_one_opens_no_connection() -> None:
    """A service starts while its database is away: nothing is connected until something is asked."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        Database(f"postgresql://desk:{PASSWORD}@127.0.0.1:{listening.getsockname()[1]}/desk").close()
        with pytest.raises(BlockingIOError):
            listening.accept()


def test_making_one_makes_neither_file_nor_folder(tmp_path: Path, opened: Opening) -> None:
    """SQLite's file appears with the first question, in a folder that is made for it."""
    database = opened(f"sqlite:///{tmp_path}/instance/desk.db")
    assert not (tmp_path / "instance").exists()
    database.ping()
    assert (tmp_path / "instance/desk.db").exists()


def test_sqlite_in_memory_is_accepted(opened: Opening) -> None:
    """For a try without any file; another thread finds the same."""
    database = opened("sqlite://")
    write(database, "WR1")
    assert database.within(5, lambda: written(database)) == ["WR1"]


def test_postgres_as_hosts_hand_it_out_is_accepted(database: str, opened: Opening) -> None:
    """`postgres://` is what Heroku and others call it."""
    opened(database.replace("postgresql://", "postgres://")).upgrade()
    opened(database.replace("postgresql://", "postgresql+psycopg://")).ping()


@pytest.mark.parametrize(
    "wrong",
    [
        f"mysql://desk:{PASSWORD}@localhost/desk",
        f"oracle://desk:{PASSWORD}@localhost/desk",
        f"postgresql+nonsense://desk:{PASSWORD}@localhost/desk",
        f"postgresql+pg8000://desk:{PASSWORD}@localhost/desk",
        f"postgresql://desk@localhost:{PASSWORD}/desk",
        "desk.db",
        "/var/lib/desk.db",
        "://",
        "sqlite",
        "x",
    ],
)
def test_an_address_of_no_known_database_is_refused(wrong: str) -> None:
    """The sentence names the variable and what it may begin with, and holds nothing of the address."""
    with pytest.raises(SettingsError, match="DATABASE_URL") as caught:
        Database(wrong)
    assert PASSWORD not in str(caught.value)


def test_postgresql_without_its_driver_says_what_to_install() -> None:
    """The driver is an extra of the distribution."""
    program = """
import sys
sys.modules["psycopg"] = None
from app.errors import SettingsError
from app.storage import Database
try:
    Database("postgresql://desk@localhost/desk")
except SettingsError as error:
    print(error)
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "desk[postgres]" in ended.stdout


def test_sqlite_syncs_each_commit_to_a_write_ahead_log(tmp_path: Path, opened: Opening) -> None:
    """Readers are not held up by a writer, and what was promised survives a loss of power."""
    database = opened(f"sqlite:///{tmp_path}/desk.db")
    with database.reading() as connection:
        assert connection.scalar(text("PRAGMA journal_mode")) == "wal"
        assert connection.scalar(text("PRAGMA synchronous")) == 2  # FULL
    with database.writing() as connection:
        add(connection, "WR")
        assert written(database) == []
    assert written(database) == ["WR"]
