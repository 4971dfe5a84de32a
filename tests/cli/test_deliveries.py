"""`desk deliveries`: what was promised over REST, as people find it and send it again."""

import io
import os
import re
import socket
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import orjson
import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.model import Attempt, Delivery, Doubt, Ending, Instruction, Outcome, Stage, State
from app.storage import Ledger
from tests.cli.test_failures import BARE
from tests.conftest import Opening
from tests.delivery.deliveries import CONFERENCE, NOW, REJECT, SECOND, promise, refused
from tests.delivery.rig import Clock, Twilio, process

OWNER = "desk-1:4711"
LEASE = 15 * SECOND
REFUSED = Outcome(Ending.REFUSED, "Twilio answered 400 with error 40141", 400, 40141)
DOUBTS = {State.AMBIGUOUS: Doubt.SILENT}


def sid(number: int = 1) -> str:
    return promise(number=number).call.reservation_sid


@pytest.fixture
def ledger(address: str, opened: Opening) -> Ledger:
    """The ledger that the commands read, of either database."""
    return Ledger(opened(address))


def taken(ledger: Ledger, number: int = 1, instruction: Instruction = CONFERENCE, **more: object) -> Delivery:
    """A delivery that a process has in hand."""
    return ledger.open(promise(instruction, number, **more), OWNER, NOW, LEASE)[0]


def ended(
    ledger: Ledger, state: State = State.DEAD, number: int = 1, *made: Attempt, **more: object
) -> Delivery:
    """A delivery whose process recorded how it ended: refused, unless an attempt says otherwise."""
    delivery = taken(ledger, number, **more)  # type: ignore[arg-type]
    assert ledger.record(
        delivery.id,
        OWNER,
        made,
        state=state,
        stage=Stage.POST,
        doubt=DOUBTS.get(state, Doubt.NONE),
        due=NOW,
        sent=None,
        outcome=made[-1].outcome if made else REFUSED,
        finished=NOW + SECOND,
    )
    return delivery


def desk(address: str, *words: str) -> Result:
    """What `desk deliveries` says with nothing but DATABASE_URL."""
    names = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY", "TWILIO_API_SECRET")
    environment = {**dict.fromkeys(names, ""), "DATABASE_URL": address}
    said = CliRunner(env=environment).invoke(main, ["deliveries", *words])
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    return said


def listed(address: str, *words: str) -> list[str]:
    """The reservations of the rows for programs."""
    said = desk(address, "list", *words, "--format", "json")
    assert said.exit_code == 0, said.stderr
    return [row["reservation"] for row in orjson.loads(said.stdout)]


# --- list


def test_a_list_has_a_line_for_each(address: str, ledger: Ledger) -> None:
    """The newest first, with what came last in a sentence; nothing is wrapped off a terminal."""
    long = "night-" + "x" * 200
    ended(ledger, State.DEAD, 1, rule=long)
    taken(ledger, 2)
    ledger.give_inline(promise(number=3), NOW)
    said = desk(address, "list")
    assert (said.exit_code, said.stderr) == (0, "")
    head, *lines = [re.split(r" {2,}", line) for line in said.stdout.splitlines()]
    assert head == ["reservation", "rule", "state", "stage", "attempts", "arrived", "last outcome"]
    arrived = "2026-11-23T12:00:00Z"
    assert lines == [
        [sid(3), "only", "inline", "post", "0", arrived, "the answer to the callback held the instruction"],
        [sid(2), "only", "pending", "post", "1", arrived, "no attempt has ended yet"],
        [sid(1), long, "dead", "post", "1", arrived, "Twilio answered 400 with error 40141"],
    ]


def test_what_a_terminal_acts_on_is_not_shown(address: str, ledger: Ledger) -> None:
    """A rule's name may hold it; brackets are text."""
    taken(ledger, rule="[red]\x1b[31m\nnight")
    for words in (("list",), ("show", sid())):
        said = desk(address, *words).stdout
        assert "[red] [31m night" in said
        assert "\x1b" not in said


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ((), [4, 3, 2, 1]),
        (("--state", "dead"), [1]),
        (("--state", "dead", "--state", "ambiguous"), [2, 1]),
        (("--task", promise(number=3).call.task_sid), [3]),
        (("--rule", "night"), [4]),
        (("--since", "2026-11-23T12:00:00Z"), [4, 3, 2]),
        (("--since", "9999d"), [4, 3, 2, 1]),
        (("--since", "2h"), [4]),
        (("--limit", "2"), [4, 3]),
        (("--limit", "4"), [4, 3, 2, 1]),
        (("--state", "superseded"), []),
    ],
)
def test_list_filters(address: str, ledger: Ledger, words: tuple[str, ...], wanted: list[int]) -> None:
    """By state, task, rule, time and number; nothing found is an empty array."""
    ended(ledger, State.DEAD, 1, arrived=NOW - SECOND)
    ended(ledger, State.AMBIGUOUS, 2)
    ended(ledger, State.DELIVERED, 3)
    taken(ledger, 4, arrived=datetime.now(UTC) + timedelta(hours=1), rule="night")
    assert listed(address, *words) == [sid(number) for number in wanted]


def test_a_list_that_is_cut_says_so(address: str, ledger: Ledger) -> None:
    """On standard error; the rows for programs stay clean."""
    for number in (1, 2):
        taken(ledger, number)
    for form in ("text", "json"):
        said = desk(address, "list", "--limit", "1", "--format", form)
        assert said.stderr == "there are older ones: --limit shows more than 1\n"
    assert desk(address, "list", "--limit", "2").stderr == ""


def test_nothing_found_is_said_aside(address: str) -> None:
    """On standard error, and it is no failure."""
    said = desk(address, "list")
    assert (said.exit_code, said.stdout, said.stderr) == (0, "", "the ledger has no delivery\n")
    assert desk(address, "list", "--state", "dead").stderr == "the ledger has no such delivery\n"


@pytest.mark.parametrize("since", ["0d", "7w", "yesterday", "999999d", ""])
def test_since_must_be_a_time(since: str) -> None:
    """Status 2, and how to write one."""
    said = desk("sqlite://", "list", "--since", since)
    assert said.exit_code == 2
    assert "is no time: write 7d, 2h, 30m or 2026-11-23T17:30:00Z" in said.stderr


def test_a_row_has_all_of_a_delivery(address: str, ledger: Ledger) -> None:
    """Times in UTC; what is not so far is null."""
    taken(ledger, on_failure=REJECT)
    (row,) = orjson.loads(desk(address, "list", "--format", "json").stdout)
    assert row == {
        "reservation": sid(),
        "task": promise().call.task_sid,
        "workspace": promise().call.workspace_sid,
        "rule": "only",
        "rules_version": "9216a0408fa2",
        "state": "pending",
        "stage": "post",
        "post": {"instruction": "conference", "from": "***"},
        "on_failure": {"instruction": "reject", "activity_sid": REJECT.fields["activity_sid"]},
        "attempts": 1,
        "doubt": "silent",
        "outcome": None,
        "arrived": "2026-11-23T12:00:00Z",
        "due": "2026-11-23T12:00:00Z",
        "deadline": "2026-11-23T12:00:30Z",
        "expires": "2026-11-23T12:02:00Z",
        "finished": None,
        "leased_by": OWNER,
        "leased_until": "2026-11-23T12:00:15Z",
    }


# --- show

SENT = Attempt(1, Stage.POST, "send", NOW, NOW + 0.25 * SECOND, refused(503, retry_after=2.0))
LOOKED = Attempt(2, Stage.ON_FAILURE, "look", NOW + SECOND, NOW + 2 * SECOND, REFUSED)


def test_show_has_each_attempt(address: str, ledger: Ledger) -> None:
    """When it began, what it was, how it ended, with Twilio's code."""
    ended(ledger, State.DEAD, 1, SENT, LOOKED, on_failure=REJECT)
    said = desk(address, "show", sid())
    assert (said.exit_code, said.stderr) == (0, "")
    about, _, attempts = said.stdout.partition("\n\n")
    assert dict(re.split(r" {2,}", line, maxsplit=1) for line in about.splitlines()) == {
        "reservation": sid(),
        "task": promise().call.task_sid,
        "workspace": promise().call.workspace_sid,
        "rule": "only of rules 9216a0408fa2",
        "state": "dead",
        "stage": "post",
        "post": '{"instruction": "conference", "from": "***"}',
        "on failure": f'{{"instruction": "reject", "activity_sid": "{REJECT.fields["activity_sid"]}"}}',
        "attempts": "1",
        "doubt": "none",
        "last outcome": "Twilio answered 400 with error 40141",
        "arrived": "2026-11-23T12:00:00.000Z",
        "deadline": "2026-11-23T12:00:30.000Z",
        "expires": "2026-11-23T12:02:00.000Z",
        "finished": "2026-11-23T12:00:01.000Z",
    }
    head, *lines = [re.split(r" {2,}", line) for line in attempts.splitlines()]
    assert head == ["attempt", "stage", "kind", "began", "seconds", "outcome", "status", "code", "message"]
    began, later = "2026-11-23T12:00:00.000Z", "2026-11-23T12:00:01.000Z"
    assert lines == [
        ["1", "post", "send", began, "0.250", "refused", "503", "–", "Twilio answered 503"],
        ["2", "on_failure", "look", later, "1.000", "refused", "400", "40141", REFUSED.message],
    ]


def test_show_for_programs(address: str, ledger: Ledger) -> None:
    """The row of the list, and the attempts as they were recorded."""
    ended(ledger, State.DEAD, 1, SENT)
    (row,) = orjson.loads(desk(address, "list", "--format", "json").stdout)
    history = [
        {
            "number": 1,
            "stage": "post",
            "kind": "send",
            "began": "2026-11-23T12:00:00Z",
            "ended": "2026-11-23T12:00:00.250000Z",
            "outcome": {
                "ending": "refused",
                "message": "Twilio answered 503",
                "status": 503,
                "twilio_code": None,
                "retry_after": 2.0,
            },
        }
    ]
    assert orjson.loads(desk(address, "show", sid(), "--format", "json").stdout) == {
        **row,
        "history": history,
    }


def test_who_has_it_in_hand(address: str, ledger: Ledger) -> None:
    """And until when it is that process's; one that is pending is due at a time."""
    taken(ledger)
    said = desk(address, "show", sid()).stdout
    assert re.search(rf"^in hand +of {OWNER} until 2026-11-23T12:00:15.000Z$", said, re.MULTILINE)
    assert re.search(r"^due +2026-11-23T12:00:00.000Z$", said, re.MULTILINE)


PERSONAL = Instruction(
    "conference",
    {
        "from": "+14155550177",
        "to": "client:alice",
        "status_callback": "https://user:pw@example.com/status?caller=%2B14155550188#bob",
        "status_callback_event": ("initiated", "ringing"),
        "sip_auth_password": {"var": ["sip", "password"]},
    },
)


@pytest.mark.parametrize("form", ["text", "json"])
def test_nothing_of_a_person_is_shown(address: str, ledger: Ledger, form: str) -> None:
    """In both instructions: numbers, addresses, what stands in a URL beside its place, secrets."""
    ended(ledger, State.DEAD, 1, instruction=PERSONAL, on_failure=PERSONAL)
    for words in (("list",), ("show", sid())):
        said = desk(address, *words, "--format", form).stdout
        assert sid() in said
        assert [
            each for each in ("4155550", "alice", "bob", "user", "pw@", 'password"]') if each in said
        ] == []
    assert said.count("https://***@example.com/status?***") == 2
    assert said.count("initiated,ringing") == 2


def test_a_reservation_without_a_delivery(address: str) -> None:
    """Status 1, and where to look; the same for `retry`."""
    for command in ("show", "retry"):
        said = desk(address, command, "WR\x1b1")
        assert (said.exit_code, said.stdout) == (1, "")
        assert said.stderr == "desk: the ledger has no delivery of WR 1: see `desk deliveries list`\n"


# --- retry


def test_a_dead_delivery_is_delivered_after_all(address: str) -> None:
    """It is due at once; the process that runs, whichever it is, sends it."""
    with process(address, Twilio([refused(400, 40141)])) as gone:
        gone.worker.deliver(gone.promises.take(promise(CONFERENCE), 5.0)[0])
        assert gone.ended(sid()).state is State.DEAD
    said = desk(address, "retry", sid())
    assert (said.exit_code, said.stderr) == (0, "")
    with process(address, Twilio(), Clock(datetime.now(UTC)), owner="two") as here:
        assert here.ended(sid()).state is State.DELIVERED
        assert [call.instruction for call in here.twilio.sent] == [CONFERENCE]
        assert len(here.ledger.history(here.find(sid()).id)) == 3  # refused, looked at, sent


@pytest.mark.parametrize(("words", "seconds"), [((), 60), (("--for", "5m"), 300), (("--for", "7"), 7)])
def test_it_is_tried_for_a_while(address: str, ledger: Ledger, words: tuple[str, ...], seconds: int) -> None:
    """A minute, unless another time is given; who delivers it is said."""
    ended(ledger, State.DEAD)
    before = datetime.now(UTC)
    said = desk(address, "retry", sid(), *words)
    found = ledger.find(sid())
    assert found
    assert (found.state, found.finished) == (State.PENDING, None)
    assert before <= found.due <= datetime.now(UTC)
    assert found.promise.deadline - found.due == found.promise.expires - found.due == seconds * SECOND
    until = f"{found.promise.deadline:%Y-%m-%dT%H:%M:%SZ}"
    assert said.stdout == (
        f"{sid()} is due again, until {until}: a `desk serve` or `desk worker` that runs delivers it, and "
        f"nothing happens while none runs; `desk deliveries show {sid()}` tells what became of it\n"
    )


@pytest.mark.parametrize("period", ["0s", "25h", "1d", "soon", ""])
def test_the_time_to_try_is_one_of_rules(period: str) -> None:
    """Status 2, and how to write it."""
    said = desk("sqlite://", "retry", sid(), "--for", period)
    assert said.exit_code == 2
    assert "is not a time such as 30s, 2m or 1h, up to 24h" in said.stderr


@pytest.mark.parametrize(
    ("state", "why"),
    [
        (State.DELIVERED, "it was delivered"),
        (State.SUPERSEDED, "it was superseded: the reservation was no longer pending"),
    ],
)
def test_what_has_ended_well_is_not_retried(address: str, ledger: Ledger, state: State, why: str) -> None:
    """Status 1, with the reason, whatever is said; nothing is changed."""
    ended(ledger, state)
    before = ledger.find(sid())
    said = desk(address, "retry", sid(), "--yes")
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr == f"desk: {sid()} is not retried: {why}\n"
    assert ledger.find(sid()) == before


def test_what_the_answer_held_is_not_retried(address: str, ledger: Ledger) -> None:
    """There is nothing to send."""
    ledger.give_inline(promise(), NOW)
    said = desk(address, "retry", sid())
    assert said.exit_code == 1
    assert "it is inline: the answer to the callback held the instruction" in said.stderr


def test_what_is_pending_is_not_retried(address: str, ledger: Ledger) -> None:
    """Under way, or when it is due."""
    delivery = taken(ledger)
    said = desk(address, "retry", sid())
    assert said.exit_code == 1
    assert said.stderr.endswith("it is pending, and an attempt is under way\n")
    ledger.release(delivery.id, OWNER, attempts=0, doubt=Doubt.NONE, due=NOW + 4 * SECOND)
    said = desk(address, "retry", sid())
    assert said.exit_code == 1
    assert said.stderr.endswith("it is pending: its next attempt is due at 2026-11-23T12:00:04.000Z\n")


def test_an_ambiguous_one_wants_a_yes(address: str, ledger: Ledger) -> None:
    """Off a terminal status 2, and nothing is changed; with --yes it is due again, without doubt."""
    ended(ledger, State.AMBIGUOUS)
    before = ledger.find(sid())
    said = desk(address, "retry", sid())
    assert (said.exit_code, said.stdout) == (2, "")
    reason = "it may have been applied already, and a second call could ring the worker twice"
    assert f"the delivery is ambiguous: {reason}; add --yes to send it again" in said.stderr
    assert ledger.find(sid()) == before
    assert desk(address, "retry", sid(), "--yes").exit_code == 0
    found = ledger.find(sid())
    assert found
    assert (found.state, found.doubt) == (State.PENDING, Doubt.NONE)


# --- On a terminal


def typed(
    address: str, answer: str, *words: str, family: str = "deliveries", **environment: str
) -> tuple[int, str]:
    """The status, and what stands on a terminal where this was answered."""
    leader, follower = os.openpty()
    with os.fdopen(leader, "r+b", buffering=0) as screen:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", family, *words],
            stdin=follower,
            stdout=follower,
            stderr=follower,
            env={**BARE, "DATABASE_URL": address, "TERM": "xterm", **environment},
        )
        os.close(follower)
        screen.write(answer.encode())
        shown = io.BytesIO()
        try:
            while chunk := screen.read(4096):
                shown.write(chunk)
        except OSError:
            pass  # Linux reports the end of the other side as an error
        return process.wait(20), shown.getvalue().decode()


@pytest.mark.parametrize(
    ("state", "colour"), [(State.DEAD, 31), (State.AMBIGUOUS, 35), (State.DELIVERED, 32)]
)
def test_a_terminal_gets_colour_by_state(address: str, ledger: Ledger, state: State, colour: int) -> None:
    """And whole SIDs, however narrow it is, so that they can be copied."""
    ended(ledger, state)
    for words in (("list",), ("show", sid())):
        status, shown = typed(address, "", *words, COLUMNS="40")
        assert status == 0
        assert f"\x1b[{colour}m" in shown
        assert sid() in re.sub(r"\x1b\[[0-9;]*m", "", shown)
    assert "\x1b" not in typed(address, "", "list", NO_COLOR="1")[1]


def test_a_terminal_is_asked_about_an_ambiguous_one(address: str, ledger: Ledger) -> None:
    """Without a yes nothing is changed, status 1."""
    ended(ledger, State.AMBIGUOUS)
    before = ledger.find(sid())
    for answer in ("n\n", "\n"):
        status, shown = typed(address, answer, "retry", sid())
        assert status == 1
        assert "a second call could ring the worker twice" in shown
        assert "send it again? [y/N]" in shown
        assert ledger.find(sid()) == before
    status, shown = typed(address, "y\n", "retry", sid())
    assert status == 0
    assert f"{sid()} is due again" in shown


# --- Where the database does not do what is asked

COMMANDS = [("list",), ("show", sid()), ("retry", sid())]


@pytest.mark.parametrize("words", COMMANDS)
def test_a_database_without_tables(database: str, words: tuple[str, ...]) -> None:
    """PostgreSQL's come with a release: status 1, and the command that makes them."""
    said = desk(database, *words)
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr == "desk: the database has no tables yet: run `desk db upgrade`\n"


@pytest.mark.parametrize("words", COMMANDS)
def test_a_database_that_is_away(words: tuple[str, ...]) -> None:
    """Status 1, and nothing of the address."""
    with socket.create_server(("127.0.0.1", 0)) as bound:
        port = bound.getsockname()[1]
    said = desk(f"postgresql://desk:hunter2secret@127.0.0.1:{port}/desk", *words)
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr == "desk: the database does not answer (OperationalError)\n"


def test_a_wrong_address_is_wrong_usage() -> None:
    """Status 2, and nothing of the address."""
    said = desk("mysql://desk:hunter2secret@localhost/desk", "list")
    assert said.exit_code == 2
    assert said.stderr == "desk: DATABASE_URL must begin with sqlite:/// or postgresql://\n"
