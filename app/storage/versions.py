"""Which version the tables have, and the way to this release's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pkgutil import resolve_name
from typing import Any

from sqlalchemy import Connection, column, inspect, select, table, text

from app.storage.engines import BUSY, PATIENCE, WRITES
from app.storage.tables import VERSION, VERSION_TABLE

UPGRADING = 10.0  # seconds for others that upgrade the same SQLite file
TABLES_LOCK = 4_002_026  # any number, as long as nobody else of this database locks it


def version_of(connection: Connection) -> str | None:
    """The version of the tables, None without any. A later one than ours serves us too: steps only add."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
    return version


def is_current(version: str | None) -> bool:
    return version is not None and version >= VERSION


def is_newer(version: str | None) -> bool:
    """Whether a newer release made the tables so. This one works with them: steps only add."""
    return version is not None and version > VERSION


def upgrade(connection: Connection) -> tuple[str | None, str]:
    """Takes the missing steps in a transaction; the version before and after. Several at once are safe."""
    with _patience(connection), connection.begin():
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            connection.execute(text("SET LOCAL lock_timeout = '60s'"))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({TABLES_LOCK})"))
        before = version_of(connection)
        if is_current(before):
            return before, str(before)
        # By name, since alembic takes longer to import than most commands that need none of it.
        take_steps: Callable[[Connection], None] = resolve_name("app.storage.upgrading:take_steps")
        take_steps(connection)
        return before, VERSION


@contextmanager
def _patience(connection: Connection) -> Iterator[None]:
    """More time than a callback has."""
    driver: Any = connection.connection.driver_connection
    connection.execution_options(**{WRITES: True, PATIENCE: UPGRADING})
    driver_waits = connection.dialect.name == "postgresql"
    if driver_waits:
        driver.patience = None
    try:
        yield
    finally:
        connection.execution_options(**{PATIENCE: BUSY})
        if driver_waits:
            del driver.patience
