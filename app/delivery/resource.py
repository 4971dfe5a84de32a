"""The whole Reservation resource, through the twilio library, for whoever waits for its answer."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple, TypeVar

from app.delivery.advice import Asked, sentence
from app.delivery.client import CONNECT_TIMEOUT, make_client, retry_after
from app.delivery.outcomes import answered_error, outcome_of
from app.engine.wire import keyword_arguments, rest_form
from app.errors import ReservationError
from app.model import Call
from app.settings import RestSettings

READ_TIMEOUT = 15.0  # seconds: no caller is on the line
# The largest page, which holds all of most tasks: one is canceled after 1,000 rejections.
PAGE = 1000
OUT_OF_STATE = re.compile(r"not in expected state|not currently in a ", re.IGNORECASE)

NO_TASK = "there is no such task, or it was closed minutes ago"
NO_RESERVATION = "there is no such reservation, or its task was closed minutes ago"

FIELDS = (
    "sid",
    "reservation_status",
    "worker_name",
    "worker_sid",
    "task_sid",
    "workspace_sid",
    "account_sid",
    "date_created",
    "date_updated",
    "url",
    "links",
)

Row = dict[str, Any]
T = TypeVar("T")


class Place(NamedTuple):
    """Where a reservation is."""

    workspace_sid: str
    task_sid: str
    reservation_sid: str


class UnreadableAnswer(ValueError):
    """An answer that says 200 and is no reservation."""


class Resource:
    """Asks and tells at once. Timeouts are in seconds.

    Rows hold Twilio's fields under Twilio's names; that of one reservation its `etag` as well, None where the
    answer had none. Each method raises ReservationError, whose message says what to do next.
    """

    def __init__(
        self,
        settings: RestSettings,
        *,
        connect_timeout: float = CONNECT_TIMEOUT,
        read_timeout: float = READ_TIMEOUT,
    ) -> None:
        self._settings = settings
        self._client, self._http = make_client(settings, connect_timeout, read_timeout)

    def fetch(self, place: Place) -> Row:
        """One reservation."""
        asked = self._asked(place)
        return self._ask(asked, lambda: self._whole(self._at(place).fetch()))

    def list(
        self,
        workspace_sid: str,
        task_sid: str,
        *,
        worker_sid: str | None = None,
        status: str | None = None,
        limit: int | None = None,
    ) -> list[Row]:
        """The reservations of a task, oldest first as Twilio gives them, without their ETags."""
        tasks = self._client.taskrouter.v1.workspaces(workspace_sid).tasks
        filters: Any = {"worker_sid": worker_sid, "reservation_status": status}
        given = {name: value for name, value in filters.items() if value}
        size = min(limit or PAGE, PAGE)
        asked = Asked(self._settings, NO_TASK, f"desk reservations list {workspace_sid} {task_sid}")
        found = tasks(task_sid).reservations
        return self._ask(
            asked, lambda: [_row(each) for each in found.list(**given, limit=limit, page_size=size)]
        )

    def update(self, call: Call, if_match: str | None = None) -> Row:
        """The reservation after an update, which is sent once: with `if_match` only to that version of it."""
        place = Place(call.workspace_sid, call.task_sid, call.reservation_sid)
        form: Any = keyword_arguments(rest_form(call.instruction))
        if if_match:
            form["if_match"] = if_match
        asked = self._asked(place)._replace(changes=True)
        return self._ask(asked, lambda: self._whole(self._at(place).update(**form)))

    def _at(self, place: Place) -> Any:
        workspace = self._client.taskrouter.v1.workspaces(place.workspace_sid)
        return workspace.tasks(place.task_sid).reservations(place.reservation_sid)

    def _asked(self, place: Place) -> Asked:
        return Asked(self._settings, NO_RESERVATION, f"desk reservations fetch {' '.join(place)}")

    def _whole(self, instance: Any) -> Row:
        return {**_row(instance), "etag": self._http.headers.get("ETag")}

    def _ask(self, asked: Asked, request: Callable[[], T]) -> T:
        try:
            return request()
        except Exception as error:
            failed = outcome_of(error)
            wait = retry_after(self._http.headers, datetime.now(UTC))
            told = asked._replace(out_of_state=_is_out_of_state(error), wait=wait)
            raise ReservationError(sentence(failed, told), failed) from None


def _row(instance: Any) -> Row:
    row = {name: _plain(getattr(instance, name)) for name in FIELDS}
    if not isinstance(row["sid"], str):
        raise UnreadableAnswer
    return row


def _plain(value: object) -> object:
    """A date as it stood in the answer: the library reads it, and leaves what it cannot read."""
    return f"{value:%Y-%m-%dT%H:%M:%SZ}" if isinstance(value, datetime) else value


def _is_out_of_state(error: Exception) -> bool:
    answered = answered_error(error)
    texts = (getattr(answered, name, None) for name in ("msg", "detail", "title"))
    return any(isinstance(text, str) and OUT_OF_STATE.search(text) for text in texts)
