"""The Reservation resource, through the twilio library."""

from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from app.engine.wire import keyword_arguments, rest_form
from app.model import Call, Ending, Outcome
from app.settings import Settings

CONNECT_TIMEOUT = 2.0  # seconds
READ_TIMEOUT = 5.0

# The reasons in requests' ConnectionError that mean: nothing was sent.
NOT_SENT = (NewConnectionError, ConnectTimeoutError)


class Reservations:
    """A Transport to Twilio, or to whatever host TWILIO_API_BASE names. Timeouts are in seconds."""

    def __init__(
        self,
        settings: Settings,
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self._client = Client(
            settings.api_key,
            settings.api_secret.reveal(),
            settings.account_sid,
            region=settings.region,
            edge=settings.edge,
            # The library would read the environment on its own, where this is empty.
            environment={"TWILIO_REGION": ""},
            http_client=_HttpClient(settings.api_base, (connect_timeout, read_timeout)),
        )

    def send(self, call: Call) -> Outcome:
        """Sends one update, once. Never raises: whatever happened is the outcome."""
        workspace = self._client.taskrouter.v1.workspaces(call.workspace_sid)
        reservation = workspace.tasks(call.task_sid).reservations(call.reservation_sid)
        form: Any = keyword_arguments(rest_form(call.instruction))
        try:
            reservation.update(**form)
        except (TwilioRestException, TwilioServiceException) as error:
            return _refused(error)
        except requests.ConnectionError as error:
            return _cut(error)
        except Exception as error:
            # A cut or stalled answer, and whatever the libraries do not expect of an address or an answer.
            message = f"no whole answer came ({type(error).__name__}): look the reservation up"
            return Outcome(Ending.AMBIGUOUS, message)
        return Outcome(Ending.DELIVERED, "Twilio took the update", 200)


def _refused(error: TwilioRestException | TwilioServiceException) -> Outcome:
    # Twilio's own text may quote a number: only numbers of the error itself are repeated.
    status, code = _whole(error.status), _whole(error.code)
    if code is None or code == status:  # the library takes the status where an answer holds no code
        return Outcome(Ending.REFUSED, f"Twilio answered {status} without an error code", status)
    return Outcome(Ending.REFUSED, f"Twilio answered {status} with error {code}", status, code)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _cut(error: requests.ConnectionError) -> Outcome:
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    if isinstance(reason, NOT_SENT) or isinstance(error, requests.exceptions.SSLError):
        return Outcome(Ending.UNREACHABLE, f"Twilio cannot be reached ({type(reason or error).__name__})")
    return Outcome(Ending.AMBIGUOUS, "the connection was cut before an answer: look the reservation up")


class _HttpClient(TwilioHttpClient):
    """The library's client with time limits, without proxies from the environment, and to another host."""

    def __init__(self, base: str | None, timeouts: tuple[float, float]) -> None:
        super().__init__()
        self.timeout: Any = timeouts
        self._base = urlsplit(base) if base else None
        if self.session is not None:
            self.session.trust_env = False

    # Whatever else the library passes on goes on as it is.
    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        if self._base:
            path = self._base.path.rstrip("/") + urlsplit(url).path
            url = urlunsplit((self._base.scheme, self._base.netloc, path, urlsplit(url).query, ""))
        return super().request(method, url, *args, **kwargs)
