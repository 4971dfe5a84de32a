"""Between values and their rows."""

from typing import Any

from sqlalchemy import Row

from app.model import Attempt, Call, Callback, Delivery, Promise, Saved


def promise_columns(promise: Promise) -> dict[str, object]:
    """A promise, by column."""
    return {
        "reservation_sid": promise.call.reservation_sid,
        "workspace_sid": promise.call.workspace_sid,
        "task_sid": promise.call.task_sid,
        "instruction": promise.call.instruction,
        "on_failure": promise.on_failure,
        "rule": promise.rule,
        "rules_version": promise.rules_version,
        "telling": promise.telling,
        "arrived": promise.arrived,
        "deadline": promise.deadline,
        "expires": promise.expires,
    }


def delivery_of(row: Row[Any]) -> Delivery:
    """The delivery that a row of `tables.deliveries` holds."""
    return Delivery(
        id=row.id,
        promise=Promise(
            call=Call(row.workspace_sid, row.task_sid, row.reservation_sid, row.instruction),
            on_failure=row.on_failure,
            rule=row.rule,
            rules_version=row.rules_version,
            telling=row.telling,
            arrived=row.arrived,
            deadline=row.deadline,
            expires=row.expires,
        ),
        stage=row.stage,
        state=row.state,
        attempts=row.attempts,
        doubt=row.doubt,
        due=row.due,
        sent=row.sent,
        outcome=row.outcome,
        finished=row.finished,
        leased_by=row.leased_by,
        leased_until=row.leased_until,
    )


def attempt_columns(delivery_id: int, attempt: Attempt) -> dict[str, object]:
    """An attempt at a delivery, by column."""
    return {
        "delivery_id": delivery_id,
        "number": attempt.number,
        "stage": attempt.stage,
        "kind": attempt.kind,
        "began": attempt.began,
        "ended": attempt.ended,
        "outcome": attempt.outcome,
    }


def attempt_of(row: Row[Any]) -> Attempt:
    """The attempt that a row of `tables.attempts` holds."""
    return Attempt(row.number, row.stage, row.kind, row.began, row.ended, row.outcome)


def saved_columns(saved: Saved) -> dict[str, object]:
    """A callback with its decision (see `engine.record`), by column."""
    decision = saved.decision or {}
    callback = Callback(saved.params)
    return {
        "received_at": saved.received_at,
        "path": saved.path,
        "params": saved.params,
        "decision": decision,
        "task_sid": callback.task_sid,
        "reservation_sid": callback.reservation_sid,
        "worker_sid": callback.sid("WorkerSid"),
        "task_type": decision["task_type"],
        "rule": decision["rule"],
        "mode": decision["mode"],
    }


def saved_of(row: Row[Any]) -> Saved:
    """The callback that a row of `tables.callbacks` holds."""
    return Saved(row.id, row.params, row.received_at, row.path, row.decision)
