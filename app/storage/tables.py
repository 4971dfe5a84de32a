"""The tables. A change here needs a migration; a test compares the two."""

from sqlalchemy import (
    BigInteger,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    text,
)

from app.model import Doubt, Mode, Stage, State
from app.storage.columns import Document, Ended, Instructed, Moment, Named, Written

VERSION = "0002"  # of the last migration; versions are numbers, so that they compare
VERSION_TABLE = "alembic_version"

# As text: a partial index serves only a query whose condition the planner can read.
IS_PENDING = text("state = 'pending'")
IS_FINISHED = text("finished IS NOT NULL")

NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself as INTEGER alone

metadata = MetaData()

# The rules of each folder that last loaded without error, as text: what a new process falls back to.
good_rules = Table(
    "rules_last_loaded",
    metadata,
    Column("folder", Text, primary_key=True),  # its whole path
    Column("version", String(64), nullable=False),
    Column("files", Text, nullable=False),  # a JSON object: text by file name
    Column("loaded_at", DateTime(timezone=True), nullable=False),
)

# A `model.Delivery` each: one for a reservation, which makes a promise to happen once.
deliveries = Table(
    "deliveries",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("reservation_sid", Text, nullable=False, unique=True),
    Column("workspace_sid", Text, nullable=False),
    Column("task_sid", Text, nullable=False, index=True),
    Column("instruction", Instructed, nullable=False),
    Column("on_failure", Instructed),
    Column("rule", Written, nullable=False),
    Column("rules_version", Text, nullable=False),
    Column("telling", Written),
    Column("arrived", Moment, nullable=False),
    Column("deadline", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    Column("stage", Named(Stage), nullable=False),
    Column("state", Named(State), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("doubt", Named(Doubt), nullable=False),
    Column("due", Moment, nullable=False),
    Column("outcome", Ended),
    Column("finished", Moment),
    Column("leased_by", Written),
    Column("leased_until", Moment),
    Column("sent", Moment),
    sqlite_autoincrement=True,  # else the number of a row that was removed is given again
)
Index(
    "deliveries_pending",
    deliveries.c.due,
    deliveries.c.id,
    sqlite_where=IS_PENDING,
    postgresql_where=IS_PENDING,
)
Index("deliveries_finished", deliveries.c.finished, sqlite_where=IS_FINISHED, postgresql_where=IS_FINISHED)

# A `model.Attempt` each, in the order in which they were made.
attempts = Table(
    "attempts",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("delivery_id", NUMBER, ForeignKey("deliveries.id"), nullable=False, index=True),
    Column("number", Integer, nullable=False),
    Column("stage", Named(Stage), nullable=False),
    Column("kind", Written, nullable=False),
    Column("began", Moment, nullable=False),
    Column("ended", Moment, nullable=False),
    Column("outcome", Ended, nullable=False),
)

# The reservations that were rejected, by task: what `max_rejections` counts.
rejections = Table(
    "rejections",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("task_sid", Text, nullable=False),
    Column("reservation_sid", Text, nullable=False, unique=True),
    Column("at", Moment, nullable=False, index=True),
    sqlite_autoincrement=True,
)

# A `model.Saved` each, with what they are searched by. `delivery_id` is that of the promise that was made in
# the same transaction.
callbacks = Table(
    "callbacks",
    metadata,
    Column("id", NUMBER, primary_key=True),
    Column("received_at", Moment, nullable=False, index=True),
    Column("path", Text, nullable=False),
    Column("params", Document, nullable=False),
    Column("decision", Document, nullable=False),
    Column("task_sid", Written, nullable=False, index=True),
    Column("reservation_sid", Written, nullable=False, index=True),
    Column("worker_sid", Written, nullable=False),
    Column("task_type", Written, nullable=False),
    Column("rule", Written, nullable=False),
    Column("mode", Named(Mode), nullable=False),
    Column("delivery_id", NUMBER),
    sqlite_autoincrement=True,
)
