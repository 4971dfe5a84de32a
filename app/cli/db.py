"""`desk db`: the database itself."""

from contextlib import closing

import click

from app.settings import process_environment, read_database_url
from app.storage import Database
from app.storage.versions import is_newer


@click.group(short_help="Prepares the database.")
def db() -> None:
    """Prepares the database that DATABASE_URL names; no other variable is needed."""


@db.command(short_help="Brings the tables up to date.")
def upgrade() -> None:
    """Brings the tables up to the version of this release, without losing a row.

    Run it before a release begins to serve on PostgreSQL; SQLite does it by itself. It may run again, and
    several times at once. The release before this one can go on meanwhile. Tables that a newer release
    upgraded stay as they are.

    Exits 0 when the tables are up to date, 1 when the database cannot be used, 2 when DATABASE_URL is wrong.

    \b
    Examples:
      desk db upgrade
      DATABASE_URL=postgresql://desk@db.internal/desk desk db upgrade
    """
    with closing(Database(read_database_url(process_environment()).reveal())) as database:
        before, after = database.upgrade()
    click.echo(_done(before, after))


def _done(before: str | None, after: str) -> str:
    if before is None:
        return f"database: tables made, version {after}"
    if is_newer(before):
        newer = f"upgraded by a newer release, version {before}"
        return f"database: {newer}: this one works with it, as steps only add"
    if before == after:
        return f"database: up to date, version {after}"
    return f"database: upgraded from version {before} to {after}"
