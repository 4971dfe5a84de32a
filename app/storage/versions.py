"""Which version the tables have, and the way to this release's."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pkgutil import resolve_name
from typing import Any

from sqlalchemy import Connection, column, inspect, select, table, text

from app.storage.tables import VERSION, VERSION_TABLE

PATIENCE = 10  # seconds for others that upgrade the same SQLite file
TABLES_LOCK = 4_002_026  # any number, as long as nobody else of this database locks it


def version_of(connection: Connection) -> str | None:
    """The version of the tables, None without any. A later one than ours serves us too: steps only add."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    version: str | None = connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
    return version


def is_current(version: str | None) -> bool:
    return version is not None and version >= VERSION


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
    """More time than a callback has, for this connection."""
    driver: Any = connection.connection.driver_connection
    if connection.dialect.name == "sqlite":
        (usual,) = driver.execute("PRAGMA busy_timeout").fetchone()
        driver.execute(f"PRAGMA busy_timeout = {PATIENCE * 1000}")
        try:
            yield
        finally:
            driver.execute(f"PRAGMA busy_timeout = {usual}")
    else:
        driver.patience = None
        try:
            yield
        finally:
            del driver.patience
