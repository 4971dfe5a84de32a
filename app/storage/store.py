"""The one way to the database: SQLite beside the service, PostgreSQL when there is more than one machine."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, func, make_url, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from app.errors import SettingsError, StoreError
from app.storage.tables import good_rules, metadata

TIMEOUT = 2  # seconds to connect, and to wait for another writer
DRIVERS = frozenset({"sqlite", "postgresql+psycopg"})
INSERT: Mapping[str, Callable[..., Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
TABLES_LOCK = 4_002_026  # any number, as long as nobody else of this database locks it


class Store:
    """A database. Making one opens no connection; each method raises StoreError when it cannot be reached."""

    def __init__(self, address: str) -> None:
        self._engine = _engine(_url(address))
        self._has_tables = False

    def ping(self) -> None:
        """Nothing, if the database answers."""
        with self._connection() as connection:
            connection.execute(text("SELECT 1"))

    def keep_rules(self, folder: str, version: str, files: Mapping[str, str], now: datetime) -> None:
        """Keeps a folder's rules, which loaded without error, in place of those before them."""
        row = {
            "folder": folder,
            "version": version,
            "files": orjson.dumps(files).decode(),
            "loaded_at": now,
        }
        with self._connection() as connection:
            keep = INSERT[connection.dialect.name](good_rules).values(row)
            connection.execute(keep.on_conflict_do_update(index_elements=["folder"], set_=row))

    def last_rules(self, folder: str) -> Mapping[str, str] | None:
        """The files of a folder's last good rules: text by name. None, where there never were any."""
        with self._connection() as connection:
            found = connection.execute(
                select(good_rules.c.files).where(good_rules.c.folder == folder)
            ).first()
        return dict(orjson.loads(found.files)) if found else None

    def close(self) -> None:
        self._engine.dispose()

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                if not self._has_tables:
                    _make_tables(connection)
                    self._has_tables = True
                yield connection
        except (SQLAlchemyError, OSError, ValueError) as error:
            cause = getattr(error, "orig", None) or error
            raise StoreError(f"the database does not answer ({type(cause).__name__})") from error


def _url(address: str) -> URL:
    scheme, colon, rest = address.partition("://")
    if scheme in {"postgres", "postgresql"}:
        scheme = "postgresql+psycopg"
    try:
        url = make_url(f"{scheme}{colon}{rest}")
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise SettingsError("DATABASE_URL cannot be read: write postgresql://USER@HOST:PORT/NAME") from None
    if url.drivername not in DRIVERS:
        raise SettingsError("DATABASE_URL must begin with sqlite:/// or postgresql://")
    return url


def _engine(url: URL) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True, pool_size=2, connect_args=_connect_args(url))
    except ImportError:
        message = "DATABASE_URL names PostgreSQL, and its driver is missing: pip install 'desk[postgres]'"
        raise SettingsError(message) from None


def _make_tables(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        # There `IF NOT EXISTS` fails when two processes make the same table at once.
        connection.execute(select(func.pg_advisory_xact_lock(TABLES_LOCK)))
    for table in metadata.sorted_tables:
        connection.execute(CreateTable(table, if_not_exists=True))


def _connect_args(url: URL) -> dict[str, object]:
    if url.get_backend_name() == "postgresql":
        return {"connect_timeout": TIMEOUT}
    if url.database and url.database != ":memory:":
        # SQLite makes the file, not its folder. Where that fails, so will connecting, and say so.
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            return {"timeout": TIMEOUT}
    return {"timeout": TIMEOUT}
