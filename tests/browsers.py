"""Debian's chromium, and a window of it in which nothing goes unnoticed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.conftest import missing

DESK = 1280  # pixels across


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser, which takes a second to start. As root it refuses its sandbox."""
    program = shutil.which("chromium")
    if program is None:
        missing("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


class Watched:
    """A page as wide as a desk, all that went wrong there, and all that it asked for."""

    def __init__(self, browser: Browser) -> None:
        self.wrong: list[str] = []
        self.requests: list[str] = []
        self.page = browser.new_page(viewport={"width": DESK, "height": 900})
        self.page.on("console", lambda message: self.wrong.append(message.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", lambda dialog: self.wrong.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
