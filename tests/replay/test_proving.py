"""Redacted callbacks: what is left in them, and that they are decided as the original was."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.callback import read_callback
from app.engine.decide import decide
from app.engine.masking import secrets_of
from app.engine.record import record_of
from app.engine.ruleset import RuleSet
from app.engine.scope import scope_of
from app.model import Saved
from app.replay.lines import saved_object
from app.replay.proving import LeftOut, Proved, Redactor, Sums
from tests.builders import CALL_SID, MONDAY_NOON, OFFLINE, PARAMS, parameters, ruleset

DEFAULT = f"default: {{reply: {{instruction: reject, activity_sid: {OFFLINE}}}}}\n"
RULES = f"""
vars: {{password: "${{PASSWORD}}"}}
allowed_numbers: ["+1415", "sip:pbx.example.org"]
{DEFAULT}
rules:
  - name: gold
    task_type: support
    when: customer.value == "Gold" AND worker.skills HAS "vip" AND callback.TaskAge < 100
    post:
      instruction: conference
      from: "{{{{ task.number }}}}"
      conference_status_callback: "https://example.com/{{{{ task.crm.id | urlencode }}}}?w={{{{ worker.friendly_name | urlencode }}}}"
      sip_auth_password: "{{{{ vars.password }}}}"
    on_failure: {{instruction: redirect, call_sid: "{{{{ task.call_sid }}}}", url: "{{{{ task.url }}}}"}}
  - name: dialled
    task_type: callback
    reply: {{instruction: call, to: "{{{{ task.to }}}}", from: "+18005550100", url: https://example.com/}}
  - name: greeted
    task_type: greeting
    reply:
      instruction: redirect
      call_sid: "{{{{ task.call_sid }}}}"
      url: "https://example.com/?name={{{{ task.name | default('nobody') | urlencode }}}}&id={{{{ reservation.sid }}}}"
  - name: shouted
    task_type: shout
    reply:
      instruction: redirect
      call_sid: "{{{{ task.call_sid }}}}"
      url: "https://example.com/?name={{{{ task.name | upper }}}}"
  - name: returned
    task_type: return
    reply:
      instruction: call
      to: "{{{{ task.to | replace(' ', '') }}}}"
      from: "+18005550100"
      url: https://example.com/
      timeout: "{{{{ task.seconds }}}}"
  - name: bridged
    task_type: bridge
    reply: {{instruction: dequeue}}
"""  # noqa: E501

GOLD = {
    "type": "support",
    "customer": {"value": "Gold", "name": "Zoe Quartz"},
    "number": "+447700900123",
    "crm": {"id": "zoe quartz/7", "visits": [{"+447700900123": "zoe@quartz.example"}, 1234567, True, None]},
    "call_sid": CALL_SID,
    "url": "https://quartz.example/zoe",
}
WORKER = {"contact_uri": "client:walter", "skills": ["vip", "en"], "home": "+447700900123"}


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return ruleset(RULES, {"PASSWORD": "tell-no-one"})


def saved(rules: RuleSet, task: object, worker: object = WORKER, rejections: int = 0, **more: str) -> Saved:
    """A callback with the decision that these rules took."""
    params = {**parameters(task, worker, WorkerName="Walter Wolfram"), **more}
    callback = read_callback(params)
    decision = decide(rules, callback, MONDAY_NOON, rejections)
    task_type = rules.task_type(scope_of(callback, rules.variables, MONDAY_NOON))
    record = record_of(decision, task_type, rejections, secrets_of(rules))
    return Saved(3, params, MONDAY_NOON, "/assignment", record)


def proved(rules: RuleSet, one: Saved) -> Proved:
    item = Redactor(rules).redact(one)
    assert isinstance(item, Proved), item
    return item


def attributes(one: Saved) -> Any:
    return json.loads(str(one.params["TaskAttributes"]))


def test_what_conditions_read_stays_and_all_else_is_replaced(rules: RuleSet) -> None:
    """The same value by the same token, at any depth; structure, booleans, null and times stay."""
    item = proved(rules, saved(rules, GOLD))
    task, params = attributes(item.saved), item.saved.params
    worker = json.loads(str(params["WorkerAttributes"]))
    assert task["type"] == "support"
    assert task["customer"]["value"] == "Gold"
    assert task["customer"]["name"] != "Zoe Quartz"
    [visits, number, *rest] = task["crm"]["visits"]
    assert rest == [True, None]
    assert isinstance(number, int)
    assert number != 1234567
    assert list(visits) == [task["number"]] == [worker["home"]]
    assert worker["skills"] == ["vip", "en"]
    assert worker["contact_uri"].startswith("client:x")
    assert params["TaskAge"] == PARAMS["TaskAge"]
    assert params["TaskPriority"] == PARAMS["TaskPriority"]
    assert params["Timestamp"] == PARAMS["Timestamp"]
    for name in ("AccountSid", "TaskSid", "WorkerSid", "ReservationSid", "WorkerName"):
        assert params[name] != saved(rules, GOLD).params[name]
        assert str(params[name])[:2] == PARAMS[name][:2] or name == "WorkerName"
    assert (item.saved.received_at, item.saved.path) == (MONDAY_NOON, "/assignment")


def test_the_decision_holds_the_tokens(rules: RuleSet) -> None:
    """Of the instruction and of that for a failure; a secret is masked as ever."""
    item = proved(rules, saved(rules, GOLD))
    assert item.agrees
    assert item.kept == frozenset()
    decision: Any = item.saved.decision
    task = attributes(item.saved)
    assert (decision["rule"], decision["mode"], decision["problems"]) == ("gold", "post", [])
    assert decision["instruction"]["from"] == task["number"]
    assert task["crm"]["id"] in decision["instruction"]["conference_status_callback"]
    assert str(item.saved.params["WorkerName"]) in decision["instruction"]["conference_status_callback"]
    assert decision["on_failure"]["url"] == task["url"]
    assert decision["instruction"]["sip_auth_password"] == "***"


def test_a_redacted_callback_is_decided_as_its_record_says(rules: RuleSet) -> None:
    """That is what a replay of the export finds."""
    item = proved(rules, saved(rules, GOLD))
    again = decide(rules, read_callback(item.saved.params), MONDAY_NOON)
    assert item.saved.decision == record_of(again, "support", 0, secrets_of(rules))


@pytest.mark.parametrize(
    ("to", "rule"),
    [
        ("+14155550123", "dialled"),
        ("sip:zoe@pbx.example.org", "dialled"),
        ("client:zoe", "dialled"),
        ("+447700900123", "default"),
        ("sip:zoe@elsewhere.example", "default"),
        ("sip:zoe@pbx.example.org?x=y", "default"),
        ("no number at all", "default"),
    ],
)
def test_what_may_be_called_may_still_be_called(rules: RuleSet, to: str, rule: str) -> None:
    """And what may not, may not: by a token of the same kind."""
    item = proved(rules, saved(rules, {"type": "callback", "to": to, "outbound_to": "x"}))
    assert (item.saved.decision or {})["rule"] == rule
    assert attributes(item.saved)["to"] != to


def test_a_value_that_filters_leave_whole_is_replaced(rules: RuleSet) -> None:
    """`default` and `urlencode` do; and what is missing stays so."""
    task = {"type": "greeting", "name": "Zoe Quartz", "call_sid": CALL_SID}
    item = proved(rules, saved(rules, task))
    decision: Any = item.saved.decision
    name, sid = attributes(item.saved)["name"], item.saved.params["ReservationSid"]
    assert decision["instruction"]["url"] == f"https://example.com/?name={name}&id={sid}"
    missing: Any = proved(rules, saved(rules, {"type": "greeting", "call_sid": CALL_SID})).saved.decision
    assert "name=nobody&" in missing["instruction"]["url"]


def test_what_a_template_transforms_is_kept(rules: RuleSet) -> None:
    """Then the decision is equal, letter for letter; what else the task holds is replaced."""
    one = saved(rules, {"type": "shout", "name": "Zoe", "call_sid": CALL_SID, "more": "secret of Zoe"})
    item = proved(rules, one)
    assert item.kept == {("task", "name"), ("task", "call_sid")}
    assert item.saved.decision == one.decision
    assert attributes(item.saved)["more"] != "secret of Zoe"


def test_what_was_decided_otherwise_before_gets_the_decision_of_today(rules: RuleSet) -> None:
    """And is counted; another version of the rules alone is no difference."""
    one = saved(rules, GOLD)
    assert one.decision
    older = one._replace(decision={**one.decision, "rules_version": "old"})
    assert proved(rules, older).agrees
    other = one._replace(decision={**one.decision, "rule": "silver"})
    item = proved(rules, other)
    assert not item.agrees
    assert (item.saved.decision or {})["rule"] == "gold"
    assert proved(rules, one._replace(decision=None)).agrees


def test_a_repeated_callback_keeps_what_it_was_decided_from(rules: RuleSet) -> None:
    """Its first parameters, redacted as well, and their time."""
    first = saved(rules, GOLD)
    assert first.decision
    again = {
        **first.decision,
        "answered": "inline",
        "decided_at": "2026-11-23T12:00:00Z",
        "decided_from": first.params,
    }
    later = MONDAY_NOON + timedelta(hours=9)
    repeated = Saved(4, parameters({"type": "fax", "name": "Zoe"}), later, "/assignment/fallback", again)
    item = proved(rules, repeated)
    decision: Any = item.saved.decision
    assert (decision["rule"], decision["answered"]) == ("gold", "inline")
    assert decision["decided_at"] == "2026-11-23T12:00:00Z"
    assert decision["decided_from"].keys() == first.params.keys()
    assert "Zoe" not in json.dumps(saved_object(item.saved))
    assert item.agrees


def test_rejections_are_remembered(rules: RuleSet) -> None:
    """A task that was rejected too often got the default."""
    item = proved(rules, saved(rules, GOLD, rejections=20))
    assert (item.saved.decision or {})["rejections"] == 20
    assert (item.saved.decision or {})["rule"] == "default"


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    ("params", "at", "reason"),
    [
        ({"TaskAttributes": nested(1_000)}, MONDAY_NOON, "its attributes nest too deep"),
        ({"TaskSid": ""}, MONDAY_NOON, "the parameter TaskSid is missing: this is no assignment callback"),
        ({}, None, "it says no time at which it came"),
    ],
)
def test_what_cannot_be_redacted_is_left_out(
    rules: RuleSet, params: dict[str, str], at: Any, reason: str
) -> None:
    """Named by its reservation, with a reason in which nothing is personal."""
    one = Saved(3, {**parameters(GOLD, WORKER), **params}, at)
    assert Redactor(rules).redact(one) == LeftOut(PARAMS["ReservationSid"], reason)


def test_what_would_be_decided_otherwise_is_left_out(rules: RuleSet) -> None:
    """A number that may be called since it is the worker's own, as a filter finds: no template reads that."""
    task = {"type": "return", "to": "+1415 2345 6789", "seconds": 30}
    assert proved(rules, saved(rules, task)).kept == {("task", "to"), ("task", "seconds")}
    own = saved(rules, {**task, "to": "+331 2345 6789"}, {"contact_uri": "+33123456789"})
    assert (own.decision or {})["rule"] == "returned"
    reason = "without its personal values it would be decided otherwise"
    assert Redactor(rules).redact(own) == LeftOut(PARAMS["ReservationSid"], reason)


def test_attributes_that_are_no_json(rules: RuleSet) -> None:
    """Become a token that is none either; nothing stays nothing."""
    for text in ("Zoe Quartz called", "null", "", "12345678901 or so"):
        one = saved(rules, {}, TaskAttributes=text)
        said = str(proved(rules, one).saved.params["TaskAttributes"])
        assert said == text if text in ("null", "") else said.startswith("x")


def test_sums_say_what_an_export_came_to(rules: RuleSet) -> None:
    """Proved, left out, decided otherwise than recorded, and kept for templates."""
    sums = Sums()
    one = saved(rules, {"type": "shout", "name": "Zoe", "call_sid": CALL_SID})
    for each in (one, one._replace(decision={"rule": "old"}), one._replace(received_at=None)):
        sums.add(Redactor(rules).redact(each))
    assert (sums.proved, sums.left_out, sums.rewritten) == (2, 1, 1)
    assert sums.kept[("task", "name")] == 2


# --- Whatever the attributes hold

PERSONAL = (
    st.from_regex(r"\+[2-9][0-9]{9,13}", fullmatch=True)
    | st.from_regex(r"[A-Z][a-z]{6,9} [A-Z][a-z]{6,9}", fullmatch=True)
    | st.from_regex(r"(client:|sip:b@)[a-z]{8,12}", fullmatch=True)
    | st.from_regex(r"[a-z]{8,12}@[a-z]{5,9}\.org", fullmatch=True)
    | st.from_regex(r"https://[a-z]{8,12}\.net/[a-z]{6}", fullmatch=True)
    | st.from_regex(r"CA[0-9a-f]{32}", fullmatch=True)
    | st.from_regex(r"[0-9]{9,12}", fullmatch=True)
)
NUMBERS = st.integers(10**9, 10**15)
VALUES = st.recursive(
    PERSONAL | NUMBERS | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abcd"), inner, max_size=3),
    max_leaves=8,
)
CUSTOMERS = st.fixed_dictionaries({"value": st.sampled_from(["Gold", "Lead"])}, optional={"x": VALUES})
TASKS = st.fixed_dictionaries(
    {"type": st.sampled_from(["support", "callback", "greeting", "bridge", "fax"])},
    optional={
        "customer": CUSTOMERS,
        "number": PERSONAL,
        "to": PERSONAL,
        "name": PERSONAL | NUMBERS,
        "crm": st.fixed_dictionaries({}, optional={"id": PERSONAL | NUMBERS, "x": VALUES}),
        "call_sid": st.just(CALL_SID) | PERSONAL,
        "url": PERSONAL,
        "more": VALUES,
    },
)
WORKERS = st.fixed_dictionaries(
    {}, optional={"contact_uri": PERSONAL, "skills": st.just(["vip"]), "friendly_name": PERSONAL, "x": VALUES}
)


def personal(value: object) -> Iterator[str]:
    """Every text and number of a document but for what the conditions read."""
    match value:
        case bool() | None:
            return
        case dict():
            for key, item in value.items():
                if key not in ("type", "value", "skills"):
                    yield from personal(item)
        case list():
            for item in value:
                yield from personal(item)
        case _:
            yield str(value)


@settings(max_examples=300, deadline=None)
@given(task=TASKS, worker=WORKERS)
def test_nothing_personal_survives_and_the_decision_is_the_same(
    rules: RuleSet, task: dict[str, object], worker: dict[str, object]
) -> None:
    """No text or number of the original stands anywhere in the line, and a replay agrees."""
    one = saved(rules, task, worker)
    item = proved(rules, one)
    assert item.kept == frozenset()
    line = orjson.dumps(saved_object(item.saved)).decode()
    assert [text for text in (*personal(task), *personal(worker), "Walter") if text in line] == []
    before, after = one.decision or {}, item.saved.decision or {}
    for name in ("rule", "mode", "problems", "reason", "task_type"):
        assert before[name] == after[name]
    again = decide(rules, read_callback(item.saved.params), MONDAY_NOON)
    assert after == record_of(again, str(after["task_type"]), 0, secrets_of(rules))


def test_of_what_is_only_asked_whether_it_is_there_nothing_is_kept() -> None:
    """A token is there as well; what is compared with more than null stays."""
    asking = ruleset("""
        default: {defer: nobody}
        rules:
          - name: known
            when: customer_id != null AND (level == null OR level > 3)
            defer: somebody knows the caller
        """)
    one = saved(asking, {"customer_id": "Zoe", "level": 7})
    item = Redactor(asking).redact(one)
    assert isinstance(item, Proved)
    task = json.loads(str(item.saved.params["TaskAttributes"]))
    assert task["customer_id"] != "Zoe"
    assert task["level"] == 7
    assert (item.saved.decision or {})["rule"] == "known"
