"""What to do next where Twilio did not do what was asked: pure functions from an outcome to a sentence.

Codes are those of Twilio's error dictionary (https://www.twilio.com/docs/api/errors).
"""

from collections.abc import Sequence
from typing import NamedTuple

from app.delivery.outcomes import CANNOT_BE_MADE
from app.model import Ending, Outcome
from app.settings import RestSettings

# One code for each instruction that came too late, and one for a conference after a cancellation.
NOT_PENDING = frozenset({40114, 40123, 40135, 40136, 40144})

# What only the task and the worker can tell is wrong with an instruction.
BY_CODE = {
    **dict.fromkeys(
        (40110, 40131, 40137), "nobody can be called: add --to, or give the worker a contact_uri"
    ),
    40140: "the task has no call_sid, so it was not made by <Enqueue>: use an instruction that needs no call",
    40142: "the task has neither call_sid nor outbound_to: use an instruction that needs no call",
    40146: "supervise is for a reservation that is accepted: accept it first",
    40149: "the task is a transfer without a conference_sid: accept or reject it",
    40151: "the task is a transfer: accept it, reject it, or use conference or supervise",
}


class Asked(NamedTuple):
    """What was asked: `missing` is what a 404 means, `look` the command that shows what became of it.

    `changes` is true of an update. `out_of_state` says that Twilio named the reservation's status as its
    reason, `wait` are the seconds of a `Retry-After`.
    """

    settings: RestSettings
    missing: str
    look: str
    changes: bool = False
    out_of_state: bool = False
    wait: int | None = None


def sentence(outcome: Outcome, asked: Asked) -> str:
    """What happened, and what to do next: without anything that stood in a request or an answer."""
    # What an outcome advises behind its colon is meant for deliveries.
    happened = outcome.message.partition(":")[0]
    return f"{happened}: {_advice(outcome, asked)}"


def _advice(outcome: Outcome, asked: Asked) -> str:
    if outcome.message.startswith(CANNOT_BE_MADE):
        return f"nothing was sent; check the characters of {_written(asked.settings)}"
    if outcome.ending is Ending.UNREACHABLE:
        return f"nothing was sent; check {_on_the_way(asked.settings)}"
    if outcome.ending is Ending.AMBIGUOUS:
        return _unknown(asked)
    return _about_code(outcome, asked) or _about_status(outcome, asked)


def _about_code(outcome: Outcome, asked: Asked) -> str | None:
    if outcome.twilio_code in NOT_PENDING:
        return f"the reservation is no longer pending, and nothing was changed; see it with {asked.look}"
    if asked.out_of_state:
        return f"its status does not allow that, and nothing was changed; see it with {asked.look}"
    return BY_CODE.get(outcome.twilio_code or 0)


def _about_status(outcome: Outcome, asked: Asked) -> str:
    credentials = _credentials(asked.settings)
    match outcome.status or 0:
        case 401:
            return f"check {credentials}"
        case 403:
            return f"{credentials} may not do that; check their permissions in the Twilio Console"
        case 404:
            return f"{asked.missing}; check each SID"
        case 412:
            return f"it was changed since that ETag; see its new one with {asked.look}, and decide again"
        case 429:
            return f"too many requests, and nothing was done; {_again(asked)}"
        case status if status >= 500:
            return _unknown(asked)
        case status if status < 400:
            return f"the address leads elsewhere; check {_on_the_way(asked.settings)}"
    if outcome.twilio_code:
        return f"see https://www.twilio.com/docs/errors/{outcome.twilio_code}"
    return f"that is no answer of Twilio's; check {_on_the_way(asked.settings)}"


def _unknown(asked: Asked) -> str:
    if asked.changes:
        return f"whether it was changed is not known; look it up with {asked.look} before you send it again"
    return f"{_again(asked)}; if it stays so, check {_on_the_way(asked.settings)}"


def _again(asked: Asked) -> str:
    if asked.wait is None:
        return "try again in a few seconds"
    return f"try again in {asked.wait} second{'' if asked.wait == 1 else 's'}"


def _credentials(settings: RestSettings) -> str:
    return _listed(_credential_names(settings))


def _credential_names(settings: RestSettings) -> Sequence[str]:
    if settings.api_key == settings.account_sid:
        return "TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"
    return "TWILIO_API_KEY", "TWILIO_API_SECRET"


def _written(settings: RestSettings) -> str:
    """What a request is made of."""
    base = ["TWILIO_API_BASE"] if settings.api_base else []
    return _listed([*base, *_credential_names(settings)])


def _on_the_way(settings: RestSettings) -> str:
    """What decides whether a request arrives."""
    named = {
        "TWILIO_API_BASE": settings.api_base,
        "TWILIO_EDGE": settings.edge and not settings.api_base,
        "TWILIO_REGION": settings.region and not settings.api_base,
    }
    return _listed(["the network", *(name for name, value in named.items() if value)])


def _listed(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
