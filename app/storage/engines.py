"""From an address to SQLAlchemy's engine. Making one opens no connection and makes no file."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from pkgutil import resolve_name
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine, StaticPool, create_engine, event, make_url
from sqlalchemy.engine import URL
from sqlalchemy.exc import ArgumentError

from app.errors import SettingsError

DRIVERS = frozenset({"sqlite", "postgresql+psycopg"})
IMMEDIATE = "BEGIN IMMEDIATE"
CONNECTIONS = 5  # that are kept; as many again for a moment
WAIT = 1.0  # seconds for one of them
BUSY = 0.5  # seconds for another process that writes into SQLite's file
RETRY = 0.002  # seconds until such a file is tried again
WRITES = "writes"  # the execution option of a transaction that is to write into SQLite's file
PATIENCE = "patience"  # the execution option with other seconds than BUSY for it


def make_engine(address: str) -> Engine:
    """The engine of an address. Raises SettingsError, which repeats nothing of it."""
    url = _url(address)
    if url.get_backend_name() == "postgresql":
        return _postgresql(url)
    return _sqlite(url)


def in_memory(engine: Engine) -> bool:
    """Whether the database is one connection's memory."""
    return engine.dialect.name == "sqlite" and _is_memory(engine.url)


def sqlite_file(engine: Engine) -> Path | None:
    """SQLite's file, None where it is none, or is named by a URI."""
    url = engine.url
    is_file = engine.dialect.name == "sqlite" and not _is_memory(url) and "uri" not in url.query
    return Path(str(url.database)) if is_file else None


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


def _postgresql(url: URL) -> Engine:
    try:
        # By name, since the driver is an extra, and its import takes longer than a command that needs none.
        connect: dict[str, object] = resolve_name("app.storage.postgresql:CONNECT")
        open_connection: Callable[..., Any] = resolve_name("app.storage.postgresql:open_connection")
        engine = create_engine(
            url,
            pool_pre_ping=True,
            pool_size=CONNECTIONS,
            max_overflow=CONNECTIONS,
            pool_timeout=WAIT,
            connect_args={name: value for name, value in connect.items() if name not in url.query},
        )
    except ImportError:
        message = "DATABASE_URL names PostgreSQL, and its driver is missing: pip install 'desk[postgres]'"
        raise SettingsError(message) from None

    @event.listens_for(engine, "do_connect")
    def connected(_dialect: object, _record: object, arguments: Any, named: dict[str, Any]) -> Any:
        return open_connection(arguments, named)

    return engine


def _sqlite(url: URL) -> Engine:
    if _is_memory(url):
        # Every thread sees the same memory: there is one connection, and one transaction at a time.
        pool: dict[str, Any] = {"poolclass": StaticPool}
    else:
        pool = {"pool_size": CONNECTIONS, "max_overflow": CONNECTIONS, "pool_timeout": WAIT}
    engine = create_engine(url, connect_args={"timeout": BUSY, "check_same_thread": False}, **pool)

    @event.listens_for(engine, "do_connect")
    def make_folder(*_: object) -> None:
        if not _is_memory(url) and "uri" not in url.query:
            Path(str(url.database)).parent.mkdir(parents=True, exist_ok=True)

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN: Python's would come with the first change only
        _log_ahead(connection)
        connection.execute("PRAGMA synchronous = FULL")  # what was promised survives a loss of power

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get(WRITES):
            _begin_to_write(connection, options.get(PATIENCE, BUSY))
        else:
            connection.exec_driver_sql("BEGIN")

    return engine


def _is_memory(url: URL) -> bool:
    return url.database in {None, "", ":memory:"}


def _begin_to_write(connection: Connection, seconds: float) -> None:
    """Begins as the only one who writes. Whoever reads first and then wants to write would be refused.

    SQLite's own wait grows to a tenth of a second between two looks: among several processes that write
    without a pause one would never get its turn.
    """
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA busy_timeout = 0")
    try:
        if not _succeeds(lambda: driver.execute(IMMEDIATE), seconds):
            connection.exec_driver_sql(IMMEDIATE)  # fails, and SQLAlchemy says why
    finally:
        driver.execute(f"PRAGMA busy_timeout = {BUSY * 1000:.0f}")


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Turns on the write-ahead log, which lets others read while one writes.

    Where several processes do so in a new file, SQLite refuses all but one at once, without waiting.
    """
    switch = "PRAGMA journal_mode = WAL"
    if not _succeeds(lambda: connection.execute(switch).fetchone(), BUSY):
        connection.execute(switch).fetchone()  # fails, and says why


def _succeeds(attempt: Callable[[], object], seconds: float) -> bool:
    """Whether it succeeds before the time is over, while other processes have the file in hand."""
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        try:
            attempt()
        except sqlite3.OperationalError as error:
            if not error.sqlite_errorname.startswith("SQLITE_BUSY"):
                return False
            sleep(RETRY)
        else:
            return True
    return False
