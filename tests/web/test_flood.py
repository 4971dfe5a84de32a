"""A flood of unsigned requests, beside callbacks that must be answered."""

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from time import perf_counter
from urllib.parse import urlencode

import pytest

from app.web.sparing import A_SECOND
from tests.bench.serving import requests, script, wrongly_signed
from tests.conftest import missing
from tests.waiting import children
from tests.web.conftest import RULES
from tests.web.serving import PLAIN, Serve, headers_for, request, started, write_rules

SECONDS = 4
CONNECTIONS = 64  # more than a process has threads
AT_ONCE = 1.0  # seconds that a callback may take meanwhile
GROWTH = 8 * 1024  # KiB that a process may take more after a second flood than after the first
NUMBERS = count(1)


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    with started(write_rules(tmp_path_factory.mktemp("flood") / "rules", RULES)) as serve:
        yield serve


@contextmanager
def flood(serve: Serve, folder: Path) -> Iterator[list[int]]:
    """So many seconds of requests that nobody signed; afterwards the list holds how many were answered."""
    program = shutil.which("wrk") or missing("wrk")
    lua = script(folder, requests(serve.url, wrongly_signed))
    command = [program, "-t1", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", str(lua), serve.url]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    refused: list[int] = []
    try:
        yield refused
    finally:
        said = process.communicate(timeout=10 * SECONDS)[0]
    refused.append(int(re.findall(r"Non-2xx or 3xx responses: (\d+)", said)[0]))


def signed(serve: Serve) -> float:
    """The seconds of a callback, which is answered."""
    params = PLAIN | {"ReservationSid": f"WR{next(NUMBERS):032x}"}
    headers = headers_for(f"{serve.url}/assignment", params)
    began = perf_counter()
    assert request(serve, "/assignment", urlencode(params).encode(), headers=headers)[0] == 200
    return perf_counter() - began


def memory(serve: Serve) -> int:
    """What the worker process has of the machine's memory, in KiB."""
    [worker] = children(serve.process.pid)
    status = Path(f"/proc/{worker}/status").read_text()
    return int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0])


def test_callbacks_are_answered_beside_a_flood(serve: Serve, tmp_path: Path) -> None:
    """Each within a second, and few lines tell of the thousands of others."""
    before = len(serve.out)
    began = perf_counter()
    with flood(serve, tmp_path) as refused:
        slowest = 0.0
        while perf_counter() - began < SECONDS - 0.5:
            slowest = max(slowest, signed(serve))
    print(f"{refused[0]} refused; the slowest callback took {slowest:.3f} s")  # noqa: T201
    assert slowest < AT_ONCE
    assert refused[0] > 1000
    lines = [each for each in serve.events()[before:] if each["event"] == "refused"]
    assert 0 < len(lines) <= (perf_counter() - began + 2) * A_SECOND
    assert sum(each.get("withheld", 0) for each in lines) > 0


def test_a_flood_leaves_nothing_in_memory(serve: Serve, tmp_path: Path) -> None:
    """The second takes no more than the first."""
    with flood(serve, tmp_path):
        pass
    first = memory(serve)
    with flood(serve, tmp_path) as refused:
        pass
    print(f"{refused[0]} refused; {first} KiB, then {memory(serve)} KiB")  # noqa: T201
    assert memory(serve) - first < GROWTH
