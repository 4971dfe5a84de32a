"""Saved callbacks as the tests of replays have them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from app.engine.masking import secrets_of
from app.engine.record import record_of
from app.engine.ruleset import RuleSet
from app.model import Saved
from app.replay.again import Clock, again
from app.replay.comparing import Recorded
from app.replay.running import Run
from app.replay.tally import EXAMPLES
from tests.builders import MONDAY_NOON, parameters

RULES = """
    default: {defer: nobody}
    rules:
      - name: gold
        when: task.tier == "gold" AND task.size > 3
        reply: {instruction: dequeue, from: "+18005550101", timeout: 20}
      - name: others
        task_type: [support, sales]
        reply: {instruction: accept}
    """
CLOCK = Clock(MONDAY_NOON)


def saved(
    task: object = None,
    *,
    at: datetime | None = MONDAY_NOON,
    line: int = 1,
    number: int = 1,
    decision: Mapping[str, object] | None = None,
    **params: str,
) -> Saved:
    """A callback as it was kept; its SIDs hold a `number`, and `params` are by Twilio's names."""
    sids = {"TaskSid": f"WT{number:032}", "ReservationSid": f"WR{number:032}"}
    given = parameters(task, {"contact_uri": "client:alice"}, **{**sids, **params})
    return Saved(line, given, at, "", decision)


def recorded(one: Saved, rules: RuleSet, **more: object) -> Saved:
    """The callback with the decision of some rules."""
    asked = again(one, CLOCK, rules.variables)
    record = record_of(asked.decided(rules), rules.task_type(asked.scope), 0, secrets_of(rules))
    return Saved(one.line, one.params, one.received_at, one.path, {**record, **more})


def written(one: Saved) -> bytes:
    """A line of a file."""
    kept: dict[str, Any] = {"params": one.params}
    if one.received_at:
        kept["received_at"] = one.received_at.isoformat()
    if one.decision is not None:
        kept["decision"] = one.decision
    return orjson.dumps(kept) + b"\n"


def run(rules: RuleSet, **more: Any) -> Run:
    """A run that compares with recorded decisions, unless `more` says otherwise."""
    given = {"against": Recorded(rules), "clock": CLOCK, "keep": EXAMPLES, **more}
    return Run(rules, **given)
