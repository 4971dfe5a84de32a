"""database: it answers, its tables are this release's, and they can be written.

A row is written and taken back; nothing is made. SQLite's tables are made and brought up to date when the
service starts; those of PostgreSQL by `desk db upgrade`, before a release begins to serve. Where a statement
takes longer than a tenth of a second posts are in danger: within 0.8 s without the database they are
answered inline instead. One that a newer release upgraded is in order: its tables have more than this one
reads.
"""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter

from app.doctor.deployment import Deployment
from app.doctor.findings import Finding, Verdict
from app.errors import SettingsError, StoreError
from app.settings import read_database_url
from app.storage import Database
from app.storage.versions import is_newer

NAME = "database"
VARIABLE = "DATABASE_URL"
SLOW = 100  # milliseconds
PATIENCE = 5.0  # seconds for each thing that is asked
LOOK = f"look at the server, and at {VARIABLE}"


def find(deployment: Deployment) -> Iterator[Finding]:
    """The first thing that is wrong with it, else how fast it is."""
    try:
        with closing(Database(read_database_url(deployment.environment).reveal())) as database:
            yield _found(database)
    except SettingsError as error:
        what, _, remedy = str(error).partition(": ")
        yield _error(what, remedy)
    except StoreError as error:
        what, _, remedy = str(error).partition(": ")
        yield _error(what, remedy or LOOK)


def _found(database: Database) -> Finding:
    file = database.file
    if database.is_in_memory:
        what = "it is in memory: what was promised is lost with each process"
        return Finding(NAME, Verdict.WARNING, what, VARIABLE, f"set {VARIABLE} to a file or a PostgreSQL")
    if file and not file.exists():
        return _unmade(file)
    version, is_current = database.within(PATIENCE, database.look)
    if not is_current:
        return _not_current(version, file)
    database.within(PATIENCE, database.rehearse)
    began = perf_counter()
    database.within(PATIENCE, database.ping)
    return answering(1000 * (perf_counter() - began), version if is_newer(version) else None)


def answering(milliseconds: float, newer: str | None = None) -> Finding:
    """What is said of one that is in order and answers in that time; `newer` is a later version than ours."""
    has = "has the tables of this release"
    if newer:
        has = (
            f"was upgraded by a newer release, to version {newer}: this one works with it, as steps only add"
        )
    what = f"it answers in {milliseconds:.1f} ms, can be written, and {has}"
    if milliseconds > SLOW:
        return Finding(NAME, Verdict.WARNING, what, VARIABLE, "bring it nearer to the service")
    return Finding(NAME, Verdict.OK, what, VARIABLE)


def _unmade(file: Path) -> Finding:
    folder = next(each for each in file.absolute().parents if each.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        return _error(
            f"{file} is not there, and cannot be made", f"make {folder} writable, or set {VARIABLE}"
        )
    return Finding(NAME, Verdict.OK, f"{file} will be made when the service starts", VARIABLE)


def _not_current(version: str | None, file: Path | None) -> Finding:
    has = f"has the tables of an older release, version {version}" if version else "has no tables yet"
    if file:
        return Finding(NAME, Verdict.OK, f"it {has}, and is brought up to date at the start", VARIABLE)
    return _error(f"it {has}", "run desk db upgrade")


def _error(what: str, remedy: str) -> Finding:
    return Finding(NAME, Verdict.ERROR, what, VARIABLE, remedy)
