"""What was decided before, and whether it is decided otherwise now."""

from collections.abc import Mapping

import pytest

from app.engine.ruleset import RuleSet
from app.model import Saved
from app.replay.again import again
from app.replay.comparing import Against, Before, OtherRules, Recorded, differing
from app.replay.tally import Choice
from tests.builders import ruleset
from tests.replay.lines import CLOCK, RULES, recorded, saved

GOLD = {"tier": "gold", "size": 5, "type": "support", "call_sid": "CA1"}
DECISION: Mapping[str, object] = {
    "rule": "gold",
    "mode": "reply",
    "instruction": {"instruction": "dequeue", "from": "+18005550101", "timeout": 20},
    "on_failure": None,
    "retry_for": None,
    "problems": [],
}
POSTING = """
    default: {defer: nobody}
    rules:
      - name: posting
        when: task.n == 1
        post: {instruction: redirect, call_sid: "CA0123456789abcdef0123456789abcdef", url: "https://a.example"}
        retry_for: 60s
        on_failure: {instruction: reject, activity_sid: WA0123456789abcdef0123456789abcdef}
      - {name: lacking, when: task.n == 2, reply: {instruction: dequeue, to: "{{ task.to }}"}}
    """


def before(against: Against, kept: Saved, rules: RuleSet) -> Before | None:
    asked = again(kept, CLOCK, rules.variables)
    return against.before(kept, asked, asked.decided(rules))


def of_record(decision: Mapping[str, object] | None, text: str = RULES, task: object = GOLD) -> Before | None:
    rules = ruleset(text)
    return before(Recorded(rules), saved(task, decision=decision), rules)


def test_the_same_decision() -> None:
    """What is not compared may be anything."""
    same = {**DECISION, "reason": "x", "rules_version": "x", "task_type": "x", "rejections": 0}
    assert of_record(same) == Before(Choice("gold", "reply", "dequeue"), False)


@pytest.mark.parametrize(
    "other",
    [
        {"rule": "silver"},
        {"mode": "post"},
        {"instruction": {"instruction": "dequeue", "from": "+18005550101", "timeout": 30}},
        {"instruction": {"instruction": "accept"}},
        {"instruction": None},
        {"on_failure": {"instruction": "accept"}},
        {"retry_for": 60},
        {"problems": [{"check": "R1", "rule": "gold"}]},
    ],
)
def test_another_decision(other: Mapping[str, object]) -> None:
    """Each of these makes a change."""
    found = of_record({**DECISION, **other})
    assert found
    assert found.is_changed


@pytest.mark.parametrize("name", ["instruction", "on_failure", "retry_for", "problems"])
def test_what_was_not_saved_is_not_compared(name: str) -> None:
    """An older decision, or one written by hand, may hold less."""
    held = {key: value for key, value in DECISION.items() if key != name}
    assert of_record(held) == Before(Choice("gold", "reply", "dequeue"), False)


@pytest.mark.parametrize(
    "decision", [None, {}, {"rule": "gold"}, {"mode": "reply"}, {"rule": 5, "mode": "reply"}]
)
def test_no_decision(decision: Mapping[str, object] | None) -> None:
    """Without a rule and a mode there is nothing to compare with."""
    assert of_record(decision) is None


def test_an_instruction_that_was_not_saved() -> None:
    """Of another rule nothing says which it was."""
    assert of_record({"rule": "x", "mode": "reply"}) == Before(Choice("x", "reply", ""), True)


@pytest.mark.parametrize("n", [0, 1, 2])
def test_a_record_of_the_same_rules(n: int) -> None:
    """Nothing has changed, whatever a decision holds: a post with all its keys, or problems."""
    rules = ruleset(POSTING)
    kept = recorded(saved({"n": n}), rules)
    found = before(Recorded(rules), kept, rules)
    assert found
    assert not found.is_changed
    assert (kept.decision or {})["rule"] == ["default", "posting", "default"][n]
    changed = Saved(1, kept.params, kept.received_at, "", {**(kept.decision or {}), "retry_for": 7.0})
    again_found = before(Recorded(rules), changed, rules)
    assert again_found
    assert again_found.is_changed


def test_problems_are_compared_by_check_and_rule() -> None:
    """Their sentences may be put otherwise; what is no problem is passed over."""
    rules = ruleset(POSTING)
    kept = recorded(saved({"n": 2}), rules)
    decision = dict(kept.decision or {})
    problem = {"rule": "lacking", "check": "D001"}
    assert "problems" in decision
    for problems, changed in (
        ([{**problem, "message": "x"}, "odd"], False),
        ([{**problem, "check": "x"}], True),
        ("odd", True),
    ):
        found = before(Recorded(rules), saved({"n": 2}, decision={**decision, "problems": problems}), rules)
        assert found
        assert found.is_changed is changed


def test_secrets_are_compared_masked() -> None:
    """A record has none; another password alone is no change, and neither is it against other rules."""
    text = """
        vars: {password: "${PASSWORD}"}
        default: {defer: nobody}
        rules:
          - name: all
            reply:
              instruction: conference
              from: "+18005550101"
              sip_auth_password: "{{ vars.password }}"
        """
    one, other = (ruleset(text, {"PASSWORD": secret}) for secret in ("correct-horse", "battery-staple"))
    kept = recorded(saved({"call_sid": "CA1"}), one)
    assert "correct-horse" not in str(kept.decision)
    for against in (Recorded(other), OtherRules(one, other)):
        found = before(against, kept, other)
        assert found == Before(Choice("all", "reply", "conference"), False)


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("timeout: 20", "timeout: 20", False),
        ("timeout: 20", "timeout: 30", True),
        ("name: gold", "name: gilt", True),
        ("reply: {instruction: dequeue", "post: {instruction: dequeue", True),
        ("size > 3", "size > 2", False),
    ],
)
def test_against_other_rules(old: str, new: str, changed: bool) -> None:
    """The same call, decided by both."""
    now = ruleset(RULES)
    others = ruleset(RULES.replace(old, new))
    found = before(OtherRules(others, now), saved(GOLD), now)
    assert found
    assert found.is_changed is changed
    assert found.choice.rule == ("gilt" if "gilt" in new else "gold")


@pytest.mark.parametrize(
    ("old", "new"), [("60s", "70s"), ("reject, activity_sid: WA0123456789abcdef0123456789abcdef", "accept")]
)
def test_what_belongs_to_a_post(old: str, new: str) -> None:
    """How long it is tried, and what follows when it fails."""
    now = ruleset(POSTING)
    found = before(OtherRules(ruleset(POSTING.replace(old, new)), now), saved({"n": 1}), now)
    assert found
    assert found.is_changed


def test_what_differs() -> None:
    """The names, of what the former record holds."""
    now = {**DECISION, "rule": "x", "problems": [{"check": "a", "rule": "b"}]}
    assert list(differing(DECISION, now)) == ["rule", "problems"]
    assert list(differing({"rule": "x"}, now)) == []
