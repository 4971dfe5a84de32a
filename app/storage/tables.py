"""The tables."""

from sqlalchemy import Column, DateTime, MetaData, String, Table, Text

metadata = MetaData()

# Rule sets that were loaded without error, as text: the last one is what a new process falls back to.
good_rules = Table(
    "good_rules",
    metadata,
    Column("version", String(64), primary_key=True),
    Column("files", Text, nullable=False),  # a JSON object: text by file name
    Column("loaded_at", DateTime(timezone=True), nullable=False),
)
