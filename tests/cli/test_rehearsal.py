"""`desk sandbox --scenario`: a day is played against the service, and reported."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from app.cli import main
from app.cli.rehearsal import Rehearsed
from app.cli.rehearsed import show_rehearsed
from tests.sandbox.scenario.staging import Day
from tests.waiting import children

ROOT = Path(__file__).parents[2]
MORNING = """
name: A short morning
day: 2027-01-04
from: "09:00"
until: "09:30"
tasks:
  by_hour: {9: 40}
  kinds:
    - {share: 3, attributes: {type: sales, call_sid: {any_sid: CA}}, patience: 300}
    - {attributes: {type: support, call_sid: {any_sid: CA}}}
    - {attributes: {type: sms}}
workers:
  - {name: A, count: 5, attributes: {contact_uri: "client:agent-{number}"}, talk: 60, wrap_up: 5}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sample rules, and a scenario that they know everything of."""
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    (tmp_path / "morning.yaml").write_text(MORNING)
    return tmp_path


def sandbox(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "sandbox", "--port", "0", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_morning_with_the_service_beside_it(folder: Path) -> None:
    """The rules decide at the scenario's time; the report says what became of everything."""
    done = sandbox(folder, "--scenario", "morning.yaml", "--format", "json", "--events", "events.jsonl")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert (report["scenario"], report["tasks"], report["is_whole"]) == ("A short morning", 21, True)
    assert sum(each["count"] for each in report["endings"]) == report["tasks"]
    # Monday at nine: no rule of the night, whatever the time is here.
    assert set(report["rules"]) <= {"sales-lead (reply)", "support (post)", "message (reply)"}
    assert sum(report["rules"].values()) == report["callbacks"]["count"] == report["reservations"]
    assert report["alerts"] == []
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert sum(event["type"] == "task.created" for event in events) == report["tasks"]
    assert {event["at"][:13] for event in events} == {"2027-01-04T09"}
    assert re.search(r"^listening on http://127\.0\.0\.1:\d+$", done.stderr, re.MULTILINE)


def test_two_runs_with_one_seed_are_identical(folder: Path) -> None:
    """With the real service, event by event; another seed makes another morning."""
    for name, seed in (("a", "1"), ("b", "1"), ("c", "2")):
        done = sandbox(folder, "--scenario", "morning.yaml", "--events", name, "--seed", seed)
        assert done.returncode == 0, done.stderr
    a, b, c = ((folder / name).read_text() for name in "abc")
    assert a == b
    assert a != c


def test_another_workflow_for_the_same_day(folder: Path) -> None:
    """As the console exports it, with queues that nobody described."""
    queue = "WQ" + "5" * 32
    exported = {"task_routing": {"filters": [], "default_filter": {"queue": queue}}}
    (folder / "exported.json").write_text(json.dumps(exported))
    done = sandbox(folder, "--scenario", "small-shop", "--workflow", "exported.json", "--format", "json")
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert [each["name"] for each in report["queues"]] == [queue]
    assert report["remarks"] == [f"queue {queue} is not described: every worker is in it"]


def test_faster_than_real_time_but_not_at_once(folder: Path) -> None:
    """Callbacks come while time passes, and the report is for people."""
    done = sandbox(folder, "--scenario", "morning.yaml", "--speed", "600")
    assert done.returncode == 0, done.stderr
    title, _, *lines = done.stdout.splitlines()
    assert title.startswith("A short morning: Mon 04 Jan 2027 09:00 to 09:30 UTC, in ")
    assert title.endswith(", seed 1")
    assert any(re.match(r"completed +\d+ +[\d.]+ %", line) for line in lines), done.stdout
    assert any(re.match(r"callbacks +\d+ answered in", line) for line in lines)


def test_ctrl_c_ends_it_early_with_the_report_until_then(folder: Path) -> None:
    """In real time half an hour would be half an hour."""
    command = [sys.executable, "-m", "app.cli", "sandbox", "--port", "0", "--scenario", "morning.yaml"]
    with subprocess.Popen(
        [*command, "--speed", "1"], cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        for line in process.stderr:
            if line.startswith("listening on"):
                break
        process.send_signal(signal.SIGINT)
        printed, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert ", ended early, in " in printed.splitlines()[0]


def test_it_waits_for_a_service_that_is_started_later(folder: Path) -> None:
    """And says with what to start it."""
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    url = f"http://127.0.0.1:{port}/assignment"
    command = [sys.executable, "-m", "app.cli", "sandbox", "--port", "0", "--scenario", "morning.yaml"]
    with subprocess.Popen(
        [*command, "--callback-url", url],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr
        said = [process.stderr.readline() for _ in range(8)]
        exports = dict(line.strip()[7:].split("=", 1) for line in said if line.startswith("export "))
        assert said[-1] == f"waiting for a service at {url}: start it with the exports above\n"
        service = subprocess.Popen(
            [sys.executable, "-m", "app.cli", "serve", "--port", str(port)],
            cwd=folder,
            env={"PATH": "", **exports, "DATABASE_URL": f"sqlite:///{folder}/desk.db"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            printed, _ = process.communicate(timeout=120)
        finally:
            service.terminate()
            service.wait(30)
    assert process.returncode == 0
    assert re.search(r"^callbacks +\d+ answered", printed, re.MULTILINE)
    assert "not:" not in printed


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--scenario", "gone"],
            "gone cannot be read: No such file or directory; the scenarios",
        ),
        (["--scenario", "."], ". cannot be read: Is a directory"),
        (["--scenario", "broken.yaml"], "broken.yaml:2: tasks.kinds: 'kinds' is missing"),
        (["--scenario", "small-shop", "--workflow", "gone.json"], "gone.json cannot be read: No such file"),
        (["--scenario", "small-shop", "--workflow", "binary"], "binary is not UTF-8 text"),
        (["--scenario", "small-shop", "--workflow", "broken.yaml"], "broken.yaml: it is not JSON"),
        (["--scenario", "refers.yaml"], "refers.yaml:3: workflow: binary is not UTF-8 text"),
        (["--format", "json"], "json is for the report of a --scenario"),
        (
            ["--scenario", "small-shop", "--fallback-url", "http://127.0.0.1:9/"],
            "without a --callback-url the service beside it has its own fallback",
        ),
        (["--workflow", "x.json"], "it is for a --scenario"),
        (["--scenario", "binary"], "binary is not UTF-8 text"),
        (["--speed", "max"], "max is for a --scenario"),
        (["--speed", "0"], "'0' is neither max nor a number of times"),
        (["--speed", "fast"], "'fast' is neither max nor a number of times"),
        (["--speed", "nan"], "'nan' is neither max nor a number of times"),
        (
            ["--scenario", "small-shop", "--events", "gone/x"],
            "gone/x cannot be written: No such file",
        ),
        (["--scenario", "small-shop"], "there is no folder rules"),
    ],
)
def test_what_cannot_be_played_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    """With what to do; exit 2."""
    (tmp_path / "broken.yaml").write_text("name: A day\ntasks: {by_hour: {}}\nworkers: [{name: A}]\n")
    (tmp_path / "refers.yaml").write_text(MORNING.strip().replace("\nfrom", "\nworkflow: binary\nfrom", 1))
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(main, ["sandbox", "--port", "0", *arguments])
    assert result.exit_code == 2
    assert sentence in result.output
    assert "Traceback" not in result.output


def test_a_service_that_dies_ends_the_rehearsal(folder: Path) -> None:
    """With a sentence, and soon."""
    command = [sys.executable, "-m", "app.cli", "sandbox", "--port", "0", "--scenario", "support-centre"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr
        for line in process.stderr:
            if line.startswith("listening on"):
                break
        (service,) = children(process.pid)
        os.kill(service, signal.SIGKILL)
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "the service has ended by itself, and the rehearsal with it" in said


def test_events_that_cannot_be_written_end_it(folder: Path) -> None:
    """A full disk is told as such."""
    done = sandbox(folder, "--scenario", "morning.yaml", "--events", "/dev/full")
    assert done.returncode == 1
    assert "the events cannot be written to /dev/full: No space left on device" in done.stderr


def test_rules_may_read_any_variable_but_those_of_the_service(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one whose name begins as theirs; the account, the database and the port are others."""
    file = folder / "rules" / "00-vars.yaml"
    file.write_text(file.read_text().replace("${SALES_NUMBER:-+18005550101}", "${TWILIO_NUMBER}"))
    monkeypatch.setenv("TWILIO_NUMBER", "+18005550199")
    for name, value in (
        ("TWILIO_ACCOUNT_SID", "AC" + "9" * 32),
        ("DATABASE_URL", f"sqlite:///{folder}/real.db"),
        ("PORT", "1"),
    ):
        monkeypatch.setenv(name, value)
    done = sandbox(folder, "--scenario", "morning.yaml")
    assert done.returncode == 0, done.stderr
    assert not (folder / "real.db").exists()


def test_broken_rules_are_told_before_anything_is_played(folder: Path) -> None:
    """Exit 1, as everywhere."""
    (folder / "rules" / "broken.yaml").write_text("rules: [{name: x}]\n")
    done = sandbox(folder, "--scenario", "small-shop")
    assert done.returncode == 1
    assert "hold errors: see desk check" in done.stderr


def test_the_report_of_a_day_in_which_nothing_happened(capsys: pytest.CaptureFixture[str]) -> None:
    """Needs no plural of anything."""
    day = Day(tasks="{by_hour: {}, kinds: [{attributes: {}}]}")
    show_rehearsed(Rehearsed(day.report(), day.scenario, 1, 0.0, is_whole=True, remarks=[]))
    assert capsys.readouterr().out.splitlines()[-1] == "no alerts"
