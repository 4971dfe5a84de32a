"""Decisions as they are saved."""

from app.engine.decide import decide
from app.engine.masking import secrets_of
from app.engine.record import record_of
from app.engine.ruleset import RuleSet
from tests.builders import CALL_SID, MONDAY_NOON, OFFLINE, callback, ruleset

RULES = f"""
vars: {{password: "${{PASSWORD}}"}}
rules:
  - name: vip
    task_type: support
    post:
      instruction: conference
      from: "{{{{ task.number }}}}"
      sip_auth_password: "{{{{ vars.password }}}}"
      conference_status_callback: https://example.com/?secret=tell-no-one
      conference_status_callback_event: [start, end]
    retry_for: 90s
    on_failure: {{instruction: reject, activity_sid: {OFFLINE}}}
  - name: chat
    task_type: chat
    defer: the agent takes it
default:
  reply: {{instruction: reject, activity_sid: {OFFLINE}}}
"""


def rules() -> RuleSet:
    return ruleset(RULES, {"PASSWORD": "tell-no-one"})


def record(task: dict[str, object], rejections: int = 0) -> dict[str, object]:
    made, call = rules(), callback({"call_sid": CALL_SID, **task}, {"contact_uri": "client:alice"})
    task_type = str(task["type"])
    return record_of(decide(made, call, MONDAY_NOON, rejections), task_type, rejections, secrets_of(made))


def test_all_of_a_post_is_saved_but_its_secrets() -> None:
    """A secret is masked wherever it stands; several events are a list, as JSON has it."""
    assert record({"type": "support", "number": "+14155550188"}) == {
        "rule": "vip",
        "mode": "post",
        "reason": "the first rule that matched",
        "instruction": {
            "instruction": "conference",
            "from": "+14155550188",
            "sip_auth_password": "***",
            "conference_status_callback": "https://example.com/?secret=***",
            "conference_status_callback_event": ["start", "end"],
        },
        "on_failure": {"instruction": "reject", "activity_sid": OFFLINE},
        "retry_for": 90.0,
        "problems": [],
        "task_type": "support",
        "rejections": 0,
        "rules_version": rules().version,
    }


def test_what_stood_against_a_rule_is_saved() -> None:
    """With the code that TaskRouter would have reported; what there is none of is null."""
    saved = record({"type": "support"})
    assert (saved["rule"], saved["mode"]) == ("default", "reply")
    assert (saved["on_failure"], saved["retry_for"]) == (None, None)
    problems = saved["problems"]
    assert isinstance(problems, list)
    assert [(each["rule"], each["check"], each["twilio_code"]) for each in problems] == [
        ("vip", "D001", 40138)
    ]
    assert record({"type": "chat"})["instruction"] is None


def test_rejections_are_saved() -> None:
    """Since they decide, from `max_rejections` on."""
    assert record({"type": "chat"}, 3)["rejections"] == 3
    assert record({"type": "chat"}, 20)["rule"] == "default"
