"""An account as Twilio shows it: workspaces and what is in them, and its numbers. Only GETs are sent."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import chain
from typing import Any, TypeVar

import orjson

from app.delivery.advice import Asked, sentence
from app.delivery.client import CONNECT_TIMEOUT, make_client, retry_after
from app.delivery.outcomes import outcome_of
from app.engine.workspace import Activity, Worker, Workspace
from app.errors import AccountError
from app.settings import RestSettings

READ_TIMEOUT = 15.0  # seconds: no caller is on the line
PAGE = 1000  # the largest
NOT_FOUND = 404

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Workflow:
    """What a Workflow says of us; `reservation_timeout` is in seconds, a URL None where there is none."""

    sid: str
    name: str
    callback_url: str | None
    fallback_url: str | None
    reservation_timeout: int

    def __str__(self) -> str:
        return f"Workflow {self.name} ({self.sid})"


class Account:
    """Asks Twilio, or the host of TWILIO_API_BASE. Each method raises AccountError, which says what to do."""

    def __init__(self, settings: RestSettings, *, read_timeout: float = READ_TIMEOUT) -> None:
        self._settings = settings
        self._client, self._http = make_client(settings, CONNECT_TIMEOUT, read_timeout)
        self.ahead: float | None = None
        """Seconds that our clock was ahead of Twilio's, by its last answer that told the time."""

    def greet(self) -> None:
        """Nothing, if Twilio takes the credentials: the cheapest request, for one workspace."""
        self._ask("workspaces", lambda: self._client.taskrouter.v1.workspaces.page(page_size=1))

    def workspaces(self) -> tuple[str, ...]:
        """The SIDs of all workspaces."""
        listed = self._client.taskrouter.v1.workspaces.list
        return self._ask("workspaces", lambda: tuple(str(each.sid) for each in listed(page_size=PAGE)))

    def workflows(self, workspace: str) -> tuple[Workflow, ...]:
        """The Workflows of a workspace."""
        listed = self._workspace(workspace).workflows.list
        return self._ask(workspace, lambda: tuple(map(_workflow, listed(page_size=PAGE))))

    def read(self, workspaces: Iterable[str]) -> Workspace:
        """What rules may name in these workspaces together."""
        sids = tuple(workspaces)
        activities = {each.sid: each for sid in sids for each in self._activities(sid)}
        workers = tuple(each for sid in sids for each in self._workers(sid))
        return Workspace(activities, workers, self._numbers())

    def _activities(self, workspace: str) -> tuple[Activity, ...]:
        listed = self._workspace(workspace).activities.list
        return self._ask(workspace, lambda: tuple(map(_activity, listed(page_size=PAGE))))

    def _workers(self, workspace: str) -> tuple[Worker, ...]:
        listed = self._workspace(workspace).workers.list
        return self._ask(workspace, lambda: tuple(map(_worker, listed(page_size=PAGE))))

    def _numbers(self) -> frozenset[str] | None:
        """The account's numbers and verified caller IDs; None from a host that knows of none."""
        account = self._client.api.v2010.accounts(self._settings.account_sid)
        own, verified = account.incoming_phone_numbers.list, account.outgoing_caller_ids.list

        def numbers() -> frozenset[str]:
            found: Iterable[Any] = chain(own(page_size=PAGE), verified(page_size=PAGE))
            return frozenset(str(each.phone_number) for each in found)

        try:
            return self._ask("numbers", numbers)
        except AccountError as error:
            if error.status == NOT_FOUND:
                return None
            raise

    def _workspace(self, sid: str) -> Any:
        return self._client.taskrouter.v1.workspaces(sid)

    def _ask(self, what: str, request: Callable[[], T]) -> T:
        began = datetime.now(UTC)
        try:
            return request()
        except Exception as error:
            failed = outcome_of(error)
            wait = retry_after(self._http.headers, datetime.now(UTC))
            asked = Asked(self._settings, f"there is nothing like {what}", "desk doctor", wait=wait)
            raise AccountError(sentence(failed, asked), failed.status) from None
        finally:
            self._compare_clocks(began)

    def _compare_clocks(self, began: datetime) -> None:
        """Twilio wrote its time, in whole seconds, between our beginning and now: half of both is meant."""
        try:
            theirs = parsedate_to_datetime(self._http.headers.get("Date", ""))
        except ValueError:
            return
        ended = datetime.now(UTC)
        ours = began + (ended - began) / 2
        self.ahead = (ours - theirs.replace(tzinfo=theirs.tzinfo or UTC)).total_seconds() - 0.5


def _workflow(found: Any) -> Workflow:
    return Workflow(
        str(found.sid),
        str(found.friendly_name),
        found.assignment_callback_url or None,
        found.fallback_assignment_callback_url or None,
        int(found.task_reservation_timeout),
    )


def _activity(found: Any) -> Activity:
    return Activity(str(found.sid), str(found.friendly_name), found.available is True)


def _worker(found: Any) -> Worker:
    return Worker(str(found.sid), _contact_uri(found.attributes))


def _contact_uri(attributes: object) -> object:
    try:
        document = orjson.loads(attributes) if isinstance(attributes, str) else None
    except orjson.JSONDecodeError:
        document = None
    return document.get("contact_uri") if isinstance(document, dict) else None
