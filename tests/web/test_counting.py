"""The metrics of a server that runs: its processes count together, whichever of them is killed."""

import http.client
import os
import signal
import socket
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.waiting import children, until
from tests.web.conftest import samples
from tests.web.serving import PATIENCE, PLAIN, Serve, headers_for, request, started, write_rules

RULES = "default: {reply: {instruction: accept}}\n"
ANSWERED = 'desk_requests_total{endpoint="assignment"}{outcome="answered"}'
TIMED = 'desk_request_seconds_count{endpoint="assignment"}'
DECIDED = 'desk_decisions_total{mode="reply"}{rule="default"}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_rules(tmp_path / "rules", RULES)


def scraped(serve: Serve, **headers: str) -> dict[str, float]:
    connection = http.client.HTTPConnection(*serve.address, timeout=PATIENCE)
    connection.request("GET", "/metrics", headers=headers)
    response = connection.getresponse()
    text = response.read().decode()
    connection.close()
    assert response.status == 200, text
    return samples(text)


def call(serve: Serve, number: int) -> None:
    sent = {**PLAIN, "ReservationSid": f"WR{number:032}"}
    url = serve.url + "/assignment"
    status, _ = request(serve, "/assignment", urlencode(sent).encode(), headers=headers_for(url, sent))
    assert status == 200


def has_counted(serve: Serve, number: int) -> bool:
    return scraped(serve)[ANSWERED] == number


def http_socket(serve: Serve) -> socket.socket:
    return socket.create_connection(serve.address, timeout=PATIENCE)


def test_processes_count_together_and_never_back(folder: Path) -> None:
    """With two processes, one after the other killed, whichever is asked; and a full count in the end."""
    with started(folder, WEB_CONCURRENCY="2") as serve:
        until(lambda: scraped(serve).get("desk_processes") == 2)
        seen, made = [0.0], 0
        for _ in range(3):
            for _ in range(10):
                made += 1
                call(serve, made)
            until(partial(has_counted, serve, made))
            seen += [scraped(serve)[ANSWERED] for _ in range(4)]
            os.kill(children(serve.process.pid)[0], signal.SIGKILL)
            seen += [scraped(serve)[ANSWERED] for _ in range(4)]
            until(lambda: scraped(serve).get("desk_processes") == 2)
        found = scraped(serve)
        assert (found[ANSWERED], found[TIMED], found[DECIDED]) == (30, 30, 30)
        assert seen == sorted(seen)
    assert serve.remarks == []


def test_its_place_goes_with_it(folder: Path, tmp_path: Path) -> None:
    """The temporary folder is gone when the server is, and not when one of its processes is."""
    with started(folder, TMPDIR=str(tmp_path)) as serve:
        [place] = tmp_path.glob("desk-metrics-*")
        os.kill(children(serve.process.pid)[0], signal.SIGTERM)
        call(serve, 1)
        assert place.is_dir()
    assert list(tmp_path.glob("desk-metrics-*")) == []


def test_a_place_of_ones_own(folder: Path, tmp_path: Path) -> None:
    """Is kept: the next server goes on counting."""
    place = {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "counts")}
    for number in (1, 2):
        with started(folder, **place) as serve:
            call(serve, number)
            assert scraped(serve)[ANSWERED] == number


def test_a_place_that_cannot_be_used(folder: Path) -> None:
    """It says so, and what to set."""
    with started(folder, PROMETHEUS_MULTIPROC_DIR=str(folder / "rules.yaml")) as serve:
        assert serve.wait() == 2
    [said] = [line for line in serve.err if not line.startswith("rules ")]
    assert said.startswith("desk: metrics cannot be kept in ")
    assert "set PROMETHEUS_MULTIPROC_DIR to a folder of their own" in said


def test_a_place_that_is_damaged(folder: Path, tmp_path: Path) -> None:
    """As by a power loss: it starts, takes over another process on SIGHUP, and counts anew."""
    place = tmp_path / "counts"
    with started(folder, PROMETHEUS_MULTIPROC_DIR=str(place), WEB_CONCURRENCY="2") as serve:
        until(lambda: scraped(serve).get("desk_processes") == 2)
    (place / "counter_0.db").write_bytes(os.urandom(5000))
    with started(folder, PROMETHEUS_MULTIPROC_DIR=str(place)) as serve:
        call(serve, 1)
        assert scraped(serve)[ANSWERED] == 1
        for file in place.glob("*_1.db"):
            file.write_bytes(file.read_bytes()[:8] + bytes(1 << 16))
        [first] = children(serve.process.pid)
        serve.process.send_signal(signal.SIGHUP)
        until(lambda: (now := children(serve.process.pid)) and first not in now)
        call(serve, 2)
        assert scraped(serve)[ANSWERED] == 2
        assert serve.process.poll() is None
    lost = [Path(line["file"]).name for line in serve.events() if "begun anew" in line["event"]]
    files = [f"{kind}_1.db" for kind in ("counter", "gauge_livemax", "gauge_livesum", "histogram")]
    assert sorted(lost) == ["counter_0.db", *files]
    assert serve.remarks == []


def test_what_is_not_taken_in_is_counted(folder: Path) -> None:
    """What is no HTTP, or too large, never reaches an endpoint."""
    with started(folder) as serve:
        with http_socket(serve) as client:
            client.sendall(b"nonsense\r\n\r\n")
            assert client.recv(100).startswith(b"HTTP/1.1 400")
        with http_socket(serve) as client:
            client.sendall(b"GET / HTTP/1.1\r\nX: " + b"x" * 40_000)
            assert client.recv(100).startswith(b"HTTP/1.1 431")
        found = scraped(serve)
    assert found['desk_requests_total{endpoint="none"}{outcome="http-400"}'] == 1
    assert found['desk_requests_total{endpoint="none"}{outcome="http-431"}'] == 1
    refused = [line for line in serve.events() if line["event"] in {"refused", "not parsed"}]
    assert [line.get("request") for line in refused] == [None, None]
