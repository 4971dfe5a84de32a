"""Small days, staged without a network: what the callback URL would answer is not asked."""

from __future__ import annotations

from datetime import UTC, datetime

from app.sandbox import TaskRouter
from app.sandbox.clock import SteppedClock
from app.sandbox.events import Event
from app.sandbox.scenario import Stage, play, read_scenario
from app.sandbox.scenario.stage import beginning
from app.sandbox.tally import Report, Tally

MONDAY = datetime(2027, 1, 4, tzinfo=UTC)


def scenario_text(**parts: str) -> str:
    """A scenario of one kind of task and one worker, with parts of it replaced."""
    given = {
        "name": "A day",
        "day": "2027-01-04",
        "tasks": "{by_hour: {9: 3}, kinds: [{attributes: {type: sales}}]}",
        "workers": "[{name: Ada, accepts_after: 5, talk: 60}]",
        **parts,
    }
    return "\n".join(f"{key}: {value}" for key, value in given.items())


class Day:
    """A day that was played: its stage, and all that happened. `span` is how it begins and ends."""

    def __init__(
        self,
        seed: int = 1,
        callback_url: str = "",
        grace: float = 0,
        span: tuple[str, str] = ("00:00", "24:00"),
        **parts: str,
    ) -> None:
        parts |= {"from": f'"{span[0]}"', "until": f'"{span[1]}"'}
        self.scenario = read_scenario(scenario_text(**parts), _no_file)
        self.clock = SteppedClock(beginning(self.scenario, MONDAY.date()))
        self.taskrouter = TaskRouter(clock=self.clock, in_turn=True, seed=seed, callback_url=callback_url)
        self.stage = Stage(self.scenario, self.taskrouter, self.clock())
        self.events: list[Event] = []
        self.tally = Tally(self.stage.begins)
        self.taskrouter.listen(self.events.append)
        self.taskrouter.listen(self.tally)
        self.stage.begin()
        play(self.stage, self.clock, grace=grace)

    def report(self) -> Report:
        """What came of it until now."""
        return self.tally.report(self.clock())

    def of(self, kind: str) -> list[Event]:
        """The events of one type."""
        return [event for event in self.events if event.type == kind]

    def times(self, kind: str) -> list[str]:
        """When they happened, by the wall clock of UTC."""
        return [f"{event.at:%H:%M}" for event in self.of(kind)]


def _no_file(name: str) -> str:
    raise FileNotFoundError(name)
