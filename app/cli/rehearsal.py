"""A scenario, played by the local TaskRouter against a service: the given one, or our own beside it."""

import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import IO, Any
from urllib.parse import urlsplit

import click
import orjson

from app.cli.beside import Service, service_beside
from app.cli.ending import ended_by_signal
from app.cli.progress import progress_of
from app.errors import RulesBroken
from app.rulebook import read_folder
from app.sandbox import Faults, Served, TaskRouter, serving
from app.sandbox.clock import Clock, FastClock, SteppedClock
from app.sandbox.configuration import ConfigurationError
from app.sandbox.events import Event, as_record
from app.sandbox.scenario import (
    SHIPPED,
    Scenario,
    ScenarioBroken,
    Stage,
    play,
    read_scenario,
    read_workflow,
    shipped_scenario,
)
from app.sandbox.scenario.stage import beginning
from app.sandbox.tally import Report, Tally
from app.settings import VARIABLES, process_environment, rules_folder

GRACE = 0.25  # real seconds for an update over REST to follow an empty answer
POLL = 0.1  # real seconds between two looks at the clock or at a service that does not answer yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """What is wanted: `speed` is how many times as fast as real time, None as fast as it goes.

    Without a `callback_url` the service is our own, with the rules of RULES_DIR.
    """

    scenario: Scenario
    speed: float | None
    seed: int
    port: int
    callback_url: str
    fallback_url: str
    faults: Faults
    events: IO[str] | None


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What came of it: the TaskRouter's report, and how often which rule decided, where that is known."""

    report: Report
    scenario: Scenario
    seed: int
    real_seconds: float
    is_whole: bool
    remarks: list[str]
    rules: Counter[str] = field(default_factory=Counter)


def scenario_of(name: str) -> Scenario:
    """The shipped scenario of this name, or that of a file. Raises ClickException, or BadParameter."""
    if name in SHIPPED:
        return shipped_scenario(name)
    path = Path(name)
    try:
        text = path.read_text("utf-8")
    except OSError as error:
        names = ", ".join(SHIPPED)
        sentence = f"{name} cannot be read: {error.strerror}; the scenarios that come with desk are {names}"
        raise click.BadParameter(sentence, param_hint="'--scenario'") from None
    except UnicodeDecodeError:
        raise click.BadParameter(f"{name} is not UTF-8 text", param_hint="'--scenario'") from None
    try:
        return read_scenario(text, lambda beside: (path.parent / beside).read_text("utf-8"))
    except ScenarioBroken as broken:
        lines = (
            f"{name}:{each.line}: {f'{each.where}: ' if each.where else ''}{each.sentence}"
            for each in broken.mistakes
        )
        sentence = "\n".join(["it holds mistakes", *lines])
        raise click.BadParameter(sentence, param_hint="'--scenario'") from None


def with_workflow(scenario: Scenario, name: str) -> Scenario:
    """The same day with another workflow: a file of what Twilio's console exports. Raises BadParameter."""
    try:
        workflow = read_workflow(Path(name).read_text("utf-8"), scenario.queues)
    except OSError as error:
        sentence = f"{name} cannot be read: {error.strerror}"
    except UnicodeDecodeError:
        sentence = f"{name} is not UTF-8 text"
    except ConfigurationError as error:
        sentence = f"{name}: {error}"
    else:
        return replace(scenario, workflow=workflow)
    raise click.BadParameter(sentence, param_hint="'--workflow'")


def rehearse(wanted: Rehearsal) -> Rehearsed:
    """Play it, and return what came of it; Ctrl-C ends it early.

    Raises ClickException when the service does not start, OSError when the port is taken.
    """
    ended = ended_by_signal()
    begins = beginning(wanted.scenario, datetime.now(UTC).date())
    stepped = SteppedClock(begins)
    taskrouter = TaskRouter(
        clock=stepped, in_turn=wanted.speed is None, faults=wanted.faults, seed=wanted.seed
    )
    stage = Stage(wanted.scenario, taskrouter, begins)
    tally = Tally(begins)
    taskrouter.listen(tally)
    writer = wanted.events and EventWriter(wanted.events, ended)
    if writer:
        taskrouter.listen(writer)
    rules: Counter[str] = Counter()
    with serving(taskrouter, port=wanted.port) as served, _service(wanted, served, rules) as service:
        taskrouter.callback_url = service.callback_url
        taskrouter.fallback_url = service.fallback_url
        _announce(wanted, served, stage)
        _wait_for(service.callback_url, ended)
        began = perf_counter()
        clock = _start(wanted, stage, stepped)
        is_over = lambda: ended.is_set() or service.has_ended()  # noqa: E731  of this service
        if wanted.speed is None:
            _play(stage, stepped, is_over)
        else:
            _watch(stage, clock, is_over, ended)
        taskrouter.wait_for_callbacks(0 if wanted.speed is None else 10)
        with taskrouter.at_once():  # its clock may go on
            report = tally.report(min(clock(), stage.ends))
        real_seconds = perf_counter() - began
        if service.has_ended():
            raise click.ClickException("the service has ended by itself, and the rehearsal with it")
    if writer:
        writer.check()
    is_whole = report.ends >= stage.ends
    return Rehearsed(report, wanted.scenario, wanted.seed, real_seconds, is_whole, stage.remarks, rules)


def _start(wanted: Rehearsal, stage: Stage, stepped: SteppedClock) -> Clock:
    """Let time begin; return the clock that tells it."""
    clock: Clock = stepped if wanted.speed is None else FastClock(stage.begins, wanted.speed)
    stage.begin()
    stage.taskrouter.clock = clock
    return clock


@contextmanager
def _service(wanted: Rehearsal, served: Served, rules: Counter[str]) -> Iterator[Service]:
    """The service that is given, or one that is started with the rules of this folder."""
    if wanted.callback_url:
        yield Service(wanted.callback_url, wanted.fallback_url)
        return

    def count(decision: Mapping[str, Any]) -> None:
        rules[f"{decision.get('rule')} ({decision.get('mode')})"] += 1

    environment = process_environment()
    folder = rules_folder(environment)
    reading = read_folder(folder, environment, lint=False)
    if reading.ruleset is None:
        raise RulesBroken(f"the rules in {folder} hold errors: see desk check", reading.problems)
    # What the rules may read goes along, and nothing that means a deployment or its collector of traces.
    deployed = [name for name in environment if name in VARIABLES or name.startswith("OTEL_")]
    variables = {name: value for name, value in environment.items() if name not in deployed}
    variables |= {"REHEARSAL": "true", "RESERVATION_TIMEOUT": str(wanted.scenario.reservation_timeout)}
    with service_beside(served.taskrouter, served.address, folder, count, variables) as service:
        yield service


def _announce(wanted: Rehearsal, served: Served, stage: Stage) -> None:
    taskrouter = served.taskrouter
    if wanted.callback_url:
        for name, value in (
            ("TWILIO_API_BASE", served.address),
            ("TWILIO_ACCOUNT_SID", taskrouter.account_sid),
            ("TWILIO_AUTH_TOKEN", taskrouter.auth_token),
            ("RESERVATION_TIMEOUT", wanted.scenario.reservation_timeout),
            ("REHEARSAL", "true"),
        ):
            click.echo(f"export {name}={value}", err=True)
    for remark in stage.remarks:
        click.echo(f"# {remark}", err=True)
    click.echo(f"# page {served.address}/", err=True)
    click.echo(f"listening on {served.address}", err=True)


def _wait_for(url: str, ended: threading.Event) -> None:
    """Until somebody listens there: a service is started with what was printed."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    is_told = False
    while not ended.is_set():
        try:
            with socket.create_connection((parts.hostname or "", port), timeout=2):
                return
        except OSError:
            if not is_told:
                click.echo(f"waiting for a service at {url}: start it with the exports above", err=True)
            is_told = True
            ended.wait(POLL)


def _play(stage: Stage, clock: SteppedClock, is_over: Callable[[], bool]) -> None:
    with _progress(stage) as show:
        play(stage, clock, grace=GRACE, step=lambda: show(clock()), stopped=is_over)


def _watch(stage: Stage, clock: Clock, is_over: Callable[[], bool], ended: threading.Event) -> None:
    with _progress(stage) as show:
        while clock() < stage.ends and not is_over():
            show(clock())
            ended.wait(POLL)


@contextmanager
def _progress(stage: Stage) -> Iterator[Callable[[datetime], None]]:
    """A bar of the scenario's time."""
    shown = stage.begins
    total = int((stage.ends - stage.begins).total_seconds())
    with progress_of(stage.scenario.name, total) as advance:

        def show(now: datetime) -> None:
            nonlocal shown
            if now - shown >= timedelta(minutes=1):
                advance(int((now - shown).total_seconds()))
                shown = now

        yield show


class EventWriter:
    """A listener that writes each event as a line of JSON. A file that takes no more sets `ended`."""

    def __init__(self, file: IO[str], ended: threading.Event) -> None:
        self._file = file
        self._ended = ended
        self._error: OSError | None = None

    def __call__(self, event: Event) -> None:
        if self._error is None:
            try:
                self._file.write(orjson.dumps(as_record(event)).decode() + "\n")
            except OSError as error:
                self._error = error
                self._ended.set()

    def check(self) -> None:
        """Raise ClickException when not all was written."""
        try:
            self._file.flush()
        except OSError as error:
            self._error = error
        if self._error:
            reason = self._error.strerror
            raise click.ClickException(f"the events cannot be written to {self._file.name}: {reason}")
