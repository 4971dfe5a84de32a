"""`desk serve`."""

import os
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click
from flask import Flask

from app.assembly import assemble, tell_of_one_machine
from app.logs import log_to_stdout
from app.metrics.place import make_place
from app.rulebook import Standing, starting_rules
from app.settings import process_environment, read_settings
from app.storage import Database, GoodRules
from app.web.capturing import Capture


@click.command(short_help="Answers assignment callbacks.")
@click.option(
    "--bind", default="127.0.0.1", show_default=True, help="The address to listen at; 0.0.0.0 for all."
)
@click.option("--port", type=click.IntRange(0, 65535), help="Default: PORT, else 8080. 0 picks a free one.")
@click.option(
    "--rules", type=click.Path(path_type=Path), help="The rules folder. Default: RULES_DIR, else ./rules."
)
@click.option(
    "--capture-rejected",
    "captured",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Appends requests without a right signature, up to 10 MiB, for desk doctor --request FILE. They "
    "hold personal data: its owner alone can read the file, and should delete it afterwards.",
)
def serve(bind: str, port: int | None, rules: Path | None, captured: Path | None) -> None:
    """Answers assignment callbacks at /assignment, under gunicorn.

    Needs TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; the README lists every variable. Prints which rules run
    and, when it is ready, `listening on …` on standard error, and one line for each decision on standard
    output. Rules that change are taken over while it serves, unless they hold an error or a failing test.

    \b
    Examples:
      TWILIO_ACCOUNT_SID=AC… TWILIO_AUTH_TOKEN=… desk serve
      desk serve --bind 0.0.0.0 --port 8080
      desk serve --rules ../other-rules --port 0
      desk serve --capture-rejected rejected.jsonl
    """
    environment = dict(process_environment())
    if rules:
        environment["RULES_DIR"] = str(rules)
    settings = read_settings(environment)
    _prepare(captured)
    log_form = settings.log_level, settings.log_format
    log_to_stdout(*log_form)
    # Before any worker begins, so that broken rules end the command with a sentence; and closed before
    # gunicorn forks, since a connection cannot be shared between processes.
    with closing(Database(settings.database_url.reveal())) as database:
        memory = GoodRules(database)
        standing = starting_rules(settings.rules_dir, environment, memory, datetime.now(UTC))
        tell_of_one_machine(database)

    def make_app() -> tuple[Flask, Callable[[], None], Callable[[], None]]:
        counting = replace(settings, metrics_dir=metrics_dir)
        assembly = assemble(counting, environment, standing, captured)
        return assembly.app, assembly.wind_down, assembly.stop

    # gunicorn reads this when it is imported, and fails there where it is empty or no number.
    os.environ["WEB_CONCURRENCY"] = str(settings.web_concurrency)
    from app.web.server import Server  # noqa: PLC0415

    port = settings.port if port is None else port
    server = Server(make_app, bind, port, settings.web_concurrency, log_form)
    metrics_dir = make_place(settings.metrics_dir)  # for all of its processes
    if not settings.metrics_dir:
        server.on_exit = partial(shutil.rmtree, metrics_dir, ignore_errors=True)
    click.echo(_running(settings.rules_dir, standing), err=True)
    server.run()


def _prepare(captured: Path | None) -> None:
    try:
        if captured:
            Capture(captured).prepare()
    except OSError as error:
        message = f"{captured} cannot be written: {error.strerror}"
        raise click.BadParameter(message, param_hint="--capture-rejected") from None


def _running(folder: Path, standing: Standing) -> str:
    """The line that says which rules run, and why where they are not those of the folder."""
    count = len(standing.ruleset.rules)
    rules = f"version {standing.ruleset.version}, {count} rule{'' if count == 1 else 's'}"
    if standing.failing:
        return f"rules {folder}: the last good ones run, {rules}: {standing.failing.error}"
    return f"rules {folder}: {rules}"
