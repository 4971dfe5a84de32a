"""Counting: what was noted is shown, by all processes together, and never less than before."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.metrics import Tally, counter, gauge, histogram
from app.metrics.metric import MOST
from app.metrics.tally import LONGEST, WAITING
from tests.metrics.scraped import shown, text
from tests.waiting import until

HITS = counter("desk_hits_total", "Hits.", "rule", "mode", always=())
PLAIN = counter("desk_plain_total", "Plain.")
SECONDS = histogram("desk_some_seconds", "Seconds.", bounds=(0.1, 1.0))
BY_KIND = histogram("desk_kind_seconds", "Seconds.", "kind", bounds=(0.1,), always=(("send",),))
NOW = gauge("desk_now", "How many.")
WORST = gauge("desk_worst_seconds", "The longest.", largest=True)


@pytest.fixture
def tally(tmp_path: Path) -> Iterator[Tally]:
    made = Tally(tmp_path, (PLAIN, SECONDS, BY_KIND))
    yield made
    made.stop()


def test_what_was_noted(tally: Tally) -> None:
    """Counts add up by their labels; a histogram has buckets, a sum and a count."""
    for mode in ("reply", "post", "reply"):
        tally.note(HITS, ("support", mode))
    tally.note(PLAIN, (), 5)
    for seconds in (0.05, 0.1, 0.5, 7.0):
        tally.note(SECONDS, (), seconds)
    found = shown(tally.collect())
    assert found['desk_hits_total{mode="reply"}{rule="support"}'] == 2
    assert found['desk_hits_total{mode="post"}{rule="support"}'] == 1
    assert found["desk_plain_total"] == 5
    assert found['desk_some_seconds_bucket{le="0.1"}'] == 2
    assert found['desk_some_seconds_bucket{le="1.0"}'] == 3
    assert found['desk_some_seconds_bucket{le="+Inf"}'] == 4
    assert found["desk_some_seconds_count"] == 4
    assert found["desk_some_seconds_sum"] == pytest.approx(7.65)


def test_what_is_there_from_the_beginning(tally: Tally) -> None:
    """A first event is an increase, and not a series that was not there before."""
    found = shown(tally.collect())
    assert found["desk_plain_total"] == 0
    assert found["desk_some_seconds_count"] == 0
    assert found['desk_kind_seconds_count{kind="send"}'] == 0
    assert not [name for name in found if name.startswith("desk_hits")]


def test_what_is_polled(tally: Tally) -> None:
    """A gauge is what it is at, and a counter what it has come to."""
    at = {"now": 3.0, "dropped": 2.0}
    tally.poll(NOW, lambda: at["now"])
    tally.poll(PLAIN, lambda: at["dropped"])
    assert (shown(tally.collect())["desk_now"], shown(tally.collect())["desk_plain_total"]) == (3, 2)
    at.update(now=1, dropped=5)
    assert (shown(tally.collect())["desk_now"], shown(tally.collect())["desk_plain_total"]) == (1, 5)


def test_processes_count_together(tmp_path: Path) -> None:
    """Any of them tells of all: counts and gauges are added, of some gauges the largest is shown."""
    one, two = Tally(tmp_path), Tally(tmp_path)
    for tally, number in ((one, 1.0), (two, 2.0)):
        tally.note(PLAIN, (), number)
        tally.note(SECONDS, (), number)
        tally.poll(NOW, lambda number=number: number)  # type: ignore[misc]
        tally.poll(WORST, lambda number=number: number)  # type: ignore[misc]
        tally.collect()
    for tally in (one, two):
        found = shown(tally.collect())
        assert (found["desk_plain_total"], found["desk_some_seconds_count"]) == (3, 2)
        assert (found["desk_now"], found["desk_worst_seconds"]) == (3, 2)
    one.stop()
    two.stop()


def test_others_learn_of_it_without_a_scrape(tmp_path: Path) -> None:
    """A process writes down what it counts by itself."""
    one, two = Tally(tmp_path), Tally(tmp_path)
    one.start()
    one.note(PLAIN)
    until(lambda: shown(two.collect()).get("desk_plain_total") == 1)
    one.stop()
    two.stop()


def test_a_process_that_ended(tmp_path: Path) -> None:
    """Its counts stay, its gauges go; the next one goes on in its place, and counts nothing twice."""
    one, two = Tally(tmp_path), Tally(tmp_path)
    two.note(PLAIN, (), 2)
    two.poll(NOW, lambda: 7)
    two.stop()
    found = shown(one.collect())
    assert found["desk_plain_total"] == 2
    assert "desk_now" not in found
    files = sorted(tmp_path.iterdir())
    three = Tally(tmp_path, (PLAIN,))
    three.poll(PLAIN, lambda: 1)
    three.note(SECONDS, (), 0.5)
    three.collect()
    assert shown(one.collect())["desk_plain_total"] == 3
    assert {path.name for path in files} <= {path.name for path in tmp_path.iterdir()}
    assert len([path for path in tmp_path.iterdir() if path.suffix == ".lock"]) == 2
    one.stop()
    three.stop()


def test_a_process_that_was_killed(tmp_path: Path) -> None:
    """The system frees its place, and nothing that was written is lost."""
    program = f"""
import os, pathlib, signal
from app.metrics import Tally
from tests.metrics.test_tally import PLAIN, SECONDS
tally = Tally(pathlib.Path({str(tmp_path)!r}))
tally.note(PLAIN, (), 4)
tally.note(SECONDS, (), 0.5)
tally.collect()
os.kill(os.getpid(), signal.SIGKILL)
"""
    for round_number in (1, 2, 3):
        done = subprocess.run([sys.executable, "-c", program], check=False)
        assert done.returncode == -9
        reader = Tally(tmp_path)
        found = shown(reader.collect())
        assert (found["desk_plain_total"], found["desk_some_seconds_count"]) == (
            4 * round_number,
            round_number,
        )
        reader.stop()
    assert len(list(tmp_path.glob("*.lock"))) == 1


def test_labels_are_bounded(tmp_path: Path) -> None:
    """Beyond the most the first label is `other`, also for processes that come later; and none is long."""
    for turn in range(2):
        tally = Tally(tmp_path)
        for number in range(MOST + 50):
            tally.note(HITS, (f"rule {turn} {number}", "reply"))
        found = shown(tally.collect())
        tally.stop()
        series = {name: value for name, value in found.items() if name.startswith("desk_hits_total")}
        assert len(series) == MOST + 1
        assert sum(series.values()) == (MOST + 50) * (turn + 1)
    assert series['desk_hits_total{mode="reply"}{rule="other"}'] == 50 + MOST + 50


def test_long_and_odd_labels(tally: Tally) -> None:
    """Cut, quoted, and never a line of their own."""
    odd = 'x"} 1\n# HELP evil\n☎\\'
    tally.note(HITS, ("a" * 500, "reply"))
    tally.note(HITS, ("a" * 500, "reply"))
    tally.note(HITS, (odd, "reply"))
    written = text(tally.collect())
    assert f'rule="{"a" * LONGEST}"}} 2.0' in written
    assert "a" * (LONGEST + 1) not in written
    assert not [line for line in written.splitlines() if line.startswith("# HELP evil")]


def test_a_rule_named_other_is_no_harm(tally: Tally) -> None:
    """It is one series like any."""
    tally.note(HITS, ("other", "reply"))
    assert shown(tally.collect())['desk_hits_total{mode="reply"}{rule="other"}'] == 1


def test_what_is_noted_is_bounded(tally: Tally) -> None:
    """Memory does not grow where nothing writes it down."""
    for _ in range(WAITING + 10):
        tally.note(PLAIN)
    assert shown(tally.collect())["desk_plain_total"] == WAITING


def test_a_value_that_cannot_be_asked_for_ends_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The thread goes on with the next round."""
    failing = [1]

    def read() -> float:
        if failing:
            failing.clear()
            raise RuntimeError("quackenbush")
        return 9

    tally = Tally(tmp_path)
    tally.poll(NOW, read)
    tally.start()
    until(lambda: shown(tally.collect()).get("desk_now") == 9 if not failing else None)
    tally.stop()
    assert "metrics not written" in caplog.text
