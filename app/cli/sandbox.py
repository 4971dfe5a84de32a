"""`desk sandbox`."""

import os
import signal
import threading
from urllib.parse import urlsplit

import click

from app.sandbox import TaskRouter, serving


@click.command(short_help="Runs a local TaskRouter.")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=8181, show_default=True, help="0 picks a free one."
)
@click.option(
    "--callback-url",
    default="",
    help="Where assignment callbacks go, such as http://127.0.0.1:8080/assignment.",
)
@click.option("--fallback-url", default="", help="Where they go when the first URL gives no answer.")
def sandbox(port: int, callback_url: str, fallback_url: str) -> None:
    """Runs a local TaskRouter: the twilio library can create workers and tasks in it.

    It invents an account; set the variables that it prints where the service runs. Prints `listening on …` on
    standard error when it is ready, and ends with Ctrl-C.

    \b
    Examples:
      desk sandbox --callback-url http://127.0.0.1:8080/assignment
      desk sandbox --port 0
    """
    for name, url in (("--callback-url", callback_url), ("--fallback-url", fallback_url)):
        if url and not _is_address(url):
            raise click.BadParameter(f"{url!r} is no http:// or https:// address", param_hint=name)
    taskrouter = TaskRouter(callback_url=callback_url, fallback_url=fallback_url)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        with serving(taskrouter, port=port) as served:
            click.echo(f"export TWILIO_API_BASE={served.address}")
            click.echo(f"export TWILIO_ACCOUNT_SID={taskrouter.account_sid}")
            click.echo(f"export TWILIO_AUTH_TOKEN={taskrouter.auth_token}")
            click.echo(f"# workspace {taskrouter.workspace_sid}")
            click.echo(f"listening on {served.address}", err=True)
            ended.wait()
    except OSError as error:
        reason = os.strerror(error.errno or 0)  # error.strerror repeats the address
        raise click.ClickException(f"port {port} cannot be used ({reason}): try --port 0") from None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
