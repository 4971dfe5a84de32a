"""Short ways to make what most tests need."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from textwrap import dedent

import orjson

from app.engine.loading import read_rules
from app.engine.ruleset import RuleSet
from app.engine.source import SourceFile
from app.model import Call, Callback, Instruction, Problem, Promise

MONDAY_NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)

ACCOUNT = "AC" + "0" * 31 + "1"
CALL_SID = "CA" + "0" * 31 + "1"
OFFLINE = "WA0123456789abcdef0123456789abcdef"

PARAMS: Mapping[str, str] = {
    "Timestamp": "2026-11-23T12:00:00Z",
    "AccountSid": ACCOUNT,
    "WorkspaceSid": "WS" + "0" * 31 + "1",
    "WorkflowSid": "WW" + "0" * 31 + "1",
    "TaskQueueSid": "WQ" + "0" * 31 + "1",
    "TaskSid": "WT" + "0" * 31 + "1",
    "TaskAge": "12",
    "TaskPriority": "5",
    "WorkerSid": "WK" + "0" * 31 + "1",
    "WorkerName": "Alice",
    "ReservationSid": "WR" + "0" * 31 + "1",
}


def parameters(task: object = None, worker: object = None, **more: str) -> dict[str, str]:
    """The parameters of a callback, as Twilio sends them."""
    attributes = {
        "TaskAttributes": orjson.dumps(task if task is not None else {}).decode(),
        "WorkerAttributes": orjson.dumps(worker if worker is not None else {}).decode(),
    }
    return {**PARAMS, **attributes, **more}


def callback(task: object = None, worker: object = None, **more: str) -> Callback:
    """A callback with these attributes, and `more` parameters by Twilio's name."""
    return Callback(parameters(task, worker, **more), task, worker)


def problems(text: str, environment: Mapping[str, str] | None = None) -> tuple[Problem, ...]:
    """What is wrong with one file of rules."""
    return read_rules([SourceFile("rules.yaml", dedent(text))], environment or {})[1]


def ruleset(text: str, environment: Mapping[str, str] | None = None) -> RuleSet:
    """The rule set of one file, which must be without error."""
    rules, found = read_rules([SourceFile("rules.yaml", dedent(text))], environment or {})
    assert rules is not None, found
    return rules


def promise(reservation: str = "WR1", **fields: object) -> Promise:
    """A promise that came on Monday at noon, with two minutes' time; `fields` replace its own."""
    call = Call("WS1", "WT1", reservation, Instruction("accept"))
    made = Promise(
        call=call,
        on_failure=None,
        rule="night",
        rules_version="9216a0408fa2",
        telling=None,
        arrived=MONDAY_NOON,
        deadline=MONDAY_NOON + timedelta(seconds=90),
        expires=MONDAY_NOON + timedelta(seconds=120),
    )
    return replace(made, **fields)  # type: ignore[arg-type]
