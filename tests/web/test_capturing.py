"""Refused requests are kept for `desk doctor`, whatever becomes of the file."""

import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from flask.testing import FlaskClient

from app.model import Saved
from app.replay.saved import read_saved
from app.service import Desk
from app.settings import Secret
from app.web import create_app
from app.web.capturing import MOST_WAITING, Capture, CapturingSignatures
from tests.builders import MONDAY_NOON, parameters
from tests.waiting import until
from tests.web.conftest import FORM, RULES, TOKEN, post, signature
from tests.web.serving import PLAIN, headers_for, request, started, write_rules

Making = Callable[..., FlaskClient]


@pytest.fixture
def captures() -> Iterator[Callable[..., Capture]]:
    """Makes captures that write, and stops them after the test."""
    made: list[Capture] = []

    def make(path: Path, **limits: int) -> Capture:
        made.append(Capture(path, **limits))
        made[-1].start()
        return made[-1]

    yield make
    for each in made:
        each.stop()


@pytest.fixture
def capturing(desk: Desk, captures: Callable[..., Capture]) -> Making:
    """Makes a client of an application that keeps what it refuses."""

    def make(path: Path, trusted_proxies: int = 0, **limits: int) -> FlaskClient:
        capture = captures(path, **limits)
        signatures = CapturingSignatures([Secret(TOKEN)], capture=capture, clock=lambda: MONDAY_NOON)
        return create_app(desk, signatures, trusted_proxies=trusted_proxies).test_client()

    return make


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "rejected.jsonl"


def kept(file: Path, number: int = 1) -> list[dict[str, Any]]:
    """The requests in the file, as soon as they are so many."""
    until(lambda: file.exists() and len(file.read_bytes().splitlines()) >= number)
    return [json.loads(line) for line in file.read_text("ascii").splitlines()]


def test_a_refused_request_is_kept_as_it_was_seen(capturing: Making, file: Path) -> None:
    """The address before any proxy was believed, and the headers that tell another one."""
    told = {
        "X_Forwarded_Proto": "https",
        "X_Forwarded_Host": "desk.example.com",
        "Forwarded": "by=x",
    }
    client = capturing(file, trusted_proxies=1)
    answer = post(
        client, parameters(), "/assignment?a=b%20c", Host="10.0.0.7:8080", X_Twilio_Signature="x", **told
    )
    assert answer.status_code == 403
    assert kept(file) == [
        {
            "received_at": "2026-11-23T12:00:00.000Z",
            "method": "POST",
            "scheme": "http",
            "host": "10.0.0.7:8080",
            "port": "80",
            "path": "/assignment",
            "query": "a=b%20c",
            "headers": {
                "Host": "10.0.0.7:8080",
                "X-Twilio-Signature": "x",
                "X-Forwarded-Proto": "https",
                "X-Forwarded-Host": "desk.example.com",
                "Forwarded": "by=x",
                "Content-Type": FORM,
            },
            "params": parameters(),
        }
    ]


def test_other_headers_are_not_kept(capturing: Making, file: Path) -> None:
    """A password of basic authentication is nobody's business."""
    post(capturing(file), parameters(), X_Twilio_Signature="x", Authorization="Basic Ym9iOnNlY3JldA==")
    [request] = kept(file)
    assert "Ym9iOnNlY3JldA" not in str(request)


def test_one_without_a_signature_is_kept_too(capturing: Making, file: Path) -> None:
    """A proxy may have taken the header away."""
    assert capturing(file).post("/assignment", data={"a": ["1", "2"]}).status_code == 403
    [request] = kept(file)
    assert "X-Twilio-Signature" not in request["headers"]
    assert request["params"] == {"a": ["1", "2"]}


def test_what_is_kept_is_a_saved_callback(capturing: Making, file: Path) -> None:
    """`desk explain` and `desk replay` read it as any other."""
    post(capturing(file), parameters(), X_Twilio_Signature="x")
    assert kept(file)
    with file.open("rb") as stream:
        assert [*read_saved(stream)] == [Saved(1, parameters(), MONDAY_NOON, "/assignment")]


def test_what_is_answered_is_not_kept(capturing: Making, file: Path) -> None:
    """Nor what is refused for another reason."""
    client = capturing(file)
    assert client.post("/assignment", json={}).status_code == 415
    signed = signature("http://localhost/assignment", parameters())
    assert post(client, parameters(), X_Twilio_Signature=signed).status_code == 200
    assert not file.exists()


def test_the_file_is_its_owners_alone(file: Path) -> None:
    """Also one that stood there before, open to all."""
    file.touch()
    file.chmod(0o644)
    Capture(file).prepare()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_one_that_is_made_later_is_its_owners_alone(capturing: Making, file: Path) -> None:
    """It was moved away while the service ran."""
    client = capturing(file)
    for _ in range(2):
        client.post("/assignment", data={"a": "1"})
        assert len(kept(file)) == 1
        file.rename(file.with_suffix(".old"))
    assert stat.S_IMODE(file.with_suffix(".old").stat().st_mode) == 0o600


def test_a_full_file_takes_no_more(capturing: Making, file: Path, log_lines: list[str]) -> None:
    """Whole lines up to its limit, one line in the log, and every answer as before."""
    client = capturing(file, most_bytes=1_000)
    answers = [client.post("/assignment", data={"a": "1"}).status_code for _ in range(20)]
    assert set(answers) == {403}
    until(lambda: any("it is full" in line for line in log_lines))
    assert 600 < file.stat().st_size <= 1_000
    assert all(each["params"] == {"a": "1"} for each in kept(file))
    assert sum("it is full: move it away" in line for line in log_lines) == 1


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/dev/full", "No space left on device"),
        ("/not/there/rejected.jsonl", "No such file or directory"),
        ("/", "Is a directory"),
    ],
)
def test_what_cannot_be_written_is_a_log_line(
    capturing: Making, log_lines: list[str], path: str, said: str
) -> None:
    """Never another answer; and one line, however many requests come."""
    client = capturing(Path(path))
    for _ in range(3):
        assert client.post("/assignment", data={"a": "+18005550100"}).status_code == 403
    until(lambda: any("rejected request not kept" in line for line in log_lines))
    [line] = [line for line in log_lines if "rejected request not kept" in line]
    assert said in line
    assert "+18005550100" not in "".join(log_lines)


def test_a_pipe_that_nobody_reads_holds_nobody_up(
    capturing: Making, file: Path, log_lines: list[str]
) -> None:
    """It is refused by the system, where opening it would wait for a reader."""
    os.mkfifo(file)
    assert capturing(file).post("/assignment", data={"a": "1"}).status_code == 403
    until(lambda: any("rejected request not kept" in line for line in log_lines))


def test_what_waits_is_bounded(file: Path) -> None:
    """A disk that hangs fills no memory."""
    capture = Capture(file)
    for number in range(MOST_WAITING + 10):
        capture.keep(ENVIRON, {"a": str(number)}, MONDAY_NOON)
    capture.start()
    capture.stop()
    assert len(kept(file)) == MOST_WAITING


# A process whose files end in the middle of the second line, as on a disk that is full by then.
SMALL_DISK = """
import logging, resource, signal, sys
from datetime import UTC, datetime
from pathlib import Path
from app.web.capturing import Capture

environ = dict(pair.split("=") for pair in sys.argv[2:])
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
file = Path(sys.argv[1])
for text, room in (("1", None), ("2", 50), ("3", None)):
    limit = resource.RLIM_INFINITY if room is None else file.stat().st_size + room
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    capture = Capture(file)
    capture.keep(environ, {"a": text}, datetime.now(UTC))
    capture.start()
    capture.stop()
"""


def test_half_a_line_is_taken_back(file: Path) -> None:
    """The next one begins at the beginning of a line."""
    given = [f"{name}={value}" for name, value in ENVIRON.items()]
    subprocess.run([sys.executable, "-c", SMALL_DISK, str(file), *given], check=True)
    assert [each["params"]["a"] for each in kept(file, 2)] == ["1", "3"]


ENVIRON = {
    "REQUEST_METHOD": "POST",
    "wsgi.url_scheme": "http",
    "SERVER_NAME": "desk",
    "SERVER_PORT": "80",
    "PATH_INFO": "/assignment",
    "QUERY_STRING": "",
}


def test_several_append_at_once(file: Path) -> None:
    """Each line is whole."""
    captures = [Capture(file) for _ in range(8)]
    for number, capture in enumerate(captures):
        for _ in range(20):
            capture.keep(ENVIRON, {"a": str(number) * 5_000}, MONDAY_NOON)
    for capture in captures:
        capture.start()
    for capture in captures:
        capture.stop()
    assert sorted(each["params"]["a"][0] for each in kept(file)) == sorted("01234567" * 20)


def test_served_by_several_processes(tmp_path: Path) -> None:
    """`desk serve --capture-rejected` keeps what any of its processes refuses, and answers the rest."""
    folder, file = write_rules(tmp_path / "rules", RULES), tmp_path / "rejected.jsonl"
    with started(folder, "--capture-rejected", str(file), WEB_CONCURRENCY="2") as serve:
        assert file.stat().st_size == 0
        headers = headers_for("https://desk.example.com/assignment") | {"X-Forwarded-Proto": "https"}
        body = urlencode(PLAIN).encode()
        for _ in range(8):
            assert request(serve, "/assignment", body, headers=headers)[0] == 403
        signed = headers_for(f"{serve.url}/assignment")
        assert request(serve, "/assignment", body, headers=signed)[0] == 200
        found = kept(file, 8)
        assert len(found) == 8
        assert found[0]["params"] == PLAIN
        assert found[0]["host"] == serve.url.removeprefix("http://")
        assert found[0]["headers"]["X-Forwarded-Proto"] == "https"
    assert serve.remarks == []


def test_a_file_that_cannot_be_written_is_said_at_start(tmp_path: Path) -> None:
    """Before anything else, with what to do."""
    folder = write_rules(tmp_path / "rules", RULES)
    with started(folder, "--capture-rejected", f"{tmp_path}/not/there.jsonl") as serve:
        assert serve.wait() == 2
    assert "--capture-rejected: " in serve.err[-1]
    assert "cannot be written: No such file or directory" in serve.err[-1]
