"""`desk check --live`: what rules name is looked up in the account."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.sandbox import TaskRouter, serving
from tests.builders import OFFLINE
from tests.doctor.accounts import environment, taskrouter, with_numbers

GONE = "WA" + "9" * 32
OTHER = "WS" + "9" * 32
RULES = f"""\
default: {{defer: later}}
rules:
  - name: turned-away
    task_type: fax
    reply: {{instruction: reject, activity_sid: {GONE}}}
  - name: support
    task_type: support
    reply: {{instruction: dequeue, from: "+18005550199"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "a.yaml").write_text(RULES)
    return tmp_path


@pytest.fixture
def twilio() -> TaskRouter:
    made = taskrouter()
    made.add_activity("Offline", available=False, sid=OFFLINE)
    made.add_worker("Alice", {"contact_uri": "client:alice"})
    return made


@pytest.fixture
def address(twilio: TaskRouter) -> Iterator[str]:
    with with_numbers(twilio, ["+18005550100"]) as address:
        yield address


def check(folder: Path, base: str, *words: str, **more: str) -> Result:
    others = dict.fromkeys(("TWILIO_API_KEY", "TWILIO_API_SECRET", "TWILIO_EDGE", "TWILIO_REGION"), "")
    runner = CliRunner(env={**others, **environment(base), **more})
    ended = runner.invoke(main, ["check", str(folder), *words])
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    return ended


def test_what_is_not_there_is_a_problem_as_any_other(folder: Path, address: str, twilio: TaskRouter) -> None:
    """With its place, the way out and the check's id; the status tells of it."""
    twilio.add_worker("Bob", {})
    ended = check(folder, address, "--live")
    assert ended.exit_code == 1
    activity, worker, number = ended.stdout.splitlines()
    assert activity.startswith(
        f"{folder}/a.yaml:5:48: error: turned-away: `activity_sid` names an activity that the workspace does "
        f"not have; write one of "
    )
    assert f"Offline ({OFFLINE})" in activity
    assert activity.endswith(" [R080]")
    assert worker.startswith(f"{folder}/a.yaml:8:26: warning: support: 1 of 2 workers (WK")
    assert number == (
        f"{folder}/a.yaml:8:41: error: support: `from` is no number of the account, and no verified caller "
        "ID (would be 21210); buy it, verify it as a caller ID, or write one that the account has [R082]"
    )
    assert ended.stderr == f"{folder}: 2 errors\n"


def test_rules_that_name_what_is_there(folder: Path, address: str) -> None:
    """Nothing is said of them."""
    (folder / "a.yaml").write_text(RULES.replace(GONE, OFFLINE).replace("0199", "0100"))
    ended = check(folder, address, "--live", "--strict")
    assert (ended.exit_code, ended.stderr) == (0, "")
    assert "2 rules in 1 file, no problem" in ended.stdout


def test_without_live_nobody_is_asked(folder: Path) -> None:
    """The address would not answer."""
    assert check(folder, "http://127.0.0.1:9").exit_code == 0


@pytest.mark.parametrize("form", ["json", "github", "sarif"])
def test_programs_read_it_too(folder: Path, address: str, form: str) -> None:
    """In each of the formats."""
    ended = check(folder, address, "--live", "--format", form)
    assert ended.exit_code == 1
    match form:
        case "json":
            found = [problem["check"] for problem in json.loads(ended.stdout)["problems"]]
        case "github":
            found = [line.partition("title=")[2][:4] for line in ended.stdout.splitlines()]
        case _:
            found = [each["ruleId"] for each in json.loads(ended.stdout)["runs"][0]["results"]]
    assert found == ["R080", "R082"]


def test_a_host_without_numbers(folder: Path, twilio: TaskRouter) -> None:
    """The rest is compared, and that is said."""
    with serving(twilio) as served:
        ended = check(folder, served.address, "--live")
    assert "R080" in ended.stdout
    assert "R082" not in ended.stdout
    assert ended.stderr.startswith("numbers were not compared: TWILIO_API_BASE names a host that has none\n")


def test_a_workspace_is_chosen(folder: Path, address: str, twilio: TaskRouter) -> None:
    """One that is not there is said to be missing."""
    assert "R080" in check(folder, address, "--live", "--workspace", twilio.workspace_sid).stdout
    ended = check(folder, address, "--live", "--workspace", OTHER)
    assert ended.exit_code == 1
    said = f"Twilio answered 404 with error 20404: there is nothing like {OTHER}; check each SID"
    assert ended.stderr == f"desk: {said}\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--live", "--workspace", "WS1"], "'WS1' must be a SID: WS and 32 hexadecimal digits"),
        (["--workspace", OTHER], "--workspace is for --live: write both, or none"),
    ],
)
def test_wrong_usage(folder: Path, words: list[str], said: str) -> None:
    """Status 2."""
    ended = check(folder, "", *words)
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_it_needs_an_account(folder: Path) -> None:
    """As other commands that ask Twilio."""
    ended = check(folder, "", "--live", TWILIO_ACCOUNT_SID="", TWILIO_AUTH_TOKEN="")
    assert ended.exit_code == 2
    assert "TWILIO_ACCOUNT_SID is not set" in ended.stderr
