"""`desk worker`."""

import os
import signal
import threading
from types import FrameType

import click

from app.assembly import start_parts, tell_of_one_machine
from app.logs import log_to_stdout
from app.settings import process_environment, read_settings

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@click.command(short_help="Delivers what other processes left behind.")
def worker() -> None:
    """Picks up deliveries that a stopped process left behind, and retries those that are due.

    Every web process does the same; this one goes on while none of them runs. It needs the same environment
    as `desk serve` and the same database: a SQLite file on this machine's disk holds only what processes of
    this machine took on. Runs until it is told to stop, and then finishes what it has in hand.

    \b
    Examples:
      TWILIO_ACCOUNT_SID=AC… TWILIO_AUTH_TOKEN=… DATABASE_URL=postgresql://… desk worker
    """
    environment = process_environment()
    settings = read_settings(environment)
    log_to_stdout(settings.log_level, settings.log_format)
    told = threading.Event()

    def stop(_number: int, _frame: FrameType | None) -> None:
        told.set()

    for number in SIGNALS:
        signal.signal(number, stop)
    parts = start_parts(settings, environment)
    tell_of_one_machine(parts.database)
    try:
        click.echo("delivering what is due", err=True)
        told.wait()
    finally:
        parts.stop()
    if not parts.worker.is_idle:  # Python would wait for their threads
        os._exit(1)
