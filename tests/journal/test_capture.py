"""Every callback that is answered is saved, in a form from which it can be decided again."""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from app.engine.masking import secrets_of
from app.engine.record import record_of
from app.engine.ruleset import RuleSet
from app.model import Mode, Saved
from app.replay.again import Clock, again
from app.rulebook import Rulebook, Standing
from app.service import Desk
from app.storage import Callbacks, Sought
from tests.builders import CALL_SID, MONDAY_NOON, OFFLINE, parameters, ruleset
from tests.delivery.rig import Process, process
from tests.waiting import until

RULES = f"""
vars: {{password: "${{PASSWORD}}", opens: 9}}
allowed_numbers: ["+1"]
max_rejections: 3
rules:
  - name: morning
    task_type: [support, odd]
    when: taskrouter.currentHour < 13
    reply: {{instruction: dequeue, from: "+18005550100"}}
  - name: vip
    task_type: support
    when: worker.skills HAS "vip"
    post:
      instruction: conference
      from: "{{{{ task.from }}}}"
      sip_auth_password: "{{{{ vars.password }}}}"
      conference_status_callback_event: [start, end]
    retry_for: 90s
    on_failure: {{instruction: reject, activity_sid: {OFFLINE}}}
  - name: moved
    task_type: move
    post:
      instruction: redirect
      call_sid: "{{{{ task.call_sid }}}}"
      url: "https://example.com/?n={{{{ task.name | urlencode }}}}"
  - name: chat
    task_type: chat
    defer: the agent takes it
  - name: dialled
    task_type: dial
    reply: {{instruction: call, from: "+18005550100", to: "{{{{ task.to }}}}", url: https://example.com}}
default:
  reply: {{instruction: reject, activity_sid: {OFFLINE}}}
"""
NEVER = datetime(1999, 1, 1, tzinfo=UTC)
ODD = "später \0 ☎ \U0001f4de \\u0000 \\ \" ' \n \x7f"


def decided_again(saved: Saved, rules: RuleSet) -> bytes:
    """The record of the saved callback's decision under these rules, from nothing but what was saved."""
    asked = again(saved, Clock(NEVER), rules.variables)
    task_type = rules.task_type(asked.scope)
    record = record_of(asked.decided(rules), task_type, asked.rejections, secrets_of(rules))
    kept = saved.decision or {}
    return orjson.dumps(record | {key: kept[key] for key in kept if key not in record})


@dataclass
class Answering:
    """A desk, the rules that it began with, its time, and what it has saved."""

    process: Process
    rules: RuleSet
    times: list[datetime] = field(default_factory=lambda: [MONDAY_NOON])

    def __post_init__(self) -> None:
        self.rulebook = Rulebook(Standing(self.rules))
        self.desk = self.new_desk()

    def new_desk(self) -> Desk:
        return self.process.desk(self.rulebook, lambda: self.times[-1])

    def saved(self) -> list[Saved]:
        """In the order in which they came."""
        until(lambda: not self.process.journal.waiting)
        found = Callbacks(self.process.database).each(Sought())
        return sorted(found, key=lambda saved: (saved.received_at, saved.line))

    def is_decided_again_alike(self) -> bool:
        return all(orjson.dumps(each.decision) == decided_again(each, self.rules) for each in self.saved())


@pytest.fixture
def answering(address: str) -> Iterator[Answering]:
    with process(address) as made:
        yield Answering(made, ruleset(RULES, {"PASSWORD": "tell-no-one"}))


def call(task: object, number: int = 1, **more: str) -> dict[str, str]:
    worker = {"skills": ["vip"], "contact_uri": "client:alice"}
    params = parameters(task, worker, ReservationSid=f"WR{number:032}", **more)
    del params["Timestamp"]
    return params


SUPPORT = {"type": "support", "call_sid": CALL_SID, "from": "+14155550188"}


def test_a_reply_is_saved(answering: Answering) -> None:
    """With the time at which it came, its path, its parameters as they came, and the decision."""
    given: dict[str, str | list[str]] = {**call(SUPPORT), "More": ["a", ODD]}
    answering.desk.answer(given)
    [saved] = answering.saved()
    assert (saved.received_at, saved.path, saved.params) == (MONDAY_NOON, "/assignment", given)
    assert saved.decision
    assert saved.decision["rule"] == "morning"
    assert "answered" not in saved.decision
    assert "decided_at" not in saved.decision
    assert answering.is_decided_again_alike()


def test_a_post_is_saved_with_its_promise(answering: Answering) -> None:
    """Before it is answered: whoever kills the process then loses nothing. Secrets are masked."""
    answering.times.append(MONDAY_NOON + timedelta(hours=2))
    answer = answering.desk.answer(call(SUPPORT))
    assert answer.form == {}
    assert answering.process.journal.waiting == 0
    [saved] = Callbacks(answering.process.database).each()
    assert saved.decision
    assert (saved.decision["rule"], saved.decision["mode"]) == ("vip", "post")
    assert "tell-no-one" not in str(saved)
    assert answering.is_decided_again_alike()


def test_a_callback_that_is_repeated_keeps_what_it_was_decided_from(answering: Answering) -> None:
    """Each time it comes it is saved, at either URL, with the time and the parameters of its decision."""
    answering.desk.answer(call(SUPPORT))
    answering.times.append(MONDAY_NOON + timedelta(minutes=90))
    answering.desk.answer(call(SUPPORT))
    answering.desk.answer_fallback({**call(SUPPORT), "ErrorCode": "11200"})
    first, second, third = answering.saved()
    later = MONDAY_NOON + timedelta(minutes=90)
    assert [each.received_at for each in (first, second, third)] == [MONDAY_NOON, later, later]
    times = [(each.decision or {}).get("decided_at") for each in (first, second, third)]
    assert times == [None, "2026-11-23T12:00:00Z", "2026-11-23T12:00:00Z"]
    assert "decided_from" not in (second.decision or {})
    assert third.path == "/assignment/fallback"
    assert third.params["ErrorCode"] == "11200"
    assert (third.decision or {})["decided_from"] == first.params
    assert [(each.decision or {})["rule"] for each in (first, second, third)] == ["morning"] * 3
    assert answering.is_decided_again_alike()


def test_other_parameters_are_decided_anew(answering: Answering) -> None:
    """At the primary URL."""
    answering.desk.answer(call(SUPPORT))
    answering.times.append(MONDAY_NOON + timedelta(minutes=90))
    answering.desk.answer(call(SUPPORT, TaskAge="99"))
    assert [(each.decision or {})["rule"] for each in answering.saved()] == ["morning", "vip"]
    assert answering.is_decided_again_alike()


def test_a_repeated_post_is_saved_each_time(answering: Answering) -> None:
    """The first with its promise, the others beside it."""
    move = {"type": "move", "call_sid": CALL_SID, "name": ODD}
    for _ in range(2):
        assert answering.desk.answer(call(move)).form == {}
    assert answering.desk.answer_fallback(call(move)).form == {}
    saved = answering.saved()
    assert [each.path for each in saved] == ["/assignment"] * 2 + ["/assignment/fallback"]
    assert not any("answered" in (each.decision or {}) for each in saved)
    assert answering.is_decided_again_alike()


def test_a_post_that_the_answer_held_is_told(answering: Answering) -> None:
    """At the fallback URL, and whenever the callback comes again."""
    move = {"type": "move", "call_sid": CALL_SID, "name": "x"}
    for answer in (answering.desk.answer_fallback, answering.desk.answer):
        assert answer(call(move)).form["instruction"] == "redirect"
    assert [(each.decision or {}).get("answered") for each in answering.saved()] == ["inline", "inline"]
    assert answering.is_decided_again_alike()


def test_without_the_database_a_post_is_saved_later(tmp_path: Path) -> None:
    """As what it was: given inline."""
    (tmp_path / "desk").touch()
    with process(f"sqlite:///{tmp_path}/desk/desk.db") as made:
        answering = Answering(made, ruleset(RULES, {"PASSWORD": "tell-no-one"}))
        move = {"type": "move", "call_sid": CALL_SID, "name": "x"}
        assert answering.desk.answer(call(move)).form["instruction"] == "redirect"
        assert made.journal.waiting == 1
        (tmp_path / "desk").unlink()
        [saved] = answering.saved()
        assert (saved.decision or {})["answered"] == "inline"
        assert answering.is_decided_again_alike()


def test_rejections_are_saved_since_they_decide(answering: Answering) -> None:
    """With the number of them that the task had."""
    for number in range(5):
        answering.desk.answer(call({"type": "unheard of"}, number))
    saved = answering.saved()
    assert [(each.decision or {})["rejections"] for each in saved] == [0, 1, 2, 3, 4]
    assert [bool((each.decision or {})["problems"]) for each in saved] == [False] * 3 + [True] * 2
    assert answering.is_decided_again_alike()


def test_what_is_refused_is_not_saved(answering: Answering) -> None:
    """Nothing was decided."""
    with pytest.raises(Exception, match="another account"):
        answering.desk.answer(call(SUPPORT, AccountSid="AC" + "9" * 32))
    assert answering.saved() == []


def test_rules_that_changed_meanwhile_are_not_those_that_decided(answering: Answering) -> None:
    """A repeated callback keeps the version under which it was decided."""
    answering.desk.answer(call(SUPPORT))
    answering.rulebook.standing = Standing(ruleset("default: {defer: nobody knows}"))
    answering.desk.answer(call(SUPPORT))
    answering.desk.answer(call(SUPPORT, 2))
    versions = [(each.decision or {})["rules_version"] for each in answering.saved()]
    assert versions[0] == versions[1] == answering.rules.version != versions[2]


def generated(chance: random.Random, number: int) -> Callable[[Desk], object]:
    """A callback of any kind, at either URL."""
    kinds = ["support", "odd", "move", "chat", "dial", "unheard of", None, ["support"], 7]
    task: object = {
        "type": chance.choice(kinds),
        "call_sid": chance.choice([CALL_SID, None, "CA1"]),
        "from": chance.choice(["+14155550188", "client:x", ODD, 15]),
        "name": chance.choice([ODD, "x", None, 2**63, 0.1, {"deep": [1]}]),
        "to": chance.choice(["+14155550188", "+33155550188", "sip:a@b", None]),
    }
    params = call(task, chance.randrange(1 + number // 2), TaskAge=str(chance.randrange(3)))
    if chance.random() < 0.1:
        params["TaskAttributes"] = chance.choice(["", "{", '{"type":"\\ud83d"}', "[]", json.dumps(ODD)])
    if chance.random() < 0.2:
        params["WorkerAttributes"] = chance.choice(["", "null", '{"skills":"vip"}'])
    params["TaskSid"] = f"WT{chance.randrange(1 + number // 3):032}"
    if chance.random() < 0.2:
        return lambda desk: desk.answer_fallback(params)
    return lambda desk: desk.answer(params)


def test_whatever_came_is_decided_again_alike(answering: Answering) -> None:
    """Byte for byte, over the day, with a desk that is replaced now and then and remembers nothing."""
    chance = random.Random(20261123)
    for number in range(300):
        answering.times.append(MONDAY_NOON + timedelta(minutes=number))
        if chance.random() < 0.05:
            answering.desk = answering.new_desk()
        generated(chance, number)(answering.desk)
    saved = answering.saved()
    assert len(saved) == 300
    assert {Mode(str((each.decision or {})["mode"])) for each in saved} == set(Mode)
    assert answering.is_decided_again_alike()
