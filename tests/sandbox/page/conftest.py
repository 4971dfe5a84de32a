"""The page in a real browser: Debian's chromium."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browsers import chromium
from tests.sandbox.page.windows import Window

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.sandbox import Served


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests of a module."""
    with chromium() as started:
        yield started


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
