"""The journal: every callback with its decision, saved beside the requests."""

from app.journal.journal import Journal
from app.journal.noted import Noted, Packed, Taken, pack, unpack

__all__ = ["Journal", "Noted", "Packed", "Taken", "pack", "unpack"]
