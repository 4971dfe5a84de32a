"""Everything that can be wrong with rules, one check a file: its manual and, where one is needed, its function.

What keeps rules from being used is found while they are read: the modules of `READING` are manuals alone. So
are those of `DECIDING`, for what is found when a callback is decided. The modules of `LINTS` look for what is
allowed and had better not be written.
"""

from collections.abc import Iterator, Sequence
from types import ModuleType

from app.engine.checks import default_can_fail, never_holds, unlikely_reference
from app.engine.source import SourceFile
from app.engine.written import Written
from app.model import Problem

READING: tuple[ModuleType, ...] = ()
LINTS: tuple[ModuleType, ...] = (never_holds, unlikely_reference, default_can_fail)
DECIDING: tuple[ModuleType, ...] = ()


def checked(written: Written, files: Sequence[SourceFile]) -> Iterator[Problem]:
    """What the lints find, but for what a comment in the file silences."""
    for lint in LINTS:
        yield from lint.find(written)
