"""Whether there is a call for which an expression holds."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.expressions import compile_expression, parse
from app.engine.expressions.tree import And, Comparison, Constant, Expression, Not, Or, Reference
from app.engine.scope import scope_of
from app.engine.witness import Example, Finding, Verdict, find_example
from app.engine.witness.obvious import obvious_example
from app.model import Callback
from tests.builders import MONDAY_NOON

FOUND, NONE, UNDECIDED = Verdict.FOUND, Verdict.NONE, Verdict.UNDECIDED


def find(text: str, **variables: object) -> Finding:
    return find_example(parse(text), variables)


def verdict(text: str, **variables: object) -> Verdict:
    return find(text, **variables).verdict


def example(text: str, **variables: object) -> Example:
    found = find(text, **variables).example
    assert found is not None
    return found


def always(text: str) -> bool:
    return verdict(f"NOT ({text})") is NONE


def holds(expression: Expression, call: Example) -> bool:
    callback = Callback(dict(call.callback), call.task, call.worker)
    return compile_expression(expression)(scope_of(callback, {}, call.at))


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        ("priority > 10", "priority > 5"),
        ("priority == 10", "priority > 5"),
        ("priority > 5", "5 < priority"),
        ("priority > 5 AND priority < 6", "priority > 5"),
        ('x IN ["a", "b", "c"]', 'x IN ["a", "b"] OR x == "c"'),
        ('x == "a"', "x != null"),
        ("x == 1", "x == 1.0"),
        ('x > "b"', 'x >= "b"'),
        ('x CONTAINS "ab"', 'x CONTAINS "a"'),
        ('x CONTAINS "ab" AND x CONTAINS "c"', 'x CONTAINS "b"'),
        ('x == "abc"', 'x CONTAINS "bc"'),
        ('x == "+1555"', 'x MATCHES "^\\\\+1"'),
        ('skills HAS "a" AND skills HAS "b"', '"a" IN skills'),
        ('skills HAS "a"', "skills != null"),
        ('skills[0] == "a"', 'skills HAS "a"'),
        ('x.y == "a"', "x != null"),
        ('worker.x IN ["a"]', 'worker.x NOT IN ["b"]'),
        ('"a" IN x', '"b" NOT IN x OR x HAS "b"'),
        ("taskrouter.currentHour >= 18", "taskrouter.currentTime >= 1800"),
        ("taskrouter.currentTime >= 1800", "taskrouter.currentHour >= 18"),
        ('taskrouter.dayOfWeek == "sun"', 'taskrouter.dayOfWeek IN ["Sat", "Sun"]'),
        ('taskrouter.in("Asia/Tokyo").currentTime > 930', 'taskrouter.in("Asia/Tokyo").currentHour >= 9'),
        ("callback.TaskAge > 5", "callback.TaskAge >= 6"),
        ("task.a == task.b", "task.b == task.a"),
        ("task.a > task.b", "task.b < task.a"),
        ("task.a IN task.b", "task.b HAS task.a"),
    ],
)
def test_what_covers_what(later: str, earlier: str) -> None:
    """No call is left for a rule whose calls an earlier rule takes."""
    assert verdict(f"({later}) AND NOT ({earlier})") is NONE
    assert verdict(later) is FOUND


@pytest.mark.parametrize(
    "text",
    [
        "x == 1 AND x == 2",
        'x == "a" AND x CONTAINS "b"',
        'x == 1 AND x == "1"',
        "x == []",
        "x IN []",
        'x IN "abc"',
        "x > 5 AND x < 5",
        'x > 5 AND x > "5"',
        'x > "a" AND x < "a\0"',
        'x < ""',
        'x CONTAINS "a" AND x HAS "a"',
        "x > 5 AND x.y == 1",
        "x.y == 1 AND x[0] == 1",
        'x HAS "a" AND x.y == 1',
        "task.a == task.b AND task.a != task.b",
        "taskrouter.currentHour > 23",
        "taskrouter.currentTime > 2359",
        "taskrouter.currentTime > 1259 AND taskrouter.currentTime < 1300",
        "taskrouter.currentMin == 60",
        'taskrouter.currentHour == "9"',
        'taskrouter.dayOfWeek == "Monday"',
        'callback.TaskAge == "5"',
        "callback.TaskAge > 5 AND callback.TaskAge < 6",
        "callback.TaskAge < 0",
        "callback.WorkerName == true",
        "callback.WorkerName.first != null",
        "worker.sid == null AND callback.WorkerSid != null",
        "1 == 2",
    ],
)
def test_what_never_holds(text: str) -> None:
    """There is no call of which this can be said."""
    assert verdict(text) is NONE


@pytest.mark.parametrize(
    "text",
    [
        'x != "a" OR x == "a"',
        "taskrouter.currentHour >= 0",
        'taskrouter.dayOfWeek IN ["Mon", "Tue", "WED", "Thu", "Fri", "Sat", "sun"]',
        "taskrouter.currentMin < 60",
        'x NOT IN ["a"] OR x == "a"',
        "x NOT IN null",
        "1 == 1",
    ],
)
def test_what_always_holds(text: str) -> None:
    """There is no call of which the contrary can be said."""
    assert always(text)


@pytest.mark.parametrize(
    "text",
    [
        "priority < 3 OR priority >= 3",
        'x == "a" OR x > "a" OR x < "a"',
        'taskrouter.dayOfWeek IN ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]',
        'x HAS "a" OR "a" NOT IN x',
        "x.y == null OR x.y == 1",
    ],
)
def test_what_need_not_hold(text: str) -> None:
    """A missing attribute, another kind of value or the seventh day is left out."""
    assert verdict(f"NOT ({text})") is FOUND


@pytest.mark.parametrize(
    ("text", "task", "worker"),
    [
        ("worker.paused != true", {}, {}),
        ("NOT (worker.paused != true)", {}, {"paused": True}),
        ('worker.sid NOT IN task.excluded AND x == "a"', {"x": "a"}, {}),
        ("priority > 10", {"priority": 11}, {}),
        ("priority > 5 AND NOT (priority > 10)", {"priority": 6}, {}),
        ("priority > 5 AND priority < 6", {"priority": 5.5}, {}),
        ("priority >= 0 AND priority < 1", {"priority": 0}, {}),
        ('x != null AND x != "a"', {"x": "other"}, {}),
        ('x IN ["a", "b", "c"] AND NOT (x == "a")', {"x": "b"}, {}),
        ('"a" NOT IN x AND x != null', {"x": []}, {}),
        ('skills HAS "a" AND NOT (skills HAS "b")', {"skills": ["a"]}, {}),
        ('skills HAS "a" AND skills[0] == "b"', {"skills": ["b", "a"]}, {}),
        ('skills HAS null AND skills[0] == "a"', {"skills": ["a", None]}, {}),
        ('skills HAS "a" AND skills[0] == null', {"skills": [None, "a"]}, {}),
        ("a.b == 1 AND a.c.d[1] > 7", {"a": {"b": 1, "c": {"d": [{}, 8]}}}, {}),
        ('x CONTAINS "ab" AND x CONTAINS "cd"', {"x": "ab cd"}, {}),
        ('x CONTAINS "ab" AND x != "ab"', {"x": "otherab"}, {}),
        ('x MATCHES "^\\\\+1[0-9]{4}$"', {"x": "+10000"}, {}),
        ('x MATCHES "^(de|fr)-"', {"x": "de-"}, {}),
        ('x > "a" AND x < "c" AND x CONTAINS "z"', {"x": "aaz"}, {}),
        ('x MATCHES "^77" AND NOT (x MATCHES "^7" AND y == "b")', {"x": "77"}, {}),
        ('x MATCHES "(?i)^vip$"', {"x": "vip"}, {}),
        ('"abc" CONTAINS x AND x != "abc" AND x != ""', {"x": "a"}, {}),
        (
            'task.language IN worker.languages AND task.language == "en"',
            {"language": "en"},
            {"languages": ["en"]},
        ),
        ("task.a < task.b AND task.a == 3", {"a": 3, "b": 4}, {}),
    ],
)
def test_examples(text: str, task: Mapping[str, object], worker: Mapping[str, object]) -> None:
    """An example is as plain as can be: missing before null, whole numbers before fractions."""
    found = example(text)
    assert (found.task, found.worker, found.at) == (task, worker, MONDAY_NOON)
    assert holds(parse(text), found)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("taskrouter.currentHour >= 18", datetime(2026, 11, 23, 18, tzinfo=UTC)),
        ('taskrouter.dayOfWeek == "Mon" AND taskrouter.currentHour < 9', datetime(2026, 11, 30, tzinfo=UTC)),
        ("taskrouter.currentTime > 1759", datetime(2026, 11, 23, 18, tzinfo=UTC)),
        ("taskrouter.currentMin == 30", datetime(2026, 11, 23, 12, 30, tzinfo=UTC)),
        ('taskrouter.in("Asia/Kolkata").currentTime == 1800', datetime(2026, 11, 23, 12, 30, tzinfo=UTC)),
        (
            'taskrouter.in("America/New_York").currentHour == 9'
            ' AND taskrouter.in("Europe/Berlin").currentHour == 15',
            datetime(2026, 11, 23, 14, tzinfo=UTC),
        ),
        (
            'taskrouter.in("America/New_York").currentHour == 9 AND taskrouter.currentHour == 13',
            datetime(2026, 7, 20, 13, tzinfo=UTC),
        ),
    ],
)
def test_times(text: str, at: datetime) -> None:
    """The time of an example is the first after a Monday's noon, in winter if that will do."""
    assert example(text).at == at


def test_parameters() -> None:
    """Parameters are texts, and of an example those alone that are asked for."""
    found = example('callback.TaskAge > 5.5 AND callback.WorkerName != "Bob" AND callback.WorkerName != null')
    assert found.callback == {"TaskAge": "6", "WorkerName": "other"}
    assert example('callback.TaskAge == "soon"').callback == {"TaskAge": "soon"}


def test_vars_are_constants() -> None:
    """A var stands for its value."""
    assert verdict("priority > vars.high AND priority < 7", high=10) is NONE
    assert example("x IN vars.names", names=["b"]).task == {"x": "b"}
    assert verdict("vars.on == true", on=False) is NONE
    assert find("x < vars.all", all=float("-inf")).reason == "`task.x < -inf` cannot be taken apart"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("task.a < task.b AND task.b < task.a", "`task.a < task.b` compares two values of the call"),
        ("x < task.y AND y == null", "`task.x < task.y` compares two values of the call"),
        ('x MATCHES "^a" AND NOT (x CONTAINS "a")', '`task.x MATCHES "^a"` cannot be taken apart'),
        (
            'x > "a" AND x < "a\0\0" AND x CONTAINS "b"',
            '`task.x CONTAINS "b"` stands beside an order of texts',
        ),
        (
            'taskrouter.in("Europe/Berlin").currentHour == 9 AND taskrouter.currentHour == 1',
            "it compares the times of several zones",
        ),
        ("a[0].b == 1 AND a[1000000].b == 1", "no example could be put together"),
        ("a[1000000] == 1", "no example could be put together"),
    ],
)
def test_what_cannot_be_decided(text: str, reason: str) -> None:
    """What is neither found nor excluded is said, with the comparison that is to blame."""
    found = find(text)
    assert (found.verdict, found.example, found.reason) == (UNDECIDED, None, reason)


def test_the_budget() -> None:
    """A search that takes too long says so."""
    pigeons = " AND ".join(
        f'NOT (a{one} == "{hole}" AND a{two} == "{hole}")'
        for hole in range(9)
        for one, two in product(range(10), repeat=2)
        if one < two
    )
    holes = ", ".join(f'"{hole}"' for hole in range(9))
    text = pigeons + "".join(f" AND a{pigeon} IN [{holes}]" for pigeon in range(10))
    assert find_example(parse(text), {}, budget=500) == Finding(UNDECIDED, None, "there are too many cases")


def test_easy_though_many() -> None:
    """A thousand clauses that the plainest call or the strangest satisfies are no search."""
    other = [parse(f'a{number} == "x" AND b{number} == "y"') for number in range(1_000)]
    assert find_example(And(tuple(map(Not, other))), {}).example == Example({}, {}, {}, MONDAY_NOON)
    late = [parse(f'taskrouter.currentTime > {number} AND q == "{number}"') for number in range(1_000)]
    found = find_example(And((parse("q != null"), *map(Not, late))), {}).example
    assert found is not None
    assert found.task == {"q": "other"}


def test_a_thousand_rules_before() -> None:
    """Hundreds of earlier rules are no deeper and no harder than a few."""
    earlier = [parse(f'type == "voice" AND id == "c{number}"') for number in range(1_000)]
    rest = And((parse('type == "voice" AND id != null'), *map(Not, earlier)))
    found = find_example(rest, {}).example
    assert found is not None
    assert found.task == {"type": "voice", "id": "other"}
    assert (
        find_example(And((parse('type == "voice" AND id == "c7"'), *map(Not, earlier))), {}).verdict is NONE
    )


SCALARS: Sequence[object] = (None, True, False, 0, 1, 2, 2.5, -1, 10**30, "", "a", "ab", "b", "5", "abc")
VALUES: Sequence[object] = (
    *SCALARS,
    7,
    0.5,
    "c",
    "a b",
    [],
    {},
    ["a"],
    [None],
    [1, "ab"],
    [{}, "a"],
    {"k": 1},
    {"k": "a"},
)
ATTRIBUTES = (
    Reference("task", ("x",)),
    Reference("task", ("y",)),
    Reference("task", ("x", "k")),
    Reference("task", ("y", 0)),
    Reference("worker", ("sid",)),
)
PARAMETERS = tuple(Reference("callback", (name,)) for name in ("TaskAge", "WorkerSid", "Skill"))
ITEMS = (Reference("callback", ("Skill", 0)), Reference("callback", ("Skill", 1)))
CLOCKS = tuple(
    Reference("taskrouter", (name,)) for name in ("currentTime", "currentHour", "currentMin", "dayOfWeek")
)
TIMES: Sequence[object] = (0, 9, 12, 30, 59, 900, 1200, 1800, 2359, 9.5, "Mon", "sat", "x", None)
OPERATORS = ("==", "!=", "<", "<=", ">", ">=", "HAS", "IN", "NOT IN")


def constants(values: Sequence[object]) -> st.SearchStrategy[Constant]:
    scalar = st.sampled_from(values)
    return st.builds(Constant, scalar | st.lists(scalar, max_size=3))


def comparisons_of(
    references: Sequence[Reference], values: Sequence[object], operators: Sequence[str]
) -> st.SearchStrategy[Expression]:
    reference, constant, operator = st.sampled_from(references), constants(values), st.sampled_from(operators)
    return st.builds(Comparison, operator, reference, constant) | st.builds(
        Comparison, operator, constant, reference
    )


def combined(comparison: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    def larger(part: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
        several = st.lists(part, min_size=2, max_size=4).map(tuple)
        return st.builds(Not, part) | st.builds(And, several) | st.builds(Or, several)

    return st.recursive(comparison, larger, max_leaves=8)


CLEAR = comparisons_of(ATTRIBUTES + PARAMETERS + ITEMS, SCALARS, OPERATORS) | comparisons_of(
    CLOCKS, TIMES, OPERATORS
)
INSIDE = st.builds(
    Comparison,
    st.just("CONTAINS"),
    st.sampled_from(ATTRIBUTES + PARAMETERS),
    constants(["", "a", "ab", "b", "5", 1]),
)
PATTERN = st.builds(
    Comparison,
    st.just("MATCHES"),
    st.sampled_from(ATTRIBUTES),
    constants(["a", "^$", "^a+b?$", "[0-9]", 1]),
)
PAIR = st.builds(
    Comparison,
    st.sampled_from((*OPERATORS, "CONTAINS")),
    st.sampled_from(ATTRIBUTES + PARAMETERS + CLOCKS),
    st.sampled_from(ATTRIBUTES + PARAMETERS + CLOCKS),
)
ZONED = comparisons_of(
    [Reference("taskrouter", ("currentHour",), zone="America/New_York"), *CLOCKS], TIMES, OPERATORS[:6]
)
ANY = combined(CLEAR | INSIDE | PATTERN | PAIR | ZONED)

WORDS = st.sampled_from(("", "a", "ab", "5", "7", "c", "1.5"))
TWICE = st.lists(WORDS, min_size=2, max_size=3)
CALLS = st.builds(
    Example,
    task=st.fixed_dictionaries({}, optional={"x": st.sampled_from(VALUES), "y": st.sampled_from(VALUES)}),
    worker=st.fixed_dictionaries({}, optional={"sid": st.sampled_from(VALUES)}),
    callback=st.fixed_dictionaries(
        {}, optional={"TaskAge": WORDS, "WorkerSid": WORDS, "Skill": WORDS | TWICE}
    ),
    at=st.integers(0, 366 * 1440).map(
        lambda minute: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    ),
)


def test_a_parameter_that_stands_in_a_body_twice() -> None:
    """It is a list of texts, and such a list has at least two."""
    twice = find_example(parse("callback.Skill HAS 'a' AND callback.Skill[1] == 'b'"), {}).example
    assert twice
    assert twice.callback == {"Skill": ["a", "b", "a"]}
    once = find_example(parse("callback.Skill HAS 'a'"), {}).example
    assert once
    assert once.callback == {"Skill": ["a", "a"]}
    for impossible in ("callback.Skill HAS 5", "callback.WorkerSid HAS 'a'", "callback.Skill[0].x == 'a'"):
        assert find_example(parse(impossible), {}).verdict is NONE


@settings(deadline=None)
@given(ANY)
def test_an_example_is_one(expression: Expression) -> None:
    """The expression holds for the example that was found."""
    found = find_example(expression, {})
    assert (found.verdict is FOUND) == (found.example is not None)
    assert (found.verdict is UNDECIDED) == bool(found.reason)
    assert found.example is None or holds(expression, found.example)


@settings(deadline=None, max_examples=200)
@given(ANY, st.lists(CALLS, min_size=20, max_size=20))
def test_none_is_none(expression: Expression, calls: list[Example]) -> None:
    """Where there is a call, it is not denied."""
    if any(holds(expression, call) for call in calls):
        assert find_example(expression, {}).verdict is not NONE


@settings(deadline=None)
@given(combined(CLEAR | INSIDE))
def test_every_small_call(expression: Expression) -> None:
    """Where one of all small calls will do, it is not denied."""
    small = (Example({"x": x, "y": y}, {}, {}, MONDAY_NOON) for x, y in product(VALUES, repeat=2))
    if any(holds(expression, call) for call in small):
        assert find_example(expression, {}).verdict is not NONE


@settings(deadline=None)
@given(combined(CLEAR))
def test_what_is_clear_is_decided(expression: Expression) -> None:
    """Comparisons of single values with constants leave no doubt."""
    assert find_example(expression, {}).verdict is not UNDECIDED


@settings(deadline=None)
@given(
    combined(INSIDE | comparisons_of(ATTRIBUTES + PARAMETERS, SCALARS, ("==", "!=", "HAS", "IN", "NOT IN")))
)
def test_substrings_are_decided(expression: Expression) -> None:
    """So do substrings, where texts are not ordered too."""
    assert find_example(expression, {}).verdict is not UNDECIDED


def test_the_obvious_call_is_at_a_time_that_is_asked_for() -> None:
    """On the clocks of the zone, and with the values that stand beside it."""
    expression = parse("taskrouter.in('America/New_York').currentHour >= 20 AND a == 1 AND worker.b HAS 'c'")
    call = obvious_example(expression)
    assert (call.task, call.worker) == ({"a": 1}, {"b": ["c"]})
    assert holds(expression, call)


def test_the_obvious_call_at_no_time() -> None:
    """Where no time fits, or none is asked for, it is Monday noon."""
    for text in ("taskrouter.currentHour > 30", "a == 1 OR taskrouter.currentHour == 3", "NOT (a == 1)"):
        assert obvious_example(parse(text)).at == MONDAY_NOON
