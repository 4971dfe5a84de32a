"""What an examination finds: frozen values, complete at birth."""

from dataclasses import asdict, dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a part of the deployment is. What was SKIPPED could not be looked at, and is not known."""

    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Finding:
    """One result of an examination. No field holds a secret, or a value that came with a callback.

    `what` is a whole sentence, `where` names the place for programs - a variable, a file, a SID - and
    `remedy` says what mends it.
    """

    examination: str
    verdict: Verdict
    what: str
    where: str = ""
    remedy: str = ""

    def as_object(self) -> dict[str, str]:
        """The finding for programs."""
        return {name: str(value) for name, value in asdict(self).items()}
