"""What the rules make of a callback: the first rule that matches, or the default with the problems."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.catalogue import Check
from app.engine.decide import decide
from app.model import Callback, Decision, Mode
from tests.builders import CALL_SID, MONDAY_NOON, OFFLINE, callback, ruleset

DEFAULT = f"""\
vars: {{offline: {OFFLINE}}}
default:
  reply: {{instruction: reject, activity_sid: "{{{{ vars.offline }}}}"}}
"""

CALL = {"call_sid": CALL_SID}
ALICE = {"contact_uri": "client:alice"}


def checks(decision: Decision) -> list[tuple[str | None, str]]:
    return [(problem.rule, problem.check) for problem in decision.problems]


def test_no_rule_matches() -> None:
    """The default decides, and that is no problem."""
    rules = ruleset(f"{DEFAULT}rules: [{{name: r, when: a == 1, defer: x}}]\n")
    decision = decide(rules, callback({"a": 2}), MONDAY_NOON)

    assert (decision.rule, decision.mode, decision.problems) == ("default", Mode.REPLY, ())
    assert decision.reason == "no rule matched"
    assert decision.rules_version == rules.version
    assert decision.instruction is not None
    assert decision.instruction.fields == {"activity_sid": OFFLINE}


def test_the_first_of_two_that_match() -> None:
    """Reading order decides; the later rule is not looked at."""
    rules = ruleset(f"{DEFAULT}rules: [{{name: one, defer: first}}, {{name: two, defer: second}}]\n")
    decision = decide(rules, callback(), MONDAY_NOON)

    assert (decision.rule, decision.mode, decision.reason) == ("one", Mode.DEFER, "first")
    assert (decision.instruction, decision.problems) == (None, ())


def test_a_rule_that_cannot_be_carried_out_gives_way_to_the_default_alone() -> None:
    """The rules after it are not tried: the default decides, and the problem names the rule."""
    rules = ruleset(f"""\
{DEFAULT}
rules:
  - {{name: one, reply: {{instruction: conference, from: "+18001231234"}}}}
  - {{name: two, defer: x}}
""")
    decision = decide(rules, callback(CALL), MONDAY_NOON)

    assert (decision.rule, decision.mode) == ("default", Mode.REPLY)
    assert decision.reason == "one cannot be carried out"
    assert checks(decision) == [("one", Check.NOBODY_TO_CALL)]


@pytest.mark.parametrize(
    ("template", "task", "check", "code"),
    [
        ("{{ task.url }}", {}, Check.TEMPLATE_UNFILLED, 40120),
        ("{{ task.url }}", {"url": None}, Check.TEMPLATE_UNFILLED, 40120),
        ("https://example.com/{{ task.url }}", {"url": {}}, Check.TEMPLATE_UNFILLED, 40120),
        ("{{ task.url | first }}", {"url": 7}, Check.TEMPLATE_UNFILLED, 40120),
        ("{{ task.url }}", {"url": ""}, Check.INVALID_VALUE, 40120),
        ("{{ task.url }}", {"url": 7}, Check.INVALID_VALUE, 40120),
        ("{{ task.url }}", {"url": ["https://example.com"]}, Check.INVALID_VALUE, 40120),
        ("https://{{ task.url }}", {"url": "a b"}, Check.INVALID_VALUE, 40120),
    ],
)
def test_a_template_that_this_call_cannot_fill(
    template: str, task: dict[str, object], check: Check, code: int
) -> None:
    """The instruction is not sent: the default decides, with TaskRouter's code in the problem."""
    rules = ruleset(f"""\
{DEFAULT}
rules:
  - name: only
    reply: {{instruction: redirect, call_sid: {CALL_SID}, url: "{template}"}}
""")
    decision = decide(rules, callback(task), MONDAY_NOON)
    [found] = decision.problems

    assert decision.rule == "default"
    assert (found.check, found.twilio_code, found.rule, found.location) == (check, code, "only", None)
    assert found.hint
    assert "`url`" in found.message


def test_every_template_that_fails_is_told() -> None:
    """Two blanks that cannot be filled in are two problems."""
    rules = ruleset(f"""\
{DEFAULT}
rules:
  - name: only
    reply: {{instruction: redirect, call_sid: "{{{{ task.sid }}}}", url: "{{{{ task.url }}}}"}}
""")

    assert checks(decide(rules, callback({"url": 7}), MONDAY_NOON)) == [
        ("only", Check.TEMPLATE_UNFILLED),
        ("only", Check.INVALID_VALUE),
    ]


def test_values_of_the_call_are_filled_in() -> None:
    """Each root of a template, typed where the value is nothing but the template, in the rule's order."""
    rules = ruleset("""\
        vars: {host: example.com}
        default: {defer: later}
        rules:
          - name: only
            reply:
              instruction: call
              url: "https://{{ vars.host }}/{{ reservation.sid }}?age={{ callback.TaskAge }}"
              from: "+18001231234"
              timeout: "{{ task.ring }}"
              accept: "{{ worker.auto }}"
        """)
    decision = decide(rules, callback({"ring": 20}, {**ALICE, "auto": False}), MONDAY_NOON)

    assert decision.problems == ()
    assert decision.instruction is not None
    assert list(decision.instruction.fields.items()) == [
        ("url", "https://example.com/WR00000000000000000000000000000001?age=12"),
        ("from", "+18001231234"),
        ("timeout", 20),
        ("accept", False),
    ]


def test_a_callers_text_is_never_a_template() -> None:
    """What an attribute holds is filled in as it is."""
    rules = ruleset("""\
        default: {defer: later}
        rules: [{name: only, reply: {instruction: dequeue, to: "client:{{ task.agent }}"}}]
        """)
    decision = decide(rules, callback({**CALL, "agent": "{{vars.x}}"}), MONDAY_NOON)

    assert decision.instruction is not None
    assert decision.instruction.fields == {"to": "client:{{vars.x}}"}


def test_a_default_that_fails_too() -> None:
    """TaskRouter is told nothing that is known to be wrong: `{}`, with the problems of both."""
    rules = ruleset("""\
        default: {reply: {instruction: conference, from: "+18001231234"}}
        rules: [{name: only, reply: {instruction: dequeue}}]
        """)
    decision = decide(rules, callback(), MONDAY_NOON)

    assert (decision.rule, decision.mode, decision.instruction) == ("default", Mode.DEFER, None)
    assert checks(decision) == [
        ("only", Check.NOBODY_TO_CALL),
        ("only", Check.NO_CALL),
        ("default", Check.NOBODY_TO_CALL),
        ("default", Check.NO_CALL),
    ]
    assert decision.reason == "only cannot be carried out, and neither can the default be carried out"


@pytest.mark.parametrize(("rejections", "rule"), [(0, "only"), (2, "only"), (3, "default"), (99, "default")])
def test_a_task_rejected_too_often(rejections: int, rule: str) -> None:
    """From max_rejections rejections of a task on, the default decides."""
    rules = ruleset(f"{DEFAULT}max_rejections: 3\nrules: [{{name: only, defer: x}}]\n")
    decision = decide(rules, callback(), MONDAY_NOON, rejections)

    assert decision.rule == rule
    expected = [(None, Check.TOO_MANY_REJECTIONS)] if rule == "default" else []
    assert checks(decision) == expected


@pytest.mark.parametrize(("rejections", "rule"), [(19, "only"), (20, "default")])
def test_twenty_rejections_where_the_rules_say_nothing(rejections: int, rule: str) -> None:
    """Without `max_rejections` it is twenty."""
    rules = ruleset(f"{DEFAULT}rules: [{{name: only, defer: x}}]\n")

    assert decide(rules, callback(), MONDAY_NOON, rejections).rule == rule


POST = f"""\
{DEFAULT}
rules:
  - name: only
    post: {{instruction: redirect, call_sid: "{{{{ task.call_sid }}}}", url: https://example.com}}
    retry_for: 30s
    on_failure: {{instruction: dequeue, from: "+18001231234", to: "client:{{{{ task.agent }}}}"}}
"""


def test_a_post_and_what_follows_its_failure() -> None:
    """`on_failure` is filled in when the decision is taken."""
    decision = decide(ruleset(POST), callback({**CALL, "agent": "bob"}), MONDAY_NOON)

    assert (decision.rule, decision.mode, decision.problems) == ("only", Mode.POST, ())
    assert decision.retry_for is not None
    assert decision.retry_for.total_seconds() == 30
    assert decision.on_failure is not None
    assert decision.on_failure.fields == {"from": "+18001231234", "to": "client:bob"}


def test_a_post_goes_out_without_its_on_failure() -> None:
    """Where `on_failure` cannot be filled in, the instruction is posted all the same, with the problem."""
    decision = decide(ruleset(POST), callback(CALL), MONDAY_NOON)

    assert (decision.rule, decision.mode, decision.on_failure) == ("only", Mode.POST, None)
    assert decision.instruction is not None
    assert checks(decision) == [("only", Check.TEMPLATE_UNFILLED)]


def test_a_post_is_given_inline() -> None:
    """An answer that must hold the instruction takes the post's, without what belongs to posting."""
    decision = decide(ruleset(POST), callback(CALL), MONDAY_NOON, inline=True)

    assert (decision.rule, decision.mode, decision.problems) == ("only", Mode.REPLY, ())
    assert (decision.on_failure, decision.retry_for) == (None, None)
    assert decision.instruction is not None
    assert decision.instruction.fields == {"call_sid": CALL_SID, "url": "https://example.com"}


def test_a_rejection_without_activity_cannot_be_given_inline() -> None:
    """Inline, reject needs activity_sid: the default decides, with TaskRouter's code."""
    rules = ruleset(f"{DEFAULT}rules: [{{name: only, post: {{instruction: reject}}}}]\n")

    posted = decide(rules, callback(), MONDAY_NOON)
    assert (posted.rule, posted.mode) == ("only", Mode.POST)

    inline = decide(rules, callback(), MONDAY_NOON, inline=True)
    assert (inline.rule, inline.mode) == ("default", Mode.REPLY)
    [found] = inline.problems
    assert (found.check, found.twilio_code, found.rule) == (Check.NOT_INLINE, 40100, "only")


def test_inline_changes_no_reply_and_no_defer() -> None:
    """Only a post has another form."""
    for action in ("reply: {instruction: accept}", "defer: x"):
        rules = ruleset(f"{DEFAULT}rules: [{{name: only, {action}}}]\n")

        assert decide(rules, callback(), MONDAY_NOON, inline=True) == decide(rules, callback(), MONDAY_NOON)


@pytest.mark.parametrize(
    ("to", "allowed"),
    [
        ("+14155551212", True),
        ("+442071838750", True),
        ("+4420", True),
        ("+4915112345678", False),
        ("sip:bob@example.com", True),
        ("SIP:bob@EXAMPLE.com", True),
        ("sip:bob@example.com:5061;transport=tls", True),
        ("sip:bob@example.com?Route=sip:other.example", False),
        ("sip:bob@example.com;maddr=192.0.2.1", False),
        ("sip:bob@example.com;transport=tls;ROUTE=sip:evil.net", False),
        ("sip:bob@example.com.evil.net", False),
        ("sip:bob@sip.example.com", False),
        ("sip:example.com@evil.net", False),
        ("sip:+14155551212@evil.net", False),
        ("client:anybody", True),
        ("+33142685300", True),
        ("sip:alice@home.net", False),
    ],
)
def test_numbers_that_a_caller_may_choose(to: str, allowed: bool) -> None:
    """A task's text makes us call what `allowed_numbers` allows, any client, and the worker's contact_uri."""
    for source in ("{{ task.to }}", "{{ callback.Extra }}", "{{ task.missing or callback.Extra }}"):
        rules = ruleset(f"""\
{DEFAULT}
allowed_numbers: ["+1", "+44", "sip:example.com"]
rules:
  - {{name: only, reply: {{instruction: dequeue, to: "{source}"}}}}
""")
        call = callback({**CALL, "to": to}, {"contact_uri": "+33142685300"}, Extra=to)
        decision = decide(rules, call, MONDAY_NOON)

        assert decision.rule == ("only" if allowed else "default")
        assert checks(decision) == ([] if allowed else [("only", Check.NUMBER_NOT_ALLOWED)])


@pytest.mark.parametrize(
    ("fields", "worker"),
    [
        ("to: '+4915112345678'", {}),
        ("to: '{{ worker.mobile }}'", {"mobile": "+4915112345678"}),
        ("to: '{{ vars.mobile }}'", {}),
        ("timeout: 20", {"contact_uri": "+4915112345678"}),
        ("from: '{{ task.from }}'", {"contact_uri": "+4915112345678"}),
    ],
)
def test_numbers_that_no_caller_chooses(fields: str, worker: dict[str, object]) -> None:
    """What the rules or the worker's attributes name is called whatever `allowed_numbers` holds."""
    rules = ruleset(f"""\
vars: {{mobile: "+4915112345678"}}
default: {{defer: later}}
allowed_numbers: ["+1"]
rules: [{{name: only, reply: {{instruction: dequeue, {fields}}}}}]
""")
    call = callback({**CALL, "from": "+33142685300"}, worker)

    assert decide(rules, call, MONDAY_NOON).rule == "only"


def test_no_numbers_are_allowed() -> None:
    """An empty list allows none; without the key all are."""
    text = f"{DEFAULT}rules: [{{name: only, reply: {{instruction: dequeue, to: '{{{{ task.to }}}}'}}}}]\n"
    call = callback({**CALL, "to": "+14155551212"})

    assert decide(ruleset(text), call, MONDAY_NOON).rule == "only"
    assert decide(ruleset(f"{text}allowed_numbers: []\n"), call, MONDAY_NOON).rule == "default"


def test_on_failure_is_bound_by_allowed_numbers() -> None:
    """What a caller could not make us call at once they cannot make us call later."""
    rules = ruleset(f"""\
{DEFAULT}
allowed_numbers: ["+1"]
rules:
  - name: only
    post: {{instruction: accept}}
    on_failure: {{instruction: dequeue, from: "+18001231234", to: "{{{{ task.to }}}}"}}
""")
    decision = decide(rules, callback({**CALL, "to": "+33142685300"}), MONDAY_NOON)

    assert (decision.mode, decision.on_failure) == (Mode.POST, None)
    assert checks(decision) == [("only", Check.NUMBER_NOT_ALLOWED)]


EVERYTHING = ruleset("""\
    task_type_from: [task.type, callback.Extra]
    allowed_numbers: ["+1"]
    default: {reply: {instruction: conference, from: "+18001231234"}}
    rules:
      - name: calls
        task_type: support
        when: task.level > 3 AND task.tags HAS "a" AND worker.skills[0] != task.x.y[1]
        reply: {instruction: call, from: "{{ task.from }}", url: "https://a.example/{{ task.x | urlencode }}"}
      - name: posts
        when: [task.level <= 3, "task.x NOT IN worker.skills"]
        post:
          instruction: conference
          from: "{{ task.from | default('+18001231234') }}"
          to: "{{ task.to or worker.contact_uri }}"
          timeout: "{{ task.level }}"
          conference_status_callback_event: "{{ task.tags | join(',') }}"
          sip_auth_username: "{{ worker.skills | first | upper }}"
        on_failure: {instruction: redirect, call_sid: "{{ task.call_sid }}", url: "{{ callback.Extra }}"}
      - name: compares
        when: task.x CONTAINS task.to OR task.from < task.to
        reply: {instruction: reject, activity_sid: "{{ task.x if task.level > 1 else task['to'] }}"}
      - name: rest
        when: worker.sid != null
        reply: {instruction: dequeue, to: "{{ task.to }}", record: "{{ task.tags | length }}"}
    """)

TOKEN = "tok3nOfACaller"

TEXTS = st.text(max_size=5) | st.sampled_from(
    [
        "support",
        TOKEN,
        "+14155551212",
        "+33142685300",
        f"client:{TOKEN}",
        f"sip:{TOKEN}@example.com",
        f"https://example.com/{TOKEN} {TOKEN}",
        CALL_SID,
        "{{ vars.x }}",
        "a",
    ]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
TASK_KEYS = ("type", "level", "tags", "x", "from", "to", "call_sid", "outbound_to")
WORKER_KEYS = ("skills", "contact_uri", "sid")


def documents(*keys: str) -> st.SearchStrategy[Any]:
    """An attribute document: most are objects with the keys that the rules read."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(keys, VALUES)) | VALUES


CALLBACKS = st.builds(
    lambda task, worker, extra: Callback({**callback().params, "Extra": extra}, task, worker),
    documents(*TASK_KEYS),
    documents(*WORKER_KEYS),
    TEXTS | st.lists(TEXTS, max_size=2),
)


@settings(deadline=None, max_examples=300)
@given(call=CALLBACKS, inline=st.booleans(), rejections=st.integers(0, 30))
def test_a_decision_for_whatever_comes(call: Callback, inline: bool, rejections: int) -> None:
    """Any attribute documents give a decision, the same one each time, and a whole one."""
    decision = decide(EVERYTHING, call, MONDAY_NOON, rejections, inline=inline)

    assert decide(EVERYTHING, call, MONDAY_NOON, rejections, inline=inline) == decision
    assert (decision.instruction is None) == (decision.mode is Mode.DEFER)
    assert not (inline and decision.mode is Mode.POST)
    assert decision.instruction is None or None not in decision.instruction.fields.values()
    assert decision.rule != "default" or decision.problems or decision.reason == "no rule matched"


@settings(deadline=None, max_examples=300)
@given(call=CALLBACKS, inline=st.booleans())
def test_no_problem_tells_what_a_callback_holds(call: Callback, inline: bool) -> None:
    """Reasons, problems and what is printed of a decision are logged: no value of the callback is in them."""
    decision = decide(EVERYTHING, call, MONDAY_NOON, inline=inline)

    assert TOKEN.lower() not in repr(decision).lower()


@pytest.mark.parametrize("key", TASK_KEYS)
@pytest.mark.parametrize("value", [TOKEN, [TOKEN], {TOKEN: TOKEN}, f"sip:{TOKEN}@example.com"])
def test_a_planted_value_is_told_nowhere(key: str, value: object) -> None:
    """In whichever attribute the token stands, and wherever it leads, it is quoted nowhere."""
    task = {"type": "support", "level": 2, "tags": ["start"], "x": "x", "to": "+14155551212", **CALL}
    for level in (2, 4):
        for worker in (ALICE, {"contact_uri": TOKEN, "skills": [TOKEN]}):
            call = callback({**task, "level": level, key: value}, worker, Extra=TOKEN, WorkerName=TOKEN)
            decision = decide(EVERYTHING, call, MONDAY_NOON)
            assert TOKEN not in repr(decision)
