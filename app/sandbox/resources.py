"""The resources of a workspace as the sandbox keeps them. Only TaskRouter changes them; everybody may read.

Times are aware datetimes. `version` counts changes and becomes the ETag. `serial` is the order of creation.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from app.sandbox.faults import RequestFault

Status = Literal[
    "pending", "accepted", "rejected", "timeout", "canceled", "rescinded", "wrapping", "completed"
]
"""What a reservation can be, per the Reservation page."""

STATUSES: tuple[Status, ...] = get_args(Status)
LIVE: frozenset[Status] = frozenset({"pending", "accepted", "wrapping"})
"""The statuses in which a reservation still binds its worker."""

CALLS = frozenset({"dequeue", "call", "redirect", "conference"})
"""The instructions that make a call to the worker, or move the caller's."""

TaskStatus = Literal["pending", "reserved", "assigned", "canceled", "completed"]


@dataclass(frozen=True, slots=True)
class Activity:
    """What a worker does: `WA…`, a name, and whether tasks may come."""

    sid: str
    name: str
    available: bool


@dataclass(frozen=True, slots=True)
class Alert:
    """A line of Twilio's debugger: code of the error dictionary, sentence, whose answer it was, and when."""

    code: int
    text: str
    reservation_sid: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Answer:
    """What one callback URL answered; without an answer `status` is None and `failure` says why."""

    url: str
    status: int | None
    content_type: str
    body: bytes
    milliseconds: float
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Update:
    """One POST to a reservation: the raw form as it arrived, and what TaskRouter made of it.

    `http_status` is 200 when it was applied, and 0 when a fault kept it from TaskRouter. `code` is Twilio's
    error code of a refused one, else 0; `outcome` is the sentence that goes with it. With a `fault` the
    client got something else, or nothing.
    """

    at: datetime
    body: bytes
    http_status: int
    code: int
    outcome: str
    fault: RequestFault = "ok"

    @property
    def applied(self) -> bool:
        """Whether it was carried out, whatever the client got to know."""
        return self.http_status == 200

    @property
    def arrived(self) -> bool:
        """Whether TaskRouter carried it out or refused it."""
        return self.http_status != 0


@dataclass(slots=True, eq=False)
class Worker:
    """A worker: `WK…`, name, attributes, and the activity that says whether tasks may come."""

    sid: str
    serial: int
    name: str
    attributes: dict[str, Any]
    activity: Activity
    created: datetime
    updated: datetime
    idle_since: datetime
    version: int = 0


@dataclass(slots=True, eq=False)
class Task:
    """A task: `WT…`, attributes, priority, and how long it may wait in seconds."""

    sid: str
    serial: int
    attributes: dict[str, Any]
    priority: int
    timeout: int
    workflow_sid: str
    created: datetime
    updated: datetime
    status: TaskStatus = "pending"
    reason: str = ""
    rejections: int = 0
    version: int = 0


@dataclass(slots=True, eq=False)
class Reservation:
    """A task reserved for a worker, with everything that was sent and received about it.

    `callback` holds the parameters of the assignment callback, `answers` what the callback URL and the
    fallback URL said, `updates` the POSTs over REST, `applied` the instructions that were carried out, inline
    or over REST and in this order, `outcome` a sentence: what TaskRouter made of it all.
    """

    sid: str
    serial: int
    task: Task
    worker: Worker
    created: datetime
    updated: datetime
    deadline: datetime
    status: Status = "pending"
    outcome: str = "pending"
    callback: dict[str, str] = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    updates: list[Update] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)
    alerts: list[Alert] = field(default_factory=list)
    version: int = 0

    @property
    def milliseconds(self) -> float:
        """How long the callback took, both URLs together."""
        return sum(answer.milliseconds for answer in self.answers)

    @property
    def legs(self) -> int:
        """How many calls were made or moved for it: with two, somebody's phone rang twice."""
        return sum(instruction in CALLS for instruction in self.applied)

    @property
    def settled(self) -> bool:
        """No longer pending, or updated over REST at least once."""
        return self.status != "pending" or any(update.arrived for update in self.updates)
