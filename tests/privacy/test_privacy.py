"""Personal data and secrets go through every path, and are found nowhere but where they belong.

They belong into the journal, which keeps callbacks, and into the ledger's instructions, which are to be sent.
"""

import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import psycopg
import pytest

from app.sandbox import Faults, TaskRouter, WebhookKey, serving
from app.storage import Database
from tests.builders import ACCOUNT
from tests.delivery.listening import closed_port
from tests.privacy.deployment import AUTH_TOKEN, BROKEN, INHERITED, RULES, Deployment, Said
from tests.privacy.marks import API_KEY, API_SECRET, CALLER, MARKS, NAME, PERSONAL, SECRETS, WORKER, found
from tests.tracing.collecting import collecting
from tests.waiting import until
from tests.web.conftest import FORM, signature
from tests.web.serving import PATIENCE, Serve

MARKED = b"Quackenbush +15558675309 ada@zmailbox.example strangerstokenl1k2j3"
ANSWERED = (
    "reply",
    "unfilled",
    "wrong-number",
    "forbidden-number",
    "filtered",
    "deferred",
    "unheard-of",
)
SETTINGS = ("TWILIO_ACCOUNT_SID", "TWILIO_API_KEY", "TWILIO_WEBHOOK_KEYS", "METRICS_TOKEN", "LOG_FORMAT")
SEARCHED = (
    "the log",
    "standard error",
    "answers",
    "headers of answers",
    "metrics",
    "health",
    "errors in the ledger",
    "desk deliveries",
    "the worker",
    "traces",
)


@pytest.fixture(scope="module")
def said(postgresql: str, tmp_path_factory: pytest.TempPathFactory) -> Said:
    """What a deployment said in all that happened to it."""
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("CREATE DATABASE privacy")
    database = postgresql.removesuffix("postgres") + "privacy"
    opened = Database(database)
    opened.upgrade()
    opened.close()
    folder = tmp_path_factory.mktemp("privacy") / "rules"
    folder.mkdir()
    (folder / "rules.yaml").write_text(RULES)
    taskrouter = TaskRouter(
        account_sid=ACCOUNT, auth_tokens=(AUTH_TOKEN,), api_keys={API_KEY: API_SECRET}, reservation_timeout=60
    )
    with collecting() as collector, serving(taskrouter) as twilio:
        made = Deployment(folder, twilio, database, Said())
        made.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.address
        with made.serving() as serve:
            callbacks(made)
            deliveries(made)
            strangers(made, serve)
            not_http(made, serve)
            reloads(made, serve)
            made.scrape(serve)
        without_a_database(made)
        without_credentials(made)
        with made.serving(LOG_FORMAT="console", LOG_LEVEL="INFO"):
            callbacks(made)
            left_behind(made)
        a_worker(made)
        ledger(made)
    made.said.add("traces", collector.text)
    return made.said


def callbacks(made: Deployment) -> None:
    """Answered, with problems of every kind, at both URLs, by token and by key, and refused."""
    for kind in (
        "reply",
        "unfilled",
        "wrong-number",
        "forbidden-number",
        "filtered",
        "deferred",
        "unheard-of",
    ):
        made.call(kind)
    made.call("reply", sign_with=WebhookKey("hook", SECRETS["the webhook key"]))
    made.call("reply", sign_with=SECRETS["another's token"])
    made.call("reply", sign_with=WebhookKey("strangerstokenl1k2j3", "another"))
    made.taskrouter.callback_url, kept = "http://127.0.0.1:1/", made.taskrouter.callback_url
    made.call("reply")
    made.taskrouter.callback_url = kept


def deliveries(made: Deployment) -> None:
    """Delivered, refused, retried after each fault, and given up."""
    for script in (
        (),
        ("rate_limited",),
        ("server_error",),
        ("server_error_after",),
        ("unavailable",),
        ("cut_before",),
        ("cut_after",),
    ):
        reservation = made.call("sip", *script)
        assert made.taskrouter.wait_until_settled(reservation, PATIENCE)
    given_up = made.call("given-up", *["rate_limited"] * 50)
    until(lambda: "given-up" in made.rows("SELECT rule FROM deliveries WHERE stage = 'on_failure'"))
    made.taskrouter.faults = Faults()
    assert made.taskrouter.wait_until_settled(given_up, PATIENCE)
    until(lambda: not made.rows("SELECT id FROM deliveries WHERE finished IS NULL"))


def strangers(made: Deployment, serve: Serve) -> None:
    """Requests that are refused, with marks wherever there is room for some."""
    query = "?" + urlencode({"caller": MARKED.decode()})
    wrong = {
        "Authorization": "Bearer " + SECRETS["another's token"],
        "X-Request-Id": "+15558675309 Quackenbush",
        "Content-Type": "text/appendicitis",
    }
    unsigned = {"Content-Type": FORM}
    signed = {**unsigned, "X-Twilio-Signature": SECRETS["another's token"]}
    for path in ("/assignment", "/assignment/fallback"):
        for method, body, headers in (
            ("POST", MARKED, unsigned),
            ("POST", MARKED, signed),
            ("POST", MARKED * 2000, signed),
            ("POST", MARKED, wrong),
            ("PUT", MARKED, wrong),
        ):
            made.ask(serve, method, path + query, body, headers)
    for path in ("/Quackenbush/5558675309", "/healthz/zmailbox", "/metrics/zmailbox", "/metrics"):
        made.ask(serve, "GET", path + query, headers=wrong)
    made.ask(serve, "GET", "/metrics")
    made.ask(serve, "DELETE", "/metrics" + query, headers=wrong)
    asked = dict(made.taskrouter._parameters(made.call("deferred")))
    now = datetime.now(UTC)
    for changed in (
        {"AccountSid": "AC" + "5558675309" + "0" * 22},
        {"Timestamp": (now - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")},
        {"Timestamp": "Quackenbush"},
        {"TaskAttributes": '{"name": "Quackenbush", "from": '},
        {"TaskAttributes": "[" * 5000 + '"appendicitis"'},
        {"WorkerAttributes": "Quackenbush"},
        {"ReservationSid": "Quackenbush"},
        {"TaskSid": "+15558675309"},
        {"WorkspaceSid": "ada@zmailbox.example"},
        {"WorkerName": "Fortescue\r\nmarginalia\u2028\x00"},
        {"Quackenbush": "+15558675309"},
        {"ReservationSid": ""},
    ):
        made.signed(serve, "/assignment", {**asked, **changed})


def not_http(made: Deployment, serve: Serve) -> None:
    """What gunicorn's parser, or the loop before it, refuses."""
    for sent in (
        MARKED + b"\r\n\r\n",
        b"POST /assignment HTTP/1.1\r\nHost: a\r\nX-Caller " + MARKED + b"\r\n\r\n",
        b"POST /assignment HTTP/1.1\r\nHost: a\r\nX-Caller: " + MARKED * 2000,
        b"GET /" + MARKED.replace(b" ", b"/") * 100 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /assignment HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Type: " + FORM.encode() + b"\r\n\r\n5\r\nQuack\r\nenbush 5558675309\r\n\r\n",
        b"POST /assignment HTTP/1.1\r\nHost: a\r\nContent-Length: Quackenbush\r\n\r\n",
        b"POST /assignment HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n" + MARKED,
    ):
        made.said.add("answers", serve.exchange(sent))


def reloads(made: Deployment, serve: Serve) -> None:
    """Rules that cannot be taken over, each for another reason; then good ones."""
    for number, text in enumerate(BROKEN):
        (made.folder / "rules.yaml").write_text(text)
        serve.wait_until(lambda n=number: refusals(serve) > n)  # type: ignore[misc]
        made.said.add("health", made.ask(serve, "GET", "/readyz"))
    (made.folder / "rules.yaml").write_text(RULES + "# good again\n")
    serve.wait_until(lambda: any('"rules reloaded"' in line for line in serve.out))


def refusals(serve: Serve) -> int:
    return sum('"rules not reloaded"' in line for line in serve.out)


def left_behind(made: Deployment) -> None:
    """A delivery that the server cannot make before it is told to stop."""
    taskrouter = made.taskrouter
    taskrouter.faults = Faults(rate_limited=1, retry_after=3)
    taskrouter.assign(taskrouter.add_task({"type": "sip", **CALLER}), taskrouter.add_worker(NAME, WORKER))


def without_a_database(made: Deployment) -> None:
    """Posts are answered inline; commands say that it is away."""
    password = SECRETS["the database's password"]
    away = f"postgresql://desk:{password}@127.0.0.1:{closed_port()}/Quackenbush"
    with made.serving(DATABASE_URL=away) as serve:
        callbacks(made)
        made.call("sip")
        made.scrape(serve)
    for command in (("deliveries", "list"), ("db", "upgrade")):
        made.said.add("desk deliveries", made.run(*command, DATABASE_URL=away))


def without_credentials(made: Deployment) -> None:
    """Twilio refuses the key: 401. And what cannot be used as a setting is not repeated."""
    with made.serving(TWILIO_API_SECRET=SECRETS["another's token"]):
        made.call("sip")
        until(lambda: "401" in made.rows("SELECT outcome FROM attempts"))
    value = SECRETS["another's token"] + " Quackenbush"
    for command in ("serve", "worker"):
        made.said.add("standard error", made.run(command, **dict.fromkeys(SETTINGS, value)))
    made.said.add("desk deliveries", made.run("deliveries", "list", DATABASE_URL=value))


def a_worker(made: Deployment) -> None:
    """`desk worker` delivers what was left behind."""
    made.taskrouter.faults = Faults(updates=("server_error",), retry_after=0)
    environment = {**INHERITED, **made.environment, "RULES_DIR": str(made.folder)}
    command = [sys.executable, "-m", "app.cli", "worker"]
    running = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        until(lambda: not made.rows("SELECT id FROM deliveries WHERE finished IS NULL"), 40)
    finally:
        running.send_signal(signal.SIGTERM)
        written, _ = running.communicate(timeout=40)
    made.said.add("the worker", written)


def ledger(made: Deployment) -> None:
    """What the ledger says of errors, and what commands show of it."""
    for table in ("attempts", "deliveries"):
        made.said.add("errors in the ledger", made.rows(f"SELECT outcome FROM {table}"))
    made.said.add("where it belongs", made.rows("SELECT instruction, on_failure FROM deliveries"))
    made.said.add("where it belongs", made.rows("SELECT params FROM callbacks"))
    made.said.add("desk deliveries", made.run("deliveries", "list"))
    listed = made.run("deliveries", "list", "--format", "json")
    made.said.add("desk deliveries", listed)
    by_state = {each["state"]: each["reservation"] for each in json.loads(listed)}
    for reservation in by_state.values():
        made.said.add("desk deliveries", made.run("deliveries", "show", reservation))
    made.said.add("states", " ".join(by_state))


@pytest.mark.parametrize("where", SEARCHED)
def test_nothing_is_found(said: Said, where: str) -> None:
    """No personal data, and no secret."""
    assert len(said.texts[where]) > 100, "nothing was said"
    assert found(said.texts[where]) == {}


def test_it_went_through(said: Said) -> None:
    """What was searched for did arrive where it belongs, or the search would find nothing anywhere."""
    belongs = found(said.texts["where it belongs"])
    assert PERSONAL.keys() <= belongs.keys()
    assert belongs.keys() & SECRETS.keys() == set(), "the ledger holds references to vars"


def test_every_path_was_gone(said: Said) -> None:
    """Each event and each refusal did happen."""
    events = {
        json.loads(line)["event"] for line in said.texts["the log"].splitlines() if line.startswith("{")
    }
    assert events >= {
        "decided",
        "refused",
        "not parsed",
        "posted",
        "looked up",
        "delivery ended",
        "rules not reloaded",
        "rules reloaded",
        "answered without the ledger",
        "nothing is picked up",
    }
    assert said.statuses >= {200, 400, 401, 403, 404, 405, 413, 415}
    assert "delivery ended" in said.texts["the worker"]
    assert {"delivered", "dead"} <= set(said.texts["states"].split())


def test_each_mark_is_found_where_it_is() -> None:
    """However it is encoded, and in whatever case."""
    for name, mark in MARKS.items():
        assert found(f'…{{"x": "{mark.upper()}"}}').keys() == {name}
        assert found(urlencode({"x": f"+{mark} "})).keys() == {name}
    assert signature("https://example.com", {}, AUTH_TOKEN)
