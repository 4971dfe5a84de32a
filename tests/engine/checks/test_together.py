"""The lints together: one mistake is told once, errors elsewhere do not matter, and nothing raises."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine.catalogue import Check
from app.engine.checks import LINTS
from app.engine.expressions import Expression, show
from app.engine.loading import read_rules
from app.engine.source import SourceFile
from app.model import Level, Problem
from tests.builders import problems
from tests.engine.checks.one_rule import told
from tests.trees import MEETING, WRITTEN


@pytest.mark.parametrize(
    ("when", "check"),
    [
        ("x IN []", Check.LIST_WANTED),
        ("x NOT IN []", Check.LIST_WANTED),
        ('x IN "text"', Check.LIST_WANTED),
        ('x == ["a"]', Check.NEVER_HOLDS),
        ("1 == 2", Check.CONSTANTS_COMPARED),
        ("1 == 1", Check.CONSTANTS_COMPARED),
        ('"skills" HAS "x"', Check.CONSTANTS_COMPARED),
        ('taskrouter.currentHour == "9"', Check.NEVER_HOLDS),
        ("taskrouter.currentHour >= 24", Check.NEVER_HOLDS),
        ('taskrouter.dayOfWeek != "Sunday"', Check.NEVER_HOLDS),
        ("taskrouter.dayOfWeek == Mon", Check.UNQUOTED_TEXT),
        ('type == "sales"', Check.TYPE_CONTRADICTED),
        ('type IN ["sales", "billing"]', Check.TYPE_CONTRADICTED),
        ('type != "support"', Check.NEVER_TRUE),
        ("x CONTAINS 5", Check.NEVER_HOLDS),
        ('x CONTAINS ["a"]', Check.LIST_WANTED),
        ('x == "5" AND x > 3', Check.QUOTED_VALUE),
        ('x == "true" AND x == 1', Check.QUOTED_VALUE),
        ("called == Foo AND a.b == c.d", Check.UNQUOTED_TEXT),
        ('x MATCHES "^${AREA}"', Check.TEMPLATE_NOT_READ),
        ('x == "{{ vars.area }}"', Check.TEMPLATE_NOT_READ),
        ("callback.TaskAeg > 5", Check.UNLIKELY_REFERENCE),
        ("NOT (callback.TaskAeg > 5)", Check.UNLIKELY_REFERENCE),
        ("kind == worker", Check.UNLIKELY_REFERENCE),
        ("x != 5 OR x != 6", Check.ALWAYS_TRUE),
        ("x == 5 AND x == 6", Check.NEVER_TRUE),
    ],
)
def test_one_mistake_is_told_once(when: str, check: Check) -> None:
    """That the rule is of no use is not told beside why."""
    assert [each.check for each in told(when, rule="task_type: support")] == [check]


HERE = Path(__file__).parent

PRODUCTION = """\
((type == "support" OR type == "billing")
        AND (((customer_value IN ["Gold", "Silver"] AND worker.skills HAS "vip"))
          OR (language == "es" AND "es" IN worker.languages)))
        AND worker.paused != true
        AND NOT (taskrouter.dayOfWeek IN ['Sat', 'Sun'])
        AND (order_id == "A-123" OR account == "0800")
        AND callback.TaskAge >= 30
        AND worker.sid NOT IN task.excluded_workers
        AND name != "日本" AND task.città CONTAINS "é"
"""


@pytest.mark.parametrize(
    "when",
    [
        PRODUCTION,
        "worker.paused != true",
        "task.language IN worker.languages",
        'pin == "0042" AND extension IN ["0100", "200"]',
        'code > "2026-01-01" AND code < "b"',
        "taskrouter.currentTime >= 800 AND taskrouter.currentTime < 1800",
        'taskrouter.in("Europe/Paris").dayOfWeek IN ["mon", "TUE"]',
        "callback.TaskPriority > 5 AND callback.WorkerName == null",
        'flag IN [true, "true"]',
        "x == 1" + "".join(f" OR x == {n}" for n in range(2, 10_001)),
        f"x == {'9' * 299} OR x < -{'9' * 299}",
    ],
)
def test_what_production_is_full_of(when: str) -> None:
    """Long, nested, and about what need not be there: nothing to tell."""
    assert told(when) == []


MISTAKES = """\
    - {name: off, enabled: false, when: 'taskrouter.currentHour == "9"', post: {instruction: reject}}
    - {name: kind, when: 'taskrouter.currentHour == "9"', defer: x}
    - {name: rejects, task_type: a, post: {instruction: reject}}
"""


def test_errors_elsewhere_do_not_matter() -> None:
    """A rule that holds none is looked at; one that is switched off never is."""
    clean = f"vars: {{used: 1}}\ndefault: {{defer: later}}\nrules:\n{MISTAKES}"
    broken = clean + "    - {name: broken, when: 'vars.used ==', reply: {instruction: acept}}\n"
    own = [(Check.NEVER_HOLDS, "kind"), (Check.REJECTED_AGAIN, "rejects")]

    def warnings(found: tuple[Problem, ...]) -> list[tuple[str, str | None]]:
        return sorted((each.check, each.rule) for each in found if each.level is Level.WARNING)

    assert warnings(problems(clean)) == [*own, (Check.UNUSED_VARIABLE, None)]
    assert warnings(problems(broken)) == own
    assert {each.rule for each in problems(broken) if each.level is Level.ERROR} == {"broken"}


@pytest.mark.parametrize(
    "text",
    [
        "",
        "rules: []",
        "rules: 5\ndefault: []",
        "rules: [5, [], {}, {name: []}, {name: a, when: {}}]",
        "default: {defer: x}\nrules: [{name: a, when: [1, x == 1, []], defer: x}]",
        "default: &d {defer: x}\nrules: [{name: a, <<: *d}, *d]",
        "default: {post: {instruction: redirect, call_sid: 5}, on_failure: []}",
    ],
)
def test_any_text_is_looked_at(text: str) -> None:
    """Whatever stands where: what is wrong is told, at a place."""
    found = problems(text)
    assert found
    assert all(each.location and each.hint for each in found)


@pytest.mark.parametrize("reference", ["vars.kind", "taskrouter.dayOfWeek", "taskrouter.currentHour"])
def test_a_type_is_looked_for_where_none_is(reference: str) -> None:
    """A rule without `when` can be one that matches no call, too."""
    [found] = problems(f"""\
        vars: {{kind: {reference}}}
        task_type_from: [{reference}, vars.kind]
        default: {{defer: later}}
        rules: [{{name: only, task_type: support, defer: x}}]
        """)
    assert (found.check, found.rule) == (Check.NEVER_TRUE, "only")


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, 5, 10**250, 2.5, "", "true", "5", "none", "{{ task.a }}", "Sunday", [], {}]
)
VARS = st.fixed_dictionaries(
    {
        "a": VALUES,
        "b": st.lists(VALUES, max_size=3),
        "c": st.fixed_dictionaries({"d": VALUES | st.lists(VALUES, max_size=2)}),
    }
)


def written(value: object) -> str:
    """A value as YAML has it, on one line."""
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case str():
            return "'" + value.replace("'", "''") + "'"
        case list():
            return f"[{', '.join(map(written, value))}]"
        case dict():
            return f"{{{', '.join(f'{key}: {written(each)}' for key, each in value.items())}}}"
    return str(value)


def rule_set(whens: list[list[str]], variables: object) -> str:
    """Rules r0, r1, … with these terms, every other one for tasks of a type."""
    rules = "".join(
        f"  - {{name: r{number}, {'task_type: a, ' if number % 2 else ''}"
        f"when: [{', '.join(map(written, terms))}], defer: x}}\n"
        for number, terms in enumerate(whens)
    )
    return f"vars: {written(variables)}\ndefault: {{defer: later}}\nrules:\n{rules}"


def shown(trees: st.SearchStrategy[Expression]) -> st.SearchStrategy[str]:
    """Expressions as text that YAML takes on one line."""
    return trees.map(show).filter(lambda text: text.isprintable())


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(shown(MEETING | WRITTEN), min_size=1, max_size=2), min_size=1, max_size=4), VARS)
def test_nothing_raises(whens: list[list[str]], variables: object) -> None:
    """Whatever the expressions compare and `vars` hold; what is told is a warning or a note in the file."""
    file = SourceFile("rules.yaml", rule_set(whens, variables))
    plain, errors = read_rules([file], {}, lint=False)
    checked, found = read_rules([file], {})

    assert (plain is None) == (checked is None)
    told_by_lints = [each for each in found if each not in errors]
    assert len(found) == len(errors) + len(told_by_lints)
    for each in told_by_lints:
        assert each.level is not Level.ERROR
        assert each.location is not None
        assert each.location.file == "rules.yaml"
        assert each.hint
        assert len(each.message) < 2_000


@settings(deadline=None, max_examples=150)
@given(st.lists(shown(MEETING), min_size=1, max_size=2), VARS)
def test_each_reason_is_told_alone(terms: list[str], variables: object) -> None:
    """Of a rule whose comparisons are told, the same place is told by one check."""
    _, found = read_rules([SourceFile("rules.yaml", rule_set([terms], variables))], {})
    of_operands = {Check.NEVER_HOLDS, Check.LIST_WANTED, Check.QUOTED_VALUE, Check.UNQUOTED_TEXT}
    places = [each.location for each in found if each.check in of_operands]
    assert len(places) == len(set(places))


def test_every_lint_is_tested() -> None:
    """By the module of its name."""
    names = {lint.__name__.rpartition(".")[2] for lint in LINTS}
    tested = {path.stem.removeprefix("test_") for path in HERE.glob("test_*.py")}
    assert names <= tested
