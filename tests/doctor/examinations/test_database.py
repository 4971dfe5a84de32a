"""The database: reached, current, and writable - and left as it was."""

from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text

from app.doctor.examinations import database as examination
from app.storage import Database
from tests.conftest import Opening
from tests.doctor.examined import examined


def found(address: str) -> tuple[str, str, str]:
    [said] = examined(examination, {"DATABASE_URL": address})
    return said


def test_one_that_is_in_order(address: str, opened: Opening) -> None:
    """How fast it is; nothing stays in it."""
    database = opened(address)
    database.ping()
    verdict, what, _ = found(address)
    assert verdict == "ok"
    assert what.startswith("it answers in ")
    assert what.endswith(" ms, can be written, and has the tables of this release")
    with database.reading() as connection:
        assert connection.scalar(text("SELECT count(*) FROM rules_last_loaded")) == 0


def test_one_that_a_newer_release_upgraded(address: str, opened: Opening) -> None:
    """It can be used, and its tables are not said to be this release's."""
    database = opened(address)
    database.upgrade()
    with database.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    verdict, what, remedy = found(address)
    assert (verdict, remedy) == ("ok", "")
    said = "was upgraded by a newer release, to version 9999: this one works with it, as steps only add"
    assert what.endswith(f" ms, can be written, and {said}")


def test_a_file_that_is_not_there_yet(tmp_path: Path) -> None:
    """It is not made either."""
    file = tmp_path / "not" / "yet" / "desk.db"
    assert found(f"sqlite:///{file}") == ("ok", f"{file} will be made when the service starts", "")
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_made(tmp_path: Path) -> None:
    """Which folder is in the way."""
    (tmp_path / "file").touch()
    verdict, what, remedy = found(f"sqlite:///{tmp_path}/file/desk.db")
    assert (verdict, what) == ("error", f"{tmp_path}/file/desk.db is not there, and cannot be made")
    assert remedy == f"make {tmp_path}/file writable, or set DATABASE_URL"


def test_a_file_without_tables(tmp_path: Path) -> None:
    """SQLite's are made at the start, and not before."""
    file = tmp_path / "desk.db"
    file.touch()
    for _ in range(2):
        said = ("ok", "it has no tables yet, and is brought up to date at the start", "")
        assert found(f"sqlite:///{file}") == said


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    """A sentence of the store."""
    file = tmp_path / "desk.db"
    file.write_text("this is no database at all" * 100)
    assert found(f"sqlite:///{file}")[0] == "error"


def test_one_in_memory() -> None:
    """Each process would have its own."""
    verdict, what, remedy = found("sqlite://")
    assert (verdict, what) == ("warning", "it is in memory: what was promised is lost with each process")
    assert remedy == "set DATABASE_URL to a file or a PostgreSQL"


@pytest.mark.parametrize(("milliseconds", "verdict"), [(0.4, "ok"), (99.9, "ok"), (100.1, "warning")])
def test_how_fast_it_is(milliseconds: float, verdict: str) -> None:
    """A tenth of a second is too slow for a callback that waits for it."""
    assert examination.answering(milliseconds).verdict == verdict


def test_postgresql_before_a_release(database: str, opened: Opening) -> None:
    """The command that is missing."""
    assert found(database) == ("error", "it has no tables yet", "run desk db upgrade")
    opened(database).upgrade()
    assert found(database)[0] == "ok"
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '0001'")
    said = ("error", "it has the tables of an older release, version 0001", "run desk db upgrade")
    assert found(database) == said


def test_postgresql_that_can_only_be_read(database: str, opened: Opening) -> None:
    """A standby, say."""
    opened(database).upgrade()
    name = database.rpartition("/")[2]
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on".encode())
    verdict, what, remedy = found(database)
    assert (verdict, what) == ("error", "the database can only be read")
    assert remedy == "look at the server, and at DATABASE_URL"


def test_nobody_answers() -> None:
    """Neither address nor password is said."""
    verdict, what, _ = found("postgresql://desk:hunter2@127.0.0.1:1/desk")
    assert verdict == "error"
    assert what.startswith("the database does not answer")
    assert "127.0.0.1" not in what


@pytest.mark.parametrize("address", ["mysql://desk:hunter2@db/desk", "postgres://db:hunter2/x"])
def test_an_address_that_cannot_be_read(address: str) -> None:
    """What it should look like."""
    verdict, what, _ = found(address)
    assert verdict == "error"
    assert what.startswith("DATABASE_URL ")


def test_the_default_has_a_file() -> None:
    """Of other databases there is none."""
    assert Database("sqlite:///instance/desk.db").file == Path("instance/desk.db")
    assert Database("sqlite://").file is None
    assert Database("sqlite:///file:desk.db?uri=true").file is None
    assert Database("postgresql://desk@db/desk").file is None
