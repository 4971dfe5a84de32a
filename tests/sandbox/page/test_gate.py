"""Who may look at the page, and who may do something there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from app.sandbox import TaskRouter
from app.sandbox.page.routes import create_page

if TYPE_CHECKING:
    from flask.testing import FlaskClient


@pytest.fixture
def taskrouter() -> TaskRouter:
    return TaskRouter()


@pytest.fixture
def page(taskrouter: TaskRouter) -> FlaskClient:
    return create_page(taskrouter, "desk.example").test_client()


def create(page: FlaskClient, taskrouter: TaskRouter, **headers: str) -> int:
    """Tries to create a task; underscores in the names of headers stand for hyphens."""
    body = {"workflow": taskrouter.workflow_sid, "attributes": "{}", "priority": "0"}
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    answer = page.post("/page/tasks", json=body, headers={"Host": "127.0.0.1:8181", **named})
    return answer.status_code


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8181",
        "127.8.8.8",
        "[::1]:8181",
        "localhost:8181",
        "LOCALHOST",
        "desk.localhost:1",
        "192.168.1.5:8181",
        "desk.example:8181",
    ],
)
def test_it_is_shown_at_this_machine_s_addresses(page: FlaskClient, host: str) -> None:
    """Loopback names, addresses in numbers, and the name at which the sandbox listens."""
    assert page.get("/page/state", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8181", "localhost.evil.example", "127.0.0.1.evil.example", "[::1", ""],
)
def test_a_foreign_name_that_leads_here_shows_nothing(page: FlaskClient, host: str) -> None:
    """That is how DNS rebinding looks; neither the state nor the page itself."""
    for path in ("/", "/page/state", "/page/page.js"):
        answer = page.get(path, headers={"Host": host})
        assert answer.status_code == 403
        assert answer.get_json()["error"].startswith("the page is not shown at ")


def test_the_page_itself_creates_tasks(page: FlaskClient, taskrouter: TaskRouter) -> None:
    """As does a program without a browser, which sends neither header."""
    own = "http://127.0.0.1:8181"
    assert create(page, taskrouter, Origin=own, Sec_Fetch_Site="same-origin") == 201
    assert create(page, taskrouter, Origin=own) == 201
    assert create(page, taskrouter) == 201


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:9999"},
        {"Origin": "http://localhost:8181"},
        {"Origin": "http://[127.0.0.1:8181"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:8181", "Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "none"},
    ],
)
def test_no_other_website_does(page: FlaskClient, taskrouter: TaskRouter, headers: dict[str, str]) -> None:
    """Not even one on another port of this machine."""
    assert create(page, taskrouter, **headers) == 403
    assert taskrouter.tasks() == []


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_what_a_form_of_a_website_can_send_is_refused(page: FlaskClient, content_type: str) -> None:
    """Only JSON: across origins a browser asks before it sends that."""
    answer = page.post(
        "/page/tasks", data=b"{}", content_type=content_type, headers={"Host": "127.0.0.1:8181"}
    )
    assert (answer.status_code, answer.get_json()["error"]) == (415, "the body must be application/json")


def test_no_foreign_script_and_no_foreign_frame(page: FlaskClient) -> None:
    """On each answer, refusals too; and no other website may read them."""
    for host, path in (("localhost", "/"), ("localhost", "/page/state"), ("evil.example", "/")):
        headers = page.get(path, headers={"Host": host, "Origin": "http://evil.example"}).headers
        policy = headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'none'; script-src 'self';")
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Access-Control-Allow-Origin" not in headers
