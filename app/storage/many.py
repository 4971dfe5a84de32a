"""Many rows at once.

SQLite gets a statement for many of them. Row by row its driver would let go of Python's lock and ask for it
again each time: beside a thread that answers requests that takes far longer than the rows themselves.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Dialect, Table, insert

MOST_VALUES = 999  # of one statement, that every SQLite takes

Row = Mapping[str, object]


def insert_many(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Adds rows that have the same columns."""
    if connection.dialect.name != "sqlite":
        connection.execute(insert(table), rows)
        return
    names = tuple(rows[0])
    writers = _writers(table, names, connection.dialect)
    most, start = MOST_VALUES // len(names), 0
    while left := min(most, len(rows) - start):
        some = rows[start : start + 2 ** (left.bit_length() - 1)]
        start += len(some)
        values = tuple(write(row[name]) for row in some for name, write in writers)
        connection.exec_driver_sql(_statement(table, names, len(some)), values)


@lru_cache(maxsize=32)
def _writers(
    table: Table, names: tuple[str, ...], dialect: Dialect
) -> list[tuple[str, Callable[[Any], object]]]:
    """For each column what makes of a value that which its driver takes."""
    types = [(name, table.columns[name].type.dialect_impl(dialect)) for name in names]
    return [(name, kind.bind_processor(dialect) or _as_it_is) for name, kind in types]


@lru_cache(maxsize=256)
def _statement(table: Table, names: tuple[str, ...], count: int) -> str:
    row = f"({', '.join('?' * len(names))})"
    return f"INSERT INTO {table.name} ({', '.join(names)}) VALUES {', '.join([row] * count)}"  # noqa: S608  ours


def _as_it_is(value: object) -> object:
    return value
