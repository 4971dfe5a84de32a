"""What a failing test says: reasons that are enough, and no secret."""

import pytest

from app.engine.cases import run
from app.engine.source import SourceFile
from tests.builders import CALL_SID

SECRET = "correct-horse"
CALL = f"call_sid: {CALL_SID}"
RULES = f"""\
vars: {{password: "${{PASSWORD:-{SECRET}}}", number: "${{NUMBER:-+18005550100}}"}}
default: {{reply: {{instruction: reject, activity_sid: WA0123456789abcdef0123456789abcdef}}}}
rules:
  - name: phone
    task_type: phone
    reply:
      instruction: conference
      from: "{{{{ vars.number }}}}"
      to: sip:desk@example.com
      sip_auth_username: "{{{{ task.pin }}}}"
      sip_auth_password: "{{{{ vars.password }}}}"
  - name: own
    task_type: own
    reply:
      instruction: conference
      from: "+18005550100"
      to: sip:desk@example.com
      room_name: "{{{{ task.pin }}}}"
      sip_auth_username: desk
      sip_auth_password: "{{{{ task.pin }}}}"
  - name: literal
    task_type: literal
    when: task.pin == "{SECRET}"
    defer: x
  - name: caller
    post: {{instruction: call, from: "+18005550100", to: "{{{{ task.to }}}}", url: "https://example.com/"}}
  - name: last
    when: task.wants == "last"
    defer: x
"""


def said(keys: str, environment: dict[str, str] | None = None) -> list[str]:
    """What the one test with these keys says."""
    test = SourceFile("a_test.yaml", f"tests:\n  - {{name: a, {keys}}}\n")
    (result,) = run([SourceFile("rules.yaml", RULES), test], environment or {}).results
    return list(result.lines)


@pytest.mark.parametrize(
    ("keys", "got"),
    [
        (f"task: {{type: phone, pin: u, {CALL}}}", "***"),
        ("task: {type: none}", "none"),
        ("rejections: 20", "none"),
    ],
)
def test_a_secret_that_is_wanted(keys: str, got: str) -> None:
    """Not even one that is wrong is shown, whichever instruction came instead."""
    lines = said(f"{keys}, expect: {{reply: {{sip_auth_password: battery}}}}")
    assert lines == [f"wanted sip_auth_password ***, got {got}"]


def test_a_secret_that_a_rule_compares_with() -> None:
    """The text of the comparison holds it, and so does the task."""
    lines = said(f"task: {{type: literal, pin: {SECRET}}}, expect: {{rule: last}}")
    assert "literal stands before it and matched" in lines[-1]
    assert SECRET not in str(lines)
    assert '"***" is true' in lines[-1]
    (unseen, *_) = [
        each.message
        for each in run([SourceFile("rules.yaml", RULES)], {}).coverage.unseen
        if "task.pin" in each.message
    ]
    assert unseen == 'task.pin == "***" is never true'


def test_a_secret_that_came_with_the_task() -> None:
    """What was rendered as a password is one wherever else it stands."""
    lines = said(f"task: {{type: own, pin: battery-staple, {CALL}}}, expect: {{reply: {{room_name: x}}}}")
    assert lines == ['wanted room_name "x", got ***']


def test_an_earlier_rule_that_could_not_be_carried_out() -> None:
    """That it came first is said beside what it lacked."""
    lines = said("task: {type: t, wants: last}, expect: {rule: last}")
    assert lines[0] == "wanted rule last, got default"
    assert lines[1].startswith("  caller: ")
    assert lines[2:] == ["  caller stands before it and matched"]


def test_an_environment_that_breaks_the_rules_says_the_way_out() -> None:
    """Place, what is wrong, and what to mend."""
    (line,) = said("env: {NUMBER: 5}, expect: {rule: default}")
    assert line == (
        "with its `env` the rules hold an error: rules.yaml:8:13 `from` must be a phone number in E.164: "
        "+ and 2 to 15 digits; mend the var that {{ vars.number }} takes it from"
    )


def test_values_of_any_kind_can_be_wanted() -> None:
    """They differ, and are shown as they are written."""
    for value, shown in (("[1, {a: null}]", '[1, {"a": null}]'), ("{a: b}", '{"a": "b"}'), ("5", "5")):
        (line,) = said(f"task: {{type: phone, pin: u, {CALL}}}, expect: {{reply: {{from: {value}}}}}")
        assert line == f'wanted from {shown}, got "+18005550100"'
