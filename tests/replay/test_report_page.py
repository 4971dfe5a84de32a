"""The report in a real browser: Chromium draws it, and nothing is asked of the network."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from app.replay.report import html_report
from app.replay.tally import Choice, Pair
from tests.conftest import missing
from tests.replay.test_report import ABOUT, CHAT, DAY, NIGHT, tally

HOSTILE = Choice("</script><script>document.title = 'taken over'</script>", "reply", "accept")
PAIRS = {
    Pair(DAY, DAY): 900,
    Pair(DAY, NIGHT): 60,
    Pair(NIGHT, NIGHT): 200,
    Pair(CHAT, DAY): 12,
    Pair(HOSTILE, CHAT): 3,
}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The system's Chromium, once for all of these tests."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or missing("chromium")
    with sync_playwright() as playwright:
        # Its own sandbox refuses root, which CI runs as.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("report") / "report.html"
    made.write_text(html_report(tally(PAIRS), ABOUT), "utf-8")
    return made


def opened(browser: Browser, file: Path, **options: Any) -> tuple[Page, list[str]]:
    """The page when it is drawn, and all that went wrong or over the network on the way."""
    page = browser.new_context(**options).new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(message.text))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on("request", lambda request: heard.append(request.url))
    page.goto(file.as_uri())
    page.wait_for_selector("#timeline .bars path", state="attached")
    return page, [each for each in heard if each != file.as_uri()]


def test_it_is_drawn_without_a_word(browser: Browser, file: Path, tmp_path: Path) -> None:
    """Flow, matrices and timeline; no error, no request, and the title is ours."""
    page, heard = opened(browser, file, viewport={"width": 1200, "height": 900})
    assert heard == []
    assert page.title().startswith("What the rules would have done")
    assert "75 of 1,175 (6.4 %) would be decided otherwise" in page.inner_text(".lead")
    assert page.locator("#flow .sankey-link").count() == 3
    assert page.locator("#flow .sankey-node").count() == 6
    assert page.locator("#timeline .trace.bars").count() == 3
    assert page.locator("table.matrix").first.locator("td.changed").all_inner_texts() == ["60", "12", "3"]
    assert page.locator("#flow").get_attribute("aria-label") is not None
    page.screenshot(path=tmp_path / "report.png", full_page=True)
    assert (tmp_path / "report.png").stat().st_size > 20_000


def test_a_hostile_name_is_shown_as_it_is(browser: Browser, file: Path) -> None:
    """In the tables and in the charts."""
    page, _ = opened(browser, file)
    assert HOSTILE.rule in page.locator("table.matrix").first.locator("tbody th").all_inner_texts()
    assert any("<script>" in label for label in page.locator("#flow .node-label").all_text_contents())
    assert "taken over" not in page.title()


def test_it_is_dark_where_the_reader_wants_it(browser: Browser, file: Path) -> None:
    """The charts as well."""
    page, heard = opened(browser, file, color_scheme="dark")
    assert heard == []
    paper, ink = page.evaluate(
        "[getComputedStyle(document.body).backgroundColor, "
        "getComputedStyle(document.querySelector('#timeline .xtick text')).fill]"
    )
    assert paper == "rgb(18, 22, 28)"
    assert ink == "rgb(232, 237, 242)"


def test_it_fits_a_phone(browser: Browser, file: Path) -> None:
    """Only wide tables scroll, in their own place."""
    page, _ = opened(browser, file, viewport={"width": 360, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_it_can_be_printed(browser: Browser, file: Path) -> None:
    """On some pages."""
    page, _ = opened(browser, file)
    assert page.pdf().startswith(b"%PDF")
