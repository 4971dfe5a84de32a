"""The rules of each folder that last loaded without error."""

from collections.abc import Mapping
from datetime import datetime

import orjson
from sqlalchemy import select

from app.storage.database import Database
from app.storage.inserting import insert_into
from app.storage.tables import good_rules


class GoodRules:
    """What a new process falls back to where a folder is broken. Both raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep_rules(self, folder: str, version: str, files: Mapping[str, str], now: datetime) -> None:
        """Keeps a folder's rules, which loaded without error, in place of those before them."""
        row = {
            "folder": folder,
            "version": version,
            "files": orjson.dumps(files).decode(),
            "loaded_at": now,
        }
        with self._database.writing() as connection:
            keep = insert_into(good_rules, connection).values(row)
            connection.execute(keep.on_conflict_do_update(index_elements=["folder"], set_=row))

    def last_rules(self, folder: str) -> Mapping[str, str] | None:
        """The files of a folder's last good rules: text by name. None, where there never were any."""
        with self._database.reading() as connection:
            found = connection.scalar(select(good_rules.c.files).where(good_rules.c.folder == folder))
        return dict(orjson.loads(found)) if found else None
