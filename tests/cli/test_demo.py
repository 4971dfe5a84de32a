"""`desk demo`: a morning of tasks through the sample rules, with real HTTP in between."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from app.cli.demo import Played, received
from app.cli.scenes import SCENES
from app.sandbox import Answer, TaskRouter

# An environment with nothing but PATH; the rest is set where coverage is measured, and there alone.
BARE = {name: os.environ[name] for name in ("PATH", "COVERAGE_PROCESS_CONFIG") if name in os.environ}
ROOT = Path(__file__).parents[2]


@contextmanager
def playing(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """The demo as the first process of a group of its own, with nothing but PATH set."""
    process = subprocess.Popen(
        [sys.executable, "-m", "app.cli", "demo", *arguments],
        cwd=ROOT,
        env={**BARE, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def nothing_is_left(process: subprocess.Popen[str]) -> bool:
    """Whether every process of the group has ended."""
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_sample_rules_play_as_they_should() -> None:
    """One row for each scene, in one line, without colour; status 0, and no process is left."""
    with playing() as process:
        out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (0, "")
    head, *rows = out.splitlines()
    assert head.split()[:2] == ["task", "rule"]
    assert len(rows) == len(SCENES)
    for row, scene in zip(rows, SCENES, strict=True):
        assert row.startswith(f"{scene.title} ")
        assert scene.rule in row
        assert re.search(r" \d+\.\d$", row)
    assert "\x1b" not in out
    assert "…" not in out
    assert nothing_is_left(process)


def test_a_changed_rule_is_noticed(rules: Path) -> None:
    """Status 1; the task is named with what differs, and a long name is neither wrapped nor shortened."""
    name = "message-" + "long-" * 40 + "name"
    samples = rules / "50-chat.yaml"
    (rules / "chat_test.yaml").unlink()
    samples.write_text(samples.read_text().replace("name: message", f"name: {name}"))
    with playing(RULES_DIR=str(rules)) as process:
        out, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert err.splitlines() == [
        f"text message: rule: {name}, not message",
        f"desk: 1 of {len(SCENES)} differ from the sample rules",
    ]
    assert len(out.splitlines()) == 1 + len(SCENES)
    assert name in out
    assert nothing_is_left(process)


def test_what_taskrouter_gets_is_compared(rules: Path) -> None:
    """An instruction that is another, or goes another way, is noticed where TaskRouter gets it."""
    billing = rules / "40-billing.yaml"
    billing.write_text(billing.read_text().replace("timeout: 20", "accept: true"))
    chat = rules / "50-chat.yaml"
    chat.write_text(chat.read_text().replace("reply:", "post:"))
    with playing(RULES_DIR=str(rules)) as process:
        _, err = process.communicate(timeout=30)
    assert process.returncode == 1
    assert "question about a bill: TaskRouter: worker's phone rings" in err
    assert "text message: mode: post, not reply" in err


def test_an_unsigned_answer_is_noticed() -> None:
    """A service that answers a forged callback, or fails on it, is not what is wanted."""
    forged = next(scene for scene in SCENES if scene.forged)
    taskrouter = TaskRouter()
    for status, body in ((200, b"{}"), (200, b'{"instruction": "accept"}'), (500, b"")):
        worker = taskrouter.add_worker("bob", {})
        reservation = taskrouter.assign(taskrouter.add_task({}), worker)
        reservation.answers.append(Answer("http://127.0.0.1/", status, "application/json", body, 1.0, ""))
        played = Played(forged, "–", *received(reservation), reservation)
        assert played.difference.startswith("mode: ")


def test_broken_rules_are_not_played(rules: Path) -> None:
    """The problems, and a sentence; status 1."""
    (rules / "70.yaml").write_text("ruels: []\n")
    with playing(RULES_DIR=str(rules)) as process:
        out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, "")
    assert err.splitlines()[0].startswith(f"{rules}/70.yaml:1:1: error: unknown key 'ruels'")
    assert err.splitlines()[-1] == f"desk: the rules in {rules} hold errors: see desk check"


def test_a_missing_folder_is_a_sentence(tmp_path: Path) -> None:
    """Status 2."""
    with playing(RULES_DIR=str(tmp_path / "nowhere")) as process:
        _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert err.startswith("desk: there is no folder ")


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_keep_leaves_both_running_until_it_is_told_to_end(ending: signal.Signals) -> None:
    """At the addresses that it prints; status 0, and no process is left."""
    with playing("--keep") as process:
        assert process.stdout
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("Ctrl-C"):
                break
        addresses = dict(re.findall(r"(?m)^(TaskRouter|service) +(http://\S+)", "".join(said)))
        ready = requests.get(addresses["service"] + "/readyz", timeout=5)
        assert ready.json()["database"] == "up"
        assert requests.get(addresses["TaskRouter"] + "/v1", timeout=5).status_code == 401
        process.send_signal(ending)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")
    assert nothing_is_left(process)


def test_whoever_ends_the_demo_ends_the_service(tmp_path: Path) -> None:
    """SIGTERM in the middle of it: the service has begun, as its database shows."""
    with playing(TMPDIR=str(tmp_path)) as process:
        while not list(tmp_path.glob("*/desk.db")):
            assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
    assert process.returncode != 0
    assert nothing_is_left(process)
    assert list(tmp_path.iterdir()) == []
