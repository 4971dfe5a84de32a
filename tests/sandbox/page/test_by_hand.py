"""What is done by hand on the page, and what it says when that cannot be."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect

from app.sandbox import TaskRouter
from tests.sandbox.page.windows import Window, routed, row
from tests.waiting import until

if TYPE_CHECKING:
    pass


def test_a_task_is_created_and_marked(page: Page, taskrouter: TaskRouter) -> None:
    """What stands in the form at first will do; its row is seen even at the end of a long list."""
    for _ in range(30):
        routed(taskrouter)
    expect(page.locator("#waiting tbody tr")).to_have_count(30)
    page.get_by_role("button", name="Create task").click()
    expect(page.locator("#new-task-told")).to_contain_text("waits in Everyone")
    task = taskrouter.tasks()[-1]
    assert task.attributes["call_sid"].startswith("CA")
    marked = page.locator("#waiting tr.created")
    expect(marked).to_have_count(1)
    expect(marked.locator(".sid")).to_have_attribute("title", task.sid)
    expect(marked).to_be_in_viewport()
    assert page.evaluate("document.activeElement.textContent") == "Create task"
    taskrouter.add_worker("Ann")
    taskrouter.reorder(task, priority=9)
    worker = taskrouter.add_worker("Bob")
    assert worker
    expect(page.locator("#reservations tr.created")).to_have_count(1)


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("attributes", '{"a": ', "The attributes must be JSON: "),
        ("attributes", "[]", 'The attributes must be a JSON object; try {"language": "en"}.'),
        ("priority", "high", "The priority must be a whole number from 0 to 2147483647, not 'high'."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field(
    window: Window, page: Page, taskrouter: TaskRouter, field: str, value: str, sentence: str
) -> None:
    """The field gets the focus and is marked; the sentence goes when it is right. Ctrl-Enter sends too."""
    box = page.locator(f"#{field}")
    right = box.input_value()
    box.fill(value)
    box.press("Control+Enter")
    expect(page.locator(f"#{field}-error")).to_contain_text(sentence)
    expect(box).to_be_focused()
    expect(box).to_have_attribute("aria-invalid", "true")
    expect(box).to_have_accessible_description(re.compile(re.escape(sentence)))
    assert taskrouter.tasks() == []
    box.fill(right)
    box.press("Control+Enter")
    expect(page.locator("#new-task-told")).to_contain_text("waits in Everyone")
    expect(page.locator(f"#{field}-error")).to_be_hidden()
    assert len(taskrouter.tasks()) == 1
    window.forgive("400")


def test_a_workflow_that_is_gone_is_said_beside_the_field(
    window: Window, page: Page, taskrouter: TaskRouter
) -> None:
    """It was chosen before it was deleted; here nothing tells the page meanwhile."""
    configuration = json.dumps({"task_routing": {"default_filter": {"queue": taskrouter.queue.sid}}})
    other = taskrouter.add_workflow("Other", configuration)
    page.get_by_label("Workflow").select_option("Other")
    page.get_by_role("button", name="Pause").click()
    taskrouter.delete_workflow(other)
    page.get_by_role("button", name="Create task").click()
    expect(page.locator("#workflow-error")).to_contain_text(f"There is no Workflow '{other.sid}'")
    window.forgive("400")


def test_a_worker_is_moved_to_another_activity(page: Page, taskrouter: TaskRouter) -> None:
    """And one that comes later can be chosen as well."""
    worker = taskrouter.add_worker("Ann")
    choice = page.get_by_label("Activity of Ann")
    choice.select_option("Offline")
    expect(page.locator("#workers .told")).to_have_text("Ann is Offline")
    expect(row(page, "workers", "Ann")).to_contain_text("away")
    assert worker.activity is taskrouter.offline
    lunch = taskrouter.add_activity("Lunch", available=False)
    choice.select_option("Lunch")
    until(lambda: worker.activity is lunch)
    taskrouter.move(worker, taskrouter.idle)
    expect(choice).to_have_value(taskrouter.idle.sid)


def test_an_activity_that_is_gone_is_said_and_the_choice_goes_back(
    window: Window, page: Page, taskrouter: TaskRouter
) -> None:
    """It was deleted while the page stood still."""
    worker = taskrouter.add_worker("Ann")
    choice = page.get_by_label("Activity of Ann")
    expect(choice).to_have_value(taskrouter.idle.sid)
    page.get_by_role("button", name="Pause").click()
    lunch = taskrouter.add_activity("Lunch", available=False)
    page.get_by_role("button", name="Pause").click()
    expect(choice.locator("option")).to_have_count(4)
    page.get_by_role("button", name="Pause").click()
    taskrouter.delete_activity(lunch)
    choice.select_option("Lunch")
    expect(page.locator("#workers .told.error")).to_contain_text("there is no Activity")
    expect(choice).to_have_value(taskrouter.idle.sid)
    assert worker.activity is taskrouter.idle
    window.forgive("400")


def test_a_reservation_is_carried_on_by_hand(window: Window, page: Page, taskrouter: TaskRouter) -> None:
    """Accept, wrap up and complete, each where it can be; what TaskRouter refuses is said."""
    reservation = taskrouter.reserve(taskrouter.add_task(), taskrouter.add_worker("Ann"))
    line = row(page, "reservations", "Ann")
    expect(line.get_by_role("button")).to_have_text(["Accept", "Reject"])
    line.get_by_role("button", name="Accept").click()
    expect(line.get_by_role("button")).to_have_text(["Wrap up", "Complete"])
    expect(page.locator("#reservations .told")).to_have_text(f"{reservation.sid} is accepted")
    line.get_by_role("button", name="Wrap up").click()
    expect(line.get_by_role("button")).to_have_text(["Complete"])
    line.get_by_role("button", name="Complete").click()
    expect(line.get_by_role("button")).to_have_count(0)
    assert reservation.status == "completed"
    other = taskrouter.reserve(taskrouter.add_task(), taskrouter.add_worker("Bob"))
    line = row(page, "reservations", "Bob")
    expect(line.get_by_role("button", name="Reject")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    taskrouter.rescind(other)
    line.get_by_role("button", name="Reject").click()
    expect(page.locator("#reservations .told.error")).to_contain_text("is not in expected state [pending]")
    window.forgive("400")
