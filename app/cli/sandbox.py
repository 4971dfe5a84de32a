"""`desk sandbox`."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from math import inf
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import click

from app.cli.ending import ended_by_signal
from app.cli.faults import FaultCommand, announce, fault_options, read_faults
from app.cli.rehearsal import EventWriter, Rehearsal, rehearse, scenario_of, with_workflow
from app.cli.rehearsed import as_json, show_rehearsed
from app.sandbox import TaskRouter, serving
from app.sandbox.clock import FastClock, utc_now
from app.sandbox.scenario import SHIPPED

UNUSABLE = frozenset({errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL})


def read_speed(_context: click.Context, _option: click.Parameter, given: str | None) -> float | None:
    """Read a number of times, infinitely many for max. Raises BadParameter."""
    if given is None:
        return None
    if given == "max":
        return inf
    try:
        speed = float(given)
    except ValueError:
        speed = 0
    if not 0.01 <= speed <= 100_000:
        raise click.BadParameter(f"{given!r} is neither max nor a number of times from 0.01 to 100000")
    return speed


class SandboxCommand(FaultCommand):
    """Shows the scenarios below the faults."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options first, then the faults, then the scenarios."""
        super().format_options(ctx, formatter)
        with formatter.section("Scenarios, any other is a file"):
            formatter.write_dl(list(SHIPPED.items()))


@click.command(cls=SandboxCommand, short_help="Runs a local TaskRouter.")
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
    "--scenario",
    "name",
    metavar="NAME|FILE",
    help="Plays a day, and reports it.",
)
@click.option("--workflow", metavar="FILE", help="Another workflow for the day: what the console exports.")
@click.option(
    "--speed",
    metavar="N|max",
    callback=read_speed,
    help="How many times as fast as real time; max as fast as it goes, which is usual for a scenario.",
)
@click.option(
    "--events",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Writes what happens, as JSON Lines.",
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Of a scenario's report.",
)
@fault_options
@click.option("--seed", default=1, show_default=True, help="Another one lets other requests go wrong.")
def sandbox(
    port: int,
    callback_url: str,
    fallback_url: str,
    name: str | None,
    workflow: str | None,
    speed: float | None,
    events: Path | None,
    form: str,
    seed: int,
    **options: Any,
) -> None:
    """Runs a local TaskRouter: the twilio library can create workers and tasks in it.

    It invents an account; set the variables that it prints where the service runs. Prints `listening on …` on
    standard error when it is ready, and ends with Ctrl-C.

    With --fault it shows what a deployment does in an outage: each update of a reservation, each fetch of a
    reservation or task, and each callback meets one of the faults below by chance. What is sent and asked in
    the same order meets the same ones in every run. With --fault-script the order is yours, and chance rules
    after its end. Fetches meet rate_limited, server_error, unavailable, slow and cut_before.

    With --scenario it plays a day of tasks and workers, and ends with a report: what became of the tasks, how
    long they waited, and Twilio's alerts by code. Without --callback-url the service runs beside it, with the
    rules of RULES_DIR, and decides at the scenario's time. Two runs with one --seed at --speed max are the
    same, event by event, unless something waits for real time, such as a retry in an outage.

    \b
    Examples:
      desk sandbox --scenario support-centre
      desk sandbox --scenario support-centre --workflow exported.json
      desk sandbox --scenario outage-morning --speed 60 --format json
      desk sandbox --scenario monday.yaml --seed 7 --events monday.jsonl
      desk sandbox --callback-url http://127.0.0.1:8080/assignment
      desk sandbox --port 0
      desk sandbox --fault rate_limited=0.2 --fault cut_after=0.05
      desk sandbox --fault stalled=0.1 --stall 10 --fault callback_twice=0.5 --seed 7
      desk sandbox --fault slow=0.3 --latency 2.5 --fault callback_skewed=0.1 --skew -600
      desk sandbox --fault-script updates=rate_limited,ok,cut_after
      desk sandbox --fault-script 'fetches=ok*2,unavailable' --fault-script callbacks=callback_twice
    """
    for option, url in (("--callback-url", callback_url), ("--fallback-url", fallback_url)):
        if url and not _is_address(url):
            raise click.BadParameter(f"{url!r} is no http:// or https:// address", param_hint=option)
    faults = read_faults(options, seed)
    if name is None:
        _check_alone(speed, form, workflow)
        clock = FastClock(utc_now(), speed) if speed else utc_now
        taskrouter = TaskRouter(
            callback_url=callback_url, fallback_url=fallback_url, faults=faults, clock=clock, seed=seed
        )
        with _usable(port), _opened(events) as file:
            _run(taskrouter, port, file)
        return
    if fallback_url and not callback_url:
        sentence = "without a --callback-url the service beside it has its own fallback"
        raise click.BadParameter(sentence, param_hint="'--fallback-url'")
    scenario = scenario_of(name)
    if workflow is not None:
        scenario = with_workflow(scenario, workflow)
    with _usable(port), _opened(events) as file:
        rehearsed = rehearse(
            Rehearsal(
                scenario=scenario,
                speed=None if speed == inf else speed,
                seed=seed,
                port=port,
                callback_url=callback_url,
                fallback_url=fallback_url,
                faults=faults,
                events=file,
            )
        )
    if form == "json":
        click.echo(as_json(rehearsed))
    else:
        show_rehearsed(rehearsed)


def _check_alone(speed: float | None, form: str, workflow: str | None) -> None:
    """Raise BadParameter for what only a scenario has."""
    if speed == inf:
        raise click.BadParameter("max is for a --scenario", param_hint="'--speed'")
    if form == "json":
        raise click.BadParameter("json is for the report of a --scenario", param_hint="'--format'")
    if workflow is not None:
        sentence = "it is for a --scenario; without one the twilio library creates workflows"
        raise click.BadParameter(sentence, param_hint="'--workflow'")


@contextmanager
def _opened(path: Path | None) -> Iterator[IO[str] | None]:
    """The file, for writing. Raises BadParameter when that cannot be."""
    if path is None:
        yield None
        return
    try:
        file = path.open("w")
    except OSError as error:
        sentence = f"{path} cannot be written: {error.strerror}"
        raise click.BadParameter(sentence, param_hint="'--events'") from None
    with file:
        yield file


def _run(taskrouter: TaskRouter, port: int, events: IO[str] | None) -> None:
    """Serve it until somebody ends it."""
    ended = ended_by_signal()
    writer = events and EventWriter(events, ended)
    if writer:
        taskrouter.listen(writer)
    with serving(taskrouter, port=port) as served:
        click.echo(f"export TWILIO_API_BASE={served.address}")
        click.echo(f"export TWILIO_ACCOUNT_SID={taskrouter.account_sid}")
        click.echo(f"export TWILIO_AUTH_TOKEN={taskrouter.auth_token}")
        click.echo(f"# workspace {taskrouter.workspace_sid}")
        for line in announce(taskrouter.faults):
            click.echo(f"# {line}")
        click.echo(f"# page {served.address}/")
        click.echo(f"listening on {served.address}", err=True)
        ended.wait()
    if writer:
        writer.check()


@contextmanager
def _usable(port: int) -> Iterator[None]:
    """Say which port it is that cannot be used."""
    try:
        yield
    except OSError as error:
        if error.errno not in UNUSABLE:
            raise
        reason = os.strerror(error.errno or 0)  # error.strerror repeats the address
        raise click.ClickException(f"port {port} cannot be used ({reason}): try --port 0") from None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)
