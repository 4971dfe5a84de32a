"""`desk reservations`: Twilio's Reservation resource by hand, against a TaskRouter on a loopback port."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from urllib.parse import parse_qs

import orjson
import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.cli.update_options import INSTRUCTIONS, TAKEN, TAKERS, flag
from app.engine.fields import Events, Parameter
from app.engine.wire import UPDATE_NAMES, UPDATE_STATUSES
from app.sandbox import Reservation, Served, TaskRouter, serving
from tests.builders import ACCOUNT, CALL_SID, OFFLINE
from tests.delivery.listening import answer, closed_port, listening

NUMBER = "+14155551212"
KEY_SID = "SK" + "5" * 32
SECRET = "not in any message"
SIDS = tuple(f"{kind}{'1' * 32}" for kind in ("WS", "WT", "WR"))
BARE = {name: os.environ[name] for name in ("PATH", "COVERAGE_PROCESS_CONFIG") if name in os.environ}


@pytest.fixture
def taskrouter() -> TaskRouter:
    return TaskRouter(account_sid=ACCOUNT, auth_tokens=("token",), api_keys={KEY_SID: "secret"})


@pytest.fixture
def sandbox(taskrouter: TaskRouter) -> Iterator[Served]:
    with serving(taskrouter) as served:
        yield served


@pytest.fixture
def reservation(taskrouter: TaskRouter) -> Reservation:
    """A pending reservation of a caller for a worker whose name holds what consoles act on."""
    worker = taskrouter.add_worker("Zoë [red]\x1b[31m", {"contact_uri": "client:zoe"})
    return taskrouter.reserve(taskrouter.add_task({"call_sid": CALL_SID}), worker)


def desk(base: str, *words: str, typed: str | None = None, **environment: str) -> Result:
    """What `desk reservations` says with an account and the API at this address."""
    known = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "token", "TWILIO_API_BASE": base}
    others = dict.fromkeys(("TWILIO_API_KEY", "TWILIO_API_SECRET", "TWILIO_EDGE", "TWILIO_REGION"), "")
    ended = CliRunner(env={**others, **known, **environment}).invoke(main, ["reservations", *words], typed)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    assert "Traceback" not in ended.output
    return ended


def sids(reservation: Reservation, taskrouter: TaskRouter) -> tuple[str, str, str]:
    return taskrouter.workspace_sid, reservation.task.sid, reservation.sid


def update(sandbox: Served, reservation: Reservation, *words: str, typed: str | None = None) -> Result:
    """What an update of this reservation says."""
    return desk(sandbox.address, "update", *sids(reservation, sandbox.taskrouter), *words, typed=typed)


def received(reservation: Reservation) -> list[dict[str, list[str]]]:
    """The forms that TaskRouter was sent."""
    return [parse_qs(each.body.decode(), keep_blank_values=True) for each in reservation.updates]


# --- fetch and list


def test_fetch_shows_every_field_on_its_line(sandbox: Served, reservation: Reservation) -> None:
    """Twilio's names, nothing wrapped, no colour, and a name is but text."""
    ended = desk(sandbox.address, "fetch", *sids(reservation, sandbox.taskrouter))
    assert (ended.exit_code, ended.stderr) == (0, "")
    lines = dict(line.split(maxsplit=1) for line in ended.stdout.splitlines())
    assert lines["sid"] == reservation.sid
    assert lines["reservation_status"] == "pending"
    assert lines["worker_name"] == "Zoë [red] [31m"
    assert lines["links.workspace"].endswith(sandbox.taskrouter.workspace_sid)
    assert lines["etag"] == '"0"'
    assert len(lines) == 14
    assert ended.stdout == "".join(f"{line.rstrip()}\n" for line in ended.stdout.splitlines())


def test_fetch_as_json_is_an_array_of_one(sandbox: Served, reservation: Reservation) -> None:
    """Twilio's own fields, and the ETag that `--if-match` takes."""
    ended = desk(sandbox.address, "fetch", *sids(reservation, sandbox.taskrouter), "--format", "json")
    [row] = orjson.loads(ended.stdout)
    assert len(row) == 12
    assert (row["sid"], row["worker_name"], row["etag"]) == (reservation.sid, "Zoë [red]\x1b[31m", '"0"')
    assert "Zoë" in ended.stdout


@pytest.mark.parametrize("form", ["text", "json"])
def test_any_name_can_be_shown(form: str) -> None:
    """Half of a surrogate pair, a huge number, what is missing: whatever an answer holds."""
    body = b'{"sid": "WR1", "worker_name": "\\ud800", "url": 123456789012345678901234567890}'
    with listening(answer(200, body)) as server:
        ended = desk(server.address, "fetch", *SIDS, "--format", form)
    assert ended.exit_code == 0
    assert "123456789012345678901234567890" in ended.stdout
    if form == "json":
        assert '"worker_name": "\\ud800"' in ended.stdout


@pytest.fixture
def three(taskrouter: TaskRouter) -> list[Reservation]:
    """Three reservations of one task, two of them for Alice; the last is pending."""
    task = taskrouter.add_task()
    alice, bob = taskrouter.add_worker("Alice"), taskrouter.add_worker("Bob")
    made = []
    for worker in (alice, bob, alice):
        made.append(taskrouter.reserve(task, worker))
        if len(made) < 3:
            taskrouter.rescind(made[-1])
    return made


def test_list_shows_one_a_line(sandbox: Served, three: list[Reservation]) -> None:
    """With Twilio's names above, in Twilio's order."""
    place = sids(three[0], sandbox.taskrouter)[:2]
    head, *lines = desk(sandbox.address, "list", *place).stdout.splitlines()
    assert head.split()[:4] == ["sid", "reservation_status", "worker_name", "worker_sid"]
    assert [line.split()[:4] for line in lines] == [
        [each.sid, each.status, each.worker.name, each.worker.sid] for each in three
    ]


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        ((), [0, 1, 2]),
        (("--worker", "ALICE"), [0, 2]),
        (("--status", "rescinded"), [0, 1]),
        (("--worker", "ALICE", "--status", "pending"), [2]),
        (("--limit", "2"), [0, 1]),
        (("--status", "completed"), []),
    ],
)
def test_list_filters(
    words: tuple[str, ...], wanted: list[int], sandbox: Served, three: list[Reservation]
) -> None:
    """By worker, by status and by number; nothing found is an empty array."""
    given = [three[0].worker.sid if word == "ALICE" else word for word in words]
    place = sids(three[0], sandbox.taskrouter)[:2]
    ended = desk(sandbox.address, "list", *place, *given, "--format", "json")
    assert [row["sid"] for row in orjson.loads(ended.stdout)] == [three[at].sid for at in wanted]


def test_nothing_found_is_said_aside(sandbox: Served, taskrouter: TaskRouter) -> None:
    """On standard error, and it is no failure."""
    place = taskrouter.workspace_sid, taskrouter.add_task().sid
    ended = desk(sandbox.address, "list", *place)
    assert (ended.exit_code, ended.stdout, ended.stderr) == (0, "", "the task has no reservation\n")
    ended = desk(sandbox.address, "list", *place, "--status", "pending")
    assert ended.stderr == "the task has no such reservation\n"


# --- update: every instruction and every parameter

VALUES: Mapping[str, str] = {
    "to": "client:bob",
    "from": NUMBER,
    "url": "https://example.com/a?b=c&d=é",
    "call_sid": CALL_SID,
    "accept": "true",
    "timeout": "20",
    "sip_auth_password": SECRET,
    "supervisor": "WK" + "b" * 32,
}


def values(key: str, parameter: Parameter) -> list[str]:
    """What is written for a parameter: of events two."""
    if isinstance(parameter, Events):
        return list(parameter.events[:2])
    return [VALUES.get(key) or parameter.example]


def ready(reservation: Reservation, sandbox: Served, name: str) -> None:
    """Accepts it where the update is for accepted reservations."""
    if name in {"supervise", "wrapping", "completed"}:
        assert update(sandbox, reservation, "--status", "accepted").exit_code == 0


@pytest.mark.parametrize("name", TAKEN)
def test_every_parameter_arrives_under_twilios_name(
    name: str, sandbox: Served, reservation: Reservation
) -> None:
    """All parameters of an instruction at once, by options: TaskRouter takes them."""
    ready(reservation, sandbox, name)
    given = {key: values(key, parameter) for key, parameter in TAKEN[name].items()}
    words = [word for key, texts in given.items() for text in texts for word in (flag(key), text)]
    ended = update(sandbox, reservation, "--instruction", name, *words)
    assert (ended.exit_code, ended.stderr) == (0, "")
    status = UPDATE_STATUSES.get(name)
    head = {"ReservationStatus": [status]} if status else {"Instruction": [name]}
    assert received(reservation)[-1] == head | {UPDATE_NAMES[name][key]: each for key, each in given.items()}
    assert SECRET not in ended.output


@pytest.mark.parametrize(
    ("name", "key"), [(name, key) for name, parameters in TAKEN.items() for key in parameters]
)
def test_every_parameter_is_validated(name: str, key: str, sandbox: Served, reservation: Reservation) -> None:
    """By the rules' own schemas, before anything is sent; the value is not repeated."""
    ended = update(sandbox, reservation, "--instruction", name, flag(key), "wrong\x07")
    assert ended.exit_code == 2
    assert f"{flag(key)} must be " in ended.stderr
    assert "wrong" not in ended.stderr
    assert reservation.updates == []


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_an_option_of_another_instruction_is_wrong_usage(
    name: str, sandbox: Served, reservation: Reservation
) -> None:
    """Which says what the instruction takes instead."""
    for key in TAKERS.keys() - TAKEN.get(name, {}).keys():
        ended = update(sandbox, reservation, "--instruction", name, flag(key), "x")
        assert ended.exit_code == 2
        assert re.search(
            rf"{name} takes no {flag(key)}; (it takes --|write --|.*remove it$)", ended.stderr, re.M
        )
    assert reservation.updates == []


@pytest.mark.parametrize(
    ("words", "before", "form"),
    [
        (["accepted"], (), {"ReservationStatus": ["accepted"]}),
        (["rejected"], (), {"ReservationStatus": ["rejected"]}),
        (
            ["rejected", "--activity-sid", OFFLINE],
            (),
            {"ReservationStatus": ["rejected"], "WorkerActivitySid": [OFFLINE]},
        ),
        (["wrapping"], ("accepted",), {"ReservationStatus": ["wrapping"]}),
        (["completed"], ("accepted", "wrapping"), {"ReservationStatus": ["completed"]}),
        (["completed"], ("accepted",), {"ReservationStatus": ["completed"]}),
    ],
)
def test_every_status(
    words: list[str],
    before: tuple[str, ...],
    form: Mapping[str, list[str]],
    sandbox: Served,
    reservation: Reservation,
) -> None:
    """The four that can be set, in the order of a reservation's life; the answer shows it."""
    for status in before:
        update(sandbox, reservation, "--status", status)
    ended = update(sandbox, reservation, "--status", *words, "--format", "json")
    assert ended.exit_code == 0
    assert orjson.loads(ended.stdout)[0]["reservation_status"] == words[0] == reservation.status
    assert received(reservation)[-1] == form


def test_events_are_repeated_or_have_commas_between(sandbox: Served, reservation: Reservation) -> None:
    """Either way they arrive as a repeated parameter; an instruction may be written in any case."""
    words = ["--instruction", "Conference", "--from", NUMBER]
    event = "--conference-status-callback-event"
    ended = update(sandbox, reservation, *words, event, "start", event, "end, join")
    assert ended.exit_code == 0
    assert received(reservation)[0]["ConferenceStatusCallbackEvent"] == ["start", "end", "join"]


def test_a_secret_may_come_from_standard_input(sandbox: Served, reservation: Reservation) -> None:
    """So that neither the shell's history nor the list of processes has it."""
    words = ["--instruction", "conference", "--from", NUMBER, "--sip-auth-password", "-"]
    ended = update(sandbox, reservation, *words, typed=f"{SECRET}\n")
    assert ended.exit_code == 0
    assert received(reservation)[0]["SipAuthPassword"] == [SECRET]
    assert SECRET not in ended.output


def test_if_match_names_the_version(sandbox: Served, reservation: Reservation) -> None:
    """Exactly as `fetch` shows it; another one is refused and changes nothing."""
    ended = update(sandbox, reservation, "--status", "accepted", "--if-match", '"9"')
    assert ended.exit_code == 1
    assert ended.stderr.startswith(
        "desk: Twilio answered 412 with error 20412: it was changed since that ETag;"
    )
    assert reservation.status == "pending"
    assert update(sandbox, reservation, "--status", "accepted", "--if-match", '"0"').exit_code == 0


@pytest.mark.parametrize("etag", ["", " ", '"1"\r\nX-Other: 1', "é"])
def test_an_etag_that_is_none_is_wrong_usage(etag: str, sandbox: Served, reservation: Reservation) -> None:
    """An empty one would be left out, and the update would go to any version."""
    ended = update(sandbox, reservation, "--status", "accepted", "--if-match", etag)
    assert ended.exit_code == 2
    assert "--if-match must be the ETag that `desk reservations fetch` shows" in ended.stderr
    assert reservation.updates == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            (),
            "there is nothing to update: write --status accepted|rejected|wrapping|completed or ",
        ),
        (
            ("--status", "accepted", "--instruction", "dequeue", "--from", NUMBER),
            "an update is either a status or an instruction: remove --status or --instruction",
        ),
        (("--status", "accepted", "--to", NUMBER), "accept takes no --to; remove it"),
        (
            ("--status", "canceled"),
            "'canceled' is not one of 'accepted', 'rejected', 'wrapping'",
        ),
        (("--instruction", "callback"), "'callback' is not one of"),
        (("--instruction", "dequeue"), "dequeue needs --from; add --from +14155551212"),
        (
            (
                "--instruction",
                "conference",
                "--from",
                NUMBER,
                "--status-callback-url",
                "https://example.com/",
            ),
            "conference takes no --status-callback-url; write --status-callback",
        ),
        (
            ("--instruction", "call", "--url", "x", "--timeout", "0"),
            "--url must be a URL that begins with http:// or https:// and holds no white space; such as "
            "https://example.com/twiml\n--timeout must be a whole number from 1 to 999; such as 999\n"
            "call needs --from; add --from +14155551212",
        ),
    ],
)
def test_what_goes_together_with_nothing_is_wrong_usage(
    words: tuple[str, ...], said: str, sandbox: Served, reservation: Reservation
) -> None:
    """All at once, with the way out; nothing is sent."""
    ended = update(sandbox, reservation, *words)
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert NUMBER not in ended.stderr.replace("--from +14155551212", "")
    assert reservation.updates == []


# --- What is wrong before and after sending


@pytest.mark.parametrize("command", [("fetch",), ("list",), ("update", "--status", "accepted")])
def test_sids_are_checked_before_anything_is_sent(command: tuple[str, ...]) -> None:
    """Each that is wrong is named, and one that stands in another's place is recognised."""
    given = ["WT" + "1" * 32, "WS1", "+14155551212"][: 2 if command[0] == "list" else 3]
    ended = desk("http://127.0.0.1:1", *command, *given)
    assert ended.exit_code == 2
    workspace, task = ended.stderr.splitlines()[3:5]
    assert workspace == (
        "Error: WORKSPACE must be a workspace's SID, WS and 32 hexadecimal digits; that is a task's"
    )
    assert task == "TASK must be a task's SID, WT and 32 hexadecimal digits"
    assert ("RESERVATION must be a reservation's SID" in ended.stderr) == (command[0] != "list")
    assert NUMBER not in ended.stderr


def test_the_worker_of_a_list_is_checked_too() -> None:
    """By the name of its option."""
    ended = desk("http://127.0.0.1:1", "list", *SIDS[:2], "--worker", "Alice")
    assert ended.exit_code == 2
    assert "--worker must be a worker's SID, WK and 32 hexadecimal digits" in ended.stderr


@pytest.mark.parametrize("command", [("fetch",), ("update", "--status", "accepted")])
def test_what_twilio_refuses_is_a_sentence(command: tuple[str, ...], sandbox: Served) -> None:
    """Status 1, one line, nothing on standard output."""
    unknown = desk(sandbox.address, *command, sandbox.taskrouter.workspace_sid, *SIDS[1:])
    assert (unknown.exit_code, unknown.stdout) == (1, "")
    assert unknown.stderr == (
        "desk: Twilio answered 404 with error 20404: there is no such reservation, or its task was closed "
        "minutes ago; check each SID\n"
    )
    stranger = desk(sandbox.address, *command, *SIDS, TWILIO_AUTH_TOKEN="another")
    assert stranger.exit_code == 1
    assert stranger.stderr == (
        "desk: Twilio answered 401 with error 20003: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN\n"
    )


def test_a_host_that_is_not_there_is_a_sentence() -> None:
    """Status 1, with the variable that names the host."""
    ended = desk(f"http://127.0.0.1:{closed_port()}", "list", *SIDS[:2])
    assert ended.exit_code == 1
    assert ended.stderr == (
        "desk: Twilio cannot be reached (NewConnectionError): nothing was sent; check the network and "
        "TWILIO_API_BASE\n"
    )


def test_an_api_key_is_enough(sandbox: Served, reservation: Reservation) -> None:
    """Without the auth token, and whatever is set for the service."""
    ended = desk(
        sandbox.address,
        "fetch",
        *sids(reservation, sandbox.taskrouter),
        TWILIO_AUTH_TOKEN="",
        TWILIO_API_KEY=KEY_SID,
        TWILIO_API_SECRET="secret",
        PORT="none",
        DATABASE_URL="nowhere",
    )
    assert ended.exit_code == 0


def test_settings_that_are_missing_are_named() -> None:
    """Status 2, each variable on its line."""
    ended = desk("here", "list", *SIDS[:2], TWILIO_ACCOUNT_SID="", TWILIO_AUTH_TOKEN="")
    assert (ended.exit_code, ended.stdout) == (2, "")
    named = re.findall(r"^(?:desk: )?(TWILIO_[A-Z_]+)", ended.stderr, re.MULTILINE)
    assert named == ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_BASE"]


# --- On a terminal


def test_a_terminal_gets_colour_and_whole_sids(sandbox: Served, reservation: Reservation) -> None:
    """However narrow it is, so that a SID can be copied."""
    place = sids(reservation, sandbox.taskrouter)[:2]
    leader, follower = os.openpty()
    with os.fdopen(leader, "rb", buffering=0) as screen:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "reservations", "list", *place],
            stdout=follower,
            env={
                **BARE,
                "TWILIO_ACCOUNT_SID": ACCOUNT,
                "TWILIO_AUTH_TOKEN": "token",
                "TWILIO_API_BASE": sandbox.address,
                "COLUMNS": "40",
                "TERM": "xterm",
            },
        )
        os.close(follower)
        shown = io.BytesIO()
        try:
            while chunk := screen.read(4096):
                shown.write(chunk)
        except OSError:
            pass  # Linux reports the end of the other side as an error
        assert process.wait(20) == 0
    text = shown.getvalue().decode()
    assert "\x1b[33m" in text
    assert reservation.sid in re.sub(r"\x1b\[[0-9;]*m", "", text)
    assert reservation.worker.sid in re.sub(r"\x1b\[[0-9;]*m", "", text)
