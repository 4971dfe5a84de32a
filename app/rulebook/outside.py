"""Has a folder checked by another process, and takes its rules over while requests go on."""

import gc
import os
import pickle
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Timer
from time import sleep
from typing import IO, cast

from app.engine.ruleset import Rule, RuleSet
from app.rulebook.checking import Finding, Order
from app.settings import process_environment

TIMEOUT = 600  # seconds for a check; ten thousand rules take one of a busy machine
PAUSE = 0.0002  # seconds after each rule, in which a request that waits goes on
TURN = 0.0005  # seconds that this thread goes on when a request waits; Python's own 5 ms add up


class Outside:
    """Checks one folder, each time in a new process; `timeout` is in seconds."""

    def __init__(self, folder: Path, environment: Mapping[str, str], timeout: float = TIMEOUT) -> None:
        self._folder = folder
        self._environment = environment
        self._timeout = timeout
        self._process: subprocess.Popen[bytes] | None = None
        self._late = False
        self._stopped = Event()

    def finding(self, running: RuleSet) -> Finding:
        """What the folder holds. A check that does not come to its end is a finding, too."""
        try:
            with self._started() as process:
                return self._asked(process, running)
        except OSError as error:
            return _unchecked(f"no process for it could be started: {error.strerror}")

    def stop(self) -> None:
        """Ends the check that is under way, and each later one."""
        self._stopped.set()
        if self._process:
            self._process.kill()

    @contextmanager
    def _started(self) -> Iterator[subprocess.Popen[bytes]]:
        # The same modules as here, whatever folder this process was started in.
        path = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)  # noqa: PTH100  "" is one
        process = self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "app.rulebook"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**process_environment(), "PYTHONPATH": path},
        )
        self._late = False
        timer = Timer(self._timeout, self._give_up, [process])
        timer.daemon = True
        timer.start()
        if self._stopped.is_set():
            process.kill()
        try:
            yield process
            process.wait()
        finally:
            timer.cancel()
            process.kill()
            process.communicate()

    def _give_up(self, process: subprocess.Popen[bytes]) -> None:
        self._late = True
        process.kill()

    def _asked(self, process: subprocess.Popen[bytes], running: RuleSet) -> Finding:
        order, pieces = cast("tuple[IO[bytes], IO[bytes]]", (process.stdin, process.stdout))  # both are pipes
        try:
            order.write(pickle.dumps(Order(self._folder, self._environment, running.version)))
            order.flush()
            return _received(pieces, running)
        except (OSError, EOFError, pickle.UnpicklingError):
            if self._late:
                return _unchecked(f"it took longer than {self._timeout:g} s")
            return _unchecked(f"the process for it {_ending(process.wait())}")
        except Exception as error:  # whatever the code of another version sends, this thread goes on
            process.kill()
            found = f"what it found cannot be read here ({type(error).__name__})"
            return _unchecked(f"{found}; restart the service if its code was updated")


def _received(pieces: IO[bytes], running: RuleSet) -> Finding:
    """A finding with all of its rules; where it holds the version that runs, with the very rules that run."""
    finding: Finding = pickle.load(pieces)  # noqa: S301  from a process of ours
    if finding.ruleset is None:
        return finding
    if finding.ruleset.version == running.version:
        return replace(finding, ruleset=running)
    with _giving_way():
        rules = tuple(_rule(pieces) for _ in range(finding.rules))
        return replace(finding, ruleset=replace(finding.ruleset, rules=rules), rules=0)


def _rule(pieces: IO[bytes]) -> Rule:
    rule: Rule = pickle.load(pieces)  # noqa: S301  from a process of ours
    sleep(PAUSE)
    return rule


@contextmanager
def _giving_way() -> Iterator[None]:
    """Inside, requests hardly wait for this thread.

    Python would let each wait for 5 ms several times, and would search all that is new for garbage again and
    again, with everybody waiting. The rules will be used for long: they are exempt for good.
    """
    turn = sys.getswitchinterval()
    sys.setswitchinterval(TURN)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
        sys.setswitchinterval(turn)


def _unchecked(why: str) -> Finding:
    return Finding(error=f"the rules could not be checked, which is tried again: {why}", final=False)


def _ending(status: int) -> str:
    return f"was ended by {signal.Signals(-status).name}" if status < 0 else f"ended with status {status}"
