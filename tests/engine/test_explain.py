"""A decision with its reasons: what came of each rule, and that it is the decision."""

import json
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.catalogue import Check
from app.engine.decide import decide
from app.engine.explain import Explanation, Verdict, changes, explain
from app.engine.expressions import Expression, parse, show, show_operand
from app.engine.expressions.tracing import Trace, trace
from app.engine.expressions.tree import And, Comparison, Not
from app.engine.loading import read_rules
from app.engine.ruleset import RuleSet
from app.engine.scope import scope_of
from app.engine.source import SourceFile
from app.model import Mode
from tests.builders import CALL_SID, MONDAY_NOON, OFFLINE, callback, ruleset

RULES = f"""\
    vars: {{offline: {OFFLINE}, limit: 10}}
    default: {{reply: {{instruction: reject, activity_sid: "{{{{ vars.offline }}}}"}}}}
    rules:
      - {{name: night, when: taskrouter.currentHour >= 22 OR taskrouter.currentHour < 6, defer: x}}
      - {{name: sales, task_type: sales, when: task.size > vars.limit, defer: x}}
      - name: vip
        task_type: [support, billing]
        when: [task.value == "Gold", worker.skills HAS "vip"]
        defer: x
      - {{name: rest, task_type: support, defer: x}}
      - {{name: late, defer: x}}
    """


def outcomes(explanation: Explanation) -> dict[str, str]:
    return {step.rule: str(step.outcome) for step in explanation.steps}


def test_each_rule_in_order_and_what_came_of_it() -> None:
    """Another type, failed, matched; and what stands behind the one that matched is not reached."""
    task, worker = {"type": "support", "value": "Gold"}, {"skills": ["en"]}
    explanation = explain(ruleset(RULES), callback(task, worker), MONDAY_NOON)

    assert outcomes(explanation) == {
        "night": "failed",
        "sales": "other type",
        "vip": "failed",
        "rest": "matched",
        "late": "not reached",
    }
    assert explanation.decision.rule == "rest"
    vip = explanation.steps[2]
    assert [term.held for term in vip.terms] == [True, False]
    assert (vip.location.line, vip.task_types) == (6, ("support", "billing"))
    assert explanation.steps[1].terms
    assert explanation.steps[4].terms == ()


def test_a_task_that_was_rejected_too_often_reaches_no_rule() -> None:
    """The default decides before any rule is looked at."""
    explanation = explain(ruleset(RULES), callback({"type": "sales"}), MONDAY_NOON, 20)

    assert set(outcomes(explanation).values()) == {"not reached"}
    assert explanation.nearest is None
    assert [problem.check for problem in explanation.decision.problems] == [Check.TOO_MANY_REJECTIONS]


def missed(rules: RuleSet, task: object, worker: object = None) -> tuple[str, list[str]] | None:
    """The nearest miss: its rule, and what would have to come out otherwise."""
    nearest = explain(rules, callback(task, worker), MONDAY_NOON).nearest
    if nearest is None:
        return None
    return nearest.step.rule, [show(change.expression) for change in nearest.changes]


def test_the_nearest_miss_lacks_least() -> None:
    """Of those that lack as much it is the one of which most held; what was not reached is none."""
    rules = ruleset("""\
        default: {defer: later}
        rules:
          - {name: two, when: a == 1 AND b == 1, defer: x}
          - {name: one, when: a == 1 AND c != 1, defer: x}
          - {name: another, when: b == 1, defer: x}
          - {name: other-type, task_type: chat, defer: x}
          - {name: last, when: d == 1, defer: x}
          - {name: unreached, when: e == 1, defer: x}
        """)

    assert missed(rules, {}) == ("one", ["task.a == 1"])
    assert missed(rules, {"c": 1}) == ("another", ["task.b == 1"])
    assert missed(rules, {"c": 1, "b": 1, "a": 0}) == ("two", ["task.a == 1"])
    assert missed(rules, {"a": 1, "c": 1, "d": 1}) == ("two", ["task.b == 1"])
    assert missed(ruleset("default: {defer: later}\nrules: [{name: r, defer: x}]\n"), {}) is None


def test_only_comparisons_see_values() -> None:
    """An OR has those of its terms."""
    explanation = explain(ruleset(RULES), callback(), MONDAY_NOON)
    [either] = explanation.steps[0].terms

    assert explanation.sights(either) == ()
    assert [len(explanation.sights(term)) for term in either.terms] == [1, 1]


def test_where_no_rule_looks_at_the_type_the_nearest_is_of_another() -> None:
    """A mistyped type is the likeliest reason that nothing matches."""
    rules = ruleset("""\
        default: {defer: later}
        rules:
          - {name: vip, task_type: support, when: vip == true, defer: x}
          - {name: support, task_type: support, defer: x}
        """)

    assert missed(rules, {"type": "Support"}) == ("support", [])
    assert missed(rules, {"type": "support"}) == ("vip", ["task.vip == true"])


def test_a_rule_that_cannot_be_carried_out_matched_all_the_same() -> None:
    """The step says matched, the decision is the default's with the problem."""
    rules = ruleset("""\
        default: {defer: later}
        rules: [{name: only, reply: {instruction: conference, from: "+18001231234"}}]
        """)
    explanation = explain(rules, callback(), MONDAY_NOON)

    assert outcomes(explanation) == {"only": "matched"}
    assert (explanation.decision.rule, explanation.decision.problems[0].rule) == ("default", "only")


# The property: interpreting and what was compiled agree.

NAMES = ["a", "b.c", "list[0]", "list", "worker.skills", "worker.sid", "callback.TaskAge", "type", "vars.v"]
CLOCK = ["taskrouter.currentHour", "taskrouter.dayOfWeek", 'taskrouter.in("Asia/Tokyo").currentTime']
CONSTANTS = ["1", "1.0", "12", "'x'", "'mon'", "true", "null", "[]", "['x', 1, null]", "['Mon']"]
OPERATORS = ["==", "!=", "<", "<=", ">", ">=", "CONTAINS", "HAS", "IN", "NOT IN"]
OPERANDS = st.sampled_from(NAMES + CLOCK + CONSTANTS)
COMPARISONS = st.builds("{} {} {}".format, OPERANDS, st.sampled_from(OPERATORS), OPERANDS) | st.builds(
    "{} MATCHES '{}'".format, st.sampled_from(NAMES), st.sampled_from(["^x", "1", "."])
)
WHENS = st.recursive(
    COMPARISONS,
    lambda inner: (
        st.builds("({}) AND {}".format, inner, inner)
        | st.builds("{} OR ({})".format, inner, inner)
        | st.builds("NOT ({})".format, inner)
    ),
    max_leaves=6,
)
TYPES = st.sampled_from(["x", "support", "chat"])
TEMPLATES = st.sampled_from(
    ["{{ task.a }}", "{{ worker.uri | default('client:x') }}", "client:{{ callback.TaskAge }}"]
)
INSTRUCTIONS = st.one_of(
    st.just({"instruction": "accept"}),
    st.just({"instruction": "reject"}),
    st.builds(lambda to: {"instruction": "dequeue", "from": "+18001231234", "to": to}, TEMPLATES),
)
ACTIONS = st.one_of(
    st.just({"defer": "x"}),
    INSTRUCTIONS.filter(lambda one: one["instruction"] != "reject").map(lambda one: {"reply": one}),
    INSTRUCTIONS.map(lambda one: {"post": one}),
    st.builds(lambda one, other: {"post": one, "on_failure": other}, INSTRUCTIONS, INSTRUCTIONS),
)
ONE_RULE = st.builds(
    lambda types, when, enabled, action: {"task_type": types, "when": when, "enabled": enabled, **action},
    st.lists(TYPES, min_size=1, max_size=2, unique=True) | st.none(),
    st.lists(WHENS, min_size=1, max_size=2) | st.none(),
    st.sampled_from([True, True, False]),
    ACTIONS,
)
VALUES = st.sampled_from([None, 1, 12, 1.5, "x", "mon", True, [], ["x", None], {"c": "x"}])
DOCUMENTS = st.none() | st.fixed_dictionaries(
    {}, optional=dict.fromkeys(("a", "b", "list", "skills", "sid", "uri", "type"), VALUES)
)


@settings(deadline=None, max_examples=300)
@given(
    rules=st.lists(ONE_RULE, max_size=5),
    v=VALUES,
    type_from=st.sampled_from(["type", ["task.a", "worker.skills", "type"], "vars.v"]),
    task=DOCUMENTS,
    worker=DOCUMENTS,
    hours=st.integers(0, 200),
    rejections=st.sampled_from([0, 2, 3]),
)
def test_interpreting_agrees_with_what_was_compiled(
    rules: list[dict[str, object]],
    v: object,
    type_from: object,
    task: object,
    worker: object,
    hours: int,
    rejections: int,
) -> None:
    """Whatever the rules and the call, an explanation holds the decision itself, in the answer's form too."""
    file = {
        "vars": {"v": v},
        "max_rejections": 3,
        "task_type_from": type_from,
        "default": {"defer": "later"},
        "rules": [
            {"name": f"r{number}", **{key: value for key, value in rule.items() if value is not None}}
            for number, rule in enumerate(rules)
        ],
    }
    read, problems = read_rules([SourceFile("rules.yaml", json.dumps(file))], {}, lint=False)
    assert read is not None, problems
    call = callback({"call_sid": CALL_SID, **task} if isinstance(task, dict) else task, worker)
    now = MONDAY_NOON.replace(day=1 + hours // 24, hour=hours % 24)

    explanation = explain(read, call, now, rejections)

    assert explanation.decision == decide(read, call, now, rejections)
    assert explanation.inline == decide(read, call, now, rejections, inline=True)
    matched = [step.rule for step in explanation.steps if step.outcome is Verdict.MATCHED]
    by_rule = {explanation.decision.rule, *(problem.rule for problem in explanation.decision.problems)}
    assert set(matched) <= by_rule
    assert len(explanation.steps) == len(read.rules)


def holds_with(expression: Expression, turned: set[int], outcomes: list[Trace]) -> bool:
    """Whether an expression would hold if these of its comparisons, by number, came out otherwise."""
    numbers = iter(range(len(outcomes)))

    def holds(inner: Expression) -> bool:
        match inner:
            case Comparison():
                number = next(numbers)
                return outcomes[number].held is not (number in turned)
            case Not(term):
                return not holds(term)
        terms = [holds(term) for term in inner.terms]
        return all(terms) if isinstance(inner, And) else any(terms)

    return holds(expression)


@settings(deadline=None)
@given(when=WHENS, task=DOCUMENTS)
def test_no_fewer_changes_would_do(when: str, task: object) -> None:
    """Trying every smaller set of comparisons finds none that turns the expression."""
    tree = parse(when)
    traced = trace(tree, scope_of(callback(task), {"v": 1}, MONDAY_NOON))
    every = list(traced.comparisons())
    fewest = next(
        size
        for size in range(len(every) + 1)
        for turned in combinations(range(len(every)), size)
        if holds_with(tree, set(turned), every)
    )

    assert len(changes(traced)) == fewest
    assert changes(traced, traced.held) == ()


# What is shown.


def sights(when: str, task: object, worker: object = None, **params: str) -> list[tuple[str, object, bool]]:
    """What the references of an expression stood for."""
    rules = ruleset(
        "vars: {v: {w: null}}\ndefault: {defer: later}\n"
        f"rules: [{{name: r, when: {json.dumps(when)}, defer: x}}]\n"
    )
    explanation = explain(rules, callback(task, worker, **params), MONDAY_NOON)
    return [
        (show_operand(sight.reference), sight.value, sight.missing)
        for comparison in explanation.steps[0].terms[0].comparisons()
        for sight in explanation.sights(comparison)
    ]


@pytest.mark.parametrize(
    ("when", "seen"),
    [
        ("a == 1", ("task.a", None, False)),
        ("b == 1", ("task.b", None, True)),
        ("a.c == 1", ("task.a.c", None, True)),
        ("list[1] == 1", ("task.list[1]", None, False)),
        ("list[2] == 1", ("task.list[2]", None, True)),
        ("list.x == 1", ("task.list.x", None, True)),
        ("worker.sid == 1", ("worker.sid", "WK" + "0" * 31 + "1", False)),
        ("worker.friendly_name == 1", ("worker.friendly_name", "Alice", False)),
        ("callback.TaskAge == 1", ("callback.TaskAge", 12, False)),
        ("callback.Other == 1", ("callback.Other", None, True)),
        ("1 == vars.v.w", ("vars.v.w", None, False)),
        ("taskrouter.currentHour == 1", ("taskrouter.currentHour", 12, False)),
        (
            'taskrouter.in("Asia/Tokyo").dayOfWeek == "Mon"',
            ('taskrouter.in("Asia/Tokyo").dayOfWeek', "Mon", False),
        ),
    ],
)
def test_what_a_reference_stood_for(when: str, seen: tuple[str, object, bool]) -> None:
    """Its value; and where there is none, whether it was null or missing."""
    assert sights(when, {"a": None, "list": [1, None]}) == [seen]


def test_both_sides_are_seen_and_constants_are_not() -> None:
    """Each reference once."""
    assert [name for name, _, _ in sights("a IN worker.b OR a == a OR 1 == 1", {})] == [
        "task.a",
        "worker.b",
        "task.a",
    ]


ALICE = {"contact_uri": "client:alice"}


def explained(action: str, default: str = "defer: later") -> Explanation:
    """What is made of a call by one rule that does this."""
    rules = ruleset(f"default: {{{default}}}\nrules: [{{name: only, {action}}}]\n")
    return explain(rules, callback({"call_sid": CALL_SID}, ALICE), MONDAY_NOON)


def test_both_forms_of_a_reply() -> None:
    """Several events are a list in the instruction and over REST, and one text inline."""
    forms = explained("""reply:
      {instruction: dequeue, from: "+18001231234", status_callback_events: [answered, completed]}""").forms()

    assert forms.instruction == {
        "instruction": "dequeue",
        "from": "+18001231234",
        "status_callback_events": ["answered", "completed"],
    }
    assert forms.inline == forms.instruction | {"status_callback_events": "answered,completed"}
    assert (forms.rest or {})["DequeueStatusCallbackEvent"] == ["answered", "completed"]


@pytest.mark.parametrize(
    ("reply", "reasons"),
    [
        ("{instruction: dequeue}", ("dequeue needs from there",)),
        (
            '{instruction: conference, from: "+18001231234", room_name: a}',
            ("room_name has no form there",),
        ),
    ],
)
def test_a_reply_that_could_not_be_posted(reply: str, reasons: tuple[str, ...]) -> None:
    """There is no form over REST then, and the reason is given."""
    forms = explained(f"reply: {reply}").forms()

    assert (forms.rest, forms.not_over_rest) == (None, reasons)
    assert forms.inline["instruction"]


def test_both_forms_of_a_post() -> None:
    """The inline one is what the fallback URL would answer; `on_failure` has its form over REST."""
    forms = explained("post: {instruction: accept}, on_failure: {instruction: reject}").forms()

    assert (forms.rest, forms.on_failure) == (
        {"ReservationStatus": "accepted"},
        {"ReservationStatus": "rejected"},
    )
    assert (forms.inline, forms.inline_rule) == ({"instruction": "accept"}, "only")


def test_a_post_that_cannot_be_answered_inline() -> None:
    """At the fallback URL the default takes its place."""
    default = f"reply: {{instruction: reject, activity_sid: {OFFLINE}}}"
    explanation = explained("post: {instruction: reject}", default)
    forms = explanation.forms()

    assert explanation.decision.mode is Mode.POST
    assert forms.rest == {"ReservationStatus": "rejected"}
    assert (forms.inline_rule, forms.inline["activity_sid"]) == ("default", OFFLINE)


def test_deferring_sends_nothing() -> None:
    """The answer is `{}`."""
    forms = explained("defer: x").forms()

    assert (forms.instruction, forms.inline, forms.rest, forms.not_over_rest) == (None, {}, None, ())


def test_no_secret_is_shown() -> None:
    """Neither as a parameter, nor by its var, nor where a call holds the same text; `repr` hides it too."""
    rules = ruleset(
        """\
        vars: {password: "${SIP_PASSWORD}", number: "+18001231234"}
        default: {defer: later}
        rules:
          - {name: other, when: worker.pin == vars.password AND worker.pin != vars.number, defer: x}
          - name: only
            post:
              instruction: conference
              from: "{{ vars.number }}"
              sip_auth_password: "{{ vars.password }}"
              wait_url: "https://example.com/?pin={{ vars.password }}"
        """,
        {"SIP_PASSWORD": "correct-horse"},
    )
    worker = {**ALICE, "pin": ["correct-horse"]}
    explanation = explain(rules, callback({"call_sid": CALL_SID}, worker), MONDAY_NOON)
    forms = explanation.forms()
    shown = [
        sight for each in explanation.steps[0].terms[0].comparisons() for sight in explanation.sights(each)
    ]

    assert explanation.decision == decide(rules, callback({"call_sid": CALL_SID}, worker), MONDAY_NOON)
    for form in (forms.instruction, forms.inline):
        assert (form or {})["sip_auth_password"] == "***"
        assert (form or {})["from"] == "+18001231234"
    assert (forms.rest or {})["SipAuthPassword"] == "***"
    assert [sight.value for sight in shown] == [["***"], "***", ["***"], "+18001231234"]
    assert "correct-horse" not in repr((forms, shown))
    assert (forms.rest or {})["WaitUrl"] == "https://example.com/?pin=***"
