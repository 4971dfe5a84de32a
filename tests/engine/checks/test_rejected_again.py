"""R055: rejections over REST that leave the worker available."""

import pytest

from app.engine.catalogue import Check
from tests.builders import problems

RULES = "default: {DEFAULT}\nrules: [{name: only, task_type: a, RULE}]\n"
REJECT = "{instruction: reject}"


def found(rule: str, default: str = "defer: later") -> list[tuple[str, str | None, int]]:
    text = RULES.replace("RULE", rule).replace("DEFAULT", default)
    return [(each.check, each.rule, each.location.column if each.location else 0) for each in problems(text)]


def test_a_post_that_rejects() -> None:
    """The place is that of the word reject."""
    assert found(f"post: {REJECT}") == [(Check.REJECTED_AGAIN, "only", 56)]


def test_an_on_failure_that_rejects() -> None:
    """What is posted after a failure is posted all the same."""
    assert found(f"post: {{instruction: accept}}, on_failure: {REJECT}") == [
        (Check.REJECTED_AGAIN, "only", 91)
    ]


def test_the_default_after_a_failure() -> None:
    """That it posts a rejection at once is told as a default that can fail."""
    after = f"post: {{instruction: accept}}, on_failure: {REJECT}"
    assert found("defer: x", after) == [(Check.REJECTED_AGAIN, "default", 66)]
    [told] = found("defer: x", f"post: {REJECT}")
    assert told[0] == Check.DEFAULT_CAN_FAIL


@pytest.mark.parametrize(
    "activity", ["WA0123456789abcdef0123456789abcdef", '"{{ task.activity_sid }}"', '"{{ worker.activity }}"']
)
def test_a_worker_who_moves_to_an_activity(activity: str) -> None:
    """Any activity will do, also one of the call."""
    assert found(f"post: {{instruction: reject, activity_sid: {activity}}}") == []
