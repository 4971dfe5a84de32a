"""SIDs: two letters that name the kind of resource, and 32 hexadecimal digits."""

import random
import re

_DIGITS = re.compile(r"[0-9a-fA-F]{32}")


class Sids:
    """Makes SIDs and secrets that are the same in every run with the same seed. Not safe across threads.

    The third worker has the same SID in every run, however many tasks were made before it.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._sources: dict[str, random.Random] = {}

    def new(self, prefix: str) -> str:
        """Return a SID, such as `WR` and 32 hexadecimal digits for the prefix `WR`."""
        return prefix + self._digits(prefix)

    def secret(self) -> str:
        """Return 32 hexadecimal digits, the form of an auth token."""
        return self._digits("")

    def _digits(self, kind: str) -> str:
        # Repeatable on purpose: these values name things in a sandbox and protect nothing.
        if kind not in self._sources:
            self._sources[kind] = random.Random(f"{kind} {self._seed}")  # noqa: S311 - see the line above
        return f"{self._sources[kind].getrandbits(128):032x}"


def is_sid(prefix: str, value: object) -> bool:
    """Tell whether the value is a well-formed SID of this kind, such as `WA` and 32 hexadecimal digits."""
    return (
        isinstance(value, str) and value.startswith(prefix) and bool(_DIGITS.fullmatch(value[len(prefix) :]))
    )
