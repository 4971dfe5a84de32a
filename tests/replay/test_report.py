"""The page that a replay makes for people: what it says, and that it says no more than it should."""

import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from app.replay.report import ACROSS, OTHERS, About, html_report
from app.replay.saved import BadLine
from app.replay.tally import Bad, Changed, Choice, Pair, Tally

MONDAY = datetime(2026, 6, 1, 9, tzinfo=UTC)
ABOUT = About("rules", "0123456789ab", "the recorded decisions", ["callbacks.jsonl"], MONDAY)
DAY = Choice("day", "reply", "dequeue")
NIGHT = Choice("night", "post", "redirect")
CHAT = Choice("chat", "defer", "")


def tally(pairs: Mapping[Pair, int], changed: Mapping[Pair, int] | None = None, **more: object) -> Tally:
    """The sums of callbacks that were decided as `pairs` say, a part of them with other values."""
    changes = {pair: number for pair, number in pairs.items() if pair.before != pair.after}
    made = Tally(
        callbacks=sum(pairs.values()),
        compared=sum(pairs.values()),
        pairs=Counter(pairs),
        changes=Counter(changes | dict(changed or {})),
    )
    for pair, number in pairs.items():
        made.decided[pair.after] += number
        made.hours[MONDAY, pair.after.rule] += number
    for name, value in more.items():
        setattr(made, name, value)
    return made


def words(page: str) -> str:
    """What a reader sees of it, without the scripts and styles."""
    body = re.sub(r"<(script|style)>.*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body))


def test_the_totals_are_a_sentence() -> None:
    """With days, shares and what was compared with."""
    pairs = {Pair(DAY, DAY): 1_200, Pair(DAY, NIGHT): 30, Pair(CHAT, CHAT): 10}
    page = words(html_report(tally(pairs, {Pair(DAY, DAY): 7}), ABOUT))
    assert "1,240 callbacks of 1 June 2026 were decided again by the rules in rules." in page
    assert "37 of 1,240 (3.0 %) would be decided otherwise than by the recorded decisions." in page
    assert "37 decided otherwise 30 by another rule 7 by the same rule, with other values" in page


def test_one_callback_is_one() -> None:
    """Small shares keep their digits."""
    page = words(html_report(tally({Pair(DAY, DAY): 1}), ABOUT))
    assert "1 callback of 1 June 2026 was decided again" in page
    assert "All of them are decided as by the recorded decisions: nothing changes." in page
    few = words(html_report(tally({Pair(DAY, DAY): 9_999, Pair(DAY, NIGHT): 1}), ABOUT))
    assert "1 of 10,000 (0.01 %)" in few


def test_several_days_are_named_by_the_first_and_the_last() -> None:
    """And each is a bar then."""
    made = tally({Pair(DAY, DAY): 1})
    made.hours[MONDAY + timedelta(days=6), "day"] = 4
    page = html_report(made, ABOUT)
    assert "from 1 June 2026 to 7 June 2026" in words(page)
    assert '"x": ["2026-06-01", "2026-06-07"]' in page
    assert '"x": ["2026-06-01 09:00"]' in html_report(tally({Pair(DAY, DAY): 1}), ABOUT)


def test_without_a_comparison_there_are_the_decisions() -> None:
    """No matrix, and no flow."""
    made = tally({Pair(DAY, DAY): 3, Pair(CHAT, CHAT): 1}, compared=0, untimed=2)
    made.pairs.clear()
    page = html_report(made, ABOUT)
    assert "There was nothing to compare with." in words(page)
    assert "2 without a time" in words(page)
    assert "day 3 75.0 % chat 1 25.0 %" in words(page)
    assert "<caption>" not in page
    assert "flow: null" in page


def test_nothing_at_all_is_a_page_too() -> None:
    """Without a script that would draw nothing."""
    page = html_report(Tally(), ABOUT)
    assert "0 callbacks were decided again" in words(page)
    assert "<script>" not in page


def test_of_many_rules_those_that_changed_are_shown() -> None:
    """The others are summed; what stays is on the diagonal."""
    rules = [Choice(f"rule-{n}", "reply", "accept") for n in range(100)]
    pairs = {Pair(each, each): 100 - n for n, each in enumerate(rules)} | {Pair(rules[98], rules[99]): 5}
    page = html_report(tally(pairs), ABOUT)
    rows = re.findall(r'<tr><th scope="row">(.*?)</th>', page.partition("</table>")[0])
    assert rows[:3] == ["rule-98", "rule-99", "rule-0"]
    assert len(rows) == ACROSS + 1
    assert rows[-1] == OTHERS


def test_changed_callbacks_are_listed_with_the_reason() -> None:
    """As many as are held; the others are counted."""
    why = ("`size > 3` of day is false now",)
    one = Changed("a.jsonl", 7, MONDAY, "WT1", "WR1", Pair(DAY, CHAT), why)
    page = words(html_report(tally({Pair(DAY, CHAT): 3}, examples=[one]), ABOUT))
    assert "2026-06-01 09:00:00 a.jsonl:7 day (reply dequeue) chat (defer) `size &gt; 3`" in page
    assert "WR1 WT1" in page
    assert "And 2 more: --show says how many" in page


def test_bad_lines_are_named() -> None:
    """And counted."""
    bad = [Bad("a.jsonl", BadLine(3, "the JSON is broken"))]
    page = words(html_report(tally({Pair(DAY, DAY): 1}, bad=bad, bad_lines=2), ABOUT))
    assert "2 lines that could not be read" in page
    assert "a.jsonl:3: the JSON is broken" in page
    assert "And 1 more." in page


def test_whatever_a_name_holds_it_is_text() -> None:
    """Recorded decisions may name any rule."""
    evil = Choice("</script><script>alert(1)</script><img src=x onerror=alert(2)>", "reply", '"><b>')
    one = Changed("<i>", 1, MONDAY, "<u>", "<s>", Pair(evil, DAY), ("<em>",))
    page = html_report(tally({Pair(evil, DAY): 1, Pair(evil, evil): 1}, examples=[one]), ABOUT)
    drawn = page.partition("<script>")[0] + page.rpartition("<script>")[2]
    for tag in ("<script>alert", "</script><script>", "<img", '<b>"', "<i>", "<u>", "<s>", "<em>"):
        assert tag not in drawn.replace("</script>\n<script>", "")


def test_the_page_asks_for_nothing() -> None:
    """It forbids itself whatever goes over the network."""
    head = html_report(tally({Pair(DAY, NIGHT): 1}), ABOUT).partition("</head>")[0]
    assert "default-src 'none'" in head
    assert "http:" not in head
    assert "https:" not in head
