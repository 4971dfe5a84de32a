"""What replays came to, as tests invent it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.replay.replayed import Replayed
from app.replay.saved import BadLine
from app.replay.tally import Bad, Changed, Choice, Pair, Tally

MONDAY = datetime(2026, 6, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def choice(rule: str, instruction: str = "dequeue", mode: str = "reply") -> Choice:
    return Choice(rule, mode, instruction)


def count(
    tally: Tally,
    after: Choice,
    before: Choice | None = None,
    number: int = 1,
    *,
    at: datetime = MONDAY,
    changed: bool | None = None,
) -> None:
    """Adds so many callbacks of one hour. Without `changed` they are where the choices differ."""
    tally.callbacks += number
    tally.decided[after] += number
    tally.hours[at, after.rule] += number
    if before is None:
        return
    pair = Pair(before, after)
    tally.compared += number
    tally.pairs[pair] += number
    if changed or (changed is None and before != after):
        tally.changes[pair] += number


def example(before: Choice, after: Choice, *why: str, line: int = 1, source: str = "june.jsonl") -> Changed:
    sids = f"WT{line:032d}", f"WR{line:032d}"
    return Changed(source, line, MONDAY + 9 * DAY / 24, *sids, Pair(before, after), why)


def bad(line: int, message: str, source: str = "june.jsonl") -> Bad:
    return Bad(source, BadLine(line, message))


def replayed(tally: Tally, **more: Any) -> Replayed:
    """One that was made at noon of the tenth."""
    made = datetime(2026, 6, 10, 12, tzinfo=UTC)
    known = {"against": "live/rules", "rules_folder": "rules", "sources": ("june.jsonl",), "made": made}
    return Replayed(tally, "e8e84106949d", **{**known, **more})
