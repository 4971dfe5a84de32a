"""What went wrong, in a sentence that holds no address, no password, no SQL and no row."""

from collections.abc import Mapping

from sqlalchemy.exc import DBAPIError, StatementError

UPGRADE = "run `desk db upgrade`"

# By SQLite's name of an error, which may go on after these, and by PostgreSQL's SQLSTATE.
SENTENCES: Mapping[str, str] = {
    "SQLITE_BUSY": "the database is locked by another process",
    "SQLITE_FULL": "the disk of the database is full",
    "SQLITE_IOERR": "the disk of the database fails",
    "SQLITE_READONLY": "the database can only be read",
    "SQLITE_CORRUPT": "the database is damaged",
    "SQLITE_NOTADB": "the file is no SQLite database",
    "25006": "the database can only be read",
    "42501": "the role of DATABASE_URL may not do it: it needs to read and to write all tables",
    "42P01": f"the database lacks a table: {UPGRADE}",
    "53100": "the disk of the database is full",
    "55P03": "the database waited too long for a lock",
    "57014": "the database took too long",
}
REFUSED = "FATAL:"  # of a connection that is not made psycopg tells no SQLSTATE, only what the server said


def is_lost(error: Exception) -> bool:
    """Whether the connection went with it."""
    return isinstance(error, DBAPIError) and error.connection_invalidated


def sentence(error: Exception, *, lost: bool) -> str:
    """The sentence for an error, which came while connecting or with a lost connection, or did not."""
    cause = error.orig if isinstance(error, StatementError) and error.orig else error
    name = getattr(cause, "sqlite_errorname", None) or getattr(cause, "sqlstate", None) or ""
    for code, known in SENTENCES.items():
        if name.startswith(code):
            return known
    if lost and REFUSED in str(cause):
        return "the server refuses the connection: its log says why; look at name, password and database"
    did = "does not answer" if lost else "did not do what was asked"
    return f"the database {did} ({type(cause).__name__})"
