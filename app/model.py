"""The frozen values that every layer shares.

Those that are made for each callback are named tuples: a frozen dataclass takes four times as long to make.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """A place in a rules file; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Level(StrEnum):
    """How much a problem matters.

    An error keeps rules from being used, a warning does not, and a note asks for nothing.
    """

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding, complete at birth: about a rules file (with a location) or about a decision.

    `check` is the finding's stable id, `twilio_code` what TaskRouter would have reported. A message never
    holds a value that came with a callback, since problems are logged.
    """

    check: str
    message: str
    location: Location | None = None
    level: Level = Level.ERROR
    rule: str | None = None
    hint: str | None = None
    twilio_code: int | None = None


class Callback(NamedTuple):
    """One assignment callback.

    `params` holds every parameter as it arrived (a repeated one as a list); `task` and `worker` the two
    attribute documents, parsed, None where they are not JSON.
    """

    params: Mapping[str, str | list[str]]
    task: object = None
    worker: object = None

    def sid(self, name: str) -> str:
        """The single value of a parameter, empty when it is absent."""
        value = self.params.get(name, "")
        return value if isinstance(value, str) else ""

    @property
    def reservation_sid(self) -> str:
        return self.sid("ReservationSid")

    @property
    def task_sid(self) -> str:
        return self.sid("TaskSid")


class Saved(NamedTuple):
    """A callback as it was kept, with its decision where that was kept too (see `engine.record`).

    `line` says where: its line in a file, counted from 1, the number of its entry in a HAR, that of its row
    in the database.
    """

    line: int
    params: Mapping[str, str | list[str]]
    received_at: datetime | None = None
    path: str = ""
    decision: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Instruction:
    """What TaskRouter is told to do: `fields` by inline key, validated; several events are a tuple."""

    name: str
    fields: Mapping[str, object] = field(default_factory=dict, repr=False)


class Mode(StrEnum):
    """How an instruction goes out: in the answer, over REST after the answer `{}`, or not at all."""

    REPLY = "reply"
    POST = "post"
    DEFER = "defer"


class Decision(NamedTuple):
    """What a rule set makes of a callback. `rule` is `default` when no rule could be carried out."""

    rule: str
    mode: Mode
    reason: str
    rules_version: str
    instruction: Instruction | None = None
    on_failure: Instruction | None = None
    retry_for: timedelta | None = None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """One update of one reservation, to be sent over REST."""

    workspace_sid: str
    task_sid: str
    reservation_sid: str
    instruction: Instruction


class Ending(StrEnum):
    """How a call over REST ended."""

    DELIVERED = "delivered"
    REFUSED = "refused"  # Twilio answered with an error
    UNREACHABLE = "unreachable"  # nothing was sent
    AMBIGUOUS = "ambiguous"  # it was sent, and no whole answer came


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a call: the HTTP status, Twilio's error code, and a sentence without personal data.

    `retry_after` is in seconds, where the answer asked for a pause.
    """

    ending: Ending
    message: str
    status: int | None = None
    twilio_code: int | None = None
    retry_after: float | None = None


class State(StrEnum):
    """Where a delivery stands. All but PENDING are final; a DEAD or AMBIGUOUS one may be retried by hand."""

    PENDING = "pending"  # to be sent, or being sent
    DELIVERED = "delivered"
    SUPERSEDED = "superseded"  # the reservation was no longer pending, and not by us
    AMBIGUOUS = "ambiguous"  # it may have been applied, and nothing tells
    DEAD = "dead"
    INLINE = "inline"  # the answer held the instruction: nothing is sent


class Stage(StrEnum):
    """Which of a rule's instructions is being delivered."""

    POST = "post"
    ON_FAILURE = "on_failure"


class Doubt(StrEnum):
    """What the attempts so far may have done to the reservation."""

    NONE = "none"
    FAILED = "failed"  # nothing by what is known: Twilio answered 5xx, or a look showed no effect
    SILENT = "silent"  # no answer came, or the process that waited for it is gone


@dataclass(frozen=True, slots=True)
class Promise:
    """A `post` as it is taken on. Secrets in the instructions are references to `vars`.

    `telling` is the value of the task's attribute that tells a call was made (see `delivery.policy`), as it
    was when the callback came. Times are aware: the first stage is tried until `deadline`, and nothing is
    sent after `expires`, when the reservation has timed out.
    """

    call: Call
    on_failure: Instruction | None
    rule: str
    rules_version: str
    telling: str | None
    arrived: datetime
    deadline: datetime
    expires: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """A promise and what became of it so far. `attempts` counts those begun, of both stages.

    `due` is when the next attempt may begin, `finished` when the state became final. `leased_by` names the
    process that has it in hand, until `leased_until`. Of a SILENT doubt `sent` is when the send began of
    which nothing is known, None where that is not known either.
    """

    id: int
    promise: Promise
    stage: Stage
    state: State
    attempts: int
    doubt: Doubt
    due: datetime
    sent: datetime | None = None
    outcome: Outcome | None = None
    finished: datetime | None = None
    leased_by: str | None = None
    leased_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request of a delivery: a `send` of its instruction, or a `look` at the reservation."""

    number: int
    stage: Stage
    kind: str
    began: datetime
    ended: datetime
    outcome: Outcome
