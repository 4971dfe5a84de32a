"""`desk serve`."""

import os
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
from flask import Flask

from app.assembly import assemble
from app.logs import log_to_stdout
from app.rulebook import starting_rules
from app.settings import process_environment, read_settings
from app.storage import Store


@click.command(short_help="Answers assignment callbacks.")
@click.option(
    "--bind", default="127.0.0.1", show_default=True, help="The address to listen at; 0.0.0.0 for all."
)
@click.option("--port", type=click.IntRange(0, 65535), help="Default: PORT, else 8080. 0 picks a free one.")
@click.option(
    "--rules", type=click.Path(path_type=Path), help="The rules folder. Default: RULES_DIR, else ./rules."
)
def serve(bind: str, port: int | None, rules: Path | None) -> None:
    """Answers assignment callbacks at /assignment, under gunicorn.

    Needs TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN; the README lists every variable. Prints `listening on …`
    on standard error when it is ready, and one JSON line for each decision on standard output.

    \b
    Examples:
      TWILIO_ACCOUNT_SID=AC… TWILIO_AUTH_TOKEN=… desk serve
      desk serve --bind 0.0.0.0 --port 8080
      desk serve --rules ../other-rules --port 0
    """
    environment = dict(process_environment())
    if rules:
        environment["RULES_DIR"] = str(rules)
    settings = read_settings(environment)
    log_to_stdout(settings.log_level)
    # Before any worker begins, so that broken rules end the command with a sentence; and closed before
    # gunicorn forks, since a connection cannot be shared between processes.
    with closing(Store(settings.database_url.reveal())) as store:
        ruleset = starting_rules(settings.rules_dir, environment, store, datetime.now(UTC))

    def make_app() -> Flask:
        return assemble(settings, environment, ruleset)

    # gunicorn reads this when it is imported, and fails there where it is empty or no number.
    os.environ["WEB_CONCURRENCY"] = str(settings.web_concurrency)
    from app.web.server import Server  # noqa: PLC0415

    port = settings.port if port is None else port
    Server(make_app, bind, port, settings.web_concurrency, settings.log_level).run()
