"""The Transport of deliveries: updates of reservations and looks at them, through the twilio library."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from app.delivery.client import CONNECT_TIMEOUT, READ_TIMEOUT, make_client, retry_after
from app.delivery.outcomes import outcome_of
from app.delivery.policy import PENDING, Sight, is_told
from app.engine.wire import keyword_arguments, rest_form
from app.model import Call, Ending, Outcome
from app.settings import RestSettings

SEEN = Outcome(Ending.DELIVERED, "Twilio showed the reservation", 200)


class Reservations:
    """A Transport to Twilio, or to whatever host TWILIO_API_BASE names. Timeouts are in seconds."""

    def __init__(
        self,
        settings: RestSettings,
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self._client, self._http = make_client(settings, connect_timeout, read_timeout)

    def send(self, call: Call) -> Outcome:
        """Sends one update, once. Never raises: whatever happened is the outcome."""
        try:
            form: Any = keyword_arguments(rest_form(call.instruction))
            self._task(call).reservations(call.reservation_sid).update(**form)
        except Exception as error:
            return self._failed(error)
        return Outcome(Ending.DELIVERED, "Twilio took the update", 200)

    def look(self, call: Call) -> Sight:
        """What became of a reservation and, where they tell more, the task's attributes. Never raises."""
        status: str | None = None
        try:
            status = str(self._task(call).reservations(call.reservation_sid).fetch().reservation_status)
            if status != PENDING or not is_told(call.instruction):
                return Sight(SEEN, status)
            return Sight(SEEN, status, _attributes(self._task(call).fetch().attributes))
        except Exception as error:
            return Sight(self._failed(error), status)

    def _task(self, call: Call) -> Any:
        return self._client.taskrouter.v1.workspaces(call.workspace_sid).tasks(call.task_sid)

    def _failed(self, error: Exception) -> Outcome:
        return outcome_of(error, retry_after(self._http.headers, datetime.now(UTC)))


def _attributes(text: object) -> Mapping[str, object]:
    """The attributes; empty where they are no JSON object, since then they hold no call."""
    try:
        document = orjson.loads(text) if isinstance(text, str) else None
    except orjson.JSONDecodeError:
        document = None
    return document if isinstance(document, dict) else {}
