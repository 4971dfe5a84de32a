"""How many assignments a second the local TaskRouter makes, with the service beside it.

    python -m tests.bench.rehearsing             about two minutes
    python -m tests.bench.rehearsing --quick     a look, a few seconds
    python -m tests.bench.rehearsing --day       also a day of 50,000 tasks, some minutes

In real time, a hundred workers take whatever comes and are free again at once, and there is always more: so
many assignments a second are made, answered over HTTP by `desk serve` with the sample rules, and carried out,
for rules that answer inline and for rules that post. A day is played as fast as it goes. Printed are medians.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from app.cli.beside import service_beside
from app.sandbox import Habits, TaskRouter, serving
from app.sandbox.clock import SteppedClock
from app.sandbox.scenario import Stage, play, shipped_scenario
from app.sandbox.scenario.stage import beginning
from app.sandbox.tally import Report, Tally

RULES = Path(__file__).parents[2] / "rules"
PROMISED = 200.0  # assignments a second
WORKERS = 100
BACKLOG = 200
KINDS: dict[str, dict[str, object]] = {
    "inline": {"type": "sms"},
    "post": {"type": "callback", "dialler": True},
}
DAY = 50_000


@contextmanager
def busy() -> Iterator[TaskRouter]:
    """A TaskRouter with the service beside it, and workers who finish at once what they accept."""
    taskrouter = TaskRouter(habits=lambda _: Habits(talk=0))
    with (
        serving(taskrouter) as served,
        service_beside(
            taskrouter, served.address, RULES, lambda _: None, {"LOG_LEVEL": "WARNING"}
        ) as service,
    ):
        taskrouter.callback_url = service.callback_url
        for number in range(WORKERS):
            taskrouter.add_worker(f"Worker {number}", {"contact_uri": f"client:{number}"})
        yield taskrouter


def assignments(kind: str, seconds: float) -> float:
    """Assignments accepted in a second, with always enough that waits."""
    accepted: Counter[str] = Counter()
    with busy() as taskrouter:
        taskrouter.listen(lambda event: accepted.update([event.type]))
        began = time.perf_counter()
        while (elapsed := time.perf_counter() - began) < seconds:
            waiting = accepted["task.created"] - accepted["task.completed"]
            for _ in range(max(0, BACKLOG - waiting)):
                taskrouter.route(taskrouter.add_task(KINDS[kind]))
            time.sleep(0.01)
        made = accepted["reservation.accepted"]
        assert not taskrouter.alerts()
        taskrouter.wait_for_callbacks(10)
    return made / elapsed


def day(tasks: int) -> tuple[float, Report]:
    """Real seconds for a day of so many tasks in the support centre, with as many more agents."""
    scenario = shipped_scenario("support-centre")
    times = tasks / sum(scenario.by_hour.values())
    scenario = replace(
        scenario,
        by_hour={hour: round(count * times) for hour, count in scenario.by_hour.items()},
        teams=[replace(team, count=max(1, round(team.count * times))) for team in scenario.teams],
    )
    begins = beginning(scenario, datetime.now(UTC).date())
    clock = SteppedClock(begins)
    taskrouter = TaskRouter(clock=clock, in_turn=True)
    stage, tally = Stage(scenario, taskrouter, begins), Tally(begins)
    taskrouter.listen(tally)
    variables = {"LOG_LEVEL": "WARNING", "REHEARSAL": "true"}
    with (
        serving(taskrouter) as served,
        service_beside(taskrouter, served.address, RULES, lambda _: None, variables) as service,
    ):
        taskrouter.callback_url = service.callback_url
        began = time.perf_counter()
        stage.begin()
        play(stage, clock, grace=0.25)
        return time.perf_counter() - began, tally.report(clock())


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="one short round, and a day of few tasks")
    parser.add_argument("--day", action="store_true", help=f"also a day of {DAY:,} tasks")
    given = parser.parse_args(arguments)
    seconds, rounds = (1.0, 1) if given.quick else (10.0, 5)
    rates: dict[str, list[float]] = {kind: [] for kind in KINDS}
    for _ in range(rounds):
        for kind, taken in rates.items():
            taken.append(assignments(kind, seconds))
    print(f"assignments a second, {WORKERS} workers, medians of {rounds} (promised {PROMISED:.0f})")  # noqa: T201
    print("  ".join(f"{kind} {median(taken):,.0f}" for kind, taken in rates.items()))  # noqa: T201
    for tasks in ([DAY] if given.day else []) + ([300] if given.quick else []):
        real, report = day(tasks)
        print(  # noqa: T201
            f"a day of {report.tasks:,} tasks, {report.reservations:,} reservations: {real:.1f} s, "
            f"{report.reservations / real:,.0f} a second"
        )


if __name__ == "__main__":
    main()
