"""The tables."""

from sqlalchemy import Column, DateTime, MetaData, String, Table, Text

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
