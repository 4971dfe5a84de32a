"""The database: `tables` and the one Store."""

from app.storage.store import Store

__all__ = ["Store"]
