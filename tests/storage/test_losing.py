"""What becomes of a database that is lost, and of what was asked of it."""

import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from urllib.parse import urlsplit

import psycopg
import pytest
from sqlalchemy import text

from app.errors import StoreError
from app.storage import Database
from tests.conftest import Opening
from tests.storage.rows import add, write, written

PASSWORD = "hunter2secret"


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.mark.parametrize("ask", [Database.ping, written, lambda database: write(database, "WR")])
def test_an_unreachable_server_is_a_sentence_without_the_password(
    ask: Callable[[Database], object], opened: Opening
) -> None:
    """Refused at once, and the message can be logged."""
    began = perf_counter()
    with pytest.raises(StoreError, match="the database does not answer") as caught:
        ask(opened(f"postgres://desk:{PASSWORD}@127.0.0.1:{closed_port()}/desk"))
    assert perf_counter() - began < 1
    assert PASSWORD not in str(caught.value)


def test_a_server_that_never_answers_is_given_up(opened: Opening) -> None:
    """It accepts and says nothing: libpq gives up after two seconds, and a ping does not wait for libpq."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = opened(f"postgresql://desk@127.0.0.1:{silent.getsockname()[1]}/desk")
        began = perf_counter()
        with pytest.raises(StoreError, match=r"within 0\.8 s"):
            database.ping()
        assert perf_counter() - began < 1
        with pytest.raises(StoreError, match="does not answer"):
            written(database)
        assert perf_counter() - began < 4


def test_a_wrong_password_is_not_repeated(postgresql: str, opened: Opening) -> None:
    """What the server says of a login is not in the message, but that it was the server that said it."""
    with pytest.raises(StoreError, match="the server refuses the connection") as caught:
        opened(postgresql.replace("desk@", f"nobody-here:{PASSWORD}@")).ping()
    assert PASSWORD not in str(caught.value)
    assert "nobody-here" not in str(caught.value)


def test_a_role_that_may_not_write(database: str, opened: Opening) -> None:
    """The sentence says what it needs."""
    role = f"{urlsplit(database).path[1:]}_reader"
    opened(database).upgrade()
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN".encode())
        connection.execute(f"GRANT SELECT ON alembic_version TO {role}".encode())
    with pytest.raises(StoreError, match="needs to read and to write all tables"):
        write(opened(database.replace("desk@", f"{role}@")), "WR")


def test_a_folder_that_cannot_be_made_is_an_unreachable_database(tmp_path: Path, opened: Opening) -> None:
    """A file stands where SQLite's folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="does not answer"):
        opened(f"sqlite:///{tmp_path}/file/desk.db").ping()


def test_a_file_that_is_no_database_is_a_sentence(tmp_path: Path, opened: Opening) -> None:
    """Something else wrote there."""
    (tmp_path / "desk.db").write_text("this is no SQLite file, and long enough to be looked at " * 20)
    with pytest.raises(StoreError, match="the file is no SQLite database"):
        written(opened(f"sqlite:///{tmp_path}/desk.db"))


KILLED = """
import os, signal, sys
from sqlalchemy import Connection, insert, select, text
from app.storage import Database
database = Database(sys.argv[1])
with database.writing() as connection:
    connection.execute(text("INSERT INTO rejections (task_sid, reservation_sid, at) VALUES ('WT', 'WR1', 0)"))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_process_that_is_killed_while_it_writes_leaves_the_database_usable(
    address: str, opened: Opening
) -> None:
    """Nothing of its transaction is there, and nothing of it is locked."""
    database = opened(address)
    write(database, "WR0")
    ended = subprocess.run([sys.executable, "-c", KILLED, address], check=False)
    assert ended.returncode == -signal.SIGKILL
    write(database, "WR1")
    assert written(database) == ["WR0", "WR1"]


FAILING_DISK = """
import resource, signal, sys
from datetime import UTC, datetime
from app.errors import StoreError
from app.storage import Database, GoodRules
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
database = Database(sys.argv[1])
rules = GoodRules(database)
rules.keep_rules("rules", "v1", {"a.yaml": "small"}, datetime.now(UTC))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
try:
    rules.keep_rules("rules", "v2", {"a.yaml": "x" * 1_000_000}, datetime.now(UTC))
except StoreError as error:
    print(error)
print(rules.last_rules("rules"))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
rules.keep_rules("rules", "v2", {"a.yaml": "larger"}, datetime.now(UTC))
print(rules.last_rules("rules"))
"""


def test_a_disk_that_takes_no_more_is_a_sentence_and_no_end(tmp_path: Path) -> None:
    """What was there is read, and what comes later is written when there is room again."""
    command = [sys.executable, "-c", FAILING_DISK, f"sqlite:///{tmp_path}/desk.db"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.splitlines() == [
        "the disk of the database fails",
        "{'a.yaml': 'small'}",
        "{'a.yaml': 'larger'}",
    ]


def test_a_full_disk_is_a_sentence(tmp_path: Path, opened: Opening) -> None:
    """Here the file has as many pages as it may have; what it holds is read all the same."""
    database = opened(f"sqlite:///{tmp_path}/desk.db")
    write(database, "WR1")

    def fill() -> None:
        with database.writing() as connection:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
            add(connection, "WR2" * 100_000)

    with pytest.raises(StoreError, match=r"^the disk of the database is full$"):
        fill()
    assert written(database) == ["WR1"]


def test_a_database_that_can_only_be_read_is_a_sentence(database: str, opened: Opening) -> None:
    """As after the wrong one of two servers was made the first; what it holds is read all the same."""
    ours = opened(database)
    ours.upgrade()
    write(ours, "WR1")
    ours.close()
    with psycopg.connect(database, autocommit=True) as other:
        name = database.rpartition("/")[2]
        other.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    with pytest.raises(StoreError, match=r"^the database can only be read$"):
        write(ours, "WR2")
    assert written(ours) == ["WR1"]


def test_connections_that_the_server_ended_are_made_anew(database: str, opened: Opening) -> None:
    """What a restart leaves behind: each pooled connection is dead, and none of them is used."""
    ours = opened(database)
    ours.upgrade()
    with ours.reading(), ours.reading():
        pass  # two are pooled
    with psycopg.connect(database, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'desk' AND datname = current_database()"
        )
    write(ours, "WR1")
    assert written(ours) == ["WR1"]


def test_a_connection_that_is_lost_amid_a_transaction_is_a_sentence(database: str, opened: Opening) -> None:
    """And the next one is a new one."""
    ours = opened(database)
    ours.upgrade()

    def lose() -> None:
        with ours.writing() as connection, psycopg.connect(database, autocommit=True) as other:
            pid = connection.scalar(text("SELECT pg_backend_pid()"))
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
            add(connection, "WR0")

    with pytest.raises(StoreError, match="does not answer"):
        lose()
    write(ours, "WR1")
    assert written(ours) == ["WR1"]
