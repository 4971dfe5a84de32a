"""`when` and `task_type_from`: mistakes in them, at their place in the file."""

import pytest

from app.engine.catalogue import Check
from app.engine.decide import decide
from app.model import Level, Location, Problem
from tests.builders import MONDAY_NOON, callback, problems, ruleset


def when(text: str) -> tuple[Problem, ...]:
    return problems(f"default: {{defer: later}}\nrules:\n  - name: only\n    defer: x\n    when: {text}\n")


@pytest.mark.parametrize(
    ("text", "check", "column", "hint"),
    [
        ("type = = 1", Check.EXPRESSION, 18, None),
        ("'type == '", Check.EXPRESSION, None, "write a name, a quoted text, a number or a [list]"),
        ("vars.floor == 1", Check.UNKNOWN_REFERENCE, 11, "define it under `vars`"),
        (
            "a == 1 AND taskrouter.currentTiem > 900",
            Check.UNKNOWN_REFERENCE,
            22,
            "did you mean 'currentTime'?",
        ),
        ("taskrouter.dayOfWeek.short == 1", Check.UNKNOWN_REFERENCE, 11, "did you mean 'dayOfWeek'?"),
        ("[a == 1, vars.floor == 2]", Check.UNKNOWN_REFERENCE, 20, "define it under `vars`"),
    ],
)
def test_a_mistake_is_told_at_its_place(
    text: str, check: Check, column: int | None, hint: str | None
) -> None:
    """The location is the one inside the expression, with what to write instead."""
    [found] = when(text)

    assert (found.check, found.rule) == (check, "only")
    assert found.location is not None
    assert found.location.line == 5
    assert column is None or found.location.column == column
    assert found.hint if hint is None else found.hint == hint
    assert found.message.startswith("`when`: ")


def test_every_unknown_reference_is_told() -> None:
    """Two unknown names in one expression are two problems."""
    assert [found.message for found in when("vars.a == vars.b")] == [
        "`when`: there is no var 'a'",
        "`when`: there is no var 'b'",
    ]


def test_an_expression_of_several_rules_is_told_in_each() -> None:
    """A mistake that was copied is reported at each copy."""
    found = problems("""\
        default: {defer: later}
        rules:
          - {name: one, defer: x, when: type ==}
          - {name: two, defer: x, when: type ==}
        """)

    assert [(problem.rule, problem.location and problem.location.line) for problem in found] == [
        ("one", 3),
        ("two", 4),
    ]


@pytest.mark.parametrize(
    ("text", "check", "column", "said", "hint"),
    [
        ("phone MATCHES '('", Check.EXPRESSION, 25, "missing ): (", "no lookahead"),
        ("phone MATCHES '(?=a)'", Check.EXPRESSION, 25, "invalid perl operator", "no lookahead"),
        ("phone MATCHES name", Check.EXPRESSION, 25, "in quotes", '"^[+]44"'),
        ("phone MATCHES 5", Check.EXPRESSION, 25, "in quotes", '"^[+]44"'),
        (
            "taskrouter.in('Europe/Pariss').currentHour > 8",
            Check.UNKNOWN_REFERENCE,
            11,
            "there is no time zone 'Europe/Pariss'",
            "did you mean 'Europe/Paris'?",
        ),
        ("taskrouter.in('../x').currentHour > 8", Check.UNKNOWN_REFERENCE, 11, "no time zone", "such as"),
        ("taskrouter.in('UTC').hour > 8", Check.UNKNOWN_REFERENCE, 11, "no taskrouter.hour", "currentHour"),
    ],
)
def test_what_twilio_does_not_have(text: str, check: Check, column: int, said: str, hint: str) -> None:
    """A regular expression that RE2 cannot read, and an unknown time zone, are told at their place."""
    [found] = when(f'"{text}"')

    assert (found.check, found.location and found.location.column) == (check, column + 1)
    assert said in found.message
    assert hint in str(found.hint)


def test_a_var_below_a_mapping() -> None:
    """`vars.hours.opns` is as unknown as `vars.ours`."""
    found = problems("""\
        vars: {hours: {opens: 800}, days: [Sat]}
        default: {defer: later}
        rules:
          - {name: a, defer: x, when: "vars.hours.opns < 5 AND vars.days[7] == a"}
        """)

    assert [(each.message, each.hint) for each in found] == [
        ("`when`: the var 'hours' has no 'opns'", "did you mean 'opens'?")
    ]


@pytest.mark.parametrize("text", ["7", "true", "[]", "[a == 1, 7]", "{a: b}", ""])
def test_what_is_no_expression(text: str) -> None:
    """`when` is a text or a list of texts."""
    [found] = when(text)

    assert found.check is Check.WRONG_TYPE
    assert found.location is not None
    assert found.location.line == 5
    assert found.hint == 'for instance when: type == "support"'


def test_the_terms_of_a_list_must_all_hold() -> None:
    """A list is an AND; the same expression in two rules decides the same."""
    rules = ruleset("""\
        default: {defer: later}
        rules:
          - {name: both, defer: x, when: [a == 1, b == 2]}
          - {name: first, defer: x, when: a == 1}
        """)

    assert decide(rules, callback({"a": 1, "b": 2}), MONDAY_NOON).rule == "both"
    assert decide(rules, callback({"a": 1, "b": 3}), MONDAY_NOON).rule == "first"
    assert decide(rules, callback({"a": 2, "b": 2}), MONDAY_NOON).rule == "default"


@pytest.mark.parametrize(
    ("value", "check", "column", "said"),
    [
        ("type ==", Check.EXPRESSION, 17, "'type ==' is no reference"),
        ("[task.kind, a b]", Check.EXPRESSION, 29, "'a b' is no reference"),
        ("[task.kind, vars.kind]", Check.UNKNOWN_REFERENCE, 29, "there is no var 'kind'"),
        ("taskrouter.now", Check.UNKNOWN_REFERENCE, 17, "there is no taskrouter.now"),
        ("[]", Check.WRONG_TYPE, 17, "must be a text or a list of texts"),
        ("7", Check.WRONG_TYPE, 17, "must be a text or a list of texts"),
        ("[task.kind, 7]", Check.WRONG_TYPE, 17, "must be a text or a list of texts"),
    ],
)
def test_a_mistake_in_task_type_from(value: str, check: Check, column: int, said: str) -> None:
    """The type of a task is found by references alone."""
    [found] = problems(f"default: {{defer: later}}\ntask_type_from: {value}\n")

    assert (found.check, found.location) == (check, Location("rules.yaml", 2, column))
    assert said in found.message
    assert found.hint


@pytest.mark.parametrize("value", ["0900", "9:00", "early", '"900"'])
def test_a_time_that_is_no_number_is_a_warning(value: str) -> None:
    """`0900` is text, and the hour never compares with a text."""
    rule = "{name: a, when: taskrouter.currentTime < vars.opens, defer: b}"
    [found] = problems(f"vars: {{opens: {value}}}\nrules: [{rule}]\ndefault: {{defer: c}}\n")
    assert (found.check, found.level) == (Check.NEVER_HOLDS, Level.WARNING)
    assert "900" in str(found.hint)


@pytest.mark.parametrize("value", ["900", "9.5"])
def test_a_time_that_is_a_number(value: str) -> None:
    """Numbers compare."""
    rule = "{name: a, when: taskrouter.currentTime < vars.opens, defer: b}"
    assert problems(f"vars: {{opens: {value}}}\nrules: [{rule}]\ndefault: {{defer: c}}\n") == ()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("var.opens", "vars"),
        ("taskroutr.currentTime", "taskrouter"),
        ("workers.skills", "worker"),
        ("callbak.TaskAge", "callback"),
    ],
)
def test_a_root_that_is_nearly_one_is_a_warning(written: str, meant: str) -> None:
    """It is an attribute of the task, and most probably a slip; `task.` before it says that it is not."""
    text = "rules: [{name: a, when: REFERENCE == 5, defer: b}]\ndefault: {defer: c}\n"
    [found] = problems(text.replace("REFERENCE", written))
    assert (found.check, found.level) == (Check.UNLIKELY_REFERENCE, Level.WARNING)
    assert f"did you mean '{meant}'?" in str(found.hint)
    assert problems(text.replace("REFERENCE", f"task.{written}")) == ()
