"""The page over HTTP: the files, the state, and what can be done by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests

from app.sandbox import page
from app.sandbox.resources import LIVE
from tests.waiting import until

if TYPE_CHECKING:
    from app.sandbox import Reservation, Served, TaskRouter
    from tests.sandbox.conftest import Endpoint, ManualClock


FILES = {each.name for each in (Path(page.__file__).parent / "static").iterdir()}
PRIORITY = "the priority must be a whole number from 0 to 2147483647, not"


def get(sandbox: Served, path: str, **headers: str) -> requests.Response:
    return requests.get(sandbox.address + path, headers=headers, timeout=5)


def post(sandbox: Served, path: str, body: Any) -> requests.Response:
    return requests.post(sandbox.address + path, json=body, timeout=5)


def said(answer: requests.Response) -> tuple[int, dict[str, Any]]:
    return answer.status_code, answer.json()


def pending(taskrouter: TaskRouter, name: str = "Ann") -> Reservation:
    return taskrouter.reserve(taskrouter.add_task(), taskrouter.add_worker(name))


def test_the_page_is_at_the_address_and_needs_no_credentials(sandbox: Served) -> None:
    """REST beside it asks for them as ever."""
    answer = get(sandbox, "/")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert "<title>Local TaskRouter</title>" in answer.text
    assert get(sandbox, "/v1/Workspaces").status_code == 401
    assert get(sandbox, "/page").status_code == 401


def test_it_is_made_of_its_own_files(sandbox: Served) -> None:
    """All that lies in `static` is served, and nothing beside it; with a type that browsers take."""
    types = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}
    for name in sorted(FILES):
        answer = get(sandbox, f"/page/{name}")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith(types[name.rpartition(".")[2]])
        assert "http:" not in answer.text.replace("http://www.w3.org/2000/svg", "")
    assert get(sandbox, "/favicon.ico").headers["Content-Type"].startswith("image/svg+xml")
    for name in ("routes.py", "..%2froutes.py", "none.js"):
        assert get(sandbox, f"/page/{name}").status_code == 404


def test_a_browser_that_has_a_file_is_not_sent_it_again(sandbox: Served) -> None:
    """It asks each time: another version of the sandbox brings another page."""
    first = get(sandbox, "/page/page.js")
    assert first.headers["Cache-Control"] == "no-cache"
    assert get(sandbox, "/page/page.js", **{"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_the_state_is_sent_when_something_changed(
    sandbox: Served, taskrouter: TaskRouter, clock: ManualClock
) -> None:
    """Else 304, with nothing but the sandbox's time."""
    first = get(sandbox, "/page/state")
    assert first.json()["workspace"]["sid"] == taskrouter.workspace_sid
    known = {"If-None-Match": first.headers["ETag"]}
    clock.advance(61)
    same = get(sandbox, "/page/state", **known)
    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["Sandbox-Clock"] == "2026-01-05T08:01:01.000+00:00"
    taskrouter.add_worker("Ann")
    other = get(sandbox, "/page/state", **known)
    assert other.status_code == 200
    assert other.json()["counts"]["workers"] == 1
    assert other.headers["Cache-Control"] == "no-store"


@pytest.mark.usefixtures("endpoint")
def test_as_many_callbacks_as_are_asked_for(sandbox: Served, taskrouter: TaskRouter) -> None:
    """A number that is none is refused with a sentence."""
    for name in ("Ann", "Bob"):
        taskrouter.assign(taskrouter.add_task(), taskrouter.add_worker(name))
    callbacks = get(sandbox, "/page/state?callbacks=1").json()["callbacks"]
    assert (len(callbacks["rows"]), callbacks["more"]) == (1, 1)
    for wrong in ("-1", "many", "5001"):
        assert said(get(sandbox, f"/page/state?callbacks={wrong}")) == (
            400,
            {"error": "callbacks must be a whole number from 0 to 5000", "fields": {}},
        )


@pytest.mark.usefixtures("endpoint")
def test_a_callback_is_fetched_when_it_is_opened(sandbox: Served, taskrouter: TaskRouter) -> None:
    """By its reservation and the number of the answer."""
    reservation = taskrouter.assign(taskrouter.add_task({"n": 1}), taskrouter.add_worker("Ann"))
    whole = get(sandbox, f"/page/callbacks/{reservation.sid}/0").json()
    assert dict(whole["parameters"])["TaskSid"] == reservation.task.sid
    assert whole["answer"]["body"] == "{}"
    for path in (f"{reservation.sid}/1", "WRnone/0"):
        answer = get(sandbox, f"/page/callbacks/{path}")
        assert answer.status_code == 404
        assert answer.json()["error"] == f"there is no callback {path} (any more)"


def test_a_task_is_created_and_let_into_its_workflow(sandbox: Served, taskrouter: TaskRouter) -> None:
    """Without anybody to take it, it waits."""
    body = {"workflow": taskrouter.workflow_sid, "attributes": '{"language": "en"}', "priority": "3"}
    status, made = said(post(sandbox, "/page/tasks", body))
    (task,) = taskrouter.waiting()
    assert (status, made) == (201, {"task": task.sid, "told": f"{task.sid} waits in Everyone"})
    assert (task.attributes, task.priority) == ({"language": "en"}, 3)


def test_a_created_task_is_offered_at_once(
    sandbox: Served, taskrouter: TaskRouter, endpoint: Endpoint
) -> None:
    """With its callback, as one that came over REST; a number may be the priority."""
    taskrouter.add_worker("Ann")
    body = {"workflow": taskrouter.workflow_sid, "attributes": "", "priority": 0}
    made = post(sandbox, "/page/tasks", body).json()
    assert made["told"] == f"{made['task']} is reserved for Ann"
    until(lambda: endpoint.received)


def test_a_created_task_that_fits_nowhere_says_so(sandbox: Served, taskrouter: TaskRouter) -> None:
    """The workflow cancels it."""
    routing = {"filters": [{"expression": "1==2", "targets": [{"queue": taskrouter.queue.sid}]}]}
    workflow = taskrouter.add_workflow("Never", json.dumps({"task_routing": routing}))
    body = {"workflow": workflow.sid, "attributes": "{}", "priority": "0"}
    made = post(sandbox, "/page/tasks", body).json()
    assert made["told"] == f"{made['task']} is canceled: Task did not match any filter of the Workflow"


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"attributes": "{"}, "attributes", "the attributes must be JSON: "),
        ({"attributes": "[1]"}, "attributes", "the attributes must be a JSON object; try {"),
        ({"attributes": {"a": 1}}, "attributes", "the attributes must be text that holds a JSON object"),
        ({"attributes": "[" * 300 + "]" * 300}, "attributes", "the attributes must be JSON: "),
        ({"priority": "high"}, "priority", f"{PRIORITY} 'high'"),
        ({"priority": ""}, "priority", f"{PRIORITY} ''"),
        ({"priority": "-1"}, "priority", f"{PRIORITY} '-1'"),
        ({"priority": True}, "priority", f"{PRIORITY} True"),
        ({"priority": 1.5}, "priority", f"{PRIORITY} 1.5"),
        ({"workflow": "WW1"}, "workflow", "there is no Workflow 'WW1' in this workspace (any more)"),
        ({"workflow": None}, "workflow", "there is no Workflow None in this workspace (any more)"),
    ],
)
def test_what_is_wrong_with_a_task_is_said_by_field(
    sandbox: Served, taskrouter: TaskRouter, wrong: dict[str, Any], field: str, sentence: str
) -> None:
    """And no task is made."""
    body = {"workflow": taskrouter.workflow_sid, "attributes": "{}", "priority": "0", **wrong}
    status, refused = said(post(sandbox, "/page/tasks", body))
    assert status == 400
    assert refused["fields"].keys() == {field}
    assert refused["fields"][field].startswith(sentence)
    assert taskrouter.tasks() == []


def test_all_that_is_wrong_is_said_at_once(sandbox: Served) -> None:
    """A sentence for each field, and one that holds them."""
    status, refused = said(post(sandbox, "/page/tasks", {}))
    assert status == 400
    assert refused["fields"].keys() == {"workflow", "priority"}
    assert refused["error"] == "; ".join(refused["fields"].values())


@pytest.mark.parametrize(
    ("body", "sentence"), [(b"{", "the body is not JSON: "), (b"[]", "the body is no JSON object")]
)
def test_a_body_that_is_no_object_is_refused(sandbox: Served, body: bytes, sentence: str) -> None:
    """Before anything is read from it."""
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{sandbox.address}/page/tasks", body, headers=headers, timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"].startswith(sentence)


def test_a_body_that_is_too_large_is_refused(sandbox: Served) -> None:
    """At a quarter of a megabyte."""
    status, refused = said(post(sandbox, "/page/tasks", {"attributes": "x" * 256 * 1024}))
    assert (status, refused["error"]) == (413, "Request Entity Too Large")


def test_a_worker_changes_activity(sandbox: Served, taskrouter: TaskRouter) -> None:
    """To one that there is."""
    worker = taskrouter.add_worker("Ann")
    path = f"/page/workers/{worker.sid}/activity"
    status, done = said(post(sandbox, path, {"activity": taskrouter.busy.sid}))
    assert (status, done) == (200, {"worker": worker.sid, "told": "Ann is Busy"})
    assert worker.activity is taskrouter.busy
    status, refused = said(post(sandbox, path, {"activity": "WA1"}))
    sentence = "there is no Activity 'WA1' in this workspace (any more)"
    assert (status, refused) == (400, {"error": sentence, "fields": {"activity": sentence}})
    unknown = post(sandbox, "/page/workers/WK1/activity", {"activity": taskrouter.idle.sid})
    assert said(unknown) == (404, {"error": "there is no worker WK1 (any more)", "fields": {}})
    assert worker.activity is taskrouter.busy


def test_a_reservation_is_accepted_and_completed_by_hand(sandbox: Served, taskrouter: TaskRouter) -> None:
    """As by a client over REST: the updates are kept."""
    reservation = pending(taskrouter)
    for status in ("accepted", "wrapping", "completed"):
        answer = post(sandbox, f"/page/reservations/{reservation.sid}", {"status": status})
        assert said(answer)[1]["told"] == f"{reservation.sid} is {status}"
        assert reservation.status == status
    assert reservation.updates[0].body == b"ReservationStatus=accepted"
    assert reservation.task.status == "completed"


def test_a_reservation_is_rejected_by_hand(sandbox: Served, taskrouter: TaskRouter) -> None:
    """What TaskRouter refuses is refused with its sentence."""
    reservation = pending(taskrouter)
    path = f"/page/reservations/{reservation.sid}"
    assert post(sandbox, path, {"status": "rejected"}).status_code == 200
    assert reservation.status not in LIVE
    status, refused = said(post(sandbox, path, {"status": "accepted"}))
    assert status == 400
    assert "is not in expected state [pending]" in refused["error"]
    status, refused = said(post(sandbox, path, {"status": "sold"}))
    assert status == 400
    assert refused["fields"]["status"] == (
        "the status must be one of accepted, rejected, wrapping, completed, not 'sold'"
    )
    assert post(sandbox, "/page/reservations/WR1", {"status": "rejected"}).status_code == 404


def test_what_is_not_there_is_refused_in_json(sandbox: Served) -> None:
    """Paths and methods, without a page of the framework's own."""
    assert said(get(sandbox, "/page/a/b")) == (404, {"error": "Not Found", "fields": {}})
    assert said(get(sandbox, "/page/tasks")) == (
        404,
        {"error": "there is no file 'tasks' (any more)", "fields": {}},
    )
    assert said(post(sandbox, "/page/state", {})) == (405, {"error": "Method Not Allowed", "fields": {}})
