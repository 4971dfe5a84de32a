"""The Transport of deliveries: one update of a reservation, through the twilio library."""

from typing import Any

from app.delivery.client import CONNECT_TIMEOUT, READ_TIMEOUT, make_client
from app.delivery.outcomes import outcome_of
from app.engine.wire import keyword_arguments, rest_form
from app.model import Call, Ending, Outcome
from app.settings import RestSettings


class Reservations:
    """A Transport to Twilio, or to whatever host TWILIO_API_BASE names. Timeouts are in seconds."""

    def __init__(
        self,
        settings: RestSettings,
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self._client, _ = make_client(settings, connect_timeout, read_timeout)

    def send(self, call: Call) -> Outcome:
        """Sends one update, once. Never raises: whatever happened is the outcome."""
        workspace = self._client.taskrouter.v1.workspaces(call.workspace_sid)
        reservation = workspace.tasks(call.task_sid).reservations(call.reservation_sid)
        form: Any = keyword_arguments(rest_form(call.instruction))
        try:
            reservation.update(**form)
        except Exception as error:
            return outcome_of(error)
        return Outcome(Ending.DELIVERED, "Twilio took the update", 200)
