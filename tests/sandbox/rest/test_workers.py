"""The Worker resource as the twilio library sees it."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.sandbox.rest.test_setup import NOBODY, refused

if TYPE_CHECKING:
    from app.sandbox import Served, TaskRouter
    from tests.sandbox.conftest import ManualClock


def test_a_worker_is_updated(workspace: Any, taskrouter: TaskRouter, clock: ManualClock) -> None:
    """Name, attributes and activity, each on its own; the activity has its own date."""
    worker = workspace.workers(workspace.workers.create(friendly_name="Alice").sid)
    clock.advance(5)
    assert worker.update(friendly_name="Alicia").friendly_name == "Alicia"
    assert json.loads(worker.update(attributes='{"level": 5}').attributes) == {"level": 5}
    fetched = worker.fetch()
    assert fetched.date_updated == clock()
    assert (clock() - fetched.date_status_changed).total_seconds() == 5
    moved = worker.update(activity_sid=taskrouter.busy.sid)
    assert (moved.activity_name, moved.available, moved.date_status_changed) == ("Busy", False, clock())
    assert (moved.friendly_name, moved.attributes) == ("Alicia", '{"level":5}')
    assert set(moved.links) == {"activity", "reservations", "workspace"}


def test_an_available_worker_gets_what_waits(workspace: Any, taskrouter: TaskRouter) -> None:
    """As soon as the activity changes."""
    worker = workspace.workers.create(friendly_name="Alice", activity_sid=taskrouter.offline.sid)
    task = workspace.tasks.create()
    workspace.workers(worker.sid).update(activity_sid=taskrouter.idle.sid)
    (reservation,) = workspace.workers(worker.sid).reservations.list()
    assert (reservation.task_sid, reservation.reservation_status) == (task.sid, "pending")


def test_pending_reservations_may_be_rejected(workspace: Any, taskrouter: TaskRouter) -> None:
    """With RejectPendingReservations, and not without."""
    worker = workspace.workers.create(friendly_name="Alice")
    task = workspace.tasks.create()
    alice = workspace.workers(worker.sid)
    alice.update(activity_sid=taskrouter.busy.sid)
    assert workspace.tasks(task.sid).fetch().assignment_status == "reserved"
    alice.update(activity_sid=taskrouter.offline.sid, reject_pending_reservations=True)
    assert workspace.tasks(task.sid).fetch().assignment_status == "pending"
    assert [each.reservation_status for each in alice.reservations.list()] == ["rejected"]


def test_a_worker_is_deleted(workspace: Any) -> None:
    """Unless a reservation binds the worker."""
    worker = workspace.workers.create(friendly_name="Alice")
    task = workspace.tasks.create()
    delete = workspace.workers(worker.sid).delete
    assert "has reservations" in refused(delete)
    workspace.tasks(task.sid).delete()
    assert delete() is True
    refused(workspace.workers(worker.sid).fetch, 404, 20404)
    refused(workspace.workers(worker.sid).reservations.list, 404, 20404)


@pytest.fixture
def team(taskrouter: TaskRouter, clock: ManualClock) -> TaskRouter:
    """Three workers, two of whom are in the queue of French."""
    workers: tuple[tuple[str, dict[str, Any]], ...] = (
        ("Alice", {"languages": ["fr"], "level": 1}),
        ("Bob", {}),
        ("Carol", {"languages": ["fr"]}),
    )
    for name, attributes in workers:
        taskrouter.add_worker(name, attributes)
        clock.advance(1)
    taskrouter.move(taskrouter.workers()[0], taskrouter.busy)
    return taskrouter


@pytest.mark.usefixtures("team")
@pytest.mark.parametrize(
    ("filters", "names"),
    [
        ({}, "Alice Bob Carol"),
        ({"activity_name": "Busy"}, "Alice"),
        ({"available": "true"}, "Bob Carol"),
        ({"available": "1"}, "Bob Carol"),
        ({"available": "false"}, "Alice"),
        ({"friendly_name": "Bob"}, "Bob"),
        ({"target_workers_expression": "languages HAS 'fr'"}, "Alice Carol"),
        ({"target_workers_expression": "worker.level == 1", "available": "true"}, ""),
        ({"task_queue_name": "French"}, "Alice Carol"),
        ({"task_queue_name": "German"}, ""),
        ({"ordering": "DateStatusChanged:desc"}, "Alice Carol Bob"),
        ({"ordering": "FriendlyName:desc", "page_size": 1}, "Carol Bob Alice"),
        ({"ordering": "FriendlyName:desc", "page_size": 2, "available": "yes"}, "Carol Bob"),
    ],
)
def test_workers_are_filtered_and_ordered(workspace: Any, filters: dict[str, Any], names: str) -> None:
    """With each of the library's filters."""
    workspace.task_queues.create(friendly_name="French", target_workers="languages HAS 'fr'")
    assert " ".join(each.friendly_name for each in workspace.workers.list(**filters)) == names


def test_workers_are_filtered_by_sid(workspace: Any, team: TaskRouter) -> None:
    """Of an activity, and of a queue."""
    assert len(workspace.workers.list(activity_sid=team.idle.sid)) == 2
    assert len(workspace.workers.list(task_queue_sid=team.task_queue_sid)) == 3
    assert workspace.workers.list(task_queue_sid="WQ" + NOBODY) == []


@pytest.mark.parametrize("filters", [{"target_workers_expression": "level >"}, {"ordering": "Level:asc"}])
def test_a_wrong_filter_is_refused(workspace: Any, filters: dict[str, Any]) -> None:
    """400 and 20001."""
    refused(lambda: workspace.workers.list(**filters))


def test_an_ordered_list_leads_back(workspace: Any, team: TaskRouter) -> None:
    """Pages have neighbours in any order; when the row between them is gone, that is said."""
    first = workspace.workers.page(ordering="FriendlyName:desc", page_size=1)
    second = first.next_page()
    assert [each.friendly_name for each in second.previous_page()] == ["Carol"]
    bob = team.workers()[1]
    workspace.workers(bob.sid).delete()
    assert "the list has changed" in refused(second.next_page)


@pytest.mark.parametrize("what", ["update", "delete"])
def test_if_match_names_the_version_of_a_worker(
    workspace: Any, sandbox: Served, taskrouter: TaskRouter, what: str
) -> None:
    """412 for another one, and nothing is changed."""
    alice = taskrouter.add_worker("Alice")
    worker = workspace.workers(alice.sid)
    account = (taskrouter.account_sid, taskrouter.auth_token)
    url = f"{sandbox.address}/v1/Workspaces/{taskrouter.workspace_sid}/Workers/{alice.sid}"
    etag = requests.get(url, auth=account, timeout=5).headers["ETag"]
    worker.update(friendly_name="Alicia", if_match=etag)
    # The library's delete loses its if_match on the way.
    change = partial(requests.request, "POST" if what == "update" else "DELETE", url, auth=account, timeout=5)
    answer = change(headers={"If-Match": etag})
    assert (answer.status_code, answer.json()["code"], alice.name) == (412, 20412, "Alicia")
    assert change(headers={"If-Match": f'"{alice.version}"'}).ok
