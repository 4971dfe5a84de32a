"""What the views of every family of resources have in common."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

from flask import Response, request

from app.sandbox.errors import RequestError
from app.sandbox.resources import Activity
from app.sandbox.rest.paging import Row, page_of
from app.sandbox.rest.parameters import invalid
from app.sandbox.rest.refusals import not_found
from app.sandbox.rest.representations import Representation, as_json
from app.sandbox.taskrouter import TaskRouter
from app.sandbox.wire import Form, read_form

Route: TypeAlias = tuple[str, str, Callable[..., Response]]
"""Method, path below /v1/Workspaces, and view; the view's name is the endpoint's."""

T = TypeVar("T")
Key = Callable[[Any], Any]


class Views(ABC):
    """Reads a request, asks TaskRouter, and returns the representation."""

    def __init__(self, taskrouter: TaskRouter) -> None:
        self._taskrouter = taskrouter

    @abstractmethod
    def routes(self) -> Sequence[Route]:
        """Return the routes of this family."""

    @property
    def _root(self) -> str:
        return f"{request.host_url}v1/Workspaces/{self._taskrouter.workspace_sid}"

    @property
    def _common(self) -> Representation:
        """The fields that every resource of a workspace has."""
        return {
            "account_sid": self._taskrouter.account_sid,
            "workspace_sid": self._taskrouter.workspace_sid,
        }

    def _existing_activity(self, sid: str) -> Activity:
        """Return the activity that a parameter names. Raises RequestError 400."""
        activity = self._taskrouter.find_activity(sid)
        if activity is None:
            raise invalid(f"there is no Activity {sid}")
        return activity

    def _page(
        self, key: str, rows: Sequence[Row], represent: Callable[[Row], Representation], *, by: str = ""
    ) -> Response:
        """Return a page of rows, in the order that they have; `by` says which, if it is not creation's."""
        return as_json(page_of(key, rows, represent, request.base_url, _query(), by=by))


def form() -> Form:
    """Return the form of the request. Raises RequestError 400."""
    return read_form(request.get_data())


def found(resource: T | None) -> T:
    """Return the resource that was looked for. Raises RequestError 404 without one."""
    if resource is None:
        raise not_found()
    return resource


def check_version(version: int) -> None:
    """Raise RequestError 412 when If-Match names another version."""
    if not expects()(version):
        raise RequestError(412, 20412, "the resource has another ETag by now")


def expects() -> Callable[[int], bool]:
    """Return the test of a version that If-Match stands for."""
    if request.headers.get("If-Match") is None:
        return lambda _version: True
    expected = request.if_match
    return lambda version: expected.contains(str(version))


def deleted() -> Response:
    """Return the empty answer to a DELETE."""
    return Response(status=204)


def ordered(rows: list[T], keys: Mapping[str, Key]) -> tuple[list[T], str]:
    """Return the rows as `Ordering` wants them (`Priority:desc,DateCreated:asc`), and the ordering."""
    ordering = request.args.get("Ordering", "")
    for part in reversed([each.strip() for each in ordering.split(",") if each.strip()]):
        key, _, direction = part.partition(":")
        if key not in keys or direction not in {"", "asc", "desc"}:
            raise invalid(f"Ordering must be {' or '.join(keys)} with :asc or :desc")
        rows = sorted(rows, key=keys[key], reverse=direction == "desc")
    return rows, ordering


def _query() -> Mapping[str, list[str]]:
    return request.args.to_dict(flat=False)
