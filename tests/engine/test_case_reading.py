"""Tests of rules that are written wrongly: each is refused with a place and a way out, and shows no value."""

from datetime import UTC, datetime
from textwrap import dedent

import pytest

from app.engine.case_reading import read_cases
from app.engine.cases import in_order, run
from app.engine.catalogue import Check
from app.engine.loading import read_rules
from app.engine.source import SourceFile
from app.model import Problem

RULES = """\
vars: {number: "${NUMBER:-+18005550100}", limit: "${LIMIT:-5}"}
rules:
  - {name: calls, task_type: call, reply: {instruction: call, from: "{{ vars.number }}", to: "+18005550199",
     url: "https://example.com/", accept: true}}
  - {name: few, when: task.count == vars.limit, defer: x}
default: {defer: to somebody}
"""


def refused(test: str) -> tuple[Problem, ...]:
    """What is wrong with one test in a file of its own; the rules beside it hold no error."""
    found = read_rules(files(test), {}, lint=False)
    assert (found[0] is None) == bool(found[1])
    return found[1]


def files(*tests: str, rules: str = RULES) -> list[SourceFile]:
    items = "".join(f"  - {test}\n" for test in tests)
    return [SourceFile("rules.yaml", rules), SourceFile("a_test.yaml", f"tests:\n{items}")]


@pytest.mark.parametrize("test", ["5", "text", "[]", "null", "[name, expect]", '"{name: a}"'])
def test_a_test_that_holds_no_keys(test: str) -> None:
    """The keys that it can hold are named."""
    (problem,) = refused(test)
    assert (problem.check, problem.message) == (Check.WRONG_TYPE, "a test holds keys with values")
    assert problem.hint == "write keys: at, callback, env, expect, name, rejections, task, worker"


@pytest.mark.parametrize("tests", ["5", "text", "{name: a}"])
def test_tests_that_are_no_list(tests: str) -> None:
    """Nor are those of a file without any read as none."""
    found = read_rules([*files(), SourceFile("b_test.yaml", f"tests: {tests}\n")], {})[1]
    assert [(each.check, str(each.location)) for each in found if each.location] == [
        (Check.WRONG_TYPE, "a_test.yaml:1:7"),
        (Check.WRONG_TYPE, "b_test.yaml:1:8"),
    ]


WRONG = {
    "name": ["5", "1.5", "true", "null", "[a]", "{a: b}", '""', '" "'],
    "task": ["5", "text", "true", "null", "[a]"],
    "worker": ["5", "text", "true", "null", "[{contact_uri: x}]"],
    "callback": ["5", "text", "true", "null", "[TaskAge]"],
    "env": ["5", "text", "true", "null", "[NUMBER]", "NUMBER=5"],
    "at": ["true", "null", "[2026-11-23]", "{day: Mon}", '""'],
    "rejections": ["-1", "1001", "1.5", "true", "null", "many", "[1]", '"1e3"'],
    "expect": ["5", "default", "true", "null", "[rule]"],
}


@pytest.mark.parametrize(("key", "value"), [(key, value) for key in WRONG for value in WRONG[key]])
def test_a_value_of_another_kind(key: str, value: str) -> None:
    """Lists for texts, numbers for names, nothing at all: the place of the value, and an example."""
    keys = {"name": "a", "expect": "{rule: default}", key: value}
    (problem,) = refused("{" + ", ".join(f"{each}: {keys[each]}" for each in keys) + "}")
    assert problem.check == Check.WRONG_TYPE
    assert problem.message.startswith(f"`{key}` ")
    assert str(problem.hint).startswith(f"for instance {key}: ")
    assert problem.location
    assert problem.location.file == "a_test.yaml"


@pytest.mark.parametrize(
    "expected",
    [
        "rule: 5",
        "rule: [calls]",
        "rule: null",
        "reply: call",
        "reply: null",
        "reply: [instruction]",
        "post: true",
        "defer: 5",
        "defer: null",
        "problem: true",
        "problem: null",
        "problem: [D001]",
        "problem: 4.5",
    ],
)
def test_an_expectation_of_another_kind(expected: str) -> None:
    """It is reported once, at its value."""
    (problem,) = refused(f"{{name: a, expect: {{{expected}}}}}")
    assert problem.check == Check.WRONG_TYPE
    assert problem.location
    assert problem.location.column == 24 + expected.index(":") + 2


@pytest.mark.parametrize("problem", ['""', '" "', "-1", "d001", "R070", "'401 10'", "'40110.0'", "٤٠١١٠"])
def test_a_problem_that_no_decision_has(problem: str) -> None:
    """An empty one expects nothing, and would always pass."""
    (found,) = refused(f"{{name: a, expect: {{problem: {problem}}}}}")
    assert found.check == Check.BROKEN_TEST
    assert "neither a Twilio code nor the id of a decision's problem" in found.message


@pytest.mark.parametrize(
    ("expected", "message", "hint"),
    [
        ("reply: {form: null}", "no instruction has 'form'", "did you mean 'from'?"),
        ("post: {form: 5}", "no instruction has 'form'", "did you mean 'from'?"),
        ("reply: {instruction: call, muted: null}", "call has no 'muted'", "known are accept, "),
        ("reply: {instruction: Reject, activity: x}", "reject has no 'activity'", "'activity_sid'?"),
        ("reply: {instruction: accept, from: null}", "accept has no 'from'", "known are "),
    ],
)
def test_a_key_that_the_instruction_cannot_have(expected: str, message: str, hint: str) -> None:
    """With null it would be as expected whatever the rules do."""
    (found,) = refused(f"{{name: a, expect: {{{expected}}}}}")
    assert (found.check, found.message) == (Check.BROKEN_TEST, f"test 'a': {message}")
    assert hint in str(found.hint)


@pytest.mark.parametrize("written", ["call", "Call", "CALL", '"call"'])
def test_an_instruction_in_any_case(written: str) -> None:
    """As Twilio's own pages write them now one way, now another."""
    test = f"{{name: a, task: {{type: call}}, expect: {{reply: {{instruction: {written}}}}}}}"
    assert run(files(test), {}).failed == 0


@pytest.mark.parametrize("written", ["null", "5", "[call]", "{call: x}", '""', "dial", "Conferense"])
def test_an_instruction_that_there_is_not(written: str) -> None:
    """One problem, whatever stands there, and none of its other keys."""
    (found,) = refused(f"{{name: a, expect: {{reply: {{instruction: {written}, timeout: 5}}}}}}")
    assert (found.check, found.message) == (Check.BROKEN_TEST, "test 'a': there is no such instruction")


@pytest.mark.parametrize(
    ("test", "key"),
    [
        ("{name: a, name: b, expect: {rule: default}}", "name"),
        ("{name: a, expect: {rule: default}, expect: {rule: calls}}", "expect"),
        ("{name: a, expect: {rule: default, rule: calls}}", "rule"),
        ("{name: a, task: {type: x, type: y}, expect: {rule: default}}", "type"),
        ("{name: a, env: {LIMIT: 1, LIMIT: 2}, expect: {rule: default}}", "LIMIT"),
    ],
)
def test_a_key_twice(test: str, key: str) -> None:
    """Neither of the two is taken."""
    (problem,) = refused(test)
    assert problem.check == Check.DUPLICATE_KEY
    assert problem.message.startswith(f"the key '{key}' stands here a second time")


@pytest.mark.parametrize(
    ("test", "hint"),
    [
        ("{name: a, expcet: {rule: default}}", "did you mean 'expect'?"),
        ("{name: a, skip: true, expect: {rule: default}}", "known are at, callback, "),
        ("{name: a, expect: {rul: default}}", "did you mean 'rule'?"),
    ],
)
def test_an_unknown_key(test: str, hint: str) -> None:
    """One problem: that the key which it stands for is missing goes without saying."""
    (problem,) = refused(test)
    assert problem.check == Check.UNKNOWN_KEY
    assert hint in str(problem.hint)


@pytest.mark.parametrize(
    "at",
    [
        "soon",
        "Monday",
        "12:30",
        "2026-13-01T00:00:00Z",
        "2026-11-31",
        "2026-11-23T25:00:00Z",
        "2026-11-23T17:30:00 Europe/Berlin",
        "1969-12-31T23:59:59Z",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_a_time_that_is_none(at: str) -> None:
    """Quoted or not, one problem with an example."""
    for written in (at, f'"{at}"'):
        (problem,) = refused(f"{{name: a, at: {written}, expect: {{rule: default}}}}")
        assert problem.message == "test 'a': `at` is no time in ISO 8601"
        assert problem.hint == "write for instance 2026-11-23T17:30:00Z"
        assert problem.location
        assert problem.location.column == 19


@pytest.mark.parametrize("at", ["2026-11-23T17:30:00Z", "Mon, 23 Nov 2026 17:30:00 +0000", "1795455000"])
def test_a_time_is_written_as_a_callback_has_it(at: str) -> None:
    """ISO 8601, RFC 2822 or epoch seconds, quoted or not."""
    for written in (at, f'"{at}"'):
        text = f"tests:\n  - name: a\n    at: {written}\n    expect: {{rule: default}}\n"
        (case,) = read_cases([SourceFile("a_test.yaml", text)])
        assert case.at == datetime(2026, 11, 23, 17, 30, tzinfo=UTC)


def test_no_value_of_a_callback_is_repeated() -> None:
    """Tests are copied from what callers sent, and problems are logged."""
    for written in (
        "TaskSid: hunter2",
        "ReservationSid: hunter2",
        "TaskAge: [hunter2]",
        "EventType: hunter2",
    ):
        (problem,) = refused(f"{{name: a, callback: {{{written}}}, expect: {{rule: default}}}}")
        assert "hunter2" not in str(problem)


def test_an_environment_is_of_texts() -> None:
    """As it is written: numbers keep their digits, and null is what is not set."""
    test = "{name: a, env: {A: 012, B: 1.50, C: null, D: 'true', E: ''}, expect: {rule: default}}"
    (case,) = read_cases(files(test))
    assert case.environment == {"A": "012", "B": "1.50", "C": None, "D": "true", "E": ""}


def test_environments_that_are_alike_stand_together() -> None:
    """Rules are loaded once for each; null is another than the text None."""
    texts = ["null", "None"] * 3
    tests = [f"{{name: t{n}, env: {{A: {text}}}, expect: {{rule: few}}}}" for n, text in enumerate(texts)]
    seen = [case.environment["A"] for case in in_order(read_cases(files(*tests)))]
    assert seen == ["None", "None", "None", None, None, None]


def test_tests_stand_beside_rules() -> None:
    """In any rules file, and they may expect rules of any other."""
    beside = SourceFile(
        "z.yaml",
        dedent("""\
        tests:
          - {name: beside, expect: {rule: default}}
          - {name: of another file, task: {type: call}, expect: {rule: calls}}
        rules:
          - {name: last, task_type: x, defer: y}
    """),
    )
    ran = run([*files("{name: apart, task: {type: x}, expect: {rule: last}}"), beside], {})
    assert [(result.case.name, result.passed) for result in ran.results] == [
        ("apart", True),
        ("beside", True),
        ("of another file", True),
    ]


def test_a_file_that_cannot_be_read_is_the_one_problem() -> None:
    """That its rules are missing is not said of every test that expects one."""
    broken = SourceFile("b.yaml", "rules:\n  - {name: there, defer: x}\n  - [\n")
    test = "{name: a, expect: {rule: there}}"
    found = read_rules([*files(test), broken], {})[1]
    assert [each.check for each in found] == [Check.YAML]
    (missing,) = refused(test)
    assert missing.message == "test 'a': there is no rule 'there'"


def test_a_rule_that_is_missing_does_not_list_all_others() -> None:
    """There may be thousands; one that is near is named."""
    many = "".join(f"  - {{name: queue-{n}, task_type: t{n}, defer: x}}\n" for n in range(300))
    rules = f"default: {{defer: x}}\nrules:\n{many}"
    hints = [
        str(each.hint)
        for each in read_rules(
            files("{name: a, expect: {rule: sales}}", "{name: b, expect: {rule: queue_7}}", rules=rules), {}
        )[1]
        if each.check == Check.BROKEN_TEST
    ]
    assert hints == ["name a rule that is there, or default", "did you mean 'queue-7'?"]
