"""Many callbacks, decided again, compared and counted."""

import csv
from collections import Counter
from datetime import timedelta
from io import StringIO

import pytest

from app.model import Saved
from app.replay.comparing import OtherRules
from app.replay.rows import COLUMNS, heading
from app.replay.saved import BadLine
from app.replay.tally import DAY, EPOCH, HOUR, Bad, Choice, Pair, Tally
from tests.builders import MONDAY_NOON, ruleset
from tests.replay.lines import RULES, recorded, run, saved

GOLD = Choice("gold", "reply", "dequeue")
OTHERS = Choice("others", "reply", "accept")
DEFAULT = Choice("default", "defer", "")
TASK = {"tier": "gold", "size": 5, "type": "support", "call_sid": "CA1"}


def test_what_is_counted() -> None:
    """Decisions by choice and by hour, those without a time, and bad lines, with what is wrong."""
    rules = ruleset(RULES)
    later = MONDAY_NOON + timedelta(minutes=61)
    bad = BadLine(9, "broken")
    no_callback = Saved(7, {"TaskSid": "x"})
    items: list[Saved | BadLine] = [
        saved(TASK),
        saved(TASK, at=later),
        saved({"type": "sales"}, at=later),
        saved(at=None, Timestamp=""),
        bad,
        no_callback,
    ]
    tally = run(rules).part("x", items).tally
    assert (tally.callbacks, tally.untimed, tally.compared, tally.changed) == (4, 1, 0, 0)
    assert tally.decided == {GOLD: 2, OTHERS: 1, DEFAULT: 1}
    one = MONDAY_NOON + HOUR
    assert tally.hours == {
        (MONDAY_NOON, "gold"): 1,
        (one, "gold"): 1,
        (one, "others"): 1,
        (MONDAY_NOON, "default"): 1,
    }
    assert tally.bad_lines == 2
    assert tally.bad[0] == Bad("x", bad)
    assert tally.bad[1].line.line == 7
    assert "WorkspaceSid is missing" in tally.bad[1].line.message


def test_what_changed() -> None:
    """Pairs of all that were compared, those that changed, and the first of them as examples."""
    rules = ruleset(RULES)
    now = ruleset(
        RULES.replace("size > 3", "size > 7").replace("accept", "reject, activity_sid: WA" + "0" * 32)
    )
    items = [recorded(saved(TASK, line=n), rules) for n in (1, 2)]
    items += [recorded(saved({"type": "chat"}), rules), saved(TASK, line=4)]
    tally = run(now, keep=1).part("x", items).tally
    moved = Pair(GOLD, Choice("others", "reply", "reject"))
    assert (tally.compared, tally.changed) == (3, 2)
    assert tally.pairs == {moved: 2, Pair(DEFAULT, DEFAULT): 1}
    assert tally.changes == {moved: 2}
    [example] = tally.examples
    assert (example.source, example.line, example.at, example.pair) == ("x", 1, MONDAY_NOON, moved)
    assert example.saved == items[0]
    assert example.reservation_sid == items[0].params["ReservationSid"]


def test_other_values_of_the_same_choice() -> None:
    """They are a change from a choice to itself."""
    rules = ruleset(RULES)
    others = ruleset(RULES.replace("timeout: 20", "timeout: 30"))
    tally = run(rules, against=OtherRules(others, rules)).part("x", [saved(TASK)]).tally
    assert tally.changes == {Pair(GOLD, GOLD): 1}


def test_without_a_comparison() -> None:
    """Everything else is counted."""
    rules = ruleset(RULES)
    tally = run(rules, against=None).part("x", [recorded(saved(TASK), rules)]).tally
    assert (tally.callbacks, tally.compared, tally.pairs) == (1, 0, {})


def test_rows() -> None:
    """One for each callback, with what was before where that is known."""
    rules = ruleset(RULES)
    now = ruleset(RULES.replace("size > 3", "size > 7"))
    items: list[Saved | BadLine] = [
        recorded(saved(TASK), rules),
        saved({"type": 'a "b", c\n'}, at=None, line=2),
        BadLine(3, "x"),
    ]
    text = heading() + run(now, with_rows=True).part("a file", items).rows
    names, first, second = csv.reader(StringIO(text, newline=""))
    assert tuple(names) == COLUMNS
    params = items[0].params if isinstance(items[0], Saved) else {}
    sids = [params["TaskSid"], params["ReservationSid"]]
    assert first == [
        *("a file", "1", "2026-11-23T12:00:00Z", *sids, "support"),
        *("others", "reply", "accept", "gold", "reply", "dequeue", "true"),
    ]
    assert second == [*("a file", "2", "", *sids, 'a "b", c\n'), "default", "defer", "", *[""] * 4]


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_is_a_formula(text: str) -> None:
    """A caller who chose the task's type would have a spreadsheet calculate it."""
    rows = run(ruleset(RULES), with_rows=True).part("a file", [saved({"type": text})]).rows
    [row] = csv.reader(StringIO(rows, newline=""))
    assert row[COLUMNS.index("task_type")] == f"'{text}"


@pytest.mark.parametrize("hours", [100, 40_000])
def test_the_timeline_is_bounded(hours: int) -> None:
    """Where there are too many hours a longer span is counted, whatever the order of adding."""
    rules = [f"rule {n}" for n in range(5)]
    one, other = Tally(), Tally()
    for part, start in ((one, 0), (other, hours // 2)):
        part.hours = Counter(
            {(EPOCH + n * HOUR, rule): 1 for n in range(start, start + hours // 2) for rule in rules}
        )
    sums = []
    for order in ((one, other), (other, one)):
        total = Tally()
        for part in order:
            total.add(part)
        more = Tally(hours=Counter({(MONDAY_NOON, "rule 0"): 1}))
        total.add(more)
        wider = Tally()
        wider.add(total)
        assert (wider.hours, wider.span) == (total.hours, total.span)
        sums.append((total.span, total.hours))
    assert sums[0] == sums[1]
    span, counted = sums[0]
    assert span == (1 if hours == 100 else DAY)
    assert counted.total() == 5 * hours + 1
    assert {at.hour for at, _ in counted} == ({0} if span == DAY else set(range(24)))


def test_no_more_than_wanted_is_kept() -> None:
    """Examples and bad lines of later parts are left out; all are counted."""
    rules = ruleset(RULES)
    changed = recorded(saved(TASK), ruleset(RULES.replace("gold\n", "gilt\n", 1)))
    part = run(rules, keep=2).part("x", [changed, changed])
    total = Tally(keep=3)
    total.add(part.tally)
    total.add(part.tally)
    assert (total.changed, len(total.examples)) == (4, 3)
