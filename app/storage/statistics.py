"""What rules did, summed up by the database."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Text, case, func, or_, select, type_coerce

from app.model import State
from app.storage.callbacks import Sought, conditions
from app.storage.database import Database
from app.storage.tables import callbacks, deliveries

FAILED = (State.DEAD, State.AMBIGUOUS)
# A decision's instruction in the text of its JSON, as either writer has it. A quote within a text is escaped
# there, so no caller's text can look like this.
REJECTS = ('%"instruction":{"instruction":"reject"%', '%"instruction": {"instruction": "reject"%')


@dataclass(frozen=True, slots=True)
class Hits:
    """What a rule decided: how often, when last, and how often it rejected."""

    hits: int
    last: datetime
    rejections: int


class Statistics:
    """Sums over a time, by the name of the rule, or `default`. Each method raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def hits(self, since: datetime | None, until: datetime | None) -> Mapping[str, Hits]:
        """Of the callbacks that came then."""
        columns = callbacks.c
        rejections = func.sum(case((_rejects(), 1), else_=0))
        asked = select(columns.rule, func.count(), func.max(columns.received_at), rejections)
        asked = asked.where(*conditions(Sought(since=since, until=until))).group_by(columns.rule)
        with self._database.reading() as connection:
            return {rule: Hits(*sums) for rule, *sums in connection.execute(asked)}

    def failures(self, since: datetime | None, until: datetime | None) -> Mapping[str, int]:
        """How many deliveries failed for good, or may have, of those whose callback came then."""
        columns = deliveries.c
        asked = select(columns.rule, func.count()).where(columns.state.in_(FAILED)).group_by(columns.rule)
        if since is not None:
            asked = asked.where(columns.arrived >= since)
        if until is not None:
            asked = asked.where(columns.arrived < until)
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(asked)}


def _rejects() -> ColumnElement[Any]:
    # As text: PostgreSQL's own JSON takes no NUL, which a caller's text may hold.
    written = type_coerce(callbacks.c.decision, Text)
    return or_(*(written.like(pattern) for pattern in REJECTS))
