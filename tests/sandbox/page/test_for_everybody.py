"""The page in the dark, on a phone, from the keyboard; and what its policy forbids."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import Browser, Page, expect

from app.sandbox import TaskRouter
from tests.sandbox.page.windows import Window, assigned, routed, row, style

if TYPE_CHECKING:
    from app.sandbox import Served

PHONE = 360  # pixels across
WHITE = "rgb(255, 255, 255)"


def test_it_is_dark_where_the_reader_wants_that(page: Page) -> None:
    """Text is light on dark, and dark on light."""
    for dark in (False, True):
        page.emulate_media(color_scheme="dark" if dark else "light")
        assert (style(page, "section", "backgroundColor") == WHITE) is not dark
        assert (style(page, "body", "color") == "rgb(231, 236, 242)") is dark


def test_it_is_read_on_a_phone(page: Page, taskrouter: TaskRouter) -> None:
    """Rows become cards, and nothing is wider than the screen."""
    assigned(taskrouter, "Ann with a name that is rather long for a phone", {"note": "x" * 300})
    routed(taskrouter, {"note": "y" * 300})
    page.set_viewport_size({"width": PHONE, "height": 800})
    expect(row(page, "callbacks", "Ann")).to_be_visible()
    page.locator("#callbacks summary").first.click()
    expect(page.locator(".callback-whole dt").first).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE
    assert style(page, "#reservations tbody tr", "display") == "grid"


def test_it_is_used_from_the_keyboard(page: Page, taskrouter: TaskRouter) -> None:
    """The first stop skips the head; each control can be reached, has a name, and shows the focus."""
    assigned(taskrouter)
    expect(row(page, "callbacks", "Ann")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    line = page.locator("#callbacks summary")
    reached = False
    for _ in range(40):
        page.keyboard.press("Tab")
        reached = reached or line.evaluate("(it) => it === document.activeElement")
        if reached:
            break
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
    assert reached
    page.keyboard.press("Enter")
    expect(page.locator(".callback-whole dt").first).to_be_visible()
    unnamed = [
        control.evaluate("(it) => it.outerHTML")
        for control in page.locator("button, select, input, textarea").all()
        if not control.evaluate(
            "(it) => (it.labels?.length || it.textContent.trim() || it.getAttribute('aria-label')) ? 1 : 0"
        )
    ]
    assert unnamed == []


def test_the_policy_lets_no_text_become_a_tag(window: Window, page: Page) -> None:
    """Not even if a script of the page's own tried it."""
    tried = "(() => { try { document.body.innerHTML = 'x'; } catch (error) { return error.name; } })()"
    assert page.evaluate(tried) == "TypeError"
    window.forgive("TrustedHTML")


def test_another_name_of_this_machine_is_as_good(browser: Browser, sandbox: Served) -> None:
    """`localhost` shows the page, and creates a task from it."""
    window = Window(browser, sandbox.address.replace("127.0.0.1", "localhost"))
    expect(window.page.locator("#live")).to_have_text("live")
    window.page.get_by_role("button", name="Create task").click()
    expect(window.page.locator("#new-task-told")).to_contain_text("waits in Everyone")
    window.page.close()
    window.check()
