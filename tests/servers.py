"""PostgreSQL servers that tests start."""

import os
import signal
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.waiting import children


@dataclass(frozen=True)
class Server:
    """A server with its files in `scratch`, where it need not run; `owner` says as whom it does."""

    postgres: str
    scratch: Path
    port: int
    owner: Mapping[str, Any]

    @property
    def url(self) -> str:
        return f"postgresql://desk@127.0.0.1:{self.port}/postgres"

    @contextmanager
    def running(self) -> Iterator[int]:
        """Runs it, and says as which process."""
        place = ["-D", str(self.scratch / "data"), "-k", str(self.scratch)]
        server = subprocess.Popen(
            [self.postgres, *place, "-F", "-h", "127.0.0.1", "-p", str(self.port)],
            stderr=subprocess.PIPE,
            text=True,
            **self.owner,
        )
        try:
            with _drained(server):
                yield server.pid
        finally:
            server.send_signal(signal.SIGQUIT)  # at once, without a checkpoint
            server.wait(10)


@contextmanager
def frozen(process: int) -> Iterator[None]:
    """A server that keeps every connection, and answers none, until it is thawed."""
    everyone = (process, *children(process))
    for each in everyone:
        os.kill(each, signal.SIGSTOP)
    try:
        yield
    finally:
        for each in everyone:
            os.kill(each, signal.SIGCONT)


@contextmanager
def _drained(server: subprocess.Popen[str]) -> Iterator[None]:
    """Waits until the server is ready; then reads on, so that it never waits for a reader."""
    assert server.stderr
    said = []
    for line in server.stderr:
        said.append(line)
        if "ready to accept connections" in line:
            break
    else:
        raise RuntimeError("postgres did not start:\n" + "".join(said))
    reader = threading.Thread(target=server.stderr.read, daemon=True)
    reader.start()
    yield
    server.send_signal(signal.SIGQUIT)
    reader.join(10)
    server.stderr.close()
