"""The report as a browser shows it: Debian's chromium, without a network, and nothing in its console."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from app.replay.charts import NO_BREAK
from app.replay.report import report
from app.replay.tally import Choice, Tally
from tests.browsers import DESK, Watched, chromium
from tests.replay.replays import DAY, MONDAY, bad, choice, count, example, replayed

NAMES = (
    "</script><script>alert(1)</script><img src=x onerror=alert(2)><b>${7*7}{{ 7*7 }}",
    "night\x00\x1b[2J\ud800\u202e",
    "%{y}<extra>%{x}</extra>",
    "&lt;b&gt;",
    '" onmouseover="alert(3)',
    "",
)
PHONE = 360  # pixels across
WHITE = "rgb(255, 255, 255)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests."""
    with chromium() as started:
        yield started


class Window(Watched):
    """A report in the browser, and all that went wrong there."""

    def __init__(self, browser: Browser, tally: Tally, folder: Path) -> None:
        super().__init__(browser)
        file = folder / "report.html"
        file.write_text(report(replayed(tally)), "utf-8")
        self.own = file.as_uri()
        self.page.goto(self.own)

    def check(self) -> None:
        """Nothing stands in the console, and nothing but the file itself was asked for."""
        assert self.wrong == []
        assert self.requests == [self.own]


@pytest.fixture(scope="module")
def week_window(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Window:
    """Once for all tests that only look: 5 MB of script take a second to start."""
    return Window(browser, week(), tmp_path_factory.mktemp("week"))


@pytest.fixture
def page(week_window: Window) -> Iterator[Page]:
    """The report of the week, on a desk and in the light."""
    yield week_window.page
    week_window.page.set_viewport_size({"width": DESK, "height": 900})
    week_window.page.emulate_media(color_scheme="light", media="screen")
    week_window.check()


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Callable[[Tally], Page]]:
    """Shows another report."""
    windows: list[Window] = []

    def opened(tally: Tally) -> Page:
        windows.append(Window(browser, tally, tmp_path))
        return windows[-1].page

    yield opened
    for each in windows:
        each.page.close()
        each.check()


def week() -> Tally:
    """A week in which 37 of 4,812 callbacks change, 12 of them in their values alone."""
    tally = Tally()
    day, night, vip = choice("day"), choice("night", "redirect"), choice("vip", "conference")
    for number in range(7):
        at = MONDAY + number * DAY
        count(tally, day, day, 500, at=at)
        count(tally, night, night, 180, at=at)
    count(tally, vip, vip, 15)
    count(tally, night, day, 20, at=MONDAY + 2 * DAY)
    count(tally, vip, day, 5, at=MONDAY + 3 * DAY)
    count(tally, vip, vip, 12, changed=True)
    tally.examples = [example(day, night, "day: task.hour < 17 fails now, and held before")]
    tally.bad, tally.bad_lines = [bad(7, "the JSON is broken")], 3
    tally.untimed = 2
    return tally


def cells(page: Page, table: str) -> list[list[str]]:
    """The texts of a table, row by row."""
    rows = page.locator(f"{table} tr").all()
    return [[plain(text) for text in row.locator("th, td").all_inner_texts()] for row in rows]


def plain(text: str) -> str:
    return text.strip().replace(NO_BREAK, " ")


def drawn(page: Page, chart: str) -> list[str]:
    """The texts of a chart that is drawn, and wide enough to be seen."""
    box = page.locator(f"#{chart} svg.main-svg").first.bounding_box()
    assert box is not None
    assert box["width"] > 300
    assert box["height"] > 100
    return page.locator(f"#{chart} svg text").all_text_contents()


def colour(page: Page, selector: str, name: str) -> str:
    found = page.locator(selector).first.evaluate("(it, name) => getComputedStyle(it)[name]", name)
    return str(found)


def test_it_says_first_what_a_supervisor_wants_to_know(page: Page, tmp_path: Path) -> None:
    """How many callbacks of which days, and how many would be decided otherwise; then the same as numbers."""
    decided, changed = plain(page.locator("h1").inner_text()).split(". ")
    assert decided == "4,812 callbacks of 1–7 June 2026 were decided again"
    assert changed == "37 (0.8 %) would be decided otherwise."
    totals = {name: page.locator(f"#{name}").inner_text() for name in ("callbacks", "changed", "unchanged")}
    assert totals == {"callbacks": "4,812", "changed": "37", "unchanged": "4,775"}
    assert (page.locator("#untimed").inner_text(), page.locator("#bad").inner_text()) == ("2", "3")
    facts = page.locator(".facts").inner_text()
    for fact in ("rules", "e8e84106949d", "live/rules", "june.jsonl", "10 June 2026, 12:00:00 UTC"):
        assert fact in facts
    page.screenshot(path=tmp_path / "report.png", full_page=True)
    assert (tmp_path / "report.png").read_bytes().startswith(b"\x89PNG")


def test_the_matrices_mark_what_changes(page: Page) -> None:
    """Old down, new across, by rule and by instruction; a cell of which a part changes says how many."""
    assert cells(page, "#matrix-rule") == [
        ["before ↓ now →", "day", "night", "vip", "all"],
        ["day", "3,500", "20\nchanged", "5\nchanged", "3,525"],
        ["night", "", "1,260", "", "1,260"],
        ["vip", "", "", "27\n◪ 12 changed", "27"],
        ["all", "3,500", "1,280", "32", "4,812"],
    ]
    assert page.locator("#matrix-rule td.changes").count() == 2
    assert colour(page, "#matrix-rule td.changes", "backgroundColor") != colour(
        page, "#matrix-rule td.stays", "backgroundColor"
    )
    assert [row[0] for row in cells(page, "#matrix-instruction")[1:]] == [
        "dequeue", "redirect", "conference", "all",
    ]  # fmt: skip


def test_the_charts_are_drawn(page: Page) -> None:
    """A band for each move and a bar for each rule and day; each says in words what it shows."""
    assert drawn(page, "flow-rule") == ["day", "vip", "night", "vip"]
    assert page.locator("#flow-rule .sankey-link").count() == 3
    assert {"dequeue", "redirect", "conference"} <= set(drawn(page, "flow-instruction"))
    assert {"day", "night", "vip", "1 Jun2026", "7 Jun"} <= set(drawn(page, "bars"))
    assert page.locator("#bars .bars .point path").count() == 7 * 3
    told = page.locator("[role=img]").first.get_attribute("aria-label") or ""
    assert "From day to night: 20." in told


def test_the_tables_hold_what_the_charts_show(page: Page) -> None:
    """For those who do not see the charts: what each rule decides, and when."""
    assert cells(page, "#by-rule-now")[1:] == [
        ["day", "3,500", "72.7 %", "3,525", "−25"],
        ["night", "1,280", "26.6 %", "1,260", "+20"],
        ["vip", "32", "0.7 %", "27", "+5"],
    ]
    page.get_by_text("The same as a table").click()
    assert cells(page, ".times")[3] == ["Wed 3 June 2026", "500", "200", "0"]
    for table in page.locator("table").all():
        assert table.locator("thead th[scope=col]").count()
        assert table.locator("tbody th[scope=row]").count() == table.locator("tbody tr").count()


def test_changed_callbacks_and_bad_lines_are_listed(page: Page) -> None:
    """As many as are held, with why; and how many more there are."""
    row = page.locator(".changed tbody tr")
    assert row.count() == 1
    for part in ("1 June 2026, 09:00:00 UTC", "june.jsonl:1", "day", "night", "task.hour < 17 fails now"):
        assert part in row.inner_text()
    assert "and 36 more" in page.locator("section", has=page.locator(".changed")).inner_text()
    assert cells(page, "table.bad")[1:] == [["june.jsonl:7", "the JSON is broken"]]
    assert "and 2 more" in page.locator("section", has=page.locator("table.bad")).inner_text()


def test_without_a_comparison_it_says_what_is_decided(show: Callable[[Tally], Page]) -> None:
    """Neither matrix nor flow, nor a column of differences."""
    tally = Tally()
    count(tally, choice("day"), number=3)
    count(tally, choice("night"), number=1, at=MONDAY + DAY)
    page = show(tally)
    assert page.locator("h1").inner_text().endswith("There is nothing to compare them with.")
    assert page.locator(".matrix, .changed, #changed").count() == 0
    assert cells(page, "#by-rule-now") == [
        ["rule", "callbacks", "share"], ["day", "3", "75 %"], ["night", "1", "25 %"],
    ]  # fmt: skip
    assert {"day", "night"} <= set(drawn(page, "bars"))


def test_a_recorded_name_is_text_wherever_it_stands(show: Callable[[Tally], Page]) -> None:
    """Recorded decisions hold whatever their file does: nothing of it becomes a tag, a script or a mark."""
    tally, today = Tally(), choice("day")
    for name in NAMES:
        then = Choice(name, name, name)
        count(tally, today, then, 3)
        count(tally, then, today, 2, at=MONDAY + DAY)
        tally.examples.append(example(then, today, f"{name}: it is not in the rules now", source=name))
        tally.bad.append(bad(1, name, name))
    tally.bad_lines = len(NAMES)
    page = show(tally)
    assert page.locator("script:not([type])").count() == 2
    assert page.locator("img, b b, extra").count() == 0
    for chart in ("flow-rule", "bars"):
        labels = {text.removesuffix("…") for text in drawn(page, chart)}
        assert all(any(shown(name).startswith(text) for text in labels) for name in NAMES)
    heads = cells(page, "#matrix-rule")[0]
    assert {shown(name) for name in NAMES} <= set(heads)
    assert {f"{shown(name)}:1" for name in NAMES if name} <= {row[0] for row in cells(page, "table.bad")}


def shown(name: str) -> str:
    """What a reader sees of a name."""
    return re.sub("[\x00\x1b\ud800\u202e]", "\N{REPLACEMENT CHARACTER}", name) or "(no name)"


def test_a_hundred_rules_stay_readable(show: Callable[[Tally], Page]) -> None:
    """Those with most changes have rows and columns; the rest is summed, and no total is wrong."""
    tally = Tally()
    for number in range(100):
        rule = choice(f"rule-{number:03d}")
        count(tally, rule, rule, 10, at=MONDAY + number % 7 * DAY)
        if number % 3 == 0:
            count(tally, choice(f"rule-{(number + 1) % 100:03d}"), rule, 1 + number)
    page = show(tally)
    table = cells(page, "#matrix-rule")
    assert len(table) == 18 + 3
    assert "82 other rules" in table[0]
    assert table[-1][-1] == f"{tally.compared:,}"
    labels = drawn(page, "flow-rule")
    assert len(labels) == 26
    assert labels.count("22 other rules") == 2
    assert "other rules" in drawn(page, "bars")
    scrolls = page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert scrolls is False


def test_it_is_dark_where_the_reader_wants_that(page: Page) -> None:
    """Page and charts: text is light on dark, and dark on light."""
    for dark in (False, True):
        page.emulate_media(color_scheme="dark" if dark else "light")
        ink = colour(page, "body", "color")
        assert (colour(page, "section", "backgroundColor") == WHITE) is not dark
        assert colour(page, "#bars .xtick text", "fill") == ink
        assert colour(page, "#flow-rule text", "fill") == ink
    assert ink == "rgb(231, 236, 242)"


def test_it_is_read_on_a_phone(page: Page) -> None:
    """What is wide moves inside its frame: the page itself does not."""
    page.set_viewport_size({"width": PHONE, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE
    assert colour(page, ".changed tbody td", "display") == "grid"


def test_it_is_printed_on_white(page: Page) -> None:
    """Though the screen is dark; charts are as wide as the paper."""
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert colour(page, "section", "backgroundColor") == WHITE
    box = page.locator("#bars svg.main-svg").first.bounding_box()
    assert box is not None
    assert box["width"] == 680
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    page.emulate_media(media="screen")
    page.wait_for_function("document.querySelector('#bars svg.main-svg').clientWidth > 900")


def test_the_policy_forbids_any_network(page: Page) -> None:
    """Not even a script that got in could send anything away."""
    policy = page.locator("meta[http-equiv]").get_attribute("content") or ""
    assert policy.startswith("default-src 'none'; script-src 'sha256-")
    assert "unsafe-eval" not in policy
    assert "http" not in policy
