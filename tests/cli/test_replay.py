"""`desk replay`: what a change of the rules would have done."""

import csv
import json
import os
import pty
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.model import Saved
from app.storage import Callbacks
from tests.builders import MONDAY_NOON, ruleset
from tests.cli.test_failures import BARE
from tests.conftest import Opening
from tests.replay.lines import RULES, recorded, saved, written

GOLD = {"tier": "gold", "size": 5, "type": "support", "call_sid": "CA1"}
Folder = Callable[..., Path]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Makes folders of rules: those of RULES, with replacements."""

    def make(name: str, *replaced: tuple[str, str]) -> Path:
        text = dedent(RULES)
        for old, new in replaced:
            assert old in text
            text = text.replace(old, new)
        made = tmp_path / name
        made.mkdir(exist_ok=True)
        (made / "a.yaml").write_text(text)
        return made

    return make


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Four callbacks with the decisions that RULES make."""
    tasks = [GOLD, GOLD, {"type": "sales"}, {"type": "chat"}]
    rules = ruleset(RULES)
    lines = [
        written(recorded(saved(task, at=MONDAY_NOON + timedelta(hours=n), number=n), rules))
        for n, task in enumerate(tasks)
    ]
    made = tmp_path / "saved.jsonl"
    made.write_bytes(b"".join(lines))
    return made


def replay(*arguments: object, standard_input: bytes = b"", **environment: str) -> Result:
    """The command, off a terminal."""
    words = ["replay", *map(str, arguments)]
    return CliRunner().invoke(main, words, env=environment, input=standard_input)


def document(ended: Result, status: int = 0) -> dict[str, Any]:
    assert ended.exit_code == status, ended.output
    read = json.loads(ended.stdout)
    assert isinstance(read, dict)
    return read


CHANGED = ("size > 3", "size > 7")


def test_nothing_changed(folder: Folder, file: Path) -> None:
    """Where the rules are those of then, what was captured is decided as it was."""
    made = folder("rules")
    ended = replay(file, "--rules", made)
    assert (ended.exit_code, ended.stderr) == (0, "")
    first, *others = ended.stdout.splitlines()
    assert first.startswith("4 callbacks; rules ")
    assert others == [
        "",
        "rule     callbacks   share",
        "gold             2  50.0 %",
        "default          1  25.0 %",
        "others           1  25.0 %",
        "",
        "all 4 are decided as by the recorded decisions",
    ]


def test_a_change_is_shown(folder: Folder, file: Path) -> None:
    """From which rule to which, from which instruction to which, and each callback with its terms."""
    ended = replay(file, "--rules", folder("rules", CHANGED), "--show", "1")
    assert (ended.exit_code, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert lines[lines.index("2 of 4 (50 %) are decided otherwise than by the recorded decisions") :] == [
        "2 of 4 (50 %) are decided otherwise than by the recorded decisions",
        "",
        "from rule (down) to rule (across)",
        "      others",
        "gold       2",
        "",
        "from instruction (down) to instruction (across)",
        "         accept",
        "dequeue       2",
        "",
        f"{file}:1: reservation WR{0:032} at 2026-11-23T12:00:00Z",
        "  gold: reply dequeue -> others: reply accept",
        "    gold: task.size > 7 fails now",
        "",
        "and 1 more: see --show, or --format csv",
    ]


def test_against_another_folder(folder: Folder, file: Path) -> None:
    """Both rule sets tell which terms are new or gone; other values alone are named one by one."""
    then = folder("then")
    ended = replay(file, "--rules", folder("now", CHANGED), "--against", then)
    assert "    gold: task.size > 7 is new, and fails" in ended.stdout.splitlines()
    assert f"than by {then}" in ended.stdout

    ended = replay(file, "--rules", folder("now", ("timeout: 20", "timeout: 30")), "--against", then)
    lines = ended.stdout.splitlines()
    assert "  gold: reply dequeue, with other values" in lines
    assert "    timeout: 20 before, 30 now" in lines


def test_against_a_revision(folder: Folder, file: Path) -> None:
    """The folder as it was; what is wrong with it is told by the revision's name."""
    made = folder("rules")
    git = ("git", "-C", str(made), "-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    subprocess.run([*git, "init", "--quiet"], check=True)
    (made / "a.yaml").write_text("rules: x")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "--quiet", "-m", "broken"], check=True)
    folder("rules")
    subprocess.run([*git, "commit", "--quiet", "-a", "-m", "rules"], check=True)
    folder("rules", CHANGED)

    read = document(replay(file, "--rules", made, "--against", "git:HEAD", "--format", "json"))
    assert (read["changed"], read["against"]) == (2, "git:HEAD")

    ended = replay(file, "--rules", made, "--against", "git:HEAD~1")
    assert ended.exit_code == 1
    assert "git:HEAD~1/a.yaml:1:8: error:" in ended.stderr
    assert "desk: the rules in git:HEAD~1 hold errors" in ended.stderr

    ended = replay(file, "--rules", made, "--against", "git:nope")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "has no revision 'nope'" in ended.stderr


def test_for_programs(folder: Folder, file: Path) -> None:
    """The keys of the interface, and some more."""
    made = folder("rules", CHANGED)
    read = document(replay(file, "--rules", made, "--format", "json", "--show", "1"))
    assert read.pop("rules_version")
    [example] = read.pop("examples")
    assert read == {
        "callbacks": 4,
        "bad_lines": 0,
        "untimed": 0,
        "by_rule": {"others": 3, "default": 1},
        "by_instruction": {"accept": 3, "defer": 1},
        "against": "the recorded decisions",
        "compared": 4,
        "changed": 2,
        "changes": [{"from": "gold", "to": "others", "count": 2}],
        "instruction_changes": [{"from": "dequeue", "to": "accept", "count": 2}],
        "bad": [],
    }
    assert example == {
        "source": str(file),
        "line": 1,
        "at": "2026-11-23T12:00:00Z",
        "task": f"WT{0:032}",
        "reservation": f"WR{0:032}",
        "from": {"rule": "gold", "mode": "reply", "instruction": "dequeue"},
        "to": {"rule": "others", "mode": "reply", "instruction": "accept"},
        "why": ["gold: task.size > 7 fails now"],
    }


def test_as_a_table(folder: Folder, file: Path) -> None:
    """A row for each callback; what cannot be read is told on standard error."""
    made = folder("rules", CHANGED)
    file.write_bytes(file.read_bytes() + b"garbage\n")
    ended = replay(file, "--rules", made, "--format", "csv")
    assert ended.exit_code == 1
    rows = list(csv.DictReader(ended.stdout.splitlines()))
    assert [(row["line"], row["rule"], row["before_rule"], row["changed"]) for row in rows] == [
        ("1", "others", "gold", "true"),
        ("2", "others", "gold", "true"),
        ("3", "others", "others", "false"),
        ("4", "default", "default", "false"),
    ]
    assert ended.stderr.startswith(f"{file}:5: ")


def test_bad_lines_are_named_and_skipped(folder: Folder, file: Path, tmp_path: Path) -> None:
    """In each file by its own lines; all else is decided, and the status says so."""
    other = tmp_path / "other.jsonl"
    other.write_bytes(b"\xff\xfe\n" + b"\n" + b'{"TaskSid": "x"}\n' + file.read_bytes()[:-50])
    ended = replay(file, other, "--rules", folder("rules"))
    assert ended.exit_code == 1
    assert ended.stdout.startswith("4 callbacks, 1 bad line skipped; rules")
    assert ended.stderr == f"{other}:1: the file is UTF-16: save it as UTF-8\n"

    other.write_bytes(b"\xff\n" + b"\n" + b'{"TaskSid": "x"}\n' + file.read_bytes()[:-50])
    ended = replay(file, other, "--rules", folder("rules"))
    assert ended.stdout.startswith("7 callbacks, 3 bad lines skipped; rules")
    places = [line.partition(": ")[0] for line in ended.stderr.splitlines()]
    assert places == [f"{other}:1", f"{other}:3", f"{other}:7"]


def test_very_many_bad_lines(folder: Folder) -> None:
    """They are counted, and not all named."""
    ended = replay("-", "--rules", folder("rules"), standard_input=b"x\n" * 600)
    assert ended.stdout.startswith("0 callbacks, 600 bad lines skipped")
    assert ended.stderr.splitlines()[-2:] == [
        "standard input:500: this is neither a JSON object nor a body such as TaskSid=…&WorkerSid=…",
        "and 100 bad lines more",
    ]


def test_standard_input_and_no_decision(folder: Folder) -> None:
    """Bare parameters: there is nothing to compare with, and no time but today's."""
    bare = saved(GOLD, at=None, Timestamp="").params
    ended = replay("-", "--rules", folder("rules"), standard_input=json.dumps(bare).encode())
    assert ended.exit_code == 0
    assert ended.stdout.startswith("1 callback, 1 without a time, decided at today's; rules ")
    assert "are decided" not in ended.stdout

    ended = replay(
        *("-", "--rules", folder("rules"), "--against", "recorded"), standard_input=json.dumps(bare).encode()
    )
    assert ended.exit_code == 2
    assert "no decision to compare with" in ended.stderr


def test_nothing_at_all(folder: Folder) -> None:
    """A quiet day has no callback, which is no failure."""
    ended = replay("-", "--rules", folder("rules"))
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert ended.stdout.startswith("0 callbacks; rules")


def test_another_time(folder: Folder, file: Path) -> None:
    """Each callback's own, unless one is named."""
    made = folder("rules", ("task.size > 3", "taskrouter.currentHour == 12"))
    rules = replay(file, "--rules", made, "--format", "json")
    assert document(rules)["by_rule"] == {"others": 2, "default": 1, "gold": 1}
    at = replay(file, "--rules", made, "--format", "json", "--at", "2026-11-23T12:30:00Z")
    assert document(at)["by_rule"] == {"gold": 2, "default": 1, "others": 1}
    now = datetime.now(UTC)
    made = folder(
        "rules", ("task.size > 3", f"taskrouter.currentHour IN [{now.hour}, {(now.hour + 1) % 24}]")
    )
    today = replay(file, "--rules", made, "--format", "json", "--at", "now")
    assert document(today)["by_rule"]["gold"] == 2


@pytest.mark.parametrize(
    ("allowed", "status"), [("50%", 0), ("100", 0), ("49.9%", 1), ("0%", 1), ("101%", 2), ("x", 2), ("-1", 2)]
)
def test_for_a_pipeline(folder: Folder, file: Path, allowed: str, status: int) -> None:
    """More changes than allowed are a failure; as many are none."""
    made = folder("rules", CHANGED)
    ended = replay(file, "--rules", made, "--fail-if-changed", allowed)
    assert ended.exit_code == status
    if status == 1:
        assert f"2 callbacks changed (50 %), allowed are {allowed.rstrip('%')} %" in ended.stderr


def test_nothing_is_explained(folder: Folder, file: Path) -> None:
    """With --show 0 there are the sums alone."""
    ended = replay(file, "--rules", folder("rules", CHANGED), "--show", "0")
    assert ended.stdout.splitlines()[-1].split() == ["dequeue", "2"]


def test_many_rules_are_listed(tmp_path: Path) -> None:
    """Where a matrix would be too wide."""
    then, now = tmp_path / "then", tmp_path / "now"
    for made, head in ((then, "old"), (now, "new")):
        made.mkdir()
        rules = [f"  - {{name: {head}-{n}, when: task.n == {n}, defer: x}}" for n in range(9)]
        (made / "a.yaml").write_text("\n".join(["default: {defer: x}", "rules:", *rules]))
    lines = b"".join(written(saved({"n": n})) for n in range(9))
    ended = replay("-", "--rules", now, "--against", then, "--show", "0", standard_input=lines)
    shown = ended.stdout.splitlines()
    start = shown.index("from rule (down) to rule (across)")
    assert shown[start + 1].split() == ["from", "to", "callbacks"]
    assert shown[start + 2].split() == ["old-0", "new-0", "1"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name a FILE of saved callbacks"),
        (("-", "--journal"), "and not both"),
        (("-", "--since", "7d"), "belong to --journal"),
        (("-", "--until", "7d"), "belong to --journal"),
        (("-", "-"), "name - once"),
        (("/no/such/file",), "/no/such/file cannot be read: No such file"),
        (("/",), "/ cannot be read: Is a directory"),
        (("-", "--against", "/no/such/folder"), "there is no folder /no/such/folder"),
        (("-", "--rules", "/no/such/folder"), "there is no folder /no/such/folder"),
        (("-", "--jobs", "0"), "--jobs"),
        (("-", "--at", "noon"), "'noon' is no time"),
    ],
)
def test_wrong_usage(folder: Folder, arguments: tuple[str, ...], said: str) -> None:
    """Status 2, and a sentence."""
    ended = replay(*arguments, RULES_DIR=str(folder("rules")))
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert said in ended.stderr


def test_broken_rules(folder: Folder, file: Path) -> None:
    """They are told as `desk check` tells them."""
    made = folder("rules", ("default:", "defalt:"))
    ended = replay(file, "--rules", made)
    assert (ended.exit_code, ended.stdout) == (1, "")
    assert f"{made}/a.yaml:" in ended.stderr
    assert f"desk: the rules in {made} hold errors: see desk check" in ended.stderr


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), {"gold": 1, "others": 2}),
        (("--since", "2026-11-23T12:30:00Z"), {"gold": 1, "others": 1}),
        (("--since", "2026-11-23T12:30:00Z", "--until", "2026-11-23T13:30:00Z"), {"others": 1}),
    ],
)
def test_the_journal(
    folder: Folder, address: str, opened: Opening, arguments: tuple[str, ...], expected: Mapping[str, int]
) -> None:
    """What was captured is decided again; of any time, or of some."""
    rules, database = ruleset(RULES), opened(address)
    tasks = [{"type": "sales"}, {"type": "sales"}, GOLD]
    callbacks: list[Saved] = [
        recorded(saved(task, at=MONDAY_NOON + timedelta(hours=n), number=n), rules)
        for n, task in enumerate(tasks)
    ]
    database.upgrade()
    Callbacks(database).add_all(callbacks)
    made = folder("rules", ("timeout: 20", "timeout: 30"))
    words = ("--journal", *arguments, "--rules", made, "--format", "json")
    read = document(replay(*words, DATABASE_URL=address))
    assert read["by_rule"] == expected
    assert read["changed"] == expected.get("gold", 0)
    assert [each["source"] for each in read["examples"]] == ["journal"] * expected.get("gold", 0)


def test_a_database_that_is_not_there(folder: Folder) -> None:
    """A sentence, and status 1."""
    ended = replay(
        *("--journal", "--rules", folder("rules")), DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing"
    )
    assert ended.exit_code == 1
    assert ended.stderr.startswith("desk: ")


def test_a_terminal_sees_a_bar(folder: Folder, file: Path) -> None:
    """On standard error alone, and only where that is a terminal."""
    leader, follower = pty.openpty()
    command = [sys.executable, "-m", "app.cli", "replay", str(file), "--rules", str(folder("rules"))]
    environment = {**BARE, "TERM": "xterm"}
    ended = subprocess.run(
        command, env=environment, stdout=subprocess.PIPE, stderr=follower, check=True, cwd=Path.cwd()
    )
    os.close(follower)
    shown = os.read(leader, 100_000)
    os.close(leader)
    assert b"replay" in shown
    assert ended.stdout.startswith(b"4 callbacks; rules")


def test_a_name_is_no_command_of_the_terminal(folder: Folder) -> None:
    """Whatever a callback or a file holds, what is printed stays in its line."""
    odd = {**saved(GOLD).params, "ReservationSid": "WR" + "0" * 32}
    line = json.dumps({"params": odd, "decision": {"rule": "\x1b[31m\nred", "mode": "reply"}}).encode()
    ended = replay("-", "--rules", folder("rules"), standard_input=line)
    assert ended.exit_code == 0
    assert "\x1b" not in ended.stdout
    assert "   [31m red: reply -> gold: reply dequeue" in [
        line.rstrip() for line in ended.stdout.splitlines()
    ]


def test_a_page_for_people(folder: Folder, file: Path, tmp_path: Path) -> None:
    """In a file; it names what the rules were compared with, and where the callbacks are from."""
    page = tmp_path / "report.html"
    ended = replay(file, "--rules", folder("rules", CHANGED), "--format", "html", "-o", page)
    assert (ended.exit_code, ended.stdout) == (0, ""), ended.output
    text = page.read_text("utf-8")
    assert text.startswith("<!doctype html>")
    assert "the recorded decisions" in text
    assert str(file) in text


def test_what_is_read_is_not_written_over(folder: Folder, file: Path) -> None:
    """The callbacks would be gone."""
    before = file.read_bytes()
    ended = replay(file, "--rules", folder("rules"), "-o", file)
    assert ended.exit_code == 2
    assert "is among the files to read" in ended.stderr
    assert file.read_bytes() == before
