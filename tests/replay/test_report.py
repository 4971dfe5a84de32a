"""The page as text; how a browser shows it is in `test_report_page`."""

import re
import subprocess
import sys

from app.replay.report import report
from app.replay.tally import Tally
from tests.replay.replays import MONDAY, choice, count, replayed


def text_of(tally: Tally, **more: object) -> str:
    """What stands in the page, without tags and scripts."""
    page = report(replayed(tally, **more))
    return re.sub(r"\s+", " ", re.sub(r"(?s)<(script|style).*?</\1>|<[^>]*>", " ", page))


def test_an_empty_file_is_a_page() -> None:
    """With one sentence and no table."""
    said = text_of(Tally())
    assert "No callback was decided again." in said
    assert "What each rule decides" not in said


def test_one_hour_needs_no_timeline() -> None:
    """A single bar says less than a sentence."""
    tally = Tally()
    count(tally, choice("day"), choice("day"), 3)
    said = text_of(tally, at=MONDAY)
    assert "All of them in one hour: Mon 1 June 2026, 00:00 UTC." in said
    assert "Decided as at 1 June 2026, 00:00:00 UTC" in said
    assert "nothing changes" in said
    assert "flow-rule-figure" not in said


def test_rules_beyond_a_hundred_are_summed() -> None:
    """The last line of the table holds them."""
    tally = Tally()
    for number in range(103):
        count(tally, choice(f"rule-{number:03d}"), number=1000 - number)
    said = text_of(tally)
    assert "rule-099" in said
    assert "rule-100" not in said
    assert "3 other rules 2,697" in said  # 900 and 899 and 898


def test_examples_that_were_not_asked_for_are_only_counted() -> None:
    """`--show 0` leaves the table out."""
    tally = Tally()
    count(tally, choice("day"), choice("night"), 5)
    said = text_of(tally)
    assert "5 more: desk replay --show N shows more here" in said
    assert "and 5 more" not in said


def test_without_plotly_it_says_what_to_install() -> None:
    """It is an extra, and every other format does without."""
    program = """
import sys
sys.modules["plotly"] = None  # as if it were not installed
from app.cli import main
main(["replay", "-", *sys.argv[1:]])
"""
    started = [sys.executable, "-c", program]
    ended = subprocess.run(
        [*started, "--format", "html"], capture_output=True, text=True, check=False, input=""
    )
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("desk: an HTML report is drawn by plotly")
    assert "pip install 'desk[report]'" in ended.stderr
    other = subprocess.run(started, capture_output=True, text=True, check=False, input="")
    assert (other.returncode, other.stderr) == (0, "")
