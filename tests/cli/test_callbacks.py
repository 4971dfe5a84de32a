"""`desk callbacks`: what was saved, as people find it, take it away and remove it."""

import io
import re
import socket
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.model import Saved, Stage, State
from app.replay.lines import saved_object
from app.replay.saved import read_saved
from app.storage import Callbacks, Database, Ledger
from tests.builders import CALL_SID, parameters
from tests.builders import MONDAY_NOON as NOW
from tests.cli.test_deliveries import ended, taken, typed
from tests.cli.test_failures import BARE
from tests.conftest import Opening
from tests.delivery.deliveries import SECOND

OLD_WORKER = "WK" + "0" * 31 + "9"


@pytest.fixture
def store(address: str, opened: Opening) -> Database:
    """What the commands read, of either database."""
    return opened(address)


@pytest.fixture
def journal(store: Database) -> Callbacks:
    return Callbacks(store)


@pytest.fixture
def ledger(store: Database) -> Ledger:
    return Ledger(store)


def sid(kind: str, number: int) -> str:
    return f"{kind}{number:032d}"


def made(number: int, rule: str = "night", task: object = None, **more: Any) -> Saved:
    """The callback that came `number` seconds after noon."""
    decision = {
        "rule": rule,
        "mode": more.pop("mode", "reply"),
        "task_type": more.pop("task_type", "support"),
        "instruction": more.pop("instruction", {"instruction": "accept"}),
        "problems": more.pop("problems", []),
    }
    sids = {"ReservationSid": sid("WR", number), "TaskSid": sid("WT", number)}
    params = parameters(task or {"n": number}, **sids | more)
    return Saved(number, params, NOW + number * SECOND, "/assignment", decision)


def desk(address: str, *words: str) -> Result:
    """What `desk callbacks` says with nothing but DATABASE_URL."""
    names = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_API_KEY", "TWILIO_API_SECRET")
    environment = {**dict.fromkeys(names, ""), "DATABASE_URL": address}
    said = CliRunner(env=environment).invoke(main, ["callbacks", *words])
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    return said


def numbers(text: bytes) -> list[int]:
    """The numbers of callbacks in JSON Lines."""
    return [int(orjson.loads(line)["params"]["ReservationSid"][2:]) for line in text.splitlines()]


# --- list


def test_a_list_has_a_line_for_each(address: str, journal: Callbacks) -> None:
    """The newest first, nothing of a person; what a terminal acts on is not shown."""
    problems = [{"check": "D001", "twilio_code": 40110}, {"check": "D002", "twilio_code": None}]
    journal.add_all(
        [
            made(1, rule="[red]\x1b[31mnight", task_type="sales", mode="post"),
            made(2, rule="default", task_type="", mode="defer", instruction=None, problems=problems),
        ]
    )
    said = desk(address, "list")
    assert (said.exit_code, said.stderr) == (0, "")
    head, *lines = [re.split(r" {2,}", line) for line in said.stdout.splitlines()]
    assert head == ["time", "reservation", "task type", "rule", "mode", "instruction", "problems"]
    assert lines == [
        ["2026-11-23T12:00:02Z", sid("WR", 2), "–", "default", "defer", "–", "D001 (40110), D002"],
        ["2026-11-23T12:00:01Z", sid("WR", 1), "sales", "[red] [31mnight", "post", "accept", "–"],
    ]


def test_a_row_for_programs_is_what_was_saved(address: str, journal: Callbacks) -> None:
    """In the format of the export."""
    journal.add_all([made(1)])
    assert orjson.loads(desk(address, "list", "--format", "json").stdout) == [saved_object(made(1))]


FILTERS = [
    ((), [4, 3, 2, 1]),
    (("--rule", "day"), [2]),
    (("--rule", "day", "--rule", "none"), [3, 2]),
    (("--mode", "post"), [3]),
    (("--mode", "post", "--mode", "defer"), [4, 3]),
    (("--task-type", "sales"), [4]),
    (("--task", sid("WT", 3)), [3]),
    (("--worker", OLD_WORKER), [1]),
    (("--reservation", sid("WR", 1)), [1]),
    (("--since", "2026-11-23T12:00:03Z"), [4, 3]),
    (("--until", "2026-11-23T12:00:03Z"), [2, 1]),
    (("--since", "9999d"), [4, 3, 2, 1]),
    (("--where", "task.n >= 2", "--until", "2026-11-23T12:00:04Z"), [3, 2]),
    (("--where", 'worker.sid == "x" OR callback.TaskAge > 12'), []),
    (("--where", "taskrouter.currentTime == 1200 AND n IN [1, 4]"), [4, 1]),
]


@pytest.mark.parametrize(("words", "wanted"), FILTERS)
def test_filters(address: str, journal: Callbacks, words: tuple[str, ...], wanted: list[int]) -> None:
    """Alike for a list, newest first, and an export, oldest first; nothing found is no failure."""
    journal.add_all(
        [
            made(1, WorkerSid=OLD_WORKER),
            made(2, rule="day"),
            made(3, rule="none", mode="post"),
            made(4, mode="defer", task_type="sales"),
        ]
    )
    rows = orjson.loads(desk(address, "list", *words, "--format", "json").stdout)
    assert [row["params"]["ReservationSid"] for row in rows] == [sid("WR", number) for number in wanted]
    assert numbers(desk(address, "export", *words).stdout_bytes) == wanted[::-1]
    counted = desk(address, "purge", "--dry-run", *(words or ("--all",)))
    assert counted.stdout.startswith(f"{len(wanted)} callback")


def test_a_list_that_is_cut_says_so(address: str, journal: Callbacks) -> None:
    """With --where, too: what does not fit is passed over in pages."""
    journal.add_all([made(n) for n in range(1, 1_203)])
    said = desk(address, "list", "--where", "n <= 2", "--limit", "1", "--format", "json")
    assert [row["params"]["TaskSid"] for row in orjson.loads(said.stdout)] == [sid("WT", 2)]
    assert said.stderr == "there are older ones: --limit shows more than 1\n"
    assert desk(address, "list", "--where", "n <= 2", "--limit", "2").stderr == ""


def test_nothing_found_is_said_aside(address: str) -> None:
    """On standard error, and it is no failure."""
    said = desk(address, "list")
    assert (said.exit_code, said.stdout, said.stderr) == (0, "", "there is no saved callback\n")
    assert desk(address, "list", "--where", "1 == 2").stderr == "there is no such saved callback\n"
    assert desk(address, "list", "--format", "json").stdout == "[]\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("task.priority >", "at character 16: "),
        ('priority == "a" OR wants == vars.b', "at character 29: vars belong to rules"),
        ("priority == vars.b", "write the value itself"),
        ("taskrouter.currentHuor == 1", "did you mean 'currentHour'?"),
    ],
)
@pytest.mark.parametrize("command", ["list", "export", "purge"])
def test_an_expression_that_cannot_be_read(command: str, text: str, said: str) -> None:
    """Status 2, the place, what is wrong and what to write."""
    ended_so = desk("sqlite://", command, "--where", text)
    assert ended_so.exit_code == 2
    assert said in ended_so.stderr


# --- show


def test_show_has_all_that_was_saved(address: str, journal: Callbacks, ledger: Ledger) -> None:
    """Every callback of the reservation, and where its delivery stands."""
    ended(ledger, State.DEAD, 1)
    journal.add_all([made(1), made(2), made(1, rule="again", More="\x1b[0m")])
    said = desk(address, "show", sid("WR", 1))
    assert said.exit_code == 0
    first, second = said.stdout.split("\n\n")
    pairs = dict(re.split(r" {2,}", line, maxsplit=1) for line in second.splitlines())
    assert pairs["received"] == "2026-11-23T12:00:01.000Z"
    assert pairs["TaskAttributes"] == '{"n":1}'
    assert pairs["More"] == "[0m"
    assert pairs["rule"] == "again"
    assert pairs["instruction"] == '{"instruction": "accept"}'
    assert pairs["delivery"] == f"dead: see desk deliveries show {sid('WR', 1)}"
    assert "problems" not in pairs
    assert re.search(r"rule +night", first)
    rows = orjson.loads(desk(address, "show", sid("WR", 1), "--format", "json").stdout)
    assert rows[0] == {**saved_object(made(1)), "delivery": "dead"}
    assert len(rows) == 2


def test_show_without_a_delivery(address: str, journal: Callbacks) -> None:
    """Null for programs, nothing for people."""
    journal.add_all([made(1)])
    assert "delivery" not in desk(address, "show", sid("WR", 1)).stdout
    assert orjson.loads(desk(address, "show", sid("WR", 1), "--format", "json").stdout)[0]["delivery"] is None


def test_show_of_an_unknown_reservation(address: str) -> None:
    """Status 1, and where to look."""
    said = desk(address, "show", "WR\x1b1")
    assert (said.exit_code, said.stdout) == (1, "")
    assert said.stderr == "desk: no callback of WR 1 is saved: see `desk callbacks list`\n"


# --- export


def test_an_export_is_read_back_as_it_was(address: str, journal: Callbacks, tmp_path: Path) -> None:
    """By what replay reads with; a new file is the owner's alone."""
    many = [made(n) for n in range(1, 1_003)]
    journal.add_all(many)
    file = tmp_path / "callbacks.jsonl"
    assert desk(address, "export", "-o", str(file)).output == ""
    assert list(read_saved(io.BytesIO(file.read_bytes()))) == many
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert desk(address, "export", "-o", "-").stdout_bytes == file.read_bytes()


def test_an_export_that_cannot_be_written(tmp_path: Path) -> None:
    """Status 2, and why."""
    said = desk(f"sqlite:///{tmp_path}/x.db", "export", "-o", str(tmp_path / "none" / "x"))
    assert said.exit_code == 2
    assert "cannot be written: No such file or directory" in said.stderr


def test_an_export_that_nobody_reads_on_ends_quietly(tmp_path: Path, opened: Opening) -> None:
    """As `| head` does it."""
    address = f"sqlite:///{tmp_path}/desk.db"
    Callbacks(opened(address)).add_all([made(n) for n in range(1, 2_000)])
    command = f"{sys.executable} -m app.cli callbacks export | head -n 1 | wc -l"
    environment = {**BARE, "DATABASE_URL": address}
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, env=environment, check=True)
    assert (done.stdout.strip(), done.stderr) == ("1", "")


# --- export --redact

REDACTED_BY = """\
default: {reply: {instruction: reject, activity_sid: WA0123456789abcdef0123456789abcdef}}
rules:
  - name: by-tier
    when: tier == "gold"
    reply: {instruction: redirect, call_sid: "{{ task.call_sid }}", url: "https://a.io/{{ task.name }}"}
  - name: shouted
    when: tier == "loud"
    reply: {instruction: redirect, call_sid: "{{ task.call_sid }}", url: "http://b.io/{{ task.name|upper }}"}
"""


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text(REDACTED_BY)
    return str(tmp_path / "rules")


def call(number: int, tier: str) -> Saved:
    return made(number, task={"tier": tier, "name": "zoe", "number": "+14155550123", "call_sid": CALL_SID})


def test_an_export_without_what_is_personal(address: str, journal: Callbacks, folder: str) -> None:
    """Each is decided as before; a line on standard error says what was kept, and why."""
    journal.add_all([call(1, "gold"), call(2, "gold"), call(3, "loud")])
    said = desk(address, "export", "--redact", "--rules", folder)
    assert said.exit_code == 0
    first, second, third = map(orjson.loads, said.stdout_bytes.splitlines())
    names = [orjson.loads(each["params"]["TaskAttributes"])["name"] for each in (first, second, third)]
    assert names[0] == names[1] != "zoe"
    assert names[2] == "zoe"
    assert first["decision"]["rule"] == "by-tier"
    assert first["decision"]["instruction"]["url"] == f"https://a.io/{names[0]}"
    assert "+14155550123" not in said.stdout
    assert said.stderr == (
        "3 callbacks redacted and proved, 0 left out; of 3 the rules decide otherwise now than was recorded, "
        "and the record is today's; kept since conditions read it: task.tier, task.type; "
        "kept since templates transform it: task.call_sid (1 callback), task.name (1 callback)\n"
    )


def test_what_cannot_be_redacted_is_named(address: str, journal: Callbacks, folder: str) -> None:
    """Status 1, and the others are written."""
    deep = made(2, TaskAttributes="[" * 1_000 + "]" * 1_000)
    journal.add_all([call(1, "gold"), deep])
    said = desk(address, "export", "--redact", "--rules", folder)
    assert said.exit_code == 1
    assert len(said.stdout.splitlines()) == 1
    named, came = said.stderr.splitlines()
    assert named == f"{sid('WR', 2)} is left out: its attributes nest too deep"
    assert came.startswith("1 callback redacted and proved, 1 left out; ")


def test_rules_are_read_to_redact_alone(folder: str) -> None:
    """Status 2."""
    said = desk("sqlite://", "export", "--rules", folder)
    assert said.exit_code == 2
    assert "--rules goes with --redact alone" in said.stderr


def test_nothing_is_kept_where_no_condition_reads(address: str, folder: str) -> None:
    """But for the task's type, which every rule set reads."""
    Path(folder, "a.yaml").write_text(REDACTED_BY.partition("rules:")[0])
    said = desk(address, "export", "--redact", "--rules", folder)
    assert said.stderr == (
        "0 callbacks redacted and proved, 0 left out; kept since conditions read it: task.type\n"
    )


# --- purge


def test_a_purge_removes_from_journal_and_ledger(address: str, journal: Callbacks, ledger: Ledger) -> None:
    """Of one task, with the delivery whose callback is not saved."""
    for number in (1, 2, 3):
        ended(ledger, State.DELIVERED, number)
    journal.add_all([made(1), made(2)])
    assert desk(address, "purge", "--task", sid("WT", 1), "--dry-run").stdout == (
        "1 callback and 1 delivery would be removed\n"
    )
    said = desk(address, "purge", "--task", sid("WT", 1), "--yes")
    assert (said.exit_code, said.stdout) == (0, "1 callback and 1 delivery removed\n")
    assert [each.params["TaskSid"] for each in journal.each()] == [sid("WT", 2)]
    assert ledger.find(sid("WR", 1)) is None
    said = desk(address, "purge", "--task", sid("WT", 3), "--yes")
    assert said.stdout == "0 callbacks and 1 delivery removed\n"
    assert desk(address, "purge", "--all", "--yes").stdout == "1 callback and 1 delivery removed\n"
    assert ledger.list() == []


def test_by_an_expression_no_delivery_is_removed_without_its_callback(
    address: str, journal: Callbacks, ledger: Ledger
) -> None:
    """Nobody could tell whether it holds."""
    for number in (1, 2):
        ended(ledger, State.DELIVERED, number)
    journal.add_all([made(1), made(3)])
    said = desk(address, "purge", "--where", "task.n == 1", "--yes")
    assert said.stdout == "1 callback and 1 delivery removed\n"
    assert ledger.find(sid("WR", 2)) is not None


def test_what_is_under_way_stays_and_is_named(address: str, journal: Callbacks, ledger: Ledger) -> None:
    """Status 1; when it is done the same command removes it."""
    delivery = taken(ledger, 1)
    journal.add_all([made(1), made(2)])
    said = desk(address, "purge", "--all", "--yes")
    assert (said.exit_code, said.stdout) == (1, "1 callback and 0 deliveries removed\n")
    named = sid("WR", 1)
    assert said.stderr == f"desk: {named} is under way and stays: remove it when it is done\n"
    ledger.record(
        delivery.id, "desk-1:4711", [], state=State.DEAD, stage=Stage.POST, doubt=delivery.doubt,
        sent=None, due=NOW, outcome=None, finished=NOW,
    )  # fmt: skip
    assert desk(address, "purge", "--all", "--yes").stdout == "1 callback and 1 delivery removed\n"


def test_many_under_way_are_not_all_named(address: str, ledger: Ledger) -> None:
    """Ten are."""
    for number in range(1, 13):
        taken(ledger, number)
    said = desk(address, "purge", "--all", "--yes").stderr
    assert said.count("WR") == 10
    assert " and 2 more are under way and stay: remove them when they are done" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "say what to remove: name a filter such as --task WT…, or --all alone"),
        (("--yes",), "say what to remove"),
        (("--all", "--rule", "night"), "--all goes with no other filter"),
        (("--all",), "what is removed is gone for good: add --yes, or see it with --dry-run"),
    ],
)
def test_a_purge_must_be_meant(address: str, journal: Callbacks, words: tuple[str, ...], said: str) -> None:
    """Status 2, and nothing is removed."""
    journal.add_all([made(1)])
    refused = desk(address, "purge", *words)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert len(list(journal.each())) == 1


def test_a_terminal_is_asked(address: str, journal: Callbacks) -> None:
    """With how many there are; without a yes nothing is removed."""
    journal.add_all([made(1), made(2)])
    words = ("purge", "--rule", "night")
    status, shown = typed(address, "n\n", *words, family="callbacks")
    assert status == 1
    assert "2 callbacks and 0 deliveries will be gone for good: remove? [y/N]" in shown
    assert len(list(journal.each())) == 2
    assert typed(address, "y\n", *words, family="callbacks")[0] == 0
    assert list(journal.each()) == []


# --- Where the database does not do what is asked

COMMANDS = [("list",), ("show", sid("WR", 1)), ("export",), ("purge", "--all", "--yes")]


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
