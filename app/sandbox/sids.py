"""SIDs: two letters that name the kind of resource, and 32 hexadecimal digits."""

import random
import re

_DIGITS = re.compile(r"[0-9a-fA-F]{32}")


class Sids:
    """Makes SIDs and secrets that are the same in every run with the same seed. Not safe across threads."""

    def __init__(self, seed: int) -> None:
        # Repeatable on purpose: these values name things in a sandbox and protect nothing.
        self._random = random.Random(seed)  # noqa: S311 - see the line above

    def new(self, prefix: str) -> str:
        """Return a SID, such as `WR` and 32 hexadecimal digits for the prefix `WR`."""
        return prefix + self.secret()

    def secret(self) -> str:
        """Return 32 hexadecimal digits, the form of an auth token."""
        return f"{self._random.getrandbits(128):032x}"


def is_sid(prefix: str, value: object) -> bool:
    """Tell whether the value is a well-formed SID of this kind, such as `WA` and 32 hexadecimal digits."""
    return (
        isinstance(value, str) and value.startswith(prefix) and bool(_DIGITS.fullmatch(value[len(prefix) :]))
    )
