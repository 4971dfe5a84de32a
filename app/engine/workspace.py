"""What Twilio has of that which rules name: activities, numbers and workers, as they were when asked for."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Activity:
    """What a worker can be at; `is_available` where tasks are offered to those who are."""

    sid: str
    name: str
    is_available: bool

    def __str__(self) -> str:
        return f"{self.name} ({self.sid})"


@dataclass(frozen=True, slots=True)
class Worker:
    """A worker, and the contact_uri of the attributes: None where there is none, or no text."""

    sid: str
    contact_uri: object


@dataclass(frozen=True, slots=True)
class Workspace:
    """A workspace, or several together, whose tasks the rules decide. Activities are by SID.

    `numbers` are those that the account may call from, in E.164; None where that is not known.
    """

    activities: Mapping[str, Activity]
    workers: tuple[Worker, ...]
    numbers: frozenset[str] | None = None
