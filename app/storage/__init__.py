"""The database, and what is kept in it: `tables`, and a class for each family of rows."""

from app.storage.callbacks import Callbacks, Sought
from app.storage.database import Database
from app.storage.ledger import Ledger
from app.storage.rejections import Rejection, Rejections
from app.storage.removal import Removal, Removed
from app.storage.rules import GoodRules
from app.storage.statistics import Hits, Statistics

__all__ = [
    "Callbacks",
    "Database",
    "GoodRules",
    "Hits",
    "Ledger",
    "Rejection",
    "Rejections",
    "Removal",
    "Removed",
    "Sought",
    "Statistics",
]
