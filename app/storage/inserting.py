"""Inserting where the row may be there already, which standard SQL has no words for."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

INSERT: Mapping[str, Callable[..., Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


def insert_into(table: Table, connection: Connection) -> Any:
    """An insert into the table that has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    return INSERT[connection.dialect.name](table)
