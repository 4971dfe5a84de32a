"""A decision as it is saved beside its callback, and compared with when the callback is decided again.

Under unchanged rules a callback that is decided again has the same record, byte for byte: it depends on
nothing but the rules and what is saved with the callback.
"""

from app.engine.masking import masked
from app.engine.wire import Form, rendered_object
from app.model import Decision, Instruction, Problem


def record_of(decision: Decision, task_type: str, rejections: int, secrets: frozenset[str]) -> Form:
    """The decision as an object of JSON. `secrets` are those of its rule set: `***` stands for each.

    Of an instruction it holds what the task's and the worker's attributes were filled into, so it is as
    personal as the callback. `retry_for` is in seconds.
    """
    retry_for = decision.retry_for
    return {
        "rule": decision.rule,
        "mode": decision.mode.value,
        "reason": decision.reason,
        "instruction": shown(decision.instruction, secrets),
        "on_failure": shown(decision.on_failure, secrets),
        "retry_for": retry_for.total_seconds() if retry_for else None,
        "problems": [_problem(each) for each in decision.problems],
        "task_type": task_type,
        "rejections": rejections,
        "rules_version": decision.rules_version,
    }


def shown(instruction: Instruction | None, secrets: frozenset[str]) -> Form | None:
    """The instruction as a record holds it."""
    return rendered_object(masked(instruction, secrets)) if instruction else None


def _problem(problem: Problem) -> Form:
    return {
        "rule": problem.rule,
        "check": str(problem.check),
        "message": problem.message,
        "twilio_code": problem.twilio_code,
    }
