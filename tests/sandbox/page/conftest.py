"""The page in a real browser: Debian's chromium."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.conftest import missing
from tests.sandbox.page.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.sandbox import Served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a module: it takes a second to start. As root it refuses its sandbox."""
    program = shutil.which("chromium")
    if program is None:
        missing("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def window(browser: Browser, sandbox: Served) -> Iterator[Window]:
    opened = Window(browser, sandbox.address)
    yield opened
    opened.page.close()
    opened.check()


@pytest.fixture
def page(window: Window) -> Page:
    """The page of a sandbox that has its first state."""
    expect(window.page.locator("#live")).to_have_text("live")
    return window.page
