"""Files to a rule set: every key of the format, and everything that can be wrong with it."""

from collections.abc import Mapping
from datetime import timedelta
from textwrap import dedent

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.catalogue import Check
from app.engine.decide import decide
from app.engine.loading import read_rules
from app.engine.ruleset import RuleSet
from app.engine.source import SourceFile
from app.model import Level, Location, Mode, Problem
from tests.builders import CALL_SID, MONDAY_NOON, OFFLINE, callback, problems, ruleset

DEFAULT = "default: {defer: later}\n"


def read(
    files: Mapping[str, str], environment: Mapping[str, str] | None = None, folder: str = "rules"
) -> tuple[RuleSet | None, tuple[Problem, ...]]:
    sources = [SourceFile(name, dedent(text)) for name, text in files.items()]
    return read_rules(sources, environment or {}, folder)


def version(files: Mapping[str, str], environment: Mapping[str, str] | None = None) -> str:
    rules, found = read(files, environment)
    assert rules is not None, found
    return rules.version


def only(text: str) -> Problem:
    [found] = problems(text)
    return found


def at(line: int, column: int) -> Location:
    return Location("rules.yaml", line, column)


EVERY_KEY = f"""\
vars:
  support_number: ${{SUPPORT_NUMBER:-+18001231234}}
  offline: {OFFLINE}
rules:
  - name: gold-support
    description: Gold customers go straight to a conference
    task_type: [support, billing]
    when: customer_value == "Gold" AND worker.skills HAS "vip"
    reply:
      instruction: conference
      from: "{{{{ vars.support_number }}}}"
      end_conference_on_exit: true
      conference_status_callback: https://example.com/conference
      conference_status_callback_event: [start, end]
  - name: after-hours
    task_type: support
    when:
      - taskrouter.currentHour >= 18 OR taskrouter.dayOfWeek IN ["Sat", "Sun"]
      - customer_value != "Gold"
    post:
      instruction: redirect
      call_sid: "{{{{ task.call_sid }}}}"
      url: https://example.com/voicemail
      accept: true
    retry_for: 30s
    on_failure:
      instruction: reject
      activity_sid: "{{{{ vars.offline }}}}"
  - name: chat-is-taken-by-the-agent
    task_type: chat
    defer: the agent accepts it in the browser
    enabled: true
max_rejections: 20
allowed_numbers: ["+1", "+44", "sip:example.com"]
task_type_from: task.type
default:
  reply:
    instruction: reject
    activity_sid: "{{{{ vars.offline }}}}"
tests:
  - name: gold callers get a conference
    task: {{type: support, customer_value: Gold, call_sid: {CALL_SID}}}
    worker: {{skills: [vip], contact_uri: "client:alice"}}
    callback: {{TaskAge: "12"}}
    at: 2026-11-23T17:30:00Z
    env: {{SUPPORT_NUMBER: "+18005550100"}}
    expect:
      rule: gold-support
      reply: {{instruction: conference, from: "+18005550100", muted: null}}
  - name: others are rejected
    expect: {{rule: default, problem: 40142}}
  - name: chats wait
    task: {{type: chat}}
    expect: {{defer: the agent accepts it in the browser}}
  - name: at night
    expect: {{post: {{instruction: redirect}}, problem: D001}}
"""


def test_every_key_of_the_format() -> None:
    """A file with each key that there is decides as it says; that its default rejects as well is a note."""
    assert [each.check for each in problems(EVERY_KEY)] == [Check.DEFAULT_REJECTS]

    rules = ruleset(EVERY_KEY)
    gold = {"type": "billing", "customer_value": "Gold", "call_sid": CALL_SID}
    worker = {"skills": ["vip"], "contact_uri": "client:alice"}
    decision = decide(rules, callback(gold, worker), MONDAY_NOON)
    assert (decision.rule, decision.mode, decision.reason) == (
        "gold-support",
        Mode.REPLY,
        "the first rule that matched",
    )
    assert decision.instruction is not None
    assert decision.instruction.fields == {
        "from": "+18001231234",
        "end_conference_on_exit": True,
        "conference_status_callback": "https://example.com/conference",
        "conference_status_callback_event": ("start", "end"),
    }

    evening = MONDAY_NOON.replace(hour=19)
    decision = decide(rules, callback({"type": "support", "call_sid": CALL_SID}), evening)
    assert (decision.rule, decision.mode, decision.retry_for) == (
        "after-hours",
        Mode.POST,
        timedelta(seconds=30),
    )
    assert decision.on_failure is not None
    assert decision.on_failure.fields == {"activity_sid": OFFLINE}

    decision = decide(rules, callback({"type": "chat"}), MONDAY_NOON)
    assert (decision.mode, decision.reason) == (Mode.DEFER, "the agent accepts it in the browser")


def test_no_files_at_all() -> None:
    """An empty folder has no default: the problem stands at the folder."""
    rules, found = read({}, folder="routing")

    assert rules is None
    assert [(problem.check, problem.location) for problem in found] == [
        (Check.ONCE_PER_RULE_SET, Location("routing"))
    ]
    assert "default" in (found[0].hint or "")


def test_a_default_alone_is_a_rule_set() -> None:
    """Every top-level key but `default` is optional, and a file may be empty."""
    rules, found = read({"10.yaml": "", "20.yaml": "# nothing\n", "30.yaml": DEFAULT})

    assert found == ()
    assert rules is not None
    assert (rules.rules, rules.max_rejections, rules.allowed_numbers) == ((), 20, None)


@pytest.mark.parametrize("text", ["[]", "hello", "- default"])
def test_a_file_without_keys(text: str) -> None:
    """A file that is a list or a text is an error that names the keys."""
    [found] = read({"10.yaml": DEFAULT, "20.yaml": text})[1]

    assert (found.check, found.location) == (Check.WRONG_TYPE, Location("20.yaml", 1, 1))
    assert found.hint == (
        "write keys: allowed_numbers, default, max_rejections, rules, task_type_from, tests, vars"
    )


@pytest.mark.parametrize(
    ("text", "line", "column", "said", "hint"),
    [
        ("rulez: []", 2, 1, "'rulez' in a rules file", "did you mean 'rules'?"),
        ("max_rejection: 3", 2, 1, "'max_rejection' in a rules file", "did you mean 'max_rejections'?"),
        ("rules: [{name: r, defer: x, taskType: a}]", 2, 29, "'taskType' in a rule", "'task_type'"),
        ("rules: [{name: r, defer: x, when_: a}]", 2, 29, "'when_' in a rule", "did you mean 'when'?"),
        ("rules: [{name: r, defer: x, priority: 1}]", 2, 29, "'priority' in a rule", "known are defer, desc"),
        ("tests: [{name: t, expct: {}}]", 2, 19, "'expct' in a test", "did you mean 'expect'?"),
        ("tests: [{name: t, expect: {rul: r}}]", 2, 28, "'rul' in `expect`", "did you mean 'rule'?"),
    ],
)
def test_an_unknown_key(text: str, line: int, column: int, said: str, hint: str) -> None:
    """A key that the format does not have is an error at the key, with the nearest that it has."""
    found = only(f"{DEFAULT}{text}\n")

    assert (found.check, found.location) == (Check.UNKNOWN_KEY, at(line, column))
    assert said in found.message
    assert hint in (found.hint or "")


@pytest.mark.parametrize("key", ["name", "task_type", "when", "enabled", "description"])
def test_the_default_is_no_rule(key: str) -> None:
    """The default decides for every task: it has no name, type or condition."""
    found = only(f"default:\n  defer: later\n  {key}: x\n")

    assert (found.check, found.location) == (Check.UNKNOWN_KEY, at(3, 3))
    assert "in the default" in found.message


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("vars: [a]", 7, "keys with values"),
        ("vars:", 6, "has no value"),
        ("rules: {name: r}", 8, "a list"),
        ("tests: {name: t}", 8, "a list"),
        ("max_rejections: 0", 17, "from 1 to 1000"),
        ("max_rejections: 1001", 17, "from 1 to 1000"),
        ("max_rejections: many", 17, "from 1 to 1000"),
        ('allowed_numbers: "+1"', 18, "a list of prefixes"),
        ("allowed_numbers: [1]", 18, "a list of prefixes"),
        ("allowed_numbers: ['+0']", 18, "a list of prefixes"),
        ("allowed_numbers: ['client:']", 18, "a list of prefixes"),
        ("allowed_numbers: ['sip:a@b']", 18, "a list of prefixes"),
        ("rules: [7]", 9, "a rule holds keys with values"),
        ("rules: [[name]]", 9, "a rule holds keys with values"),
        ("tests: [7]", 9, "a test holds keys with values"),
        ("tests: [{name: t, expect: r}]", 27, "keys with values"),
        ("tests: [{name: t, task: []}]", 25, "keys with values"),
        ("tests: [{name: t, worker: x}]", 27, "keys with values"),
        ("tests: [{name: t, callback: x}]", 29, "keys with values"),
        ("tests: [{name: t, env: x}]", 24, "keys with values"),
        ("tests: [{name: t, at: 1.5}]", 23, "a time such as"),
        ("tests: [{name: 7}]", 16, "a text"),
        ("tests: [{name: t, expect: {rule: 7}}]", 34, "a text"),
        ("tests: [{name: t, expect: {problem: true}}]", 37, "a Twilio code"),
        ("tests: [{name: t, expect: {reply: accept}}]", 35, "keys with values"),
        ("tests: [{name: t, expect: {post: accept}}]", 34, "keys with values"),
        ("tests: [{name: t, expect: {defer: true}}]", 35, "a text"),
    ],
)
def test_a_value_of_the_wrong_kind(text: str, column: int, said: str) -> None:
    """A value that the key cannot hold is an error at the value, and says what it wants."""
    found = only(f"{DEFAULT}{text}\n")

    assert (found.check, found.location) == (Check.WRONG_TYPE, at(2, column))
    assert said in found.message
    assert found.hint


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("name: Gold", "a name of a-z, 0-9 and -"),
        ("name: gold_support", "a name of a-z, 0-9 and -"),
        ("name: -gold", "a name of a-z, 0-9 and -"),
        ("name: 007", "ok"),
        ("name: 7", "a name of a-z, 0-9 and -"),
        ("name: [gold]", "a name of a-z, 0-9 and -"),
        ("name: default", "and not `default`"),
        ("name:", "has no value"),
        ("task_type: []", "a text or a list of texts"),
        ("task_type: 7", "a text or a list of texts"),
        ("task_type: [a, 7]", "a text or a list of texts"),
        ("task_type: ''", "a text or a list of texts"),
        ("task_type: {a: b}", "a text or a list of texts"),
        ("description: [a]", "a text"),
        ("enabled: no", "true or false"),
        ("enabled: 0", "true or false"),
        ("defer: 7", "a text"),
        ("defer: ' '", "a text"),
        ("defer:", "has no value"),
        ("reply: accept", "keys with values"),
        ("reply:", "has no value"),
        ("post: [accept]", "keys with values"),
    ],
)
def test_a_value_in_a_rule_of_the_wrong_kind(line: str, said: str) -> None:
    """Every key of a rule holds one kind of value."""
    key = line.partition(":")[0]
    rest = {"name": "name: r", "defer": "defer: x"}
    rest.pop("defer" if key in {"reply", "post"} else key, None)
    lines = [line, *rest.values()]
    text = f"{DEFAULT}rules:\n  - {lines[0]}\n" + "".join(f"    {more}\n" for more in lines[1:])
    found = problems(text)

    assert [problem.check for problem in found] == ([] if said == "ok" else [Check.WRONG_TYPE])
    for problem in found:
        assert problem.location is not None
        assert problem.location.line == 3
        assert f"`{key}`" in problem.message
        assert said in problem.message
        assert (problem.hint or "").startswith(f"for instance {key}:")


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("30s", 30), ("2m", 120), ("1h", 3600), ("45", 45), ("'45'", 45), ("24h", 86400), ("86400", 86400)],
)
def test_durations(written: str, seconds: int) -> None:
    """`30s`, `2m`, `1h`; whole numbers are seconds; a day at most."""
    rules = ruleset(f"{DEFAULT}rules: [{{name: r, post: {{instruction: accept}}, retry_for: {written}}}]\n")

    assert rules.rules[0].action.retry_for == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    "written", ["0", "0s", "-5", "1.5", "1d", "30 s", "1h30m", "25h", "999999h", "true", "[30]", "１s", "''"]
)
def test_what_is_no_duration(written: str) -> None:
    """Anything else is an error at the value."""
    found = only(f"{DEFAULT}rules: [{{name: r, post: {{instruction: accept}}, retry_for: {written}}}]\n")

    assert (found.check, found.rule, found.location) == (Check.WRONG_TYPE, "r", at(2, 59))
    assert found.hint == "for instance retry_for: 30s"


def test_a_rule_without_a_name() -> None:
    """The name is required."""
    found = only(f"{DEFAULT}rules:\n  - defer: x\n")

    assert (found.check, found.location) == (Check.MISSING_KEY, at(3, 5))
    assert found.hint == "add name: what-it-does"


def test_two_rules_with_one_name() -> None:
    """A name stands once in the rule set; the problem names the place of the first."""
    text = "rules: [{name: gold, defer: x}]\n"
    rules, found = read({"10.yaml": text + DEFAULT, "20.yaml": text})

    assert rules is None
    assert [(problem.check, problem.location, problem.rule) for problem in found] == [
        (Check.DUPLICATE_NAME, Location("20.yaml", 1, 16), "gold")
    ]
    assert "10.yaml:1:16" in found[0].message


@pytest.mark.parametrize("name", ["", "[a]", "My Rule"])
def test_two_rules_with_one_impossible_name(name: str) -> None:
    """A name that cannot be one is told as that alone, at each rule."""
    found = problems(f"{DEFAULT}rules:\n  - name: {name}\n    defer: x\n  - name: {name}\n    defer: x\n")

    assert [problem.check for problem in found] == [Check.WRONG_TYPE, Check.WRONG_TYPE]
    assert "" not in {problem.rule for problem in found}


def test_a_rule_that_is_switched_off() -> None:
    """`enabled: false` is as if the rule were not there."""
    rules = ruleset(f"{DEFAULT}rules: [{{name: r, enabled: false, reply: {{instruction: accept}}}}]\n")

    assert rules.rules == ()
    assert decide(rules, callback(), MONDAY_NOON).rule == "default"


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("default", "{defer: later}"),
        ("task_type_from", "task.type"),
        ("max_rejections", "5"),
        ("allowed_numbers", "['+1']"),
    ],
)
def test_what_stands_once_in_the_rule_set(key: str, value: str) -> None:
    """A second one is an error in its file, and names the place of the first."""
    first = f"{key}: {value}\n" if key == "default" else f"{DEFAULT}{key}: {value}\n"
    rules, [found] = read({"10.yaml": first, "20.yaml": f"\n{key}: {value}\n"})

    assert rules is None
    assert (found.check, found.location) == (Check.ONCE_PER_RULE_SET, Location("20.yaml", 2, 1))
    assert "10.yaml" in found.message
    assert found.hint == "remove one of the two"


def test_no_default() -> None:
    """A rule set without a default is an error; where a file cannot be read, it may stand there."""
    found = only("rules: [{name: r, defer: x}]\n")
    assert found.check is Check.ONCE_PER_RULE_SET
    assert "no `default`" in found.message

    found = only("rules: [{name: r, defer: x}\n")
    assert found.check is Check.YAML


@pytest.mark.parametrize("text", ["default: x", "default: []", "default:"])
def test_a_default_without_keys(text: str) -> None:
    """It is an error once, at its value."""
    found = only(f"{text}\n")

    assert found.check is Check.WRONG_TYPE
    assert found.location is not None
    assert found.location.line == 1


def test_a_key_that_stands_twice() -> None:
    """The second `reply` of a rule would silently win in plain YAML: it is an error here."""
    found = only(f"{DEFAULT}rules:\n  - name: r\n    defer: x\n    defer: y\n")

    assert (found.check, found.location) == (Check.DUPLICATE_KEY, at(5, 5))


def test_vars_come_from_every_file() -> None:
    """A var of a later file can be used in an earlier one."""
    rules, found = read(
        {
            "10.yaml": "default: {reply: {instruction: reject, activity_sid: '{{ vars.offline }}'}}",
            "20.yaml": f"vars: {{offline: {OFFLINE}}}",
        }
    )

    assert found == ()
    assert rules is not None
    assert rules.variables == {"offline": OFFLINE}


def test_a_var_defined_twice() -> None:
    """It is an error that names the first place."""
    _, [found] = read({"10.yaml": f"vars: {{a: 1}}\n{DEFAULT}", "20.yaml": "vars: {a: 1}\n"})

    assert (found.check, found.location) == (Check.DUPLICATE_NAME, Location("20.yaml", 1, 8))
    assert "10.yaml:1:8" in found.message


def test_the_environment_in_vars() -> None:
    """`${NAME}` is filled in; unset or empty gives the default, and without a default unset is an error."""
    text = f"vars:\n  number: ${{NUMBER:-+18001231234}}\n  url: https://${{HOST}}/a\n{DEFAULT}"

    rules, _ = read({"10.yaml": text}, {"HOST": "example.com"})
    assert rules is not None
    assert rules.variables == {"number": "+18001231234", "url": "https://example.com/a"}

    rules, _ = read({"10.yaml": text}, {"HOST": "example.com", "NUMBER": "+18005550100"})
    assert rules is not None
    assert rules.variables["number"] == "+18005550100"

    rules, [found] = read({"10.yaml": text}, {"NUMBER": ""})
    assert rules is None
    assert (found.check, found.location) == (Check.VARIABLE, Location("10.yaml", 3, 16))
    assert "HOST" in found.message


def test_settings_are_read() -> None:
    """`max_rejections` and `allowed_numbers` reach the rule set."""
    rules = ruleset(f"{DEFAULT}max_rejections: 3\nallowed_numbers: ['+1', 'sip:example.com']\n")

    assert rules.max_rejections == 3
    assert rules.allowed_numbers == ("+1", "sip:example.com")


@pytest.mark.parametrize("name", ["support_test.yaml", "support_test.yml", "rules/support_test.yaml"])
def test_a_test_file_holds_tests_alone(name: str) -> None:
    """In `*_test.yaml` every other key is an error at the key."""
    assert read({"10.yaml": DEFAULT, name: "tests: [{name: t, expect: {rule: default}}]"})[1] == ()

    _, found = read({name: f"vars: {{a: 1}}\ntests: []\n{DEFAULT}rulez: []\n"})
    assert [(problem.location and problem.location.line, problem.hint) for problem in found] == [
        (1, "move it to a file whose name does not end in _test"),
        (3, "move it to a file whose name does not end in _test"),
        (4, "did you mean 'rules'?"),
    ]


def test_rules_stand_in_the_order_of_the_files() -> None:
    """The files are read as given, and their rules tried in that order."""
    one, two = "rules: [{name: one, defer: x}]\n", "rules: [{name: two, defer: x}]\n"

    rules, _ = read({"20.yaml": two + DEFAULT, "10.yaml": one})
    assert rules is not None
    assert [rule.name for rule in rules.rules] == ["two", "one"]


def test_everything_wrong_in_every_file_is_told() -> None:
    """One reading finds the mistakes of all files, sorted by file, line and column."""
    rules, found = read(
        {
            "20.yaml": "rules:\n  - name: Gold\n    defer: x\n    when: a ==\n  - {name: s, reply: {}}\n",
            "10.yaml": "rules: [}\n",
            "30.yaml": "default: {reply: {instruction: reject}}\nextra: 1\nvars: {a: '${A}'}\n",
        }
    )

    assert rules is None
    assert [(str(problem.location), problem.check) for problem in found] == [
        ("10.yaml:1:9", Check.YAML),
        ("20.yaml:2:11", Check.WRONG_TYPE),
        ("20.yaml:4:15", Check.EXPRESSION),
        ("20.yaml:5:22", Check.MISSING_KEY),
        ("30.yaml:1:18", Check.MISSING_PARAMETER),
        ("30.yaml:2:1", Check.UNKNOWN_KEY),
        ("30.yaml:3:12", Check.VARIABLE),
    ]
    assert all(problem.hint for problem in found)
    assert all(problem.level is Level.ERROR for problem in found)


def test_a_warning_keeps_no_rules_from_being_used() -> None:
    """A rule set with warnings is used, and the warnings are handed out with it."""
    rules, found = read({"10.yaml": "default: {reply: {instruction: dequeue}}\n"})

    assert rules is not None
    assert {problem.level for problem in found} == {Level.WARNING}


def test_the_version_changes_with_what_decides() -> None:
    """Text, file names, their order and the values of vars make the version, and nothing else does."""
    text = f"vars: {{a: '${{A:-1}}'}}\n{DEFAULT}"
    files = {"10.yaml": text, "20.yaml": ""}
    versions = [
        version(files),
        version({"10.yaml": text + "# a remark\n", "20.yaml": ""}),
        version({"11.yaml": text, "20.yaml": ""}),
        version({"20.yaml": "", "10.yaml": text}),
        version({"10.yaml": text}),
        version(files, {"A": "2"}),
    ]

    assert len(set(versions)) == len(versions)
    assert all(len(name) == 12 for name in versions)
    assert version(files, {"A": "1", "B": "2"}) == versions[0]
    assert version({"rules/10.yaml": text, "rules/20.yaml": ""}) == versions[0]


@pytest.mark.parametrize("value", ["\udc80", "1" * 299, "\u2028", '"\\'])
def test_a_var_may_hold_whatever_the_environment_holds(value: str) -> None:
    """Bytes that are no text and numbers of any length have a version like every other value."""
    text = f"vars:\n  a: ${{A}}\n{DEFAULT}"

    assert version({"10.yaml": text}, {"A": value}) != version({"10.yaml": text}, {"A": "x"})


KEYS = st.sampled_from(
    [
        "vars",
        "rules",
        "default",
        "tests",
        "max_rejections",
        "allowed_numbers",
        "task_type_from",
        "name",
        "when",
        "task_type",
        "reply",
        "post",
        "defer",
        "retry_for",
        "on_failure",
        "enabled",
        "instruction",
        "to",
        "from",
        "timeout",
        "expect",
        "at",
        "env",
        "x",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**30),
    st.floats(allow_nan=False),
    st.sampled_from(
        [
            "accept",
            "conference",
            "{{ vars.x }}",
            "{{ task.x",
            "${X}",
            "a == 1",
            "30s",
            "",
            "+18001231234",
            "[",
            "ü",
        ]
    ),
)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)


@settings(deadline=None, max_examples=150)
@given(document=st.dictionaries(KEYS, DOCUMENTS, max_size=5), environment=st.booleans())
def test_reading_never_raises(document: dict[str, object], environment: bool) -> None:
    """Whatever a file holds, reading gives a rule set or errors, each with its place and what to do."""
    text = yaml.safe_dump(document, sort_keys=False, allow_unicode=True)
    rules, found = read_rules([SourceFile("rules.yaml", text)], {"X": "9"} if environment else {})
    errors = [problem for problem in found if problem.level is Level.ERROR]

    assert (rules is None) == bool(errors)
    assert all(problem.location and problem.hint and problem.message for problem in found)


@pytest.mark.parametrize("written", ["sales, support", "sales]", '"{{ vars.a }}"', "${TYPE}", "[a, 'b,c']"])
def test_a_task_type_that_is_several(written: str) -> None:
    """A lost bracket makes one type of a list, and no task has it."""
    rule = f"  - name: c\n    task_type: {written}\n    defer: d\n"
    found = problems(f"rules:\n{rule}default: {{defer: e}}\n")
    assert Check.WRONG_TYPE in [problem.check for problem in found]
