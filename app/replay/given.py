"""What a saved callback was really decided from: of one that was repeated, what decided the first."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from app.engine.timestamp import read_time
from app.errors import Unreadable
from app.model import Saved

Params: TypeAlias = Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Given:
    """The parameters, the time, and how often the task had been rejected."""

    params: Params
    at: datetime
    rejections: int


def given_of(saved: Saved) -> Given | None:
    """What decided, None where nothing says when. Raises Unreadable for what is odd."""
    at = decided_at(saved)
    return Given(decided_from(saved), at, rejections_of(saved)) if at else None


def rejections_of(saved: Saved) -> int:
    """How often the task had been rejected by us; 0 where the decision does not say."""
    rejections = saved.decision.get("rejections") if saved.decision else None
    return rejections if isinstance(rejections, int) and rejections > 0 else 0


def decided_from(saved: Saved) -> Params:
    """The parameters. Raises Unreadable for what is odd."""
    first = saved.decision.get("decided_from") if saved.decision else None
    if first is None:
        return saved.params
    if not isinstance(first, dict) or not all(isinstance(text, str | list) for text in first.values()):
        raise Unreadable("`decision.decided_from` is no object of parameters: leave it out")
    return first


def decided_at(saved: Saved) -> datetime | None:
    """The time, None where nothing says it. Raises Unreadable for what is odd."""
    written = saved.decision.get("decided_at") if saved.decision else None
    if written is None:
        return saved.received_at
    at = read_time(written) if isinstance(written, str) else None
    if at is None:
        raise Unreadable("`decision.decided_at` is no time: write one such as 2026-11-23T17:30:00Z")
    return at
