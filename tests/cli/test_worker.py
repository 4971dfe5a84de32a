"""`desk worker`: what a process that is gone promised is delivered all the same."""

import os
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.delivery.promises import LEASE
from app.model import Call, Instruction, State
from app.sandbox import TaskRouter, serving
from app.storage import Database, Ledger
from tests.builders import ACCOUNT
from tests.delivery.deliveries import promise
from tests.waiting import until
from tests.web.serving import started, write_rules

TOKEN = "12345678901234567890123456789012"
HERE = {name: text for name, text in os.environ.items() if name.startswith(("PATH", "COVERAGE_"))}


def test_it_delivers_what_was_left_behind(tmp_path: Path) -> None:
    """It says when it begins, delivers, and ends with status 0 when it is told to."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text("default: {defer: nobody}\n")
    address = f"sqlite:///{tmp_path}/desk.db"
    taskrouter = TaskRouter(account_sid=ACCOUNT, auth_tokens=(TOKEN,))
    worker, task = taskrouter.add_worker("Ada"), taskrouter.add_task({})
    reservation = taskrouter.reserve(task, worker)
    call = Call(taskrouter.workspace_sid, task.sid, reservation.sid, Instruction("accept"))
    database = Database(address)
    ledger = Ledger(database)
    now = datetime.now(UTC)
    later = now + timedelta(seconds=100)
    made = promise(call=call, arrived=now, deadline=later, expires=later)
    ledger.open(made, "a process that is gone", now - 2 * LEASE, LEASE)

    with serving(taskrouter) as twilio:
        environment = HERE | {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_BASE": twilio.address,
            "DATABASE_URL": address,
            "RULES_DIR": str(tmp_path / "rules"),
        }
        command = [sys.executable, "-m", "app.cli", "worker"]
        running = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            until(lambda: reservation.status == "accepted")
            until(lambda: (found := ledger.find(reservation.sid)) and found.finished)
        finally:
            running.send_signal(signal.SIGTERM)
            said, remarks = running.communicate(timeout=30)
    ended = ledger.find(reservation.sid)
    database.close()
    assert ended
    assert (ended.state, ended.attempts) == (State.DELIVERED, 2)
    assert (running.returncode, remarks) == (0, "delivering what is due\n")
    assert "only processes of this machine" in said
    assert "delivery ended" in said


def test_it_needs_an_account(tmp_path: Path) -> None:
    """Without one it says what to set."""
    environment = HERE | {"RULES_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "app.cli", "worker"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "TWILIO_ACCOUNT_SID is not set" in ended.stderr


def test_it_tells_its_metrics(tmp_path: Path) -> None:
    """Where a port is given for them, guarded like those of the server, and nothing else."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "rules.yaml").write_text("default: {defer: nobody}\n")
    environment = HERE | {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "DATABASE_URL": f"sqlite:///{tmp_path}/desk.db",
        "RULES_DIR": str(tmp_path / "rules"),
        "METRICS_TOKEN": "t0ken",
        "TMPDIR": str(tmp_path),
    }
    command = [sys.executable, "-m", "app.cli", "worker", "--metrics-port", "0"]
    running = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert running.stderr
        url = running.stderr.readline().removeprefix("metrics on ").strip()
        shown = fetched(url, Authorization="Bearer t0ken")
        refused = fetched(url)
        nothing = fetched(url.replace("/metrics", "/assignment"))
    finally:
        running.send_signal(signal.SIGTERM)
        running.communicate(timeout=30)
    assert shown[0] == 200
    for name in (
        "desk_rules_info{",
        "desk_deliveries_pending 0.0",
        "desk_deliveries_total{",
        "desk_database_up 1.0",
    ):
        assert f"\n{name}" in shown[1]
    assert (refused[0], nothing[0]) == (401, 404)
    assert running.returncode == 0
    assert list(tmp_path.glob("desk-metrics-*")) == []


def test_its_metrics_are_its_own(tmp_path: Path) -> None:
    """In the same environment as a server, each of the two tells what it has counted itself."""
    rules = write_rules(tmp_path / "rules", "default: {defer: nobody}\n")
    place = tmp_path / "counts"
    shared = {"PROMETHEUS_MULTIPROC_DIR": str(place), "DATABASE_URL": f"sqlite:///{tmp_path}/desk.db"}
    account = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "RULES_DIR": str(rules)}
    command = [sys.executable, "-m", "app.cli", "worker", "--metrics-port", "0"]
    with started(rules, **shared) as serve:
        running = subprocess.Popen(
            command, env=HERE | account | shared, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        try:
            assert running.stderr
            url = running.stderr.readline().removeprefix("metrics on ").strip()
            for _, shown in (fetched(url), fetched(f"{serve.url}/metrics")):
                assert "\ndesk_processes 1.0\n" in shown
        finally:
            running.send_signal(signal.SIGTERM)
            running.communicate(timeout=30)
    assert [(each / "0.lock").is_file() for each in (place, place / "worker")] == [True, True]
    assert not (place / "1.lock").exists()


def test_metrics_that_cannot_be_kept(tmp_path: Path) -> None:
    """It says so, and what to set."""
    (tmp_path / "rules.yaml").write_text("default: {defer: nobody}\n")
    environment = HERE | {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "DATABASE_URL": f"sqlite:///{tmp_path}/desk.db",
        "RULES_DIR": str(tmp_path),
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "rules.yaml"),
    }
    command = [sys.executable, "-m", "app.cli", "worker"]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "set PROMETHEUS_MULTIPROC_DIR to a folder of their own" in ended.stderr


def test_a_port_that_is_taken(tmp_path: Path) -> None:
    """It says so, and which flags there are."""
    (tmp_path / "rules.yaml").write_text("default: {defer: nobody}\n")
    environment = HERE | {
        "TWILIO_ACCOUNT_SID": ACCOUNT,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "DATABASE_URL": f"sqlite:///{tmp_path}/desk.db",
        "RULES_DIR": str(tmp_path),
    }
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        command = [sys.executable, "-m", "app.cli", "worker", "--metrics-port", port]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert f"127.0.0.1, port {port}" in ended.stderr
    assert "--metrics-port" in ended.stderr


def fetched(url: str, **headers: str) -> tuple[int, str]:
    """The status and the text of an answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=20) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()
