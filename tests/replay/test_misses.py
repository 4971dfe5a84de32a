"""Why callbacks got the default."""

from collections import Counter

from app.engine.ruleset import RuleSet
from app.model import Saved
from app.replay.given import Given, given_of
from app.replay.misses import misses
from tests.builders import CALL_SID, MONDAY_NOON, OFFLINE, parameters, ruleset

RULES = f"""
vars: {{tier: hunter2secret}}
max_rejections: 3
default: {{reply: {{instruction: reject, activity_sid: {OFFLINE}}}}}
rules:
  - name: vip
    task_type: support
    when: customer_value == "Gold" AND worker.skills HAS "vip" AND tier == vars.tier
    reply: {{instruction: accept}}
  - name: night
    task_type: support
    when: taskrouter.currentHour > 22
    reply: {{instruction: accept}}
  - name: bridged
    task_type: [sales, orders]
    reply: {{instruction: dequeue}}
"""


def rules() -> RuleSet:
    return ruleset(RULES)


def saved(task: object, **decision: object) -> Saved:
    return Saved(1, parameters(task, {"skills": ["vip"]}), MONDAY_NOON, "", {"rule": "default", **decision})


def test_the_rule_that_lacked_least_is_counted() -> None:
    """With what it lacked; of several that lacked as little it is the one of which most held."""
    gold = {"type": "support", "customer_value": "Gold"}
    found = misses(rules(), [saved(gold), saved(gold), saved({"type": "support"}), saved({"type": "fax"})])
    assert found.looked_at == 4
    assert found.nearest == {"vip": 2, "night": 1, "bridged": 1}
    assert found.lacking["vip"] == Counter({"task.tier == vars.tier": 2})
    assert found.lacking["night"] == Counter({"taskrouter.currentHour > 22": 1})
    assert found.lacking["bridged"] == Counter({"task type sales or orders": 1})


def test_other_reasons_are_counted_apart() -> None:
    """A rule that could not be carried out, one that decides today, a task that was rejected too often."""
    sales = {"type": "sales", "call_sid": CALL_SID}
    callable_worker = parameters(sales, {"contact_uri": "client:alice"})
    found = misses(
        rules(),
        [saved(sales), Saved(1, callable_worker, MONDAY_NOON), saved({"type": "support"}, rejections=3)],
    )
    assert (found.failed, found.decided, found.given_up) == ({"bridged": 1}, 1, 1)
    assert found.nearest == {}
    assert found.looked_at == 3


def test_what_is_no_callback_is_not_looked_at() -> None:
    """Nor one without a time."""
    assert misses(rules(), [Saved(1, {}, MONDAY_NOON), Saved(1, parameters())]).looked_at == 0


def test_a_repeated_callback_was_decided_from_the_first() -> None:
    """From its parameters, at its time; what is written wrongly is not looked at."""
    first = parameters({"type": "sales"})
    again = saved({}, decided_from=first, decided_at="2026-11-23T09:00:00Z", rejections=2)
    assert given_of(again) == Given(first, MONDAY_NOON.replace(hour=9), 2)
    odd = saved({}, decided_from="x", decided_at="x", rejections="x")
    assert misses(rules(), [odd]).looked_at == 0
