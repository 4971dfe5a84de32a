"""What a saved callback was really decided from."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias, cast

from app.engine.timestamp import read_time
from app.model import Saved

Params: TypeAlias = Mapping[str, str | list[str]]


@dataclass(frozen=True, slots=True)
class Given:
    """The parameters, the time, and how often the task had been rejected."""

    params: Params
    at: datetime
    rejections: int


def given_of(saved: Saved) -> Given | None:
    """What decided, None where nothing says when. A repeated callback has the decision of the first."""
    decision = saved.decision or {}
    params = decision.get("decided_from")
    decided_at = decision.get("decided_at")
    at = (read_time(decided_at) if isinstance(decided_at, str) else None) or saved.received_at
    rejections = decision.get("rejections")
    if at is None:
        return None
    return Given(
        cast(Params, params) if isinstance(params, Mapping) else saved.params,
        at,
        rejections if isinstance(rejections, int) else 0,
    )
