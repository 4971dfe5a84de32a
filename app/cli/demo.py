"""`desk demo`: the service and a local TaskRouter on loopback, and a morning of tasks between them."""

import signal
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import click
import orjson

from app.cli.beside import service_beside
from app.cli.ending import ended_by_signal
from app.cli.scenes import ENVIRONMENT, SCENES, Scene
from app.cli.tables import make_table, show
from app.errors import RulesBroken
from app.rulebook import read_folder
from app.sandbox import Reservation, TaskRouter, serving
from app.settings import process_environment, rules_folder

PATIENCE = 10  # seconds for an update over REST, and for the line of a decision


@dataclass(frozen=True, slots=True)
class Played:
    """A scene, and what came of it."""

    scene: Scene
    rule: str
    mode: str
    instruction: str
    reservation: Reservation

    @property
    def difference(self) -> str:
        """What is not as expected; empty when all is."""
        scene = self.scene
        pairs = (
            ("rule", self.rule, scene.rule),
            ("mode", self.mode, scene.mode),
            ("instruction", self.instruction, scene.instruction),
            ("TaskRouter", self.reservation.outcome, scene.outcome),
        )
        return ", ".join(f"{name}: {got}, not {wanted}" for name, got, wanted in pairs if got != wanted)


@click.command(short_help="Shows it work, without a Twilio account.")
@click.option("--keep", is_flag=True, help="Leave both running afterwards, until Ctrl-C.")
def demo(keep: bool) -> None:
    """Plays sample tasks of every instruction through the rules in ./rules, without a Twilio account.

    A local TaskRouter and the service run on free loopback ports and talk over real HTTP, with signatures.
    Exits 1 when anything is not as the sample rules should have it.

    \b
    Examples:
      desk demo
      desk demo --keep       then try the addresses that it prints
    """
    environment = process_environment()
    folder = rules_folder(environment)
    reading = read_folder(folder, ENVIRONMENT, lint=False)
    if reading.ruleset is None:
        raise RulesBroken(f"the rules in {folder} hold errors: see desk check", reading.problems)
    # So that whoever ends the demo ends the service, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    taskrouter = TaskRouter()
    decisions = Decisions()
    with (
        serving(taskrouter) as twilio,
        service_beside(taskrouter, twilio.address, folder, decisions.add, ENVIRONMENT) as service,
    ):
        taskrouter.callback_url = service.callback_url
        taskrouter.fallback_url = service.fallback_url
        played = [_play(scene, taskrouter, decisions) for scene in SCENES]
        _show(played)
        if keep:
            _keep(taskrouter, twilio.address, service.callback_url)
    different = [each for each in played if each.difference]
    for each in different:
        click.echo(f"{each.scene.title}: {each.difference}", err=True)
    if different:
        click.echo(f"desk: {len(different)} of {len(played)} differ from the sample rules", err=True)
    sys.exit(1 if different else 0)


class Decisions:
    """The service's log lines about its decisions, by reservation."""

    def __init__(self) -> None:
        self._decisions: dict[str, Mapping[str, Any]] = {}
        self._changed = threading.Condition()

    def add(self, decision: Mapping[str, Any]) -> None:
        """Keep one."""
        with self._changed:
            self._decisions[decision["reservation"]] = decision
            self._changed.notify_all()

    def of(self, reservation_sid: str) -> Mapping[str, Any]:
        """The decision's log line; empty where none was written."""
        with self._changed:
            self._changed.wait_for(lambda: reservation_sid in self._decisions, timeout=PATIENCE)
            return self._decisions.get(reservation_sid, {})


def _play(scene: Scene, taskrouter: TaskRouter, decisions: Decisions) -> Played:
    worker = taskrouter.add_worker(scene.title, dict(scene.worker))
    task = taskrouter.add_task(dict(scene.task))
    token = "somebody else's token" if scene.forged else None
    reservation = taskrouter.assign(task, worker, sign_with=token)
    decision = {} if scene.forged else decisions.of(reservation.sid)
    if decision.get("mode") == "post":
        taskrouter.wait_until_settled(reservation, PATIENCE)
    failed = [str(problem["rule"]) for problem in decision.get("problems", ())]
    rule = " → ".join([*failed, decision.get("rule", "–")])
    return Played(scene, rule, *received(reservation), reservation)


def received(reservation: Reservation) -> tuple[str, str]:
    """The mode and the instruction, as TaskRouter got them."""
    answer = reservation.answers[-1]
    if answer.status == 403:
        return "refused", "–"
    if answer.status != 200:
        return "failed", "–"
    instruction = orjson.loads(answer.body).get("instruction")
    if instruction:
        return "reply", instruction
    if not reservation.updates:
        return "defer", "–"
    form = parse_qs(reservation.updates[-1].body.decode())
    statuses = {"accepted": "accept", "rejected": "reject"}
    given = form.get("Instruction") or [statuses.get(form["ReservationStatus"][0], "–")]
    return "post", given[0]


def _show(played: list[Played]) -> None:
    table = make_table("task", "rule", "mode", "instruction", "what TaskRouter made of it")
    table.add_column("ms", justify="right")
    for each in played:
        cells = (each.scene.title, each.rule, each.mode, each.instruction, each.reservation.outcome)
        style = "red" if each.difference else None
        table.add_row(*cells, f"{each.reservation.milliseconds:.1f}", style=style)
    show(table)


def _keep(taskrouter: TaskRouter, twilio: str, service: str) -> None:
    click.echo(f"\nTaskRouter  {twilio}   account {taskrouter.account_sid}, token {taskrouter.auth_token}")
    click.echo(f"service     {service.removesuffix('/assignment')}   /assignment, /readyz")
    click.echo("Ctrl-C ends both")
    ended_by_signal().wait()
