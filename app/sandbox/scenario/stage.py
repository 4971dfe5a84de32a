"""A workspace set up for a scenario, and everything in it that happens by the time of day."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Any

import orjson

from app.sandbox.draws import Draws
from app.sandbox.events import Event
from app.sandbox.expressions import read_expression
from app.sandbox.habits import NO_HABITS, Habits, drawn
from app.sandbox.resources import Reservation, Task, Worker
from app.sandbox.scenario.drawing import chance_of, draw, numbered, pick
from app.sandbox.scenario.model import Kind, Outage, Scenario, Team, on_duty
from app.sandbox.scenario.naming import queue_sids, with_sids
from app.sandbox.taskrouter import TaskRouter

HUNG_UP = "caller hung up"
"""Why a task is canceled whose caller waits no longer."""


class Stage:
    """A TaskRouter as the scenario wants it. `begins` and `ends` are when it is played, in UTC.

    `taskrouter` must be new, and its clock must stand at `begins` or before it, see `beginning`.
    """

    def __init__(self, scenario: Scenario, taskrouter: TaskRouter, begins: datetime) -> None:
        self.scenario = scenario
        self.taskrouter = taskrouter
        self.begins = begins
        self._midnight = begins.astimezone(scenario.zone).replace(hour=0, minute=0)
        self.ends = self.at(scenario.span.ends)
        self.remarks: list[str] = []
        self._kinds: dict[str, Kind] = {}
        self._habits: dict[str, Habits] = {}
        self._set_up_routing()
        self._workers = [pair for team in scenario.teams for pair in self._hire(team)]
        taskrouter.legs, taskrouter.ringing = scenario.legs, scenario.ringing
        taskrouter.habits = self._habits_of
        self._shares = [kind.share for kind in scenario.kinds]
        taskrouter.listen(self._forget)

    def begin(self) -> None:
        """Plan all that the day brings."""
        for worker, team in self._workers:
            self._plan_shifts(worker, team)
        for outage in self.scenario.outages:
            self._plan_outage(outage)
        self._plan_arrival(self._arrivals())

    def at(self, minute: float) -> datetime:
        """Return the time of this minute of the day, by the wall clock: a day may have 23 hours."""
        return (self._midnight + timedelta(minutes=minute)).astimezone(UTC)

    def _set_up_routing(self) -> None:
        taskrouter, scenario = self.taskrouter, self.scenario
        for activity in scenario.activities:
            taskrouter.add_activity(activity.name, available=activity.available, sid=activity.sid)
        sids = {}
        for queue in scenario.queues:
            made = taskrouter.add_queue(
                queue.name,
                sid=queue.sid,
                target_workers=read_expression(queue.workers),
                max_reserved_workers=queue.max_reserved_workers,
                task_order=queue.task_order,
            )
            sids[queue.name] = made.sid
        fields: dict[str, Any] = {
            "name": scenario.name,
            "reservation_timeout": scenario.reservation_timeout,
        }
        if scenario.workflow is not None:
            configuration = with_sids(scenario.workflow, sids)
            self._add_unknown_queues(configuration)
            text = orjson.dumps(configuration).decode()
            fields |= {"configuration": text, "routing": taskrouter.read_routing(text)}
        taskrouter.change(taskrouter.workflow, **fields)

    def _add_unknown_queues(self, configuration: object) -> None:
        """Let everybody be in the queues that an exported configuration names by SID alone."""
        for sid in queue_sids(configuration):
            if self.taskrouter.find_queue(sid) is None:
                self.taskrouter.add_queue(sid, sid=sid)
                self.remarks.append(f"queue {sid} is not described: every worker is in it")

    def _hire(self, team: Team) -> Iterator[tuple[Worker, Team]]:
        for number, name in enumerate(team.names, 1):
            attributes = numbered(dict(team.attributes), number)
            worker = self.taskrouter.add_worker(name, attributes, self.taskrouter.offline)
            self._habits[worker.sid] = team.habits
            yield worker, team

    def _plan_shifts(self, worker: Worker, team: Team) -> None:
        ours = self.scenario.span
        for begins, ends in on_duty(team.shifts):
            if begins <= ours.begins < ends:
                self._change_activity(worker, available=True)
            for minute, available in ((begins, True), (ends, False)):
                if ours.begins < minute < ours.ends:
                    change = partial(self._change_activity, worker, available=available)
                    self.taskrouter.plan(self.at(minute), change)

    def _change_activity(self, worker: Worker, _at: datetime | None = None, *, available: bool) -> None:
        taskrouter = self.taskrouter
        taskrouter.move(worker, taskrouter.default_activity if available else taskrouter.offline)

    def _plan_outage(self, outage: Outage) -> None:
        during = Draws(replace(outage.faults, seed=self.taskrouter.seed))
        self.taskrouter.plan(self.at(outage.span.begins), partial(self._set_draws, during))
        # The same as before, so that a script goes on where it stood.
        self.taskrouter.plan(self.at(outage.span.ends), partial(self._set_draws, self.taskrouter.draws))

    def _set_draws(self, draws: Draws, _at: datetime) -> None:
        self.taskrouter.draws = draws

    def _arrivals(self) -> Iterator[tuple[datetime, int]]:
        """When each task comes, the first first, and its number."""
        number, latest = 0, self.begins
        for hour in range(24):
            chance = chance_of(self.taskrouter.seed, "arrivals", hour)
            for share in sorted(chance.random() for _ in range(self.scenario.by_hour.get(hour, 0))):
                minute = (hour + share) * 60
                number += 1
                if self.scenario.span.begins <= minute < self.scenario.span.ends:
                    # Where clocks go back or forward, minutes do not come in their order.
                    latest = max(latest, self.at(minute))
                    yield latest, number

    def _plan_arrival(self, arrivals: Iterator[tuple[datetime, int]]) -> None:
        # One at a time: a day's tasks need not be planned before it begins.
        if following := next(arrivals, None):
            at, number = following
            self.taskrouter.plan(at, partial(self._arrive, number, arrivals))

    def _arrive(self, number: int, arrivals: Iterator[tuple[datetime, int]], at: datetime) -> None:
        chance = chance_of(self.taskrouter.seed, "task", number)
        kind = pick(self.scenario.kinds, self._shares, chance)
        task = self.taskrouter.add_task(draw(kind.attributes, chance), priority=kind.priority)
        self._kinds[task.sid] = kind
        if kind.patience is not None:
            seconds = drawn(kind.patience, chance.random())
            self.taskrouter.plan(at + timedelta(seconds=seconds), partial(self._hang_up, task))
        self.taskrouter.route(task)
        self._plan_arrival(arrivals)

    def _hang_up(self, task: Task, _at: datetime) -> None:
        if task.status in {"pending", "reserved"}:
            self.taskrouter.cancel(task, HUNG_UP)

    def _habits_of(self, reservation: Reservation) -> Habits:
        habits = self._habits.get(reservation.worker.sid, NO_HABITS)
        kind = self._kinds.get(reservation.task.sid)
        return replace(habits, talk=kind.talk) if kind and kind.talk is not None else habits

    def _forget(self, event: Event) -> None:
        if event.type in {"task.canceled", "task.completed"}:
            self._kinds.pop(event.subject.sid, None)


def beginning(scenario: Scenario, today: date) -> datetime:
    """Return when a scenario begins: on its day, or on the first Monday after today."""
    day = scenario.day or today + timedelta(days=7 - today.weekday())
    midnight = datetime(day.year, day.month, day.day, tzinfo=scenario.zone)
    # By the wall clock, so that 08:00 is 08:00 on a day with 23 hours, too.
    return (midnight + timedelta(minutes=scenario.span.begins)).astimezone(UTC)
