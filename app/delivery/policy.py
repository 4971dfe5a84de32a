"""What to do next about a delivery: a pure table. Time and chance are arguments.

    a send came to          what then
    2xx                     delivered
    408, 429, 503           it was not processed: again, after what `Retry-After` says
    any other 4xx           final: a look tells what the reservation became
    any other 5xx           again, but look first: it may have been applied even so
    nothing was sent        again
    no whole answer         look

    a look showed           what then
    no longer pending, or   delivered, if an attempt of ours may have done that; else superseded
    gone, with code 20404
    pending, was refused    dead, with Twilio's code
    pending, and applied    it was not applied: send, or where this attempt sent it before, again
    instructions leave it
    pending, others         a new call of the worker's in the task's attributes: delivered. None: send, but
                            not until ten seconds after a send of which nothing is known. Where no attribute
                            would tell: ambiguous
    nothing                 look again

"Again" is after a random part of 1 s, 2 s, 4 s and so on up to 10 s. Nothing is begun after the deadline:
then `on_failure` is delivered in the same way until the reservation times out, and then the delivery is dead.

Source: Twilio's pages on the Reservation resource and on TaskRouter's errors; what is not said there, such as
the calls in the attributes, was seen.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias

from app.model import Delivery, Doubt, Ending, Instruction, Outcome, Stage, State

FIRST_DELAY = 0.5  # seconds
LONGEST_DELAY = 10.0
# After a send, until an attribute that is not there tells that nothing was applied.
SETTLING = timedelta(seconds=10)

NOT_PROCESSED = frozenset({408, 429, 503})
RATE_LIMITED = 429
GONE = 20404  # Twilio's code; a 404 without it is another server's

# What an applied instruction makes of a reservation.
ACCEPTED = frozenset({"accepted", "wrapping", "completed"})
REJECTED = frozenset({"rejected"})
PENDING = "pending"

LATE = Outcome(Ending.UNREACHABLE, "the time to deliver it was over before it could be sent")
APPLIED = Outcome(Ending.DELIVERED, "no answer came, and a look showed that it was applied")
GONE_BY = Outcome(Ending.REFUSED, "the reservation was no longer pending")


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look showed: the reservation's status and the task's attributes, None where that is not known.

    `outcome` tells how the requests for it ended.
    """

    outcome: Outcome
    status: str | None = None
    attributes: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Send:
    """Send the instruction now."""


@dataclass(frozen=True, slots=True)
class Look:
    """Look at the reservation now. `cause` is what this attempt's send came to, None before there was one."""

    cause: Outcome | None = None

    @property
    def refusal(self) -> Outcome | None:
        """The final answer that the look is to explain."""
        return self.cause if self.cause and self.cause.ending is Ending.REFUSED else None


@dataclass(frozen=True, slots=True)
class Again:
    """Begin another attempt at a time, of this or of another stage."""

    at: datetime
    doubt: Doubt
    outcome: Outcome
    stage: Stage


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more is done."""

    state: State
    outcome: Outcome


Step: TypeAlias = Send | Look | Again | End


def first_step(delivery: Delivery, now: datetime) -> Step:
    """How an attempt begins: with a look where one before it may have been applied."""
    return _send(delivery, now, delivery.outcome or LATE) if delivery.doubt is Doubt.NONE else Look()


def after_send(delivery: Delivery, outcome: Outcome, now: datetime, chance: float) -> Step:
    """What follows a send. `chance` is from 0 to 1."""
    status = outcome.status or 0
    match outcome.ending:
        case Ending.DELIVERED:
            return End(State.DELIVERED, outcome)
        case Ending.AMBIGUOUS:
            return Look(outcome)
        case Ending.UNREACHABLE:
            return _again(delivery, outcome, now, chance, Doubt.NONE)
    if status in NOT_PROCESSED:
        return _again(delivery, outcome, now, chance, Doubt.NONE)
    if status >= 500:
        return _again(delivery, outcome, now, chance, Doubt.FAILED)
    return Look(outcome)


def cannot_send(delivery: Delivery, outcome: Outcome, now: datetime) -> Again | End:
    """What follows where the instruction itself is not to be had any more."""
    return _fail(delivery, outcome, now, delivery.doubt)


def after_look(delivery: Delivery, look: Look, sight: Sight, now: datetime, chance: float) -> Step:
    """What follows a look. `chance` is from 0 to 1."""
    doubt = _doubt(delivery, look)
    if sight.status not in {None, PENDING} or sight.outcome.twilio_code == GONE:
        return _passed(delivery, look, sight, doubt)
    if look.refusal:
        return _fail(delivery, look.refusal, now, Doubt.NONE)
    if sight.status is None:
        return _again(delivery, sight.outcome, now, chance, doubt)
    if not leaves_pending(instruction_of(delivery)):
        return _of_calls(delivery, look, sight, now, chance)
    if look.cause:
        return _again(delivery, look.cause, now, chance, Doubt.FAILED)
    return _send(delivery, now, delivery.outcome or LATE)


def leaves_pending(instruction: Instruction) -> bool:
    """Whether a reservation leaves pending as soon as the instruction is applied."""
    if instruction.name in {"call", "redirect"}:
        return instruction.fields.get("accept") is True
    return instruction.name in {"accept", "reject"}


def is_told(instruction: Instruction) -> bool:
    """Whether a call in the task's attributes tells that the instruction was applied."""
    return instruction.name in {"call", "conference", "dequeue"}


def calls_in(attributes: object) -> str:
    """The worker's calls that TaskRouter notes in a task's attributes: of dequeue and call, of conference."""
    document = attributes if isinstance(attributes, dict) else {}
    conference = document.get("conference")
    participants = conference.get("participants") if isinstance(conference, dict) else None
    in_conference = participants.get("worker") if isinstance(participants, dict) else None
    return f"{document.get('worker_call_sid') or ''} {in_conference or ''}".strip()


def instruction_of(delivery: Delivery) -> Instruction:
    """The instruction of the stage that is being delivered."""
    on_failure = delivery.promise.on_failure
    return (
        on_failure if delivery.stage is Stage.ON_FAILURE and on_failure else delivery.promise.call.instruction
    )


def delay(attempts: int, chance: float) -> timedelta:
    """How long to wait after so many attempts."""
    return timedelta(seconds=chance * min(LONGEST_DELAY, FIRST_DELAY * 2 ** min(attempts, 10)))


def _of_calls(delivery: Delivery, look: Look, sight: Sight, now: datetime, chance: float) -> Step:
    """Of an instruction after which the reservation stays pending until the worker takes the call."""
    told, doubt = is_told(instruction_of(delivery)), _doubt(delivery, look)
    if told and sight.attributes is None:
        return _again(delivery, sight.outcome, now, chance, doubt)
    if told and calls_in(sight.attributes) not in {"", delivery.promise.telling or ""}:
        return End(State.DELIVERED, APPLIED)
    why = look.cause or delivery.outcome or LATE
    if doubt is Doubt.SILENT and not told:
        return End(State.AMBIGUOUS, why)
    settled = (delivery.sent or now) + SETTLING if doubt is Doubt.SILENT else now
    return _until(delivery, settled, why, now, doubt) if now < settled else _send(delivery, now, why)


def _doubt(delivery: Delivery, look: Look) -> Doubt:
    """What the attempts up to this look may have done; a final refusal leaves what was before it."""
    return Doubt.SILENT if look.cause and not look.refusal else delivery.doubt


def _passed(delivery: Delivery, look: Look, sight: Sight, doubt: Doubt) -> Step:
    """Of a reservation that is no longer pending: by an attempt of ours, or not."""
    # An attempt of the stage before may have done it.
    names = {delivery.promise.call.instruction.name, instruction_of(delivery).name}
    made = [REJECTED if name == "reject" else ACCEPTED for name in names]
    if doubt is not Doubt.NONE and any(sight.status in each for each in made):
        return End(State.DELIVERED, APPLIED)
    return End(State.SUPERSEDED, look.refusal or GONE_BY)


def _send(delivery: Delivery, now: datetime, outcome: Outcome) -> Step:
    return Send() if now < limit_of(delivery) else _fail(delivery, outcome, now, Doubt.NONE)


def _again(delivery: Delivery, outcome: Outcome, now: datetime, chance: float, doubt: Doubt) -> Step:
    asked = timedelta(seconds=outcome.retry_after or 0)
    return _until(delivery, now + max(asked, delay(delivery.attempts, chance)), outcome, now, doubt)


def _until(delivery: Delivery, at: datetime, outcome: Outcome, now: datetime, doubt: Doubt) -> Step:
    if at < limit_of(delivery):
        return Again(at, doubt, outcome, delivery.stage)
    return _fail(delivery, outcome, now, doubt)


def _fail(delivery: Delivery, outcome: Outcome, now: datetime, doubt: Doubt) -> Again | End:
    if doubt is Doubt.SILENT:
        return End(State.AMBIGUOUS, outcome)
    if delivery.stage is Stage.POST and delivery.promise.on_failure and now < delivery.promise.expires:
        return Again(now, doubt, outcome, Stage.ON_FAILURE)
    return End(State.DEAD, outcome)


def limit_of(delivery: Delivery) -> datetime:
    """When the stage that is being delivered is given up."""
    return delivery.promise.deadline if delivery.stage is Stage.POST else delivery.promise.expires
