"""The one way to the database: SQLite beside the service, PostgreSQL when there is more than one machine."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import TypeVar

from sqlalchemy import Connection, insert, text
from sqlalchemy.exc import SQLAlchemyError

from app.errors import StoreError
from app.storage.bounding import Bounds, Circuit
from app.storage.engines import BUSY, WRITES, in_memory, make_engine, sqlite_file
from app.storage.sentences import UPGRADE, is_lost, sentence
from app.storage.tables import good_rules
from app.storage.versions import is_current, upgrade, version_of

PING = 0.8  # seconds
FAILURES = (SQLAlchemyError, OSError, ValueError)

T = TypeVar("T")


class _TakenBack(Exception):
    """Ends a transaction that was a rehearsal."""


class Database:
    """A database. Making one opens no connection; what is asked raises StoreError when it cannot be done.

    One that was lost is used again as soon as it is back. `close` it before a fork: nothing of it may be
    shared between processes.
    """

    def __init__(self, address: str) -> None:
        self._engine = make_engine(address)
        self._is_sqlite = self._engine.dialect.name == "sqlite"
        self._in_memory = in_memory(self._engine)
        self._writer = Lock()
        self._is_ready = False
        self._circuit = Circuit()
        self._bounds = Bounds(self._circuit)

    @property
    def is_of_one_machine(self) -> bool:
        """Whether it is a file, or less, that processes elsewhere do not see."""
        return self._is_sqlite

    @property
    def is_in_memory(self) -> bool:
        """Whether it ends with the process, and each process has one of its own."""
        return self._in_memory

    @property
    def file(self) -> Path | None:
        """SQLite's file, None where there is none."""
        return sqlite_file(self._engine)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that changes nothing."""
        with self._one_writer(self._in_memory), self._transaction(writes=False) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction; in SQLite the only one that writes, from its first statement.

        Where the connection is lost while it ends, it may have been done in spite of the StoreError.
        """
        with self._one_writer(self._is_sqlite), self._transaction(writes=True) as connection:
            yield connection

    def within(
        self, seconds: float, operation: Callable[[], T], undo: Callable[[T], object] | None = None
    ) -> T:
        """The operation's result, unless it takes longer: then StoreError, and its late result is undone.

        The operation runs in another thread. For half a second after the database was found lost it is not
        even tried.
        """
        return self._bounds.within(seconds, operation, undo)

    def ping(self) -> None:
        """Nothing, if the database answers within 0.8 s and has its tables."""
        self.within(PING, self._ask)

    def look(self) -> tuple[str | None, bool]:
        """The version of the tables, None without any, and whether it serves us. Nothing is upgraded."""
        with self._connected() as connection, connection.begin():
            found = version_of(connection)
        return found, is_current(found)

    def rehearse(self) -> None:
        """Nothing, if it can be written: a row is written, and taken back."""
        row = {"folder": "", "version": "", "files": "{}", "loaded_at": datetime.now(UTC)}
        with suppress(_TakenBack), self.writing() as connection:
            connection.execute(insert(good_rules), row)
            raise _TakenBack

    def upgrade(self) -> tuple[str | None, str]:
        """Brings the tables up to date; their version before (None without tables) and after."""
        with self._one_writer(self._is_sqlite), self._connected() as connection:
            return upgrade(connection)

    def close(self) -> None:
        """Ends connections and threads; they begin anew when something is asked."""
        self._bounds.close()
        self._engine.dispose()

    def _ask(self) -> None:
        with self.reading() as connection:
            connection.execute(text("SELECT 1"))

    @contextmanager
    def _one_writer(self, is_needed: bool) -> Iterator[None]:
        """Threads take turns here, since SQLite's own way to wait is neither fair nor quick."""
        if is_needed and not self._writer.acquire(timeout=BUSY):
            raise StoreError("the database is busy with another thread")
        try:
            yield
        finally:
            if is_needed:
                self._writer.release()

    @contextmanager
    def _transaction(self, *, writes: bool) -> Iterator[Connection]:
        with self._connected() as connection:
            self._prepare(connection)
            with connection.execution_options(**{WRITES: writes}).begin():
                yield connection
        self._circuit.mend()

    @contextmanager
    def _connected(self) -> Iterator[Connection]:
        connected = False
        try:
            with self._engine.connect() as connection:
                connected = True
                yield connection
        except FAILURES as error:
            lost = not connected or is_lost(error)
            if lost:
                self._circuit.trip()
            self._is_ready = False  # it may be another database when it is back
            raise StoreError(sentence(error, lost=lost)) from error

    def _prepare(self, connection: Connection) -> None:
        """Sees once that the tables are there. SQLite's are made; PostgreSQL's come with a release."""
        if self._is_ready:
            return
        with connection.begin():
            found = version_of(connection)
        if not is_current(found) and not self._is_sqlite:
            lack = "is older than this release" if found else "has no tables yet"
            raise StoreError(f"the database {lack}: {UPGRADE}")
        if not is_current(found):
            upgrade(connection)
        self._is_ready = True
