"""The tests that rules files hold: what is wrong with one, what it compares, and what it covers."""

import json
from collections.abc import Mapping
from textwrap import dedent

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.case_coverage import Coverage
from app.engine.case_reading import Case, read_cases
from app.engine.cases import Result, Run, run
from app.engine.catalogue import Check
from app.engine.source import SourceFile
from app.errors import RulesBroken
from app.model import Level, Problem
from tests.builders import CALL_SID, OFFLINE, problems, ruleset

RULES = f"""
vars:
  number: ${{NUMBER:-+18005550100}}
  opens: ${{OPENS_AT:-800}}
  password: ${{PASSWORD:-correct-horse}}
rules:
  - name: gold
    task_type: [support, billing]
    when: customer_value == "Gold" AND (worker.skills HAS "vip" OR worker.level > 3)
    reply:
      instruction: conference
      from: "{{{{ vars.number }}}}"
      timeout: 20
      end_conference_on_exit: true
      beep: false
      conference_status_callback: https://example.com/events
      conference_status_callback_event: [start, end]
      sip_auth_username: desk
      sip_auth_password: "{{{{ vars.password }}}}"
  - name: early
    task_type: support
    when: taskrouter.currentTime < vars.opens
    defer: nobody is there
  - name: off
    enabled: false
    defer: never
  - name: queue
    when: task.queue == callback.TaskQueueSid AND NOT (task.vip == true)
    post: {{instruction: redirect, call_sid: "{{{{ task.call_sid }}}}", url: "https://example.com/q"}}
default:
  reply: {{instruction: reject, activity_sid: {OFFLINE}}}
"""
GOLD = (
    f"task: {{type: support, customer_value: Gold, call_sid: {CALL_SID}}}\n"
    'worker: {skills: [vip], contact_uri: "client:alice"}\n'
)
DEFERRING = "default: {defer: to somebody}\nrules: [{name: chat, task_type: chat, defer: to the agent}]\n"


def files(case: str, rules: str = RULES, name: str = "a test") -> list[SourceFile]:
    """Rules and one test, whose keys these are."""
    body = "".join(f"    {line}\n" for line in dedent(case).strip().splitlines())
    return [
        SourceFile("rules.yaml", rules),
        SourceFile("rules_test.yaml", f"tests:\n  - name: {name}\n{body}"),
    ]


def tried(case: str, rules: str = RULES, environment: Mapping[str, str] | None = None) -> Run:
    return run(files(case, rules), environment or {})


def lines(case: str, rules: str = RULES) -> tuple[str, ...]:
    """What is not as the test expects."""
    (result,) = tried(case, rules).results
    assert result.passed == (not result.lines)
    return result.lines


def read(case: str) -> Case:
    (found,) = read_cases(files(case))
    return found


# --- What a test gives the rules


def test_a_test_that_says_nothing_of_the_call() -> None:
    """It takes place on a Monday at noon, with a callback that production would take."""
    case = read("expect: {rule: default}")
    assert case.at.isoformat() == "2026-01-05T12:00:00+00:00"
    assert case.at.strftime("%a") == "Mon"
    assert case.callback.params["Timestamp"] == "2026-01-05T12:00:00Z"
    assert case.callback.params["WorkerName"] == "Alice"
    assert (case.callback.task, case.callback.worker) == ({}, {})
    assert (case.environment, case.rejections) == ({}, 0)


def test_attributes_come_as_json() -> None:
    """As Twilio sends them, and read as in production."""
    case = read("task: {type: support, count: 3, when: no}\nexpect: {rule: default}")
    assert json.loads(case.callback.sid("TaskAttributes")) == {"type": "support", "count": 3, "when": "no"}
    assert case.callback.task == {"type": "support", "count": 3, "when": "no"}


def test_callback_parameters_are_texts() -> None:
    """A number is read as it is written, and null takes a parameter away."""
    case = read("callback: {TaskAge: 012, TaskPriority: 1.50, WorkerName: null}\nexpect: {rule: default}")
    assert (case.callback.params["TaskAge"], case.callback.params["TaskPriority"]) == ("012", "1.50")
    assert "WorkerName" not in case.callback.params


def test_attributes_that_are_no_json() -> None:
    """They can be given as Twilio's parameter."""
    case = read("callback: {TaskAttributes: '{oops'}\nexpect: {rule: default}")
    assert case.callback.task is None


@pytest.mark.parametrize(
    ("at", "utc"),
    [
        ("2026-11-23T17:30:00Z", "2026-11-23T17:30:00+00:00"),
        ('"2026-11-23T17:30:00Z"', "2026-11-23T17:30:00+00:00"),
        ("2026-11-23T17:30:00", "2026-11-23T17:30:00+00:00"),
        ("2026-11-23 17:30", "2026-11-23T17:30:00+00:00"),
        ("2026-11-23", "2026-11-23T00:00:00+00:00"),
        ("2026-11-23T17:30:00-05:00", "2026-11-23T22:30:00+00:00"),
    ],
)
def test_a_time(at: str, utc: str) -> None:
    """Quoted or not; without a zone it is UTC."""
    assert read(f"at: {at}\nexpect: {{rule: default}}").at.isoformat() == utc


# --- What is wrong with a test


def found(case: str) -> list[Problem]:
    """What is wrong with a test; the rules before it are without problem."""
    body = "".join(f"    {line}\n" for line in case.splitlines())
    text = f"{RULES}tests:\n  - name: a test\n{body}"
    return [problem for problem in problems(text) if problem.level is Level.ERROR]


@pytest.mark.parametrize(
    ("case", "message", "hint"),
    [
        ("expect: {}", "test 'a test': `expect` expects nothing", "rule: default"),
        ("task: {}", "the test has no `expect`", "expect: {rule: default}"),
        ("expect: {rule: golden}", "test 'a test': there is no rule 'golden'", "did you mean 'gold'?"),
        ("expect: {rule: off}", "test 'a test': the rule 'off' is switched off", "enabled: false"),
        ("at: tomorrow\nexpect: {rule: gold}", "`at` is no time in ISO 8601", "2026-11-23T17:30:00Z"),
        ("at: 0001-01-01T00:00:00Z\nexpect: {rule: gold}", "`at` is no time", "2026-11-23T17:30:00Z"),
        ("expect: {reply: {}, post: {}}", "`expect` has reply and post", "remove all but one"),
        ("expect: {reply: {}, defer: x}", "`expect` has reply and defer", "remove all but one"),
        ("expect: {reply: {instruction: conferense}}", "no such instruction", "did you mean 'conference'?"),
        ("expect: {reply: {instruction: []}}", "no such instruction", "known are accept"),
        ("expect: {reply: {instruction: reject, muted: null}}", "reject has no 'muted'", "known are"),
        ("expect: {post: {mutted: null}}", "no instruction has 'mutted'", "did you mean 'muted'?"),
        ("expect: {problem: D999}", "neither a Twilio code nor the id", "40110"),
        ("expect: {problem: R001}", "neither a Twilio code nor the id", "D001"),
        ("env: {NUMBER: true}\nexpect: {rule: gold}", "`env`: NUMBER must be a text", 'NUMBER: "…"'),
        ("env: {NUMBER: []}\nexpect: {rule: gold}", "`env`: NUMBER must be a text", 'NUMBER: "…"'),
        ("callback: {TaskAge: {}}\nexpect: {rule: gold}", "`callback`: TaskAge must be", "quotes"),
        (
            "task: {}\ncallback: {TaskAttributes: '{}'}\nexpect: {rule: gold}",
            "`task` says what TaskAttributes holds already",
            "remove one of the two",
        ),
        (
            "callback: {WorkerSid: x}\nexpect: {rule: gold}",
            "the parameter WorkerSid must be a SID: WK and 32 hexadecimal digits",
            "what Twilio would send",
        ),
        ("callback: {TaskSid: null}\nexpect: {rule: gold}", "the parameter TaskSid is missing", "Twilio"),
        ("callback: {EventType: x}\nexpect: {rule: gold}", "this is an event callback", "Twilio"),
    ],
)
def test_a_broken_test(case: str, message: str, hint: str) -> None:
    """It is found when rules are checked, with its place and what to do."""
    (problem,) = found(case)
    assert problem.check == Check.BROKEN_TEST
    assert message in problem.message
    assert hint in str(problem.hint)
    assert problem.location
    assert problem.location.line > RULES.count("\n")


def test_a_broken_test_has_its_place() -> None:
    """The line and the column of what is wrong."""
    text = "default: {defer: x}\ntests:\n  - name: t\n    expect:\n      rule: gold\n"
    (problem,) = problems(text)
    assert problem.location
    assert (problem.location.line, problem.location.column) == (5, 13)


def test_a_test_that_is_no_test() -> None:
    """A text in the place of keys."""
    (problem,) = problems("default: {defer: x}\ntests: [gold callers]\n")
    assert (problem.check, problem.message) == (Check.WRONG_TYPE, "a test holds keys with values")


def test_a_test_without_a_name() -> None:
    """It could not be told from others."""
    (problem,) = problems("default: {defer: x}\ntests:\n  - {expect: {rule: default}}\n")
    assert (problem.check, problem.message) == (Check.BROKEN_TEST, "the test has no `name`")


def test_two_tests_of_one_name() -> None:
    """The second is refused, with the place of the first, in whichever file they are."""
    test = "  - {name: same, expect: {rule: default}}\n"
    (problem,) = problems(f"default: {{defer: x}}\ntests:\n{test}{test}")
    assert problem.message == "a test named 'same' stands at rules.yaml:3:12 already"
    assert problem.location
    assert problem.location.line == 4


def test_a_rule_that_holds_an_error_is_there_all_the_same() -> None:
    """Its own problem is enough."""
    text = "rules: [{name: chat, defer: x, whn: y}]\ndefault: {defer: x}\n"
    (problem,) = problems(f"{text}tests: [{{name: t, expect: {{rule: chat}}}}]\n")
    assert problem.check == Check.UNKNOWN_KEY


KEYS = ["name", "task", "worker", "callback", "at", "env", "rejections", "expect"]
EXPECTED = ["rule", "reply", "post", "defer", "problem", "instruction", "from"]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.sampled_from(["gold", "9999-12-31"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(EXPECTED) | st.text(), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None, max_examples=200)
@given(cases=st.lists(st.dictionaries(st.sampled_from(KEYS), ANYTHING, max_size=6), max_size=2))
def test_no_test_can_break_the_reading(cases: list[dict[str, object]]) -> None:
    """Whatever a test holds, it is run or refused."""
    text = yaml.safe_dump({"tests": cases}, allow_unicode=True)
    try:
        ran = run([SourceFile("rules.yaml", RULES), SourceFile("a_test.yaml", text)], {})
    except RulesBroken as error:
        assert all(problem.location and problem.hint for problem in error.problems)  # noqa: PT017
    else:
        assert len(ran.results) == len(cases)


# --- What is compared


@pytest.mark.parametrize(
    "expected",
    [
        "rule: gold",
        "reply: {}",
        "reply: {instruction: conference}",
        "reply: {instruction: Conference, from: +18005550100}",
        "reply: {timeout: 20, end_conference_on_exit: true}",
        'reply: {timeout: "20", end_conference_on_exit: "true"}',
        "reply: {beep: false}",
        'reply: {beep: "false"}',
        "reply: {conference_status_callback_event: [start, end]}",
        'reply: {conference_status_callback_event: "start,end"}',
        "reply: {conference_status_callback_event: [end, start]}",
        "reply: {muted: null}",
        'reply: {sip_auth_password: "***"}',
        "reply: {sip_auth_password: correct-horse}",
    ],
)
def test_what_is_as_expected(expected: str) -> None:
    """Values are read as a rule's own are read; what is not listed may be anything."""
    assert lines(f"{GOLD}expect:\n  {expected}") == ()


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ("post: {}", "wanted post, got reply"),
        ("defer: later", "wanted defer, got reply"),
        ("reply: {instruction: call, from: +1}", "wanted instruction call, got conference"),
        ("reply: {from: +1800555019}", 'wanted from "+1800555019", got "+18005550100"'),
        ("reply: {timeout: 21}", "wanted timeout 21, got 20"),
        ("reply: {timeout: true}", "wanted timeout true, got 20"),
        ("reply: {end_conference_on_exit: 1}", "wanted end_conference_on_exit 1, got true"),
        ("reply: {conference_status_callback_event: start}", '"start", got ["start", "end"]'),
        ("reply: {muted: false}", "wanted muted false, got none"),
        ("reply: {timeout: null}", "wanted no timeout, got 20"),
        ("reply: {sip_auth_password: battery}", "wanted sip_auth_password ***, got ***"),
        ("problem: 40110", "wanted problem 40110, got none"),
    ],
)
def test_what_is_not_as_expected(expected: str, said: str) -> None:
    """One difference, as wanted and got; a secret is not shown."""
    (line,) = lines(f"{GOLD}expect:\n  {expected}")
    assert said in line


def test_a_secret_is_shown_nowhere() -> None:
    """Not as another field, and not as the value of a term."""
    rules = RULES.replace("sip_auth_username: desk", 'room_name: "{{ vars.password }}"').replace(
        "task.queue == callback.TaskQueueSid", "task.queue == vars.password"
    )
    assert "correct-horse" in rules
    (line,) = lines(f"{GOLD}expect: {{reply: {{room_name: x}}}}", rules)
    assert line == 'wanted room_name "x", got ***'
    said = "\n".join(lines("task: {type: fax}\nexpect: {rule: queue}", rules))
    assert "vars.password is ***" in said
    assert "correct-horse" not in said


def test_a_deferred_task() -> None:
    """Its reason is compared, a rule's and the default's."""
    assert lines("task: {type: chat}\nexpect: {defer: to the agent}", DEFERRING) == ()
    assert lines("expect: {rule: default, defer: to somebody}", DEFERRING) == ()
    assert lines("expect: {defer: to the agent}", DEFERRING) == (
        "wanted defer: to the agent, got to somebody",
    )


@pytest.mark.parametrize("problem", ["40137", '"40137"', "D003"])
def test_a_problem(problem: str) -> None:
    """By Twilio's code or by the check's id."""
    case = GOLD.replace('contact_uri: "client:alice"', "level: 1")
    assert lines(f"{case}expect: {{rule: default, problem: {problem}}}") == ()
    (line,) = lines(f"{case}expect: {{problem: D006}}")
    assert line.startswith(
        "wanted problem D006, got gold: there is no `to`, and the worker has no contact_uri"
    )
    assert line.endswith("(40137) [D003]")


def test_rejections() -> None:
    """A task that was rejected too often gets the default, and that is the reason that is shown."""
    case = f"rejections: 20\n{GOLD}"
    assert lines(f"{case}expect: {{rule: default, problem: D006}}") == ()
    assert lines(f"{case}expect: {{rule: gold}}") == (
        "wanted rule gold, got default",
        "  the task was rejected 20 times [D006]",
    )


def test_the_environment_is_laid_over_the_process_s() -> None:
    """Each test has its own; null takes a variable away, and a number is a text."""
    expect = 'expect: {reply: {from: "+18005550199"}}'
    assert tried(f'env: {{NUMBER: "+18005550199"}}\n{GOLD}{expect}').failed == 0
    assert tried(f"{GOLD}{expect}").failed == 1
    assert tried(f"{GOLD}{expect}", environment={"NUMBER": "+18005550199"}).failed == 0
    assert tried(f"env: {{NUMBER: null}}\n{GOLD}{expect}", environment={"NUMBER": "+18005550199"}).failed == 1
    early = "env: {OPENS_AT: 1300}\ntask: {type: support}\nexpect: {rule: early}"
    assert tried(early).failed == 0


def test_an_environment_that_breaks_the_rules() -> None:
    """The test fails with the place of the error; the others go on."""
    case = "env: {NUMBER: none}\nexpect: {rule: default}\n"
    broken, good = run(
        [*files(case), SourceFile("z.yaml", "tests: [{name: z, expect: {rule: default}}]")], {}
    ).results
    assert good.passed
    (line,) = broken.lines
    assert line.startswith("with its `env` the rules hold an error: rules.yaml:12:13 `from` must be a phone")


# --- Why another rule decided


def test_the_term_that_decided_is_shown() -> None:
    """With what it refers to; the terms that held are not."""
    case = 'task: {type: support, customer_value: Silver}\nworker: {skills: ["vip"]}\nexpect: {rule: gold}'
    assert lines(case) == (
        "wanted rule gold, got default",
        '  gold: task.customer_value == "Gold" is false: task.customer_value is "Silver"',
    )


def test_all_terms_that_could_have_made_it_hold_are_shown() -> None:
    """Both sides of an OR."""
    case = (
        "task: {type: support, customer_value: Gold}\nworker: {skills: null, level: 3}\nexpect: {rule: gold}"
    )
    assert lines(case)[1:] == (
        '  gold: worker.skills HAS "vip" is false: worker.skills is null',
        "  gold: worker.level > 3 is false: worker.level is 3",
    )


def test_a_term_that_is_denied() -> None:
    """Under NOT it is the one that held."""
    case = (
        "callback: {TaskQueueSid: WQ0123456789abcdef0123456789abcdef}\n"
        "task: {queue: WQ0123456789abcdef0123456789abcdef, vip: true}\nexpect: {rule: queue}"
    )
    assert lines(case)[1:] == ("  queue: task.vip == true is true: task.vip is true",)


def test_a_task_of_another_type() -> None:
    """Which the rule looks at, and which this is."""
    said = "  gold looks at tasks of type support, billing; this one's is chat"
    assert lines("task: {type: chat}\nexpect: {rule: gold}")[1] == said
    assert lines("expect: {rule: gold}")[1].endswith("; this one has none")


def test_a_rule_before_it() -> None:
    """That another was first is the reason, with what made it match."""
    case = (
        f"at: 2026-01-05T07:00:00Z\n{GOLD.replace('vip', 'x').replace('Gold', 'Tin')}expect: {{rule: queue}}"
    )
    assert lines(case)[-1] == (
        "  early stands before it and matched: taskrouter.currentTime < vars.opens is true: "
        "taskrouter.currentTime is 700, vars.opens is 800"
    )


def test_a_rule_where_the_default_was_wanted() -> None:
    """What made it match."""
    assert lines("task: {type: chat}\nexpect: {rule: default}", DEFERRING)[1:] == ("  chat matched",)


def test_a_rule_that_could_not_be_carried_out() -> None:
    """It matched; what it lacked is the reason."""
    case = f"{GOLD.replace('client:alice', 'nobody')}expect: {{rule: gold}}"
    wanted, why = lines(case)
    assert wanted == "wanted rule gold, got default"
    assert why.startswith("  gold: there is no `to`, and the worker has no contact_uri")


def test_a_long_value_is_cut() -> None:
    """A document would fill the screen."""
    said = lines(f"task: {{type: support, customer_value: {'x' * 500}}}\nexpect: {{rule: gold}}")[1]
    assert said.endswith("xxx…")
    assert len(said) < 250


# --- Running


def test_results_are_in_the_files_order() -> None:
    """However the environments group them."""
    tests = "".join(f"  - {{name: t{n}, env: {{A: {n % 2}}}, expect: {{rule: default}}}}\n" for n in range(6))
    ran = run([SourceFile("rules.yaml", f"default: {{defer: x}}\ntests:\n{tests}")], {})
    assert [result.case.name for result in ran.results] == [f"t{n}" for n in range(6)]
    assert ran.failed == 0


def test_broken_rules_are_not_tested() -> None:
    """Their problems are raised."""
    with pytest.raises(
        RulesBroken, match=r"the rules in elsewhere hold errors: .*desk check elsewhere"
    ) as raised:
        run([SourceFile("a.yaml", "rules: [{name: x}]")], {}, "elsewhere")
    assert {problem.check for problem in raised.value.problems} == {Check.ACTION, Check.ONCE_PER_RULE_SET}


def test_a_rule_set_that_is_at_hand_is_not_read_again() -> None:
    """It is the one that is tested, whatever the files say."""
    given = ruleset(DEFERRING)
    ran = run(files("task: {type: chat}\nexpect: {rule: chat}", "default: {defer: x}"), {}, ruleset=given)
    assert ran.failed == 0


# --- Coverage

COVERED = """
vars: {on: true}
default: {defer: x}
rules:
  - name: one
    task_type: a
    when: n == 1 OR m == 2
    defer: x
  - name: two
    task_type: [a, b]
    when: ["1 == 1", "vars.on == true", "k == 3"]
    defer: x
"""


def covered(*calls: str, rules: str = COVERED) -> Coverage:
    """What tests with these keys leave open."""
    tests = [f"  - {{name: t{n}, {keys}, expect: {{problem: 1}}}}\n" for n, keys in enumerate(calls)]
    beside = SourceFile("a_test.yaml", "tests:\n" + "".join(tests))
    ran = run([SourceFile("rules.yaml", rules), *([beside] if calls else [])], {})
    assert len(ran.results) == len(calls)
    return ran.coverage


def unseen(*calls: str, rules: str = COVERED) -> list[str]:
    return [f"{each.rule}: {each.message}" for each in covered(*calls, rules=rules).unseen]


ALL = [
    "one: it never matches",
    "one: task.n == 1 is never true",
    "one: task.n == 1 is never false",
    "one: task.m == 2 is never true",
    "one: task.m == 2 is never false",
    "two: it never matches",
    "two: 1 == 1 is never true",
    "two: vars.on == true is never true",
    "two: task.k == 3 is never true",
    "two: task.k == 3 is never false",
    "default: it never decides",
]


def test_without_a_test_nothing_is_covered() -> None:
    """Constants count for the one outcome that they have."""
    nothing = covered()
    assert (nothing.total, nothing.percent) == (11, 0)
    assert unseen() == ALL


def test_a_task_that_no_rule_takes() -> None:
    """Every rule of its type was asked, and the default decided."""
    left = unseen("task: {type: a}")
    assert left == [
        "one: it never matches",
        "one: task.n == 1 is never true",
        "one: task.m == 2 is never true",
        "two: it never matches",
        "two: task.k == 3 is never true",
    ]
    assert covered("task: {type: a}").percent == 100 * 6 // 11


def test_a_rule_that_matches_hides_those_after_it() -> None:
    """They were not asked; all terms of the one that matched were."""
    left = unseen("task: {type: a, n: 1, k: 3}")
    assert set(ALL) - set(left) == {
        "one: it never matches",
        "one: task.n == 1 is never true",
        "one: task.m == 2 is never false",
    }


def test_a_rule_of_another_type_is_not_asked() -> None:
    """Its terms are those of its own tasks."""
    assert set(ALL) - set(unseen("task: {type: b, n: 1}")) == {
        "two: 1 == 1 is never true",
        "two: vars.on == true is never true",
        "two: task.k == 3 is never false",
        "default: it never decides",
    }


def test_all_is_covered() -> None:
    """By four tasks; 100 percent is all."""
    calls = ("task: {type: a, n: 1}", "task: {type: a, m: 2}", "task: {type: b, k: 3}", "task: {type: b}")
    assert unseen(*calls) == []
    assert covered(*calls).percent == 100
    assert covered(*calls[:3]).percent == 100 * 9 // 11


def test_a_task_that_was_rejected_too_often_asks_no_rule() -> None:
    """The default alone decided."""
    assert set(ALL) - set(unseen("rejections: 20, task: {type: a}")) == {"default: it never decides"}


def test_a_rule_that_could_not_be_carried_out_matched() -> None:
    """It was tried; that it failed may be what the test wants."""
    rules = "default: {defer: x}\nrules: [{name: one, post: {instruction: dequeue, from: '+18005550100'}}]\n"
    assert unseen("task: {type: a}", rules=rules) == []


def test_an_environment_makes_other_outcomes() -> None:
    """Rules and terms are the same in all."""
    rules = (
        "vars: {limit: '${LIMIT:-5}'}\ndefault: {defer: x}\n"
        "rules: [{name: one, when: task.n == vars.limit, defer: x}]\n"
    )
    assert unseen("task: {n: '7'}", rules=rules) != []
    assert unseen("task: {n: '7'}", "env: {LIMIT: 7}, task: {n: '7'}", rules=rules) == []


def test_what_is_missing_has_a_place() -> None:
    """That of its rule; the default has none."""
    one, *_, default = covered().unseen
    assert str(one.location) == "rules.yaml:5:5"
    assert default.location is None


def test_a_result_without_difference_passed() -> None:
    """And has nothing to say."""
    (result,) = tried(f"{GOLD}expect: {{rule: gold}}").results
    assert result == Result(result.case)
    assert (result.passed, result.lines) == (True, ())
