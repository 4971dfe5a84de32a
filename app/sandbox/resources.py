"""The resources of a workspace as the sandbox keeps them. Only TaskRouter changes them; everybody may read.

Times are aware datetimes. `version` counts changes and becomes the ETag. `serial` is the order of creation.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, get_args

from app.sandbox.configuration import Routing, Target
from app.sandbox.expressions import ALWAYS, Expression
from app.sandbox.faults import CallbackFault, RequestFault

Status = Literal[
    "pending", "accepted", "rejected", "timeout", "canceled", "rescinded", "wrapping", "completed"
]
"""What a reservation can be, per the Reservation page."""

STATUSES: tuple[Status, ...] = get_args(Status)
LIVE: frozenset[Status] = frozenset({"pending", "accepted", "wrapping"})
"""The statuses in which a reservation still binds its worker."""

CALLS = frozenset({"dequeue", "call", "redirect", "conference"})
"""The instructions that make a call to the worker, or move the caller's."""

TaskStatus = Literal["pending", "reserved", "assigned", "wrapping", "canceled", "completed"]
TASK_STATUSES: tuple[TaskStatus, ...] = get_args(TaskStatus)

TaskOrder = Literal["FIFO", "LIFO"]


@dataclass(slots=True, eq=False)
class Activity:
    """What a worker does: `WA…`, a name, and whether tasks may come."""

    sid: str
    serial: int
    name: str
    available: bool
    created: datetime
    updated: datetime
    version: int = 0


@dataclass(slots=True, eq=False)
class TaskQueue:
    """Tasks that wait for one kind of worker: `WQ…`, and the expression that its workers satisfy.

    A worker who is reserved moves to `reservation_activity`, and one who accepted to `assignment_activity`,
    where these are set.
    """

    sid: str
    serial: int
    name: str
    created: datetime
    updated: datetime
    target_workers: Expression = ALWAYS
    max_reserved_workers: int = 1
    task_order: TaskOrder = "FIFO"
    reservation_activity: Activity | None = None
    assignment_activity: Activity | None = None
    version: int = 0


@dataclass(slots=True, eq=False)
class Workflow:
    """The way of tasks to queues: `WW…`, the configuration as it was given and as it was read, and the URLs.

    `reservation_timeout` is how many seconds a worker has to answer.
    """

    sid: str
    serial: int
    name: str
    configuration: str
    routing: Routing
    created: datetime
    updated: datetime
    callback_url: str = ""
    fallback_url: str = ""
    reservation_timeout: int = 120
    version: int = 0


@dataclass(frozen=True, slots=True)
class Alert:
    """A line of Twilio's debugger: code of the error dictionary, sentence, whose answer it was, and when."""

    serial: int
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
    """A worker: `WK…`, name, attributes, and the activity that says whether tasks may come.

    `idle_since` is when the worker last became free, `activity_since` when the activity last changed.
    `memberships` remembers by queue what its expression said of this worker; whoever changes the name or the
    attributes empties it.
    """

    sid: str
    serial: int
    name: str
    attributes: dict[str, Any]
    activity: Activity
    created: datetime
    updated: datetime
    idle_since: datetime
    activity_since: datetime
    memberships: dict[str, tuple[Expression, bool]] = field(default_factory=dict)
    version: int = 0


@dataclass(slots=True, eq=False)
class Task:
    """A task: `WT…`, attributes, priority, and how long it may wait in seconds.

    Its age in a queue counts from `virtual_start`, which is when it was created unless the client says other.
    `steps` are the targets on its way through the workflow, none before it entered; `step` is the one where
    it stands since `queued`, until `step_until` if that has an end. `closed` is when it was canceled or
    completed.
    """

    sid: str
    serial: int
    attributes: dict[str, Any]
    priority: int
    timeout: int
    workflow: Workflow
    queue: TaskQueue
    created: datetime
    updated: datetime
    queued: datetime
    virtual_start: datetime
    channel: str = "default"
    steps: tuple[Target, ...] = ()
    step: int = 0
    step_until: datetime | None = None
    status: TaskStatus = "pending"
    reason: str = ""
    rejections: int = 0
    closed: datetime | None = None
    version: int = 0


@dataclass(slots=True, eq=False)
class Reservation:
    """A task reserved for a worker, with everything that was sent and received about it.

    `callback` holds the parameters of the assignment callback, `answers` what the callback URL and the
    fallback URL said, `updates` the POSTs over REST, `applied` the instructions that were carried out, inline
    or over REST and in this order, `outcome` a sentence: what TaskRouter made of it all. `worker_before` is
    the activity from which the reservation took the worker, `post_work_activity` the SID of the one to come,
    `ringing` how many phones ring for it, `fault` what goes wrong with its callback. One `of_transfer` is for
    a task that another worker has.
    """

    sid: str
    serial: int
    task: Task
    worker: Worker
    queue: TaskQueue
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
    worker_before: Activity | None = None
    post_work_activity: str = ""
    ringing: int = 0
    fault: CallbackFault = "ok"
    of_transfer: bool = False
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
