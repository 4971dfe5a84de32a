"""The page in a real browser: Debian's chromium, nothing in its console, and no address but the sandbox's."""

from __future__ import annotations

import json
import re
import shutil
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from app.sandbox import Alert, Task, TaskRouter, serving
from tests.conftest import missing
from tests.waiting import until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from app.sandbox import Reservation, Served
    from tests.sandbox.conftest import Endpoint, ManualClock

PHONE, DESK = 360, 1280  # pixels across
WHITE = "rgb(255, 255, 255)"
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(2)><b>bold</b>"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for all tests: it takes a second to start. As root it refuses its sandbox."""
    program = shutil.which("chromium")
    if program is None:
        missing("chromium")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


class Window:
    """The page in the browser, and all that went wrong there."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address
        self.wrong: list[str] = []
        self.requests: list[str] = []
        self.page = browser.new_page(viewport={"width": DESK, "height": 900})
        self.page.on("console", lambda message: self.wrong.append(message.text))
        self.page.on("pageerror", lambda error: self.wrong.append(str(error)))
        self.page.on("dialog", lambda dialog: self.wrong.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
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


def routed(taskrouter: TaskRouter, attributes: dict[str, Any] | None = None) -> Task:
    task = taskrouter.add_task(attributes)
    taskrouter.route(task)
    return task


def assigned(
    taskrouter: TaskRouter, name: str = "Ann", attributes: dict[str, Any] | None = None
) -> Reservation:
    return taskrouter.assign(taskrouter.add_task(attributes), taskrouter.add_worker(name))


def row(page: Page, section: str, text: str) -> Any:
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


# --- what it shows


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
    reservation.alerts.append(Alert(1, EVIL, EVIL, taskrouter.clock()))
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


# --- what is done by hand


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


# --- how it follows the sandbox


def asks_on(window: Window, times: int) -> None:
    """Waits until a tab has asked for the state so many times more."""
    enough = window.polls() + times
    while window.polls() < enough:
        window.page.wait_for_event("request")


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


# --- for everybody


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
