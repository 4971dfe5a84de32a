"""R012: comparisons with a value of another kind."""

import pytest

from app.engine.catalogue import Check
from tests.builders import problems
from tests.engine.checks.one_rule import told

HOUR = "taskrouter.currentHour"
DAY = "taskrouter.dayOfWeek"


@pytest.mark.parametrize(
    ("when", "at", "said", "hint"),
    [
        (f'{HOUR} == "09"', 26, 'is never "09": it is a number from 0 to 23', "write 9, without quotes"),
        (f'"09" != {HOUR}', 0, 'is never "09"', "write 9, without quotes"),
        (f"{HOUR} == true", 26, "is never true", "write a number"),
        (f"{HOUR} == null", 26, "is never null", "leave the comparison out"),
        (f"{HOUR} == 24", 26, "is never 24", "compare with a number that it can be"),
        (f"{HOUR} >= 24", 26, "this never holds", "compare with a number that it can be"),
        (f'{HOUR} >= "9"', 26, "this never holds", "write 9, without quotes"),
        (f'{HOUR} IN [9, "10"]', 26, 'is never "10"', "write 10, without quotes"),
        (f'["10"] HAS {HOUR}', 0, 'is never "10"', "write 10, without quotes"),
        (f'{HOUR} MATCHES "1"', 31, "this never holds", "write ==, <, <=, > or >="),
        ("taskrouter.currentTime == 1860", 26, "is never 1860", "compare with a number that it can be"),
        ('taskrouter.currentTime < "nine"', 25, "this never holds", "write 900 for nine o'clock"),
        ("taskrouter.currentMin == 60", 25, "is never 60", "compare with a number that it can be"),
        ('taskrouter.in("Europe/Paris").currentHour == "9"', 45, "is never", "write 9, without quotes"),
    ],
)
def test_the_clock_and_what_it_never_shows(when: str, at: int, said: str, hint: str) -> None:
    """The hour, the minute and the time are numbers, each up to its last."""
    [found] = told(when)
    assert (found.check, found.at) == (Check.NEVER_HOLDS, at)
    assert said in found.message
    assert found.hint.startswith(hint)


@pytest.mark.parametrize(
    ("when", "at", "said", "hint"),
    [
        (f'{DAY} == "Monday"', 24, '"Monday"', 'write "Mon"'),
        (f'{DAY} != "sunday"', 24, '"sunday"', 'write "Sun"'),
        (f'{DAY} IN ["Sat", "Sunday", 7]', 24, '"Sunday" or 7', 'write "Sun"'),
        (f'{DAY} NOT IN ["weekend"]', 28, '"weekend"', "write one of Mon, Tue, Wed, Thu, Fri, Sat, Sun"),
        (f"{DAY} == 6", 24, "6", "write one of Mon"),
        (f"{DAY} < 6", 23, "this never holds", "write one of Mon"),
        (f'{DAY} CONTAINS "Monday"', 30, "this never holds", 'write "Mon"'),
        (f'{DAY} MATCHES "^x"', 29, "this never holds", "write one of Mon"),
    ],
)
def test_a_day_is_one_of_seven(when: str, at: int, said: str, hint: str) -> None:
    """Twilio's names of days have three letters."""
    [found] = told(when)
    assert (found.check, found.at) == (Check.NEVER_HOLDS, at)
    assert said in found.message
    assert found.hint.startswith(hint)


@pytest.mark.parametrize(
    ("when", "at", "hint"),
    [
        ("callback.WorkerSid == 5", 22, "write the value in quotes"),
        ("callback.WorkerSid != true", 22, "write the value in quotes"),
        ('callback.WorkerSid IN [1, "a"]', 22, "write the value in quotes"),
        ("callback.Other > 5", 17, "write the value in quotes"),
        ('callback.TaskAge > "60"', 19, "write 60, without quotes"),
        ('callback.TaskPriority == "high"', 25, "write a number"),
        ('callback.TaskAge CONTAINS "5"', 26, "write ==, <, <=, > or >="),
    ],
)
def test_a_callbacks_own_parameters(when: str, at: int, hint: str) -> None:
    """TaskAge and TaskPriority are numbers, all others text."""
    [found] = told(when)
    assert (found.check, found.at) == (Check.NEVER_HOLDS, at)
    assert found.hint.startswith(hint)


@pytest.mark.parametrize(
    ("when", "at", "said", "hint"),
    [
        ('x == ["a"]', 5, "this never holds", "write IN"),
        ('x != ["a"]', 5, "this always holds", "write NOT IN"),
        ('x < ["a"]', 4, "less or more than a list", "compare with"),
        ("x >= true", 5, "less or more than true", "write == true or != true"),
        ("null < x", 0, "less or more than null", "write == null or != null"),
        ("x CONTAINS 5", 11, "CONTAINS looks for a text in a text", "write the value in quotes"),
    ],
)
def test_values_that_no_attribute_goes_with(when: str, at: int, said: str, hint: str) -> None:
    """Whatever the attribute is, the operator holds for no such value."""
    [found] = told(when)
    assert (found.check, found.at) == (Check.NEVER_HOLDS, at)
    assert said in found.message
    assert found.hint.startswith(hint)


@pytest.mark.parametrize(
    "when",
    [
        f"{HOUR} >= 18",
        f"{HOUR} == 23",
        f"{HOUR} < 9.5",
        f"{HOUR} IN [9, 10]",
        f'{DAY} == "mon"',
        f'{DAY} IN ["SAT", "Sun"]',
        f'{DAY} MATCHES "^s"',
        "taskrouter.currentTime < 1860",
        "callback.TaskAge > 60",
        "callback.TaskAge == null",
        "callback.WorkerSid == null",
        'callback.WorkerSid == "5"',
        f"{HOUR} == callback.TaskAge",
        "x == 5",
        'x CONTAINS "5"',
    ],
)
def test_what_can_hold(when: str) -> None:
    """A kind that fits is nothing to tell."""
    assert told(when) == []


@pytest.mark.parametrize(
    ("when", "value", "hint"),
    [
        (f"{DAY} IN vars.it", "[Sat, Sunday]", "write one of Mon"),
        ("taskrouter.currentTime < vars.it", '"0900"', "write 900 for nine o'clock"),
        ("callback.Pin == vars.it", "1234", "put the value in quotes under `vars`"),
    ],
)
def test_the_values_of_vars_are_meant_but_not_shown(when: str, value: str, hint: str) -> None:
    """A var is told by its name, since its value may be a secret of the environment."""
    [found] = told(when, variables=f"{{it: {value}}}")
    assert found.check == Check.NEVER_HOLDS
    assert "1234" not in found.message + found.hint
    assert found.hint.startswith(hint)
    assert found.at == when.index("vars") or "vars.it" not in found.message


@pytest.mark.parametrize("value", ["null", "2400", "900"])
def test_a_var_may_be_empty_or_out_of_range(value: str) -> None:
    """A shop that never closes, and one that has not said: those are settings, and no slips."""
    when = "x == 1 OR taskrouter.currentTime >= vars.it"
    assert told(when, variables=f"{{it: {value}}}") == []


def test_its_place_is_that_of_the_value() -> None:
    """Line and column of the constant, in a `when` of several terms and lines."""
    [found] = problems("""\
        default: {defer: later}
        rules:
          - name: only
            defer: it waits
            when:
              - a == 1
              - b == 2 AND
                callback.TaskAge > "60"
        """)
    assert found.location is not None
    assert (found.rule, found.location.line, found.location.column) == ("only", 8, 28)


@pytest.mark.parametrize(
    ("when", "hint"),
    [
        (f'{DAY} < "Fri"', "days compare by their letters: write ==, or IN for several"),
        (f'{HOUR} == "24"', "compare with a number that it can be"),
        (f'{HOUR} == "{"9" * 5000}"', "write a number: unquoted, and without a leading zero"),
        (f'{HOUR} == "٣"', "write a number: unquoted, and without a leading zero"),
        (f'{DAY} == "{"é" * 5000}"', "write one of Mon"),
    ],
)
def test_a_hint_is_worth_following(when: str, hint: str) -> None:
    """It names no value that this check would tell again, and a value of any size is cut short."""
    [found] = told(when)
    assert found.check == Check.NEVER_HOLDS
    assert found.hint.startswith(hint)
    assert len(found.message) < 300


def test_of_many_values_a_few_are_shown() -> None:
    """A message is one line, however long the list is."""
    [found] = told(f"{HOUR} IN [{', '.join(str(number) for number in range(10_000))}]")
    assert "is never 24 or 25 or 26 or 27 or 28 and so on: it is" in found.message


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("x == vars.it", "nothing equals an object: this never holds"),
        ("x != vars.it", "nothing equals an object: this always holds"),
        ("x < vars.it", "nothing is less or more than an object: this never holds"),
    ],
)
def test_an_object_is_not_called_a_list(when: str, said: str) -> None:
    """The language writes no objects, but `vars` can hold them."""
    [found] = told(when, variables="{it: {a: {b: 1}}}")
    assert found.check == Check.NEVER_HOLDS
    assert said in found.message


def test_the_item_of_a_list_is_told_by_its_number() -> None:
    """As the language would write it."""
    [found] = told(f"{DAY} IN vars.it.days", variables="{it: {days: [Sat, Sunday, Sun, 7]}}")
    assert "is never vars.it.days[1] or vars.it.days[3]: it is" in found.message


@pytest.mark.parametrize("value", ["none", '""', "'Sat,Sun'", "Saturday"])
def test_days_in_a_text_of_vars_may_be_none(value: str) -> None:
    """`none` is how one says that no day is closed, where the text comes from the environment."""
    assert told(f"vars.it CONTAINS {DAY}", variables=f"{{it: {value}}}") == []


def test_a_part_of_a_parameter_is_neither_text_nor_number() -> None:
    """That nothing is below a text is told of the whole rule."""
    [found] = told('callback.TaskAge.years == "5"')
    assert found.check == Check.NEVER_TRUE
