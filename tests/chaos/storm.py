"""A storm: callbacks at real processes that are killed, a database that restarts, a Twilio that fails."""

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from threading import Event, Lock, Thread
from time import monotonic

from app.sandbox import Reservation, Served, TaskRouter
from tests.waiting import children, until

RULES = """\
vars: {number: "+18005550100", offline: WA0123456789abcdef0123456789abcdef}
default: {reply: {instruction: reject, activity_sid: "{{ vars.offline }}"}}
rules:
  - {name: accept, task_type: accept, post: {instruction: accept}}
  - {name: reject, task_type: reject, post: {instruction: reject, activity_sid: "{{ vars.offline }}"}}
  - {name: dequeue, task_type: dequeue, post: {instruction: dequeue, from: "{{ vars.number }}"}}
  - {name: conference, task_type: conference, post: {instruction: conference, from: "{{ vars.number }}"}}
  - name: call
    task_type: call
    post: {instruction: call, from: "{{ vars.number }}", url: "https://example.com/", accept: true}
  - name: redirect
    task_type: redirect
    post: {instruction: redirect, call_sid: "{{ task.call_sid }}", url: "https://example.com/", accept: true}
    on_failure: {instruction: reject, activity_sid: "{{ vars.offline }}"}
"""
TYPES = ("accept", "reject", "dequeue", "conference", "call", "redirect")
CALL_SID = "CA" + "0" * 31 + "1"
CALLERS = 8
LIFETIME = 60  # seconds of a reservation
INHERITED = ("PATH", "COVERAGE_")


@dataclass
class Program:
    """`desk serve` or `desk worker`, which is started again whenever it was killed."""

    arguments: tuple[str, ...]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    address: str = ""

    def start(self) -> None:
        inherited = {name: text for name, text in os.environ.items() if name.startswith(INHERITED)}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "app.cli", *self.arguments],
                env=inherited | self.environment,
                stdout=log,
                stderr=log,
            )

    def kill(self) -> None:
        """All of it, at once, as a machine that loses its power does."""
        assert self.process
        for pid in (*children(self.process.pid), self.process.pid):
            _kill(pid)
        self.process.wait()

    def kill_a_child(self) -> bool:
        """One of gunicorn's web processes, which gunicorn starts anew."""
        assert self.process
        found = children(self.process.pid)
        if found:
            _kill(random.choice(found))
        return bool(found)

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(40)


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@dataclass
class Storm:
    """Who is in it, and what was done to them."""

    twilio: Served
    servers: list[Program]
    worker: Program
    restart_database: Callable[[], None] | None = None
    seed: int = 1
    did: Counter[str] = field(default_factory=Counter)
    reservations: list[Reservation] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    @property
    def taskrouter(self) -> TaskRouter:
        return self.twilio.taskrouter

    def rage(self, seconds: float) -> None:
        """Calls come in from several sides, while somebody breaks things at random moments."""
        over = Event()
        breaking = Thread(target=self._break, args=(over,))
        breaking.start()
        end = monotonic() + seconds
        with ThreadPoolExecutor(CALLERS) as callers:
            calling = [callers.submit(self._call, number, end) for number in range(CALLERS)]
        over.set()
        breaking.join()
        for each in calling:
            each.result()

    def _call(self, number: int, end: float) -> None:
        chance = random.Random(f"{self.seed} {number}")
        while monotonic() < end:
            kind = chance.choice(TYPES)
            with self.lock:
                ours = self.servers if chance.random() < 0.5 else self.servers[::-1]
                self.taskrouter.callback_url = f"{ours[0].address}/assignment"
                self.taskrouter.fallback_url = f"{ours[-1].address}/assignment/fallback"
            attributes = {"type": kind, "call_sid": CALL_SID}
            worker = self.taskrouter.add_worker("Ada", {"contact_uri": "client:ada"})
            reservation = self.taskrouter.assign(self.taskrouter.add_task(attributes), worker)
            with self.lock:
                self.reservations.append(reservation)
            Event().wait(chance.uniform(0, 0.4))

    def _break(self, over: Event) -> None:
        chance = random.Random(self.seed)
        deeds = [self._kill_a_web_process, self._kill_the_worker, self._kill_a_server]
        if self.restart_database:
            deeds.append(self._restart_database)
        for deed in cycle(deeds):
            if over.wait(chance.uniform(0.5, 2.5)):
                return
            deed()

    def _kill_a_web_process(self) -> None:
        self.did["web processes killed"] += random.choice(self.servers).kill_a_child()

    def _kill_a_server(self) -> None:
        server = random.choice(self.servers)
        server.kill()
        server.start()
        self.did["servers killed"] += 1

    def _kill_the_worker(self) -> None:
        self.worker.kill()
        self.worker.start()
        self.did["workers killed"] += 1

    def _restart_database(self) -> None:
        assert self.restart_database
        self.restart_database()
        self.did["database restarts"] += 1


@contextmanager
def running(programs: list[Program]) -> Iterator[None]:
    """All of them, until the block ends; servers answer by then."""
    try:
        for program in programs:
            program.start()
        for program in programs:
            if program.address:
                until(lambda log=program.log: b"listening on" in log.read_bytes())  # type: ignore[misc]
        yield
    finally:
        for program in programs:
            program.stop()
