"""`kill -HUP` under load: worker processes are replaced, and no callback is lost or waits."""

import http.client
import os
import signal
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path
from threading import Event
from time import perf_counter
from typing import NamedTuple, TypeAlias
from urllib.parse import urlencode

import pytest

from tests.waiting import children, until
from tests.web.conftest import RULES
from tests.web.serving import (
    PATIENCE,
    PLAIN,
    Serve,
    connected,
    headers_for,
    started,
    started_into,
    write_rules,
)

CLIENTS = 6
TIMES = 3  # that it is told to replace its processes
AT_ONCE = 1.5  # seconds that a callback may take: one, and more for a machine that has other things to do
NUMBERS = count(1)

Clients: TypeAlias = Callable[[Serve, Event], "list[Asked]"]


class Asked(NamedTuple):
    """A callback that was sent: the status of its answer, and the seconds that it took."""

    status: int
    seconds: float


def ask(serve: Serve, connection: http.client.HTTPConnection) -> Asked:
    params = PLAIN | {"ReservationSid": f"WR{next(NUMBERS):032x}"}
    headers = headers_for(f"{serve.url}/assignment", params)
    began = perf_counter()
    connection.request("POST", "/assignment", urlencode(params).encode(), headers)
    answer = connection.getresponse()
    answer.read()
    return Asked(answer.status, perf_counter() - began)


def new_connections(serve: Serve, stop: Event) -> list[Asked]:
    """Callbacks one after the other, each on a connection of its own, as Twilio sends them."""
    asked = []
    while not stop.is_set():
        connection = http.client.HTTPConnection(*serve.address, timeout=PATIENCE)
        asked.append(ask(serve, connection))
        connection.close()
    return asked


def kept_connections(serve: Serve, stop: Event) -> list[Asked]:
    """The same on one connection, as long as the server keeps it: it says before it closes."""
    connection = http.client.HTTPConnection(*serve.address, timeout=PATIENCE)
    asked = []
    while not stop.is_set():
        asked.append(ask(serve, connection))  # http.client connects again after `Connection: close`
    connection.close()
    return asked


@pytest.mark.parametrize("clients", [new_connections, kept_connections])
def test_no_callback_fails_or_waits_while_processes_are_replaced(tmp_path: Path, clients: Clients) -> None:
    """Two processes are replaced again and again beneath some clients."""
    folder = write_rules(tmp_path / "rules", RULES)
    with started(folder, WEB_CONCURRENCY="2") as serve, ThreadPoolExecutor(CLIENTS) as pool:
        stop = Event()
        asking = [pool.submit(clients, serve, stop) for _ in range(CLIENTS)]
        try:
            for _ in range(TIMES):
                replace_processes(serve)
        finally:
            stop.set()
        asked = [each for future in asking for each in future.result()]
    slowest = max(each.seconds for each in asked)
    print(f"{len(asked)} callbacks, the slowest took {slowest:.3f} s")  # noqa: T201  shown with -s and beside a failure
    assert {each.status for each in asked} == {200}
    assert slowest < AT_ONCE


def test_old_processes_stay_until_new_ones_answer(tmp_path: Path) -> None:
    """New ones read the rules that came since the server began, which takes a while."""
    folder = write_rules(tmp_path / "rules", RULES)
    with started(folder, WEB_CONCURRENCY="2") as serve, ThreadPoolExecutor(CLIENTS) as pool:
        until(lambda: both(serve))
        slow_rules(folder)
        until(lambda: len([each for each in serve.events() if each["event"] == "rules reloaded"]) == 2)
        stop = Event()
        asking = [pool.submit(new_connections, serve, stop) for _ in range(CLIENTS)]
        began = perf_counter()
        try:
            replace_processes(serve)
        finally:
            stop.set()
        took = perf_counter() - began
        asked = [each for future in asking for each in future.result()]
    slowest = max(each.seconds for each in asked)
    print(f"{len(asked)} callbacks, the slowest took {slowest:.3f} s of {took:.3f}")  # noqa: T201  as above
    assert {each.status for each in asked} == {200}
    assert slowest < took / 3


def test_a_log_that_nobody_reads_keeps_no_process(tmp_path: Path) -> None:
    """Neither callbacks nor the replacement of processes wait for whoever reads standard output."""
    folder = write_rules(tmp_path / "rules", RULES)
    reading, writing = os.pipe()
    try:
        with started_into(writing, folder, WEB_CONCURRENCY="2") as serve:
            os.set_blocking(writing, False)
            with suppress(BlockingIOError):
                while os.write(writing, b"\n" * 4096):
                    pass
            os.set_blocking(writing, True)
            replace_processes(serve)
            [one, _] = sorted(both(serve))
            os.kill(one, signal.SIGKILL)
            until(lambda: one not in both(serve) and both(serve))
            with connected(serve) as connection:
                assert ask(serve, connection).status == 200
        assert serve.process.returncode == 0
    finally:
        os.close(reading)
        os.close(writing)


def slow_rules(folder: Path) -> None:
    """Puts rules into the folder that take seconds to read."""
    rule = "  - {name: rule-@, task_type: type-@, when: 'a == @ AND b HAS \"x\"', defer: nobody}\n"
    many = "".join(rule.replace("@", str(number)) for number in range(5000))
    (folder / "many.yaml").write_text("rules:\n" + many)


def replace_processes(serve: Serve) -> None:
    """Tells it to, and waits until all of its processes are others."""
    before = until(lambda: both(serve))
    serve.process.send_signal(signal.SIGHUP)
    until(lambda: not before & both(serve) and both(serve))


def both(serve: Serve) -> set[int]:
    """The two worker processes; nothing while there are more or fewer."""
    found = set(children(serve.process.pid))
    return found if len(found) == 2 else set()
