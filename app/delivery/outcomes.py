"""What the libraries raise, as an Outcome. Twilio's own texts may quote a number: none is repeated."""

from dataclasses import replace

import requests
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.base.version import Version
from twilio.http.response import Response
from urllib3.exceptions import ConnectTimeoutError, LocationValueError, NewConnectionError

from app.model import Ending, Outcome

# The reasons in requests' ConnectionError that mean: nothing was sent.
NOT_SENT = (NewConnectionError, ConnectTimeoutError)
# No request can be made of an address or a token like that.
NOT_MADE = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidHeader,
    LocationValueError,
    UnicodeEncodeError,
)
CANNOT_BE_MADE = "the request cannot be made"


def outcome_of(error: Exception, retry_after: float | None = None) -> Outcome:
    """What became of a request that raised this, where the answer had this `Retry-After`, in seconds."""
    answered = answered_error(error)
    if answered:
        return replace(_refused(answered), retry_after=retry_after)
    if isinstance(error, requests.ConnectionError):
        return _cut(error)
    if isinstance(error, NOT_MADE):
        return Outcome(Ending.UNREACHABLE, f"{CANNOT_BE_MADE} ({type(error).__name__})")
    # A cut or stalled answer, and whatever the libraries do not expect of an address or an answer.
    return Outcome(
        Ending.AMBIGUOUS, f"no whole answer came ({type(error).__name__}): look the reservation up"
    )


def answered_error(error: Exception) -> TwilioRestException | TwilioServiceException | None:
    """The error that Twilio answered, None where what was raised is none."""
    if isinstance(error, TwilioRestException | TwilioServiceException):
        return error
    # Of a list the library raises the bare answer.
    if isinstance(error, TwilioException) and isinstance(error.args[-1], Response):
        return Version.exception("GET", "", error.args[-1], "")
    return None


def _refused(error: TwilioRestException | TwilioServiceException) -> Outcome:
    status, code = _whole(error.status), _whole(error.code)
    if code is None or code == status:  # the library takes the status where an answer holds no code
        return Outcome(Ending.REFUSED, f"Twilio answered {status} without an error code", status)
    return Outcome(Ending.REFUSED, f"Twilio answered {status} with error {code}", status, code)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _cut(error: requests.ConnectionError) -> Outcome:
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, NOT_SENT):
        return Outcome(Ending.UNREACHABLE, f"Twilio cannot be reached ({type(reason or error).__name__})")
    return Outcome(Ending.AMBIGUOUS, "the connection was cut before an answer: look the reservation up")
