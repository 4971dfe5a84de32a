"""`desk sandbox`."""

import os
import signal
import threading
from collections.abc import Mapping
from urllib.parse import urlsplit

import click

from app.cli.faults import announce, read_faults, read_shares
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
@click.option(
    "--fault",
    "shares",
    metavar="KIND=PROBABILITY",
    multiple=True,
    callback=read_shares,
    help="Lets a share of them go wrong; may be repeated.",
)
@click.option("--seed", default=1, show_default=True, help="Another one lets other requests go wrong.")
@click.option(
    "--stall",
    type=click.IntRange(0, 86_400),
    metavar="SECONDS",
    default=30,
    show_default=True,
    help="How long a stalled update takes.",
)
def sandbox(
    port: int,
    callback_url: str,
    fallback_url: str,
    shares: Mapping[str, float],
    seed: int,
    stall: int,
) -> None:
    """Runs a local TaskRouter: the twilio library can create workers and tasks in it.

    It invents an account; set the variables that it prints where the service runs. Prints `listening on …` on
    standard error when it is ready, and ends with Ctrl-C.

    With --fault it shows what a deployment does in an outage. What updates of reservations and callbacks meet
    (fetches are refused and cut likewise, but never stalled):

    \b
      rate_limited          429 with Retry-After, nothing applied
      server_error          500, nothing applied
      server_error_after    500, although applied
      unavailable           503 with Retry-After, nothing applied
      stalled               applied, and answered after the stall
      stalled_before        nothing applied, and the connection cut after the stall
      cut_before            nothing applied, and the connection cut without an answer
      cut_after             applied, and the connection cut without an answer
      callback_twice        sent twice to the callback URL, the second a moment after the first
      callback_to_fallback  sent to the fallback URL as well, although the first was answered
      callback_late         the answer of the callback URL ignored as if it were late

    \b
    Examples:
      desk sandbox --callback-url http://127.0.0.1:8080/assignment
      desk sandbox --port 0
      desk sandbox --fault rate_limited=0.2 --fault cut_after=0.05
      desk sandbox --fault stalled=0.1 --stall 10 --fault callback_twice=0.5 --seed 7
    """
    for name, url in (("--callback-url", callback_url), ("--fallback-url", fallback_url)):
        if url and not _is_address(url):
            raise click.BadParameter(f"{url!r} is no http:// or https:// address", param_hint=name)
    faults = read_faults(shares, seed, stall)
    taskrouter = TaskRouter(callback_url=callback_url, fallback_url=fallback_url, faults=faults)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        with serving(taskrouter, port=port) as served:
            click.echo(f"export TWILIO_API_BASE={served.address}")
            click.echo(f"export TWILIO_ACCOUNT_SID={taskrouter.account_sid}")
            click.echo(f"export TWILIO_AUTH_TOKEN={taskrouter.auth_token}")
            click.echo(f"# workspace {taskrouter.workspace_sid}")
            for line in announce(faults):
                click.echo(f"# {line}")
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
