"""How the page follows the sandbox: asking, pausing, losing it, finding it again."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Page, expect

from app.sandbox import TaskRouter, serving
from tests.sandbox.page.windows import Window, asks_on, assigned, hide, row

if TYPE_CHECKING:
    from app.sandbox import Served
    from tests.sandbox.conftest import Endpoint, ManualClock


def test_nothing_is_sent_while_nothing_happens(window: Window, page: Page) -> None:
    """Each answer is 304 as soon as the page has the state."""
    asks_on(window, 1)
    statuses: list[int] = []
    page.on("response", lambda answer: statuses.append(answer.status))
    asks_on(window, 4)
    assert set(statuses) == {304}


def test_a_hidden_tab_does_not_ask(
    window: Window, page: Page, browser: Browser, sandbox: Served, taskrouter: TaskRouter
) -> None:
    """Though another tab asks on; when it is seen again it asks at once."""
    other = Window(browser, sandbox.address)
    hide(page, True)
    asks_on(other, 2)
    before = window.polls()
    taskrouter.add_worker("Ann")
    asks_on(other, 5)
    assert window.polls() == before
    expect(row(page, "workers", "Ann")).to_have_count(0)
    hide(page, False)
    expect(row(page, "workers", "Ann")).to_be_visible()
    other.page.close()


def test_a_pause_lets_somebody_read(
    window: Window, page: Page, browser: Browser, sandbox: Served, taskrouter: TaskRouter
) -> None:
    """Nothing moves until it goes on, but what is done by hand is shown."""
    other = Window(browser, sandbox.address)
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#live")).to_have_text("paused")
    asks_on(other, 2)
    before = window.polls()
    taskrouter.add_worker("Ann")
    asks_on(other, 5)
    assert window.polls() == before
    expect(row(page, "workers", "Ann")).to_have_count(0)
    page.get_by_role("button", name="Create task").click()
    expect(row(page, "workers", "Ann")).to_be_visible()
    expect(page.locator("#live")).to_have_text("paused")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("#live")).to_have_text("live")
    taskrouter.add_worker("Bob")
    expect(row(page, "workers", "Bob")).to_be_visible()
    other.page.close()


def test_it_says_when_the_sandbox_is_gone_and_goes_on_when_it_is_back(
    browser: Browser, taskrouter: TaskRouter, clock: ManualClock
) -> None:
    """What was there last stays to be read; a task that is created meanwhile is not promised."""
    with ExitStack() as stack:
        served = stack.enter_context(serving(taskrouter))
        window = Window(browser, served.address)
        page = window.page
        expect(page.locator("#live")).to_have_text("live")
        window.check()
        stack.close()
        expect(page.locator("#gone")).to_have_text(
            f"The sandbox at {served.address} does not answer. What is shown is from 08:00:00. "
            "The page goes on by itself when it is back."
        )
        expect(page.locator("#live")).to_have_text("away")
        page.get_by_role("button", name="Create task").click()
        expect(page.locator("#new-task-told")).to_have_text(
            "The sandbox does not answer: whether this was done is not known."
        )
        expect(page.get_by_label("Attributes")).to_have_value(re.compile("call_sid"))
        other = TaskRouter(clock=clock, seed=2)
        port = int(served.address.rpartition(":")[2])
        stack.enter_context(serving(other, port=port))
        expect(page.locator("#gone")).to_be_hidden(timeout=10_000)
        expect(page.locator("#workspace-sid")).to_have_text(other.workspace_sid)
        expect(page.locator("#live")).to_have_text("live")
        page.close()
    assert all("ERR_CONNECTION_REFUSED" in line for line in window.wrong)


def test_older_callbacks_are_shown_when_they_are_wanted(
    page: Page, taskrouter: TaskRouter, endpoint: Endpoint
) -> None:
    """200 at first, and it says how many there are before."""
    reservation = assigned(taskrouter)
    reservation.answers.extend(reservation.answers * 249)
    expect(page.locator("#callbacks details")).to_have_count(200)
    expect(page.locator("#callbacks .more")).to_have_text("and 50 more before")
    page.get_by_role("button", name="Show more").click()
    expect(page.locator("#callbacks details")).to_have_count(250)
    expect(page.locator("#callbacks .more")).to_be_hidden()
    expect(page.get_by_role("button", name="Show more")).to_be_hidden()
    assert endpoint.received


def test_rows_that_stay_are_not_made_anew(page: Page, taskrouter: TaskRouter) -> None:
    """A row that moves keeps its element, and its focus; those that only make room are not touched."""
    workers = [taskrouter.add_worker(name) for name in ("Ann", "Bob", "Carla", "Dora", "Elif")]
    made = [taskrouter.reserve(taskrouter.add_task(), worker) for worker in workers]
    lines = page.locator("#reservations tbody tr")
    expect(lines).to_have_count(5)
    page.evaluate("for (const line of document.querySelectorAll('#reservations tbody tr')) line.mine = true")
    page.evaluate(
        """() => {
            window.touched = [];
            const watch = (changes) => touched.push(...changes.flatMap(({ addedNodes }) => [...addedNodes]));
            const lines = document.querySelector("#reservations tbody");
            new MutationObserver(watch).observe(lines, { childList: true });
        }"""
    )
    row(page, "reservations", "Ann").get_by_role("button", name="Reject").focus()
    focused = "document.activeElement.getAttribute('aria-label')"
    taskrouter.rescind(made[4])
    expect(lines.last).to_contain_text("Elif")
    expect(lines.first).to_contain_text("Dora")
    assert page.evaluate(
        "[...document.querySelectorAll('#reservations tbody tr')].every((line) => line.mine)"
    )
    touched = page.evaluate("touched.map((line) => line.querySelector('.name').textContent)")
    assert touched == ["Elif"]
    assert page.evaluate(focused) == "Reject the reservation of Ann"
    with taskrouter.at_once():
        for reservation in made[1:4]:
            taskrouter.rescind(reservation)
    expect(lines.first).to_contain_text("Ann")
    assert page.evaluate(focused) == "Reject the reservation of Ann"


def test_a_large_workspace_stays_quick(page: Page, taskrouter: TaskRouter) -> None:
    """300 workers and 5,000 reservations: what changes is drawn in less than the time between two looks."""
    taskrouter.callback_url = ""
    workers = [taskrouter.add_worker(f"Worker {number}") for number in range(300)]
    with taskrouter.at_once():
        for number in range(5000):
            reservation = taskrouter.reserve(taskrouter.add_task({"n": number}), workers[number % 300])
            if number < 4900:
                taskrouter.rescind(reservation)
    expect(page.locator("#workers tbody tr")).to_have_count(300)
    expect(page.locator("#reservations .more")).to_have_text("and 4,800 more that ended before")
    taskrouter.add_worker("One more")
    expect(row(page, "workers", "One more")).to_be_visible(timeout=3000)
    longest = page.evaluate(
        """async () => {
            const all = performance.getEntriesByType("resource");
            const asked = all.filter(({ name }) => name.includes("/page/state"));
            return Math.max(...asked.slice(-3).map(({ duration }) => duration));
        }"""
    )
    assert longest < 1000
