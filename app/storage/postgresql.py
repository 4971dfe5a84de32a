"""PostgreSQL through psycopg, with an end to every wait. Imported where an address names PostgreSQL."""

from collections.abc import Generator
from time import monotonic
from typing import Any, TypeVar

import psycopg

T = TypeVar("T")

# libpq knows no shorter time to connect, and no time at all for a server that stops while it answers:
# a peer that is gone is found by the keepalives, one that is silent by `PATIENCE`.
CONNECT: dict[str, object] = {
    "connect_timeout": 2,  # seconds
    "tcp_user_timeout": 3000,  # milliseconds
    "keepalives_idle": 5,  # seconds, as the next
    "keepalives_interval": 1,
    "keepalives_count": 3,
    "application_name": "desk",
}
PATIENCE = 2.0  # seconds for one answer: more than the server allows itself
# Set by a statement, since a connection pooler refuses most of what comes with the connection itself.
SESSION = (
    "SET statement_timeout = '1s'; SET lock_timeout = '500ms'; "
    "SET idle_in_transaction_session_timeout = '5s'; SET timezone = 'UTC'"
)


class PatientConnection(psycopg.Connection[Any]):
    """A connection that is closed where an answer takes longer than `patience` seconds; None is for ever."""

    patience: float | None = PATIENCE

    def wait(self, gen: Generator[Any, Any, T], *args: Any, **named: Any) -> T:
        if self.patience is None:
            return super().wait(gen, *args, **named)
        try:
            return super().wait(_until(monotonic() + self.patience, gen), *args, **named)
        except _Silent as error:
            self.close()
            raise psycopg.OperationalError("the server does not answer") from error


class _Silent(Exception):
    """No answer came in time."""


def _until(deadline: float, steps: Generator[Any, Any, T]) -> Generator[Any, Any, T]:
    """The same steps, which end at the deadline. psycopg goes on with a false value where nothing came."""
    try:
        wanted = next(steps)
        while True:
            ready = yield wanted
            if not ready and monotonic() >= deadline:
                raise _Silent
            wanted = steps.send(ready)
    except StopIteration as ended:
        result: T = ended.value
        return result


def open_connection(arguments: tuple[Any, ...], named: dict[str, Any]) -> PatientConnection:
    """A connection whose statements and locks have an end on the server too."""
    connection = PatientConnection.connect(*arguments, **named)
    try:
        connection.autocommit = True
        connection.execute(SESSION)
        connection.autocommit = False
    except BaseException:
        connection.close()
        raise
    return connection
