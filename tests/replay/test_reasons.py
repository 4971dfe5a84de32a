"""Why a callback is decided otherwise."""

from collections.abc import Mapping

import pytest

from app.engine.ruleset import RuleSet
from app.replay.again import again
from app.replay.comparing import OtherRules, Recorded
from app.replay.reasons import reasons
from tests.builders import ruleset
from tests.replay.lines import CLOCK, RULES, recorded, saved

GOLD = {"tier": "gold", "size": 5, "type": "support", "call_sid": "CA1"}


def since(old: str, new: str, task: Mapping[str, object] = GOLD) -> list[str]:
    """Why today's rules, which have `new` for `old`, decide otherwise than those others."""
    then, now = ruleset(RULES), ruleset(RULES.replace(old, new))
    return list(why(then, now, task, against_rules=True))


def why(then: RuleSet, now: RuleSet, task: Mapping[str, object], *, against_rules: bool) -> tuple[str, ...]:
    kept = recorded(saved(task), then)
    asked = again(kept, CLOCK, now.variables)
    return reasons(kept, asked, now, OtherRules(then, now) if against_rules else Recorded(now))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "task.size > 3",
            "task.size > 7",
            [
                "gold: task.size > 7 is new, and fails",
                "gold: task.size > 3 is gone, and held before",
                "others: not reached before, since gold comes first",
            ],
        ),
        ("name: gold", "name: gilt", ["gold: it is not in the rules now", "gilt: it is new"]),
        (
            'when: task.tier == "gold"',
            'task_type: [sales]\n        when: task.tier == "gold"',
            [
                "gold: it looks at tasks of type sales alone now",
                "others: not reached before, since gold comes first",
            ],
        ),
        ("timeout: 20", "timeout: 30", ["timeout: 20 before, 30 now"]),
        (
            'reply: {instruction: dequeue, from: "+18005550101", timeout: 20}',
            "post: {instruction: reject}\n        on_failure: {instruction: accept}",
            ['on_failure: null before, {"instruction": "accept"} now'],
        ),
        (", timeout: 20", "", ["timeout: 20 before, none now"]),
        ("dequeue, ", "dequeue, record: do-not-record, ", ['record: none before, "do-not-record" now']),
    ],
)
def test_with_both_rule_sets(old: str, new: str, said: list[str]) -> None:
    """The comparisons of the rule of then and of the rule of now, or the values that differ."""
    assert since(old, new) == said


def test_what_is_decided_now_and_was_not_before() -> None:
    """The comparison that failed is gone, or comes out otherwise by another value of vars."""
    silver = {**GOLD, "size": 2}
    assert since("task.size > 3", "task.size > 1", silver) == [
        "others: not reached now, since gold comes first",
        "gold: task.size > 1 is new, and holds",
        "gold: task.size > 3 is gone, and failed before",
    ]
    text = RULES.replace("task.size > 3", "task.size > vars.least")
    then, now = (ruleset(f"    vars: {{least: {n}}}\n{text.lstrip(chr(10))}") for n in (3, 1))
    assert "gold: task.size > vars.least holds now, and failed before" in why(
        then, now, silver, against_rules=True
    )


def test_with_a_record_alone() -> None:
    """Today's rules say what is now of the rule of then."""

    def said(old: str, new: str) -> tuple[str, ...]:
        return why(ruleset(RULES), ruleset(RULES.replace(old, new)), GOLD, against_rules=False)

    assert said("task.size > 3", "task.size > 7") == ("gold: task.size > 7 fails now",)
    assert said("name: gold", "name: gilt") == ("gold: it is not in the rules now",)
    assert said("timeout: 20", "timeout: 30") == ("timeout: 20 before, 30 now",)
    first = "rules:\n      - {name: first, reply: {instruction: accept}}"
    assert said("rules:", first) == ("gold: not reached now, since first comes first",)
    to = '{instruction: dequeue, to: "{{ task.to }}"'
    assert said("{instruction: dequeue", to) == (
        "problems: none before, gold `to`: {{ task.to }} is null now",
    )


def test_from_the_default_to_a_rule() -> None:
    """The default has no terms; the new one says what is new."""
    then = ruleset("default: {defer: nobody}\nrules: [{name: none, when: task.a == 1, defer: x}]")
    now = ruleset("default: {defer: nobody}\nrules: [{name: none, when: task.a == null, defer: x}]")
    assert why(then, now, {}, against_rules=True) == (
        "none: task.a == null is new, and holds",
        "none: task.a == 1 is gone, and failed before",
    )


def test_no_secret_is_told() -> None:
    """Neither a value nor a comparison holds one."""
    text = """
        vars: {password: "${PASSWORD}"}
        default: {defer: nobody}
        rules:
          - name: all
            when: task.word != "correct-horse"
            reply:
              instruction: conference
              from: "+18005550101"
              timeout: 20
              sip_auth_password: "{{ vars.password }}"
        """
    secret = {"PASSWORD": "correct-horse"}
    then = ruleset(text, secret)
    for old, new in (("timeout: 20", "timeout: 30"), ("!=", "==")):
        found = why(then, ruleset(text.replace(old, new), secret), {"call_sid": "CA1"}, against_rules=True)
        assert found
        assert "correct-horse" not in str(found)
