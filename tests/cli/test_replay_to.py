"""`desk replay --to` and `--save-test`."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.replay.lines import saved_line
from tests.builders import ACCOUNT
from tests.replay.test_sending import DEQUEUE, RULES, replied, saved
from tests.web.conftest import TOKEN
from tests.web.serving import Serve, started, write_rules

SIGNING = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
LOCAL = {**SIGNING, "TWILIO_API_BASE": "http://127.0.0.1:1"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_rules(tmp_path / "rules", RULES.replace("{day}", "Mon"))


@pytest.fixture
def serve(folder: Path) -> Iterator[Serve]:
    with started(folder, TWILIO_API_BASE="http://127.0.0.1:1") as serve:
        yield serve


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Three callbacks, of which one was answered otherwise, and a broken line."""
    other = {**DEQUEUE, "from": "+18005550199"}
    lines = [saved_line(saved("support", replied(each))) for each in (DEQUEUE, DEQUEUE, other)]
    made = tmp_path / "saved.jsonl"
    made.write_bytes(b"".join(lines))
    return made


def replay(*arguments: object, **environment: str) -> Result:
    unset = dict.fromkeys((*SIGNING, "TWILIO_API_BASE", "RULES_DIR"))
    return CliRunner().invoke(main, ["replay", *map(str, arguments)], env=unset | environment)


def test_callbacks_are_sent(serve: Serve, folder: Path, file: Path) -> None:
    """What was answered otherwise is named; that alone is no failure."""
    ended = replay(file, "--to", serve.url, "--rules", folder, "--rate", 1000, **LOCAL)
    assert ended.exit_code == 0, ended.output
    first, *rest = ended.stdout.splitlines()
    assert first == "3 callbacks sent"
    assert rest[:2] == ["  2 answered as recorded", "  1 answered otherwise"]
    assert rest[2].startswith("  milliseconds: p50 ")
    assert rest[3].endswith(": different: differs in from")


def test_the_whole_address_of_the_callbacks(serve: Serve, folder: Path, file: Path) -> None:
    """Each goes to the path that it came to, below what is left."""
    ended = replay(file, "--to", f"{serve.url}/assignment", "--rules", folder, "--rate", 1000, **LOCAL)
    assert ended.stdout.splitlines()[1] == "  2 answered as recorded"


def test_for_programs(serve: Serve, folder: Path, file: Path) -> None:
    """Bad lines are named and counted, and fail; so does more change than is allowed."""
    with file.open("ab") as stream:
        stream.write(b"{broken\n")
    ended = replay(file, "--to", serve.url, "--rules", folder, "--speed", 1000, "--format", "json", **LOCAL)
    assert ended.exit_code == 1
    read = json.loads(ended.stdout)
    assert (read["sent"], read["bad_lines"]) == (3, 1)
    assert read["answers"]["same"] == 2
    assert [each["verdict"] for each in read["examples"]] == ["different"]
    assert f"{file}:4: " in ended.stderr


@pytest.mark.parametrize(("allowed", "status"), [("33%", 1), ("34%", 0)])
def test_more_change_than_is_allowed(
    serve: Serve, folder: Path, file: Path, allowed: str, status: int
) -> None:
    """As without a service."""
    asked = ("--rules", folder, "--rate", 1000, "--fail-if-changed", allowed)
    assert replay(file, "--to", serve.url, *asked, **LOCAL).exit_code == status


def test_a_service_that_is_gone(folder: Path, file: Path) -> None:
    """Status 1, and why."""
    ended = replay(file, "--to", "http://127.0.0.1:1", "--rules", folder, "--rate", 1000, **LOCAL)
    assert ended.exit_code == 1
    assert "3 not answered" in ended.stdout
    assert "no connection" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "said"),
    [
        (["--to", "https://desk.example.com"], LOCAL, "desk.example.com is another machine"),
        (["--to", "http://127.0.0.1:1"], SIGNING, "TWILIO_API_BASE is not set"),
        (["--to", "http://127.0.0.1:1", "--yes"], {}, "TWILIO_AUTH_TOKEN is not set"),
        (["--to", "http://10.0.0.1"], {}, "10.0.0.1 is another machine"),
        (["--to", "127.0.0.1:1"], LOCAL, "is no address"),
        (["--to", "http://[::1"], LOCAL, "--to is no address"),
        (["--to", "http://127.0.0.1:99999"], LOCAL, "--to is no address"),
        (["--to", "http://127.0.0.1/?x=y"], LOCAL, "--to is no address"),
        (["--to", "http://desk.example.com\\@127.0.0.1"], LOCAL, "--to is no address"),
        (["--to", "http://127.0.0.1:1"], {"TWILIO_API_BASE": "http://["}, "TWILIO_API_BASE is no address"),
        (["--to", "http://127.0.0.1:1", "--rate", "1", "--speed", "1"], LOCAL, "use one"),
        (["--to", "http://127.0.0.1:1", "--save-test", "x"], LOCAL, "use one"),
        (["--to", "http://127.0.0.1:1", "--format", "csv"], LOCAL, "text or json"),
        (["--to", "http://127.0.0.1:1", "--rate", "0"], LOCAL, "--rate"),
        (["--speed", "2"], LOCAL, "belong to --to"),
        (["--yes"], LOCAL, "belong to --to"),
        (["--line", "2"], LOCAL, "belongs to --save-test"),
    ],
)
def test_wrong_usage(
    folder: Path, file: Path, arguments: list[str], environment: dict[str, str], said: str
) -> None:
    """Nothing is sent, and the sentence says what to do."""
    ended = replay(file, "--rules", folder, *arguments, **environment)
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_yes_is_for_other_machines(folder: Path, file: Path) -> None:
    """Whoever says so may send them."""
    ended = replay(file, "--to", "http://127.0.0.1:1", "--rules", folder, "--rate", 1000, "--yes", **SIGNING)
    assert "3 not answered" in ended.stdout


def test_a_callback_becomes_a_test(folder: Path, file: Path) -> None:
    """Which passes, and holds nothing personal."""
    tests = folder / "saved_test.yaml"
    ended = replay(file, "--rules", folder, "--save-test", tests, "--line", 2)
    assert ended.exit_code == 0, ended.output
    assert "which passes" in ended.stdout
    assert "client:alice" not in tests.read_text()
    run = CliRunner().invoke(main, ["test", str(folder)])
    assert run.exit_code == 0
    assert "1 test passed" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [([], "name one with --line"), (["--line", "9"], "no callback at line 9"), (["--line", "4"], "broken")],
)
def test_one_is_chosen(folder: Path, file: Path, arguments: list[str], said: str) -> None:
    """Of several by its line."""
    with file.open("ab") as stream:
        stream.write(b"{broken\n")
    ended = replay(file, "--rules", folder, "--save-test", folder / "saved_test.yaml", *arguments)
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_a_file_that_takes_no_test(folder: Path, file: Path) -> None:
    """Is left as it was, and the sentence says why."""
    rules = folder / "rules.yaml"
    rules.write_text(rules.read_text() + "tests: []\n")
    before = rules.read_bytes()
    ended = replay(file, "--rules", folder, "--save-test", rules, "--line", 1)
    assert ended.exit_code == 1
    assert str(rules) in ended.stderr
    assert rules.read_bytes() == before
