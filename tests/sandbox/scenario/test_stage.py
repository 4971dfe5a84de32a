"""A workspace set up for a scenario, and what happens in it by the time of day."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime

import pytest

from app.sandbox import Reservation, Task, Worker
from app.sandbox.scenario import read_scenario
from app.sandbox.scenario.stage import HUNG_UP, beginning
from tests.sandbox.scenario.staging import Day, scenario_text

MANY = "{by_hour: {9: 300}, kinds: [{attributes: {type: sales}}]}"
QUEUE = "WQ" + "7" * 32


def test_tasks_come_in_their_hours() -> None:
    """As many as are said, at any minute of them, in the order of time."""
    day = Day(tasks="{by_hour: {9: 200, 11: 100}, kinds: [{attributes: {}}]}")
    times = [event.at for event in day.of("task.created")]
    assert times == sorted(times)
    assert Counter(each.hour for each in times) == {9: 200, 11: 100}
    assert len({each.minute for each in times if each.hour == 9}) > 50


def test_a_part_of_a_day() -> None:
    """What would come before and after does not."""
    day = Day(
        tasks="{by_hour: {8: 50, 9: 60, 10: 50}, kinds: [{attributes: {}}]}",
        span=("08:30", "10:00"),
    )
    times = day.times("task.created")
    assert min(times) >= "08:30"
    assert max(times) < "10:00"
    assert 70 < len(times) < 100
    assert day.clock() == datetime(2027, 1, 4, 10, tzinfo=UTC)


def test_kinds_come_as_often_as_their_shares_say() -> None:
    """Each with its attributes and priority."""
    kinds = "[{share: 3, attributes: {type: a}}, {share: 1, attributes: {type: b}, priority: 7}]"
    day = Day(tasks=f"{{by_hour: {{9: 400}}, kinds: {kinds}}}")
    tasks = [event.subject for event in day.of("task.created") if isinstance(event.subject, Task)]
    counts = Counter((task.attributes["type"], task.priority) for task in tasks)
    assert counts.keys() == {("a", 0), ("b", 7)}
    assert 260 < counts["a", 0] < 340


def test_workers_come_and_go() -> None:
    """With the hours of their shifts; outside of them they are Offline."""
    day = Day(
        tasks="{by_hour: {}, kinds: [{attributes: {}}]}",
        workers='[{name: Ada, shifts: ["08:00-12:00", "12:30-17:00"]},'
        ' {name: Night, shifts: ["22:00-06:00"]}]',
    )
    moves = [
        (f"{event.at:%H:%M}", event.subject.name)
        for event in day.of("worker.activity.update")
        if isinstance(event.subject, Worker)
    ]
    assert moves == [
        ("00:00", "Night"),
        ("06:00", "Night"),
        ("08:00", "Ada"),
        ("12:00", "Ada"),
        ("12:30", "Ada"),
        ("17:00", "Ada"),
        ("22:00", "Night"),
    ]
    assert [worker.activity.name for worker in day.taskrouter.workers()] == ["Offline", "Idle"]


def test_shifts_may_stand_in_any_order_and_overlap() -> None:
    """Who is there twice is there once."""
    for shifts in ('["12:00-17:00", "08:00-12:00"]', '["08:00-14:00", "12:00-17:00"]', '["08:00-17:00"]'):
        day = Day(
            tasks="{by_hour: {}, kinds: [{attributes: {}}]}", workers=f"[{{name: Ada, shifts: {shifts}}}]"
        )
        assert day.times("worker.activity.update") == ["08:00", "17:00"]


@pytest.mark.parametrize(("date", "hours"), [("2026-11-01", 25), ("2026-03-08", 23)])
def test_a_day_is_as_long_as_its_clocks_say(date: str, hours: int) -> None:
    """And eight is eight."""
    day = Day(
        day=date,
        time_zone="America/New_York",
        tasks="{by_hour: {1: 50, 2: 50, 3: 50}, kinds: [{attributes: {}}]}",
        workers='[{name: Ada, shifts: ["08:00-17:00"], accepts_after: 5}]',
    )
    assert (day.stage.ends - day.stage.begins).total_seconds() == hours * 3600
    came = [event.at.astimezone(day.scenario.zone) for event in day.of("worker.activity.update")]
    assert [f"{at:%H:%M}" for at in came] == ["08:00", "17:00"]
    times = [event.at for event in day.of("task.created")]
    assert times == sorted(times)
    assert len(times) == 150


def test_a_team_has_names_and_numbers() -> None:
    """One of one keeps its name."""
    day = Day(
        workers="[{name: 'Seller {number}', count: 2, attributes: {u: 's-{number}'}},"
        " {name: A, count: 2}, {name: B}]"
    )
    assert [worker.name for worker in day.taskrouter.workers()] == ["Seller 1", "Seller 2", "A 1", "A 2", "B"]
    assert day.taskrouter.workers()[1].attributes == {"u": "s-2"}


def test_the_whole_life_of_each_task() -> None:
    """Somebody accepts it, talks and wraps up."""
    day = Day()
    assert len(day.of("task.completed")) == 3
    for event in day.of("reservation.accepted"):
        reservation = event.subject
        assert isinstance(reservation, Reservation)
        assert (event.at - reservation.created).total_seconds() == 5


def test_a_kind_may_say_how_long_it_is_talked_of() -> None:
    """Before the worker's own time."""
    day = Day(tasks="{by_hour: {9: 1}, kinds: [{attributes: {}, talk: 600}]}")
    (accepted,), (wrapping,) = day.of("reservation.accepted"), day.of("reservation.wrapup")
    assert (wrapping.at - accepted.at).total_seconds() == 600


def test_callers_hang_up() -> None:
    """Whoever is answered does not."""
    day = Day(
        tasks="{by_hour: {9: 40}, kinds: [{attributes: {}, patience: 90}]}",
        workers="[{name: Ada, accepts_after: 5, talk: 120}]",
    )
    canceled = [event.subject for event in day.of("task.canceled")]
    assert {task.reason for task in canceled if isinstance(task, Task)} == {HUNG_UP}
    assert len(canceled) + len(day.of("task.completed")) == 40
    assert min(len(canceled), len(day.of("task.completed"))) > 5


def test_queues_by_name_and_by_the_users_own_sids() -> None:
    """The workflow's configuration holds SIDs then."""
    day = Day(
        queues=f"[{{name: Sales, workers: \"skills HAS 'sales'\"}}, {{name: Own, sid: {QUEUE}}}]",
        workflow="{task_routing: {filters: [{expression: type == 'sales', targets: [{queue: Sales}]}],"
        f" default_filter: {{queue: {QUEUE}}}}}}}",
        workers="[{name: Ada, attributes: {skills: [sales]}, accepts_after: 1, talk: 60}]",
    )
    entered = [event.subject for event in day.of("task-queue.entered")]
    assert [task.queue.name for task in entered if isinstance(task, Task)] == ["Sales"] * 3
    assert day.stage.remarks == []


def test_a_queue_that_nobody_described_is_everybodys() -> None:
    """So that an exported configuration can be played as it is; it is said."""
    day = Day(workflow=f"{{task_routing: {{default_filter: {{queue: {QUEUE}}}}}}}")
    assert len(day.of("task.completed")) == 3
    assert day.stage.remarks == [f"queue {QUEUE} is not described: every worker is in it"]


def test_activities_are_those_of_the_user() -> None:
    """Available or not, with their SIDs."""
    day = Day(activities="[{name: Lunch, sid: WA" + "3" * 32 + "}, {name: Ready, available: true}]")
    assert [(each.name, each.available) for each in day.taskrouter.activities()[3:]] == [
        ("Lunch", False),
        ("Ready", True),
    ]
    assert day.taskrouter.activity("WA" + "3" * 32).name == "Lunch"


def test_an_outage_has_its_hours() -> None:
    """Before and after it nothing fails."""
    day = Day(faults='[{from: "09:00", until: "10:00", rate_limited: 1}]')
    assert day.taskrouter.faults.rate_limited == 0
    seen: dict[str, float] = {}
    for hour in ("08:59", "09:30", "10:00"):
        cut = Day(span=("00:00", hour), faults='[{from: "09:00", until: "10:00", rate_limited: 1}]')
        seen[hour] = cut.taskrouter.faults.rate_limited
    assert seen == {"08:59": 0, "09:30": 1, "10:00": 0}


@pytest.mark.parametrize("today", [date(2026, 11, 26), date(2026, 11, 29), date(2026, 11, 23)])
def test_without_a_day_it_is_the_next_monday(today: date) -> None:
    """On a Monday that of next week: what has begun already is no whole day."""
    text = scenario_text(time_zone="Europe/Berlin", **{"from": '"08:00"'}).replace("day: 2027-01-04\n", "")
    scenario = read_scenario(text, str)
    expected = datetime(2026, 11, 30, 7, tzinfo=UTC)
    assert beginning(scenario, today) == expected


def test_its_day_is_that_of_its_time_zone() -> None:
    """Also when the clocks go forward."""
    text = scenario_text(time_zone="Europe/Berlin", **{"from": '"08:00"'}).replace("2027-01-04", "2027-03-28")
    assert beginning(read_scenario(text, str), date(2026, 1, 1)) == datetime(2027, 3, 28, 6, tzinfo=UTC)
