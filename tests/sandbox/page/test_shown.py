"""What the page shows in a browser: all of it live, all of it as text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from playwright.sync_api import Page, expect

from app.sandbox import TaskRouter
from tests.sandbox.page.windows import Window, assigned, routed, row

if TYPE_CHECKING:
    from app.sandbox import Served
    from tests.sandbox.conftest import Endpoint, ManualClock

EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)><b>bold</b>"


def test_the_head_tells_whose_sandbox_it_is_and_its_time(
    page: Page, sandbox: Served, taskrouter: TaskRouter, clock: ManualClock
) -> None:
    """The time is the sandbox's: here it stands still, and then it is a day later."""
    expect(page.locator("h1")).to_have_text("Sandbox")
    expect(page.locator("#workspace-sid")).to_have_text(taskrouter.workspace_sid)
    expect(page.locator("#account-sid")).to_have_text(taskrouter.account_sid)
    expect(page.locator("#address")).to_have_text(sandbox.address)
    expect(page.locator("#clock")).to_have_text("08:00:00")
    expect(page.locator("#day")).to_have_text("Mon, 5 Jan 2026, UTC")
    expect(page.locator("#pace")).to_have_text("stands still")
    clock.advance(86_400 + 3_661)
    expect(page.locator("#clock")).to_have_text("09:01:01")
    expect(page.locator("#day")).to_have_text("Tue, 6 Jan 2026, UTC")


def test_queues_and_waiting_tasks_are_live(page: Page, taskrouter: TaskRouter, clock: ManualClock) -> None:
    """A task comes, grows old, and goes; no list jumps to another height."""
    height = page.evaluate("document.documentElement.scrollHeight")
    expect(page.locator("#waiting .none")).to_have_text("No task waits.")
    task = routed(taskrouter, {"language": "en"})
    line = page.locator("#waiting tbody tr")
    expect(line).to_contain_text('{"language":"en"}')
    expect(page.locator("#queues tbody tr")).to_have_text("Everyone10 s0 / 0")
    clock.advance(125)
    expect(line).to_contain_text("2 min 5 s")
    expect(page.locator("#queues tbody tr")).to_contain_text("2 min 5 s")
    expect(page.locator("#count-pending")).to_have_text("1")
    taskrouter.cancel(task, "nobody is left")
    expect(line).to_have_count(0)
    expect(row(page, "canceled", "nobody is left")).to_be_visible()
    expect(page.locator("#count-canceled")).to_have_text("1")
    assert page.evaluate("document.documentElement.scrollHeight") == height


def test_reservations_are_live(page: Page, taskrouter: TaskRouter, clock: ManualClock) -> None:
    """Pending with the time that is left, accepted, and ended."""
    reservation = taskrouter.reserve(taskrouter.add_task({"n": 1}), taskrouter.add_worker("Ann"))
    line = row(page, "reservations", "Ann")
    expect(line).to_contain_text("0 s of 2 min")
    clock.advance(30)
    expect(line).to_contain_text("30 s of 2 min")
    expect(row(page, "workers", "Ann")).to_contain_text("pending")
    taskrouter.rescind(reservation)
    expect(line).to_contain_text("rescinded")
    expect(line).to_contain_text("ended 08:00:30")
    expect(row(page, "workers", "Ann")).to_contain_text("free")


def test_alerts_name_code_sentence_and_reservation(
    page: Page, taskrouter: TaskRouter, endpoint: Endpoint
) -> None:
    """And the address of Twilio's page as text: nothing is asked there."""
    expect(page.locator("#alerts .none")).to_be_visible()
    endpoint.answer({"instruction": "reject"})
    reservation = assigned(taskrouter)
    line = row(page, "alerts", "40100")
    expect(line).to_contain_text("reject: activity_sid is missing")
    expect(line).to_contain_text("https://www.twilio.com/docs/api/errors/40100")
    expect(line.locator(".sid")).to_have_attribute("title", reservation.sid)
    expect(page.locator("#count-alerts")).to_have_text("1")
    expect(line.locator("a")).to_have_count(0)


def test_a_callback_opens_into_all_its_parameters_and_the_answer(
    page: Page, taskrouter: TaskRouter, endpoint: Endpoint
) -> None:
    """It stays open, with what is selected in it, while others come above it."""
    endpoint.answer({"instruction": "accept"})
    reservation = assigned(taskrouter, "Ann", {"order": {"id": 9007199254740993}})
    line = row(page, "callbacks", "Ann")
    expect(line.locator("summary")).to_contain_text("accept")
    expect(line.locator("summary")).to_contain_text(endpoint.url)
    expect(line.locator(".answer")).to_have_text("200")
    line.locator("summary").click()
    for name in reservation.callback:
        expect(line.locator("dt", has_text=re.compile(f"^{name}$"))).to_be_visible()
    expect(line.locator("dd pre").first).to_have_text('{\n  "order": {\n    "id": 9007199254740993\n  }\n}')
    expect(line.locator(".two pre").last).to_have_text('{\n  "instruction": "accept"\n}')
    page.evaluate("getSelection().selectAllChildren(document.querySelector('details dd pre'))")
    assigned(taskrouter, "Bob")
    expect(page.locator("#callbacks details").first).to_contain_text("Bob")
    expect(line).to_have_attribute("open", "")
    assert "9007199254740993" in page.evaluate("getSelection().toString()")


def test_an_open_callback_follows_what_happens_to_it(
    page: Page, taskrouter: TaskRouter, endpoint: Endpoint
) -> None:
    """An update over REST appears in it."""
    reservation = assigned(taskrouter)
    line = row(page, "callbacks", "Ann")
    line.locator("summary").click()
    expect(line.locator(".callback-whole")).to_contain_text("an update over REST is awaited")
    expect(line.locator(".updates")).to_have_count(0)
    taskrouter.update(reservation, b"ReservationStatus=accepted", lambda _: True)
    expect(line.locator(".updates li")).to_contain_text("ReservationStatus=accepted")
    assert endpoint.received


def test_an_answer_that_failed_says_why(page: Page, taskrouter: TaskRouter) -> None:
    """Of a URL where nobody listens."""
    taskrouter.callback_url = "http://127.0.0.1:1/assignment"
    assigned(taskrouter)
    line = row(page, "callbacks", "Ann")
    expect(line.locator(".answer")).to_have_text("no answer")
    line.locator("summary").click()
    expect(line.locator(".two .error")).to_have_text("no connection: ConnectionError")


def test_a_filter_shows_what_holds_its_text(page: Page, taskrouter: TaskRouter) -> None:
    """In workers, reservations and callbacks; new rows are held against it as well."""
    for name in ("Ann", "Bob"):
        assigned(taskrouter, name)
    for section in ("workers", "reservations", "callbacks"):
        page.locator(f"#{section} .filter input").fill("bOb")
        expect(row(page, section, "Bob")).to_be_visible()
        expect(row(page, section, "Ann")).to_be_hidden()
    taskrouter.add_worker("Annabel")
    expect(row(page, "workers", "Annabel")).to_have_count(1)
    expect(row(page, "workers", "Annabel")).to_be_hidden()
    page.locator("#workers .filter input").fill("nobody")
    expect(page.locator("#workers .none")).to_have_text("Nothing here holds the text of the filter.")
    page.locator("#workers .filter input").fill("")
    expect(row(page, "workers", "Annabel")).to_be_visible()


def test_names_and_attributes_are_text_wherever_they_stand(
    window: Window, page: Page, taskrouter: TaskRouter, endpoint: Endpoint
) -> None:
    """Nothing of them becomes a tag or a script: not in rows, titles, options, errors or open callbacks."""
    endpoint.content_type, endpoint.body = "text/html", EVIL.encode()
    taskrouter.configure(name=EVIL)
    taskrouter.add_activity(EVIL, available=True)
    taskrouter.add_queue(EVIL)
    taskrouter.change(taskrouter.workflow, name=EVIL)
    reservation = assigned(taskrouter, EVIL, {EVIL: EVIL, "__proto__": EVIL})
    taskrouter.alert(reservation, 1, EVIL)
    taskrouter.cancel(taskrouter.add_task({EVIL: EVIL}), EVIL)
    routed(taskrouter, {EVIL: EVIL})
    expect(page.locator("h1")).to_have_text(EVIL)
    for section in ("queues", "waiting", "reservations", "workers", "alerts", "canceled", "callbacks"):
        expect(row(page, section, EVIL[:20]).first).to_be_visible()
    page.locator("#callbacks summary").click()
    expect(page.locator("#callbacks .callback-whole pre").last).to_have_text(EVIL)
    page.locator("#attributes").fill(EVIL)
    page.get_by_role("button", name="Create task").click()
    expect(page.locator("#attributes-error")).to_contain_text("The attributes must be JSON")
    assert page.locator("script").count() == 1
    assert page.locator("main img, [onerror], b:text-is('bold')").count() == 0
    window.forgive("400")
