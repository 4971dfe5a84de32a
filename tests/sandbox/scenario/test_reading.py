"""A scenario's YAML, or all that is wrong with it."""

from __future__ import annotations

import json
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from app.sandbox import Between, Habits, Legs
from app.sandbox.scenario import SHIPPED, Scenario, ScenarioBroken, read_scenario, shipped_scenario
from app.sandbox.scenario.model import Span
from app.sandbox.scenario.shipped import shipped_text

QUEUE = "WQ" + "1" * 32
SMALLEST = """
name: Nothing much
tasks:
  by_hour: {9: 2}
  kinds: [{attributes: {type: sales}}]
workers: [{name: Ada}]
"""
WHOLE = (
    """
name: A small shop
time_zone: Europe/Berlin
day: 2027-01-04
from: "08:00"
until: "18:30"
reservation_timeout: 30
activities: [{name: Break, sid: WA00000000000000000000000000000001}]
queues:
  - {name: Sales, workers: "skills HAS 'sales'", sid: WQ00000000000000000000000000000001, task_order: LIFO}
  - {name: All, max_reserved_workers: 2}
workflow: {task_routing: {filters: [], default_filter: {queue: Sales}}}
tasks:
  by_hour: {8: 20, 9: 60}
  kinds:
    - {name: order, share: 3, attributes: {type: sales, call_sid: {any_sid: CA}}, priority: 5, patience: 300}
    - {share: 0, attributes: {}, talk: {any_between: [60, 90.5]}}
workers:
  - {name: "Seller {number}", count: 4, attributes: {skills: [sales]},"""
    """ shifts: ["08:00-12:00", "12:30-17:00", "22:00-06:00"],
     accepts_after: 5, misses: 0.02, talk: {any_between: [60, 240]}, wrap_up: 15, returns_after: 300}
calls: {ringing: 6, busy: 0.02, no_answer: 0.05, failed: 0.001}
faults:
  - {from: "09:30", until: "10:15", rate_limited: 0.3, retry_after: 2}
"""
)


def read(text: str, **files: str) -> Scenario:
    def read_file(name: str) -> str:
        if "\0" in name:
            raise ValueError("embedded null byte")
        if files.get(name) == "\udcff":
            return b"\xff".decode()
        if name not in files:
            raise FileNotFoundError(2, "No such file or directory", name)
        return files[name]

    return read_scenario(text, read_file)


def mistakes(text: str, **files: str) -> list[str]:
    with pytest.raises(ScenarioBroken) as broken:
        read(text, **files)
    return [f"{each.line} {each.where}: {each.sentence}" for each in broken.value.mistakes]


def test_the_smallest_scenario() -> None:
    """A whole day in UTC, somebody who is always there, and nothing that fails."""
    scenario = read(SMALLEST)
    assert (scenario.zone, scenario.day, scenario.span) == (ZoneInfo("UTC"), None, Span(0, 1440))
    assert (scenario.reservation_timeout, scenario.workflow, scenario.legs) == (120, None, Legs())
    (team,) = scenario.teams
    assert (team.count, team.shifts, team.habits) == (1, [Span(0, 1440)], Habits(talk=180))
    assert scenario.outages == []


def test_everything_that_can_be_said() -> None:
    """Each in its place."""
    scenario = read(WHOLE)
    assert (scenario.zone.key, scenario.day, scenario.span) == (
        "Europe/Berlin",
        date(2027, 1, 4),
        Span(480, 1110),
    )
    assert [(each.name, each.task_order, each.max_reserved_workers) for each in scenario.queues] == [
        ("Sales", "LIFO", 1),
        ("All", "FIFO", 2),
    ]
    assert scenario.activities[0].available is False
    assert [each.patience for each in scenario.kinds] == [300, None]
    assert scenario.kinds[1].talk == Between(60, 90.5)
    (team,) = scenario.teams
    assert team.shifts == [Span(480, 720), Span(750, 1020), Span(1320, 360)]
    assert team.habits == Habits(5, 0.02, Between(60, 240), 15, 300)
    assert (scenario.legs, scenario.ringing) == (Legs(0.02, 0.05, 0.001), 6)
    (outage,) = scenario.outages
    assert (outage.span, outage.faults.rate_limited, outage.faults.retry_after) == (Span(570, 615), 0.3, 2)


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_shipped_can_be_read(name: str) -> None:
    """Every one of them, and it begins with a comment that says what it is about."""
    assert shipped_scenario(name).kinds
    assert shipped_text(name).startswith("# ")


def test_there_is_no_other_that_is_shipped() -> None:
    """Not by any path either."""
    for name in ("monday", "../small-shop", ""):
        with pytest.raises(KeyError):
            shipped_scenario(name)


def test_the_forty_agents_are_forty() -> None:
    """And the outage is theirs."""
    for name in ("support-centre", "outage-morning"):
        assert sum(team.count for team in shipped_scenario(name).teams) == 40
    assert shipped_scenario("outage-morning").kinds == shipped_scenario("support-centre").kinds


def test_what_the_console_exports_is_read_as_it_is() -> None:
    """A file of JSON beside the scenario, queues by SID."""
    exported = {"task_routing": {"filters": [], "default_filter": {"queue": QUEUE, "friendly_name": "x"}}}
    scenario = read(SMALLEST + "workflow: exported.json\n", **{"exported.json": json.dumps(exported)})
    assert scenario.workflow == exported


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("workflow: gone.json", "6 workflow: gone.json cannot be read: No such file or directory"),
        ("workflow: broken.json", "6 workflow: it is not JSON: unexpected"),
        ("workflow: list.json", "6 workflow: Configuration must be a JSON object"),
        (
            "workflow: {task_routing: {default_filter: {queue: Nowhere}}}",
            "6 workflow: default_filter.queue",
        ),
        ("workflow: 5", "6 workflow: Configuration must be a JSON object"),
        ("time_zone: Mars/Crater", "6 time_zone: there is no time zone 'Mars/Crater'"),
        ("time_zone: ../../etc/passwd", "6 time_zone: there is no time zone"),
        ("day: tomorrow", "6 day: a day is written like 2027-01-04"),
        ("from: 8", '6 from: a time of the day is written like "08:30"'),
        ('from: "24:30"', "6 from: a time of the day is written like"),
        ('until: "00:00"', "1 from: a scenario begins before it ends, on one day"),
        ("reservation_timeout: 0", "6 reservation_timeout: Must be greater"),
        ("queues: [{name: A}, {name: A}]", "6 queues: there are two queues named 'A'"),
        ("queues: [{name: A, workers: 'skills HAS'}]", "6 queues[0].workers: the expression cannot be read"),
        ("queues: [{name: A, sid: WQ1}]", "6 queues[0].sid: a SID here is WQ and 32 hexadecimal digits"),
        (
            "activities: [{name: A, available: maybe}]",
            "6 activities[0].available: Not a valid",
        ),
        (
            f"queues: [{{name: A, sid: {QUEUE}}}, {{name: B, sid: {QUEUE}}}]",
            "6 queues: there are two queues with",
        ),
        ("activities: [{name: Idle}]", "6 activities: Idle is there already"),
        ("day: 9999-12-31", "6 day: a day is one of the years"),
        ("workflow: latin.json", "6 workflow: latin.json is not UTF-8 text"),
        ('workflow: "a\\0b"', "6 workflow: 'a\\x00b' is no name of a file"),
        ("workflow: {1: 2}", "6 workflow: it is not JSON"),
        (
            "faults: [{from: '09:00', until: '11:00'}, {from: '10:00', until: '12:00'}]",
            "6 faults: two outages overlap",
        ),
        (
            "faults: [{from: '09:00', until: '10:00', retry_after: 1.5}]",
            "6 faults[0].retry_after: Not a",
        ),
        ('from: "٠٨:٠٠"', "6 from: a time of the day is written like"),
        ("reservation_timeout: !!int x", "6 : tags"),
        ("reservation_timeout: 99999999999999999999", "6 reservation_timeout: Not a valid integer"),
        ("task: 1", "6 task: 'task' is not known here; did you mean 'tasks'?"),
        (
            "calls: {busy: 0.8, failed: 0.3}",
            "6 calls.busy: busy, no_answer and failed are together",
        ),
        ("calls: {busy: 2}", "6 calls.busy: Must be greater"),
        ("faults: [{from: '09:00', until: '08:00'}]", "6 faults[0].from: an outage begins before it ends"),
        (
            "faults: [{from: '09:00', until: '10:00', cut_after: 2}]",
            "6 faults[0].from: cut_after is a",
        ),
        ("faults: [{from: '09:00', until: '10:00', cut: 1}]", "6 faults[0].cut: 'cut' is not known here"),
        ("faults: [{until: '10:00'}]", "6 faults[0].from: 'from' is missing"),
    ],
)
def test_each_mistake_is_told_with_its_line(line: str, told: str) -> None:
    """And the keys that lead there."""
    files = {"broken.json": "{", "list.json": "[]", "latin.json": "\udcff"}
    (found,) = mistakes(SMALLEST.lstrip("\n") + line + "\n", **files)
    assert found.startswith(told), found


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("{9: 2}", "{24: 2}", "3 tasks.by_hour[24]: "),
        ("{9: 2}", "{9: -1}", "3 tasks.by_hour[9]: "),
        ("{9: 2}", "{nine: 2}", "3 tasks.by_hour.nine: "),
        (
            "{9: 2}",
            "{9: 900000, 10: 900000, 11: 900000}",
            "3 tasks.by_hour: more than 2000000 tasks",
        ),
        ("{type: sales}", "[sales]", "4 tasks.kinds[0].attributes: attributes are a mapping"),
        ("{type: sales}", "{type: {any_of: []}}", "4 tasks.kinds[0].attributes: any_of wants a list"),
        ("[{attributes: {type: sales}}]", "[]", "4 tasks.kinds: Shorter than minimum length 1."),
        ("{attributes: {type: sales}}", "{attributes: {}, share: 0}", "4 tasks.kinds: at least one kind"),
        ("{attributes: {type: sales}}", "{attributes: {}, talk: -1}", "4 tasks.kinds[0].talk: seconds are"),
        (
            "{attributes: {type: sales}}",
            "{attributes: {}, talk: {any_between: [2, 1]}}",
            "4 tasks.kinds[0].talk: seconds are a number",
        ),
        ("{type: sales}", "{x: {1: 2}}", "4 tasks.kinds[0].attributes: the name 1 must stand in quotes"),
        ("{type: sales}", '{x: "\\ud800"}', "4 tasks.kinds[0].attributes: a text that is no Unicode"),
        ("{type: sales}", "{x: {any_of: [{any_of: []}]}}", "4 tasks.kinds[0].attributes: any_of wants"),
        (
            "{attributes: {type: sales}}",
            "{attributes: {}, patience: 9999999}",
            "4 tasks.kinds[0].patience:",
        ),
        (
            "{name: Ada}",
            '{name: Ada, shifts: ["06:00-06:00"]}',
            "5 workers[0].shifts[0]: a shift ends",
        ),
        (
            "[{name: Ada}]",
            "[{name: A 1}, {name: A, count: 2}]",
            "5 workers: there are two workers",
        ),
        ("{name: Ada}", "{count: 2}", "5 workers[0].name: 'name' is missing"),
        ("{name: Ada}", "{name: Ada, count: 9000}", "5 workers[0].count: Must be greater"),
        ("{name: Ada}", "{name: Ada, shifts: [always]}", "5 workers[0].shifts[0]: a shift is written like"),
        ("{name: Ada}", "{name: Ada, misses: 2}", "5 workers[0].misses: Must be greater"),
        (
            "[{name: Ada}]",
            "[{name: A, count: 3000}, {name: B, count: 3000}]",
            "5 workers: there are more than 5000 workers",
        ),
    ],
)
def test_mistakes_deeper_down(old: str, new: str, told: str) -> None:
    """In tasks and workers."""
    (found,) = mistakes(SMALLEST.lstrip("\n").replace(old, new))
    assert found.startswith(told), found


def test_all_mistakes_are_told_at_once() -> None:
    """In the order of their lines."""
    found = mistakes("tasks: {by_hour: {}, kinds: x}\nworkers: []\nspeed: 3\n")
    assert [each.partition(":")[0] for each in found] == ["1 name", "1 tasks.kinds", "2 workers", "3 speed"]


@pytest.mark.parametrize("text", ["", "[]", "just text", "a: [", "5"])
def test_what_is_no_scenario_at_all(text: str) -> None:
    """One sentence."""
    assert len(mistakes(text)) == 1
