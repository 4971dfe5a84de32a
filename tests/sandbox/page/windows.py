"""The page in a browser's window, and what its tests look for there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.browsers import Watched

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

    from app.sandbox import Reservation, Task, TaskRouter


class Window(Watched):
    """The page in the browser, and all that went wrong there."""

    def __init__(self, browser: Browser, address: str) -> None:
        super().__init__(browser)
        self.address = address
        self.page.goto(f"{address}/?every=100")

    def polls(self) -> int:
        """How often the state was asked for."""
        return sum("/page/state" in url for url in self.requests)

    def forgive(self, line: str) -> None:
        """Take out the one line of the console that a test has provoked."""
        (found,) = self.wrong
        assert line in found
        self.wrong.clear()

    def check(self) -> None:
        """Nothing stands in the console, and nothing but the sandbox was asked."""
        assert self.wrong == []
        assert [url for url in self.requests if not url.startswith(f"{self.address}/")] == []


def asks_on(window: Window, times: int) -> None:
    """Waits until a tab has asked for the state so many times more."""
    enough = window.polls() + times
    while window.polls() < enough:
        window.page.wait_for_event("request")


def routed(taskrouter: TaskRouter, attributes: dict[str, Any] | None = None) -> Task:
    task = taskrouter.add_task(attributes)
    taskrouter.route(task)
    return task


def assigned(
    taskrouter: TaskRouter, name: str = "Ann", attributes: dict[str, Any] | None = None
) -> Reservation:
    return taskrouter.assign(taskrouter.add_task(attributes), taskrouter.add_worker(name))


def row(page: Page, section: str, text: str) -> Locator:
    """The row of a section that holds a text."""
    return page.locator(f"#{section} :is(tbody tr, ol.list > li, details)", has_text=text)


def style(page: Page, selector: str, name: str) -> str:
    found = page.locator(selector).first.evaluate("(it, name) => getComputedStyle(it)[name]", name)
    return str(found)


def hide(page: Page, hidden: bool) -> None:
    """What a browser does with a tab that is put behind another one."""
    page.evaluate(
        """(hidden) => {
            Object.defineProperty(document, "hidden", { configurable: true, get: () => hidden });
            document.dispatchEvent(new Event("visibilitychange"));
        }""",
        hidden,
    )
