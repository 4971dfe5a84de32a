"""`desk worker`."""

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

import click

from app.assembly import Parts, start_parts, tell_of_one_machine
from app.logs import log_to_stdout
from app.metrics.place import make_place
from app.settings import Settings, process_environment, read_settings
from app.web.telling import telling

SIGNALS = (signal.SIGTERM, signal.SIGINT)
FOLDER = "worker"  # for its metrics, where `desk serve` with the same environment has others


@click.command(short_help="Delivers what other processes left behind.")
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65535),
    help="Tells its metrics there, at /metrics. 0 picks a free one.",
)
@click.option("--bind", default="127.0.0.1", show_default=True, help="The address for them; 0.0.0.0 for all.")
def worker(metrics_port: int | None, bind: str) -> None:
    """Picks up deliveries that a stopped process left behind, and retries those that are due.

    Every web process does the same; this one goes on while none of them runs. It needs the same environment
    as `desk serve` and the same database: a SQLite file on this machine's disk holds only what processes of
    this machine took on. Runs until it is told to stop, and then finishes what it has in hand.

    What it counts itself is in no other process's metrics: give it a port, and let Prometheus ask there too.
    METRICS_TOKEN guards them as it does those of `desk serve`. They are kept in the folder worker of
    PROMETHEUS_MULTIPROC_DIR, where that is set.

    \b
    Examples:
      TWILIO_ACCOUNT_SID=AC… TWILIO_AUTH_TOKEN=… DATABASE_URL=postgresql://… desk worker
      desk worker --metrics-port 9464
    """
    environment = process_environment()
    settings = read_settings(environment)
    if settings.metrics_dir:
        settings = replace(settings, metrics_dir=make_place(settings.metrics_dir / FOLDER))
    log_to_stdout(settings.log_level, settings.log_format)
    told = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        told.set()

    for number in SIGNALS:
        signal.signal(number, stop)
    parts = start_parts(settings, environment)
    tell_of_one_machine(parts.database)
    try:
        with _telling(parts, settings, bind, metrics_port):
            click.echo("delivering what is due", err=True)
            told.wait()
    finally:
        parts.stop()
    if not parts.worker.is_idle:  # Python would wait for their threads
        os._exit(1)


@contextmanager
def _telling(parts: Parts, settings: Settings, host: str, port: int | None) -> Iterator[None]:
    """Tells metrics to the block's end, where a port is given for that."""
    if port is None:
        yield
        return
    with telling(parts.registry, settings.metrics_token, host, port) as server:
        name = f"[{host}]" if ":" in host else host
        click.echo(f"metrics on http://{name}:{server.port}/metrics", err=True)
        yield
