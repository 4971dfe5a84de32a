"""Values with {{ … }}: what they may hold, what they make of a callback, and what they never reach."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.filters import FILTER_GUARDS
from app.engine.fragments import ALONE, Keys
from app.engine.scope import Scope, scope_of
from app.engine.templates import Template, is_template, read_template
from app.errors import TemplateError, TemplateUnfilled
from app.model import Callback
from tests.builders import MONDAY_NOON, PARAMS

TASK = {
    "name": "Ada",
    "items": "the attribute",
    "age": 5,
    "rate": 1.5,
    "vip": True,
    "digits": "12",
    "empty": "",
    "nothing": None,
    "list": ["a", 2, False],
    "none": [],
    "nulls": [None],
    "object": {"key": "value", "0": "zero"},
}


def scope(task: object = None, worker: object = None) -> Scope:
    return scope_of(
        Callback(PARAMS, TASK if task is None else task, worker), {"number": "+18005550100"}, MONDAY_NOON
    )


def filled(text: str) -> object:
    return read_template(text).fill(scope())


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ task.name }}", "Ada"),
        ("{{task.name}}", "Ada"),
        ("{{ task['name'] }}", "Ada"),
        ("{{ task.age }}", 5),
        ("{{ task.rate }}", 1.5),
        ("{{ task.vip }}", True),
        ("{{ task.digits }}", "12"),
        ("{{ task.list }}", ["a", 2, False]),
        ("{{ task.list[0] }}", "a"),
        ("{{ task.list.1 }}", 2),
        ("{{ task.object }}", {"key": "value", "0": "zero"}),
        ("{{ task.object.key }}", "value"),
        ("{{ task.object['0'] }}", "zero"),
        ("{{ task.empty }}", ""),
        ("{{ task.items }}", "the attribute"),
        ("{{ worker.friendly_name }}", "Alice"),
        ("{{ callback.TaskAge }}", 12),
        ("{{ reservation.sid }}", "WR" + "0" * 31 + "1"),
        ("{{ vars.number }}", "+18005550100"),
        ("{{ 'text' }}", "text"),
        ("{{ 5 }}", 5),
        ("{{ 1.5 }}", 1.5),
        ("{{ true }}", True),
        ("{{ '{{' }}", "{{"),
    ],
)
def test_one_expression_keeps_its_type(text: str, value: object) -> None:
    """A value that is one {{ … }} keeps the type that it evaluates to, and is never parsed again."""
    found = filled(text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", ""),
        ("plain", "plain"),
        ("}} and { {", "}} and { {"),
        ("Hello {{ task.name }}!", "Hello Ada!"),
        ("{{ task.name }}{{ task.age }}", "Ada5"),
        ("{{ task.vip }}, {{ task.rate }}", "true, 1.5"),
        ("{{ task.name }}\n", "Ada\n"),
        (" {{ task.age }} ", " 5 "),
        ("x {{- task.name -}} y", "xAday"),
        ("{{ task.name ~ '-' ~ task.age ~ task.vip }}", "Ada-5true"),
        ("<{{ '<&>' }}>", "<<&>>"),
    ],
)
def test_text_is_joined(text: str, value: str) -> None:
    """Text around {{ … }} makes text of it, as JSON would print it, and nothing is escaped."""
    assert filled(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ task.missing or 'x' }}", "x"),
        ("{{ task.name and task.age }}", 5),
        ("{{ not task.vip }}", False),
        ("{{ not task.missing }}", True),
        ("{{ task.age == 5 }}", True),
        ("{{ task.age != 5 }}", False),
        ("{{ 1 < task.age <= 5 }}", True),
        ("{{ task.missing == none }}", True),
        ("{{ 'd' in task.name }}", True),
        ("{{ 'x' not in task.list }}", True),
        ("{{ 'grown' if task.age > 17 else 'child' }}", "child"),
        ("{{ 'vip' if task.vip }}", "vip"),
    ],
)
def test_logic(text: str, value: object) -> None:
    """or, and, not, comparison and if-else are read."""
    assert filled(text) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ task.missing | default('x') }}", "x"),
        ("{{ task.nothing | default('x') }}", "x"),
        ("{{ task.empty | default('x') }}", ""),
        ("{{ task.empty | default('x', true) }}", "x"),
        ("{{ task.name | default('x') }}", "Ada"),
        ("{{ task.missing | default }}", ""),
        ("{{ task.missing | default(task.age) }}", 5),
        ("{{ task.name | lower }}", "ada"),
        ("{{ task.name | upper }}", "ADA"),
        ("{{ task.vip | upper }}", "TRUE"),
        ("{{ ' x ' | trim }}", "x"),
        ("{{ task.name | trim('A') }}", "da"),
        ("{{ task.name | replace('d', '-') }}", "A-a"),
        ("{{ 'aaa' | replace('a', 'b', 2) }}", "bba"),
        ("{{ task.name | replace('d', task.vip) }}", "Atruea"),
        ("{{ task.digits | replace(1, task.age) }}", "52"),
        ("{{ task.list | first }}", "a"),
        ("{{ task.list | last }}", False),
        ("{{ task.name | first }}", "A"),
        ("{{ task.list | join('-') }}", "a-2-false"),
        ("{{ task.list | join }}", "a2false"),
        ("{{ task.none | join('-') }}", ""),
        ("{{ task.list | length }}", 3),
        ("{{ task.name | length }}", 3),
        ("{{ task.object | length }}", 2),
        ("{{ task.digits | int }}", 12),
        ("{{ task.rate | int }}", 1),
        ("{{ task.vip | int }}", 1),
        ("{{ task.name | int(7) }}", 7),
        ("{{ task.list | int(7) }}", 7),
        ("{{ task.digits | float }}", 12.0),
        ("{{ task.age | float }}", 5.0),
        ("{{ task.name | float(0.5) }}", 0.5),
        ("{{ task.age | string }}", "5"),
        ("{{ task.vip | string }}", "true"),
        ("{{ task.rate | round }}", 2.0),
        ("{{ 1.26 | round(1) }}", 1.3),
        ("{{ 1.26 | round(1, 'floor') }}", 1.2),
        ("{{ 'one two three' | truncate(7, false, '…', 0) }}", "one…"),
        ("{{ 'abcdef' | truncate(3, true, '', 0) }}", "abc"),
        ("{{ 'a b&c/é' | urlencode }}", "a%20b%26c%2F%C3%A9"),
        ("{{ task.age | urlencode }}", "5"),
        ("{{ task.missing | default(' Ada ') | trim | upper }}", "ADA"),
    ],
)
def test_filters(text: str, value: object) -> None:
    """Each filter does what its name says."""
    found = filled(text)
    assert found == value
    assert type(found) is type(value)


def test_the_list_of_filters() -> None:
    """These are all the filters that the manual names."""
    named = (
        "default, lower, upper, trim, replace, first, last, join, length, int, float, string, round, "
        "truncate, urlencode"
    )
    assert sorted(FILTER_GUARDS) == sorted(named.split(", "))


@pytest.mark.parametrize(
    "text",
    [
        "{{ task.missing }}",
        "{{ task.nothing }}",
        "{{ task.name.upper }}",
        "{{ task.list.append }}",
        "{{ task.list[9] }}",
        "{{ task.object.items }}",
        "{{ task.missing.deeper[0] }}",
        "{{ none }}",
        "{{ 'x' if task.missing }}",
        "{{ task.missing and 'x' }}",
        "x{{ task.missing }}",
        "x{{ task.list }}",
        "x{{ task.object }}",
        "{{ 'x' ~ task.nothing }}",
        "{{ 'x' ~ task.list }}",
        "{{ task.missing ~ task.missing }}",
        "{{ task.none | first }}",
        "{{ task.nulls | first }}",
        "{{ task.nulls | join }}",
        "{{ task.list | join(task.missing) }}",
        "{{ task.list | join(task.age) }}",
        "{{ task.object | join }}",
        "{{ task.name | join }}",
        "{{ task.name | int }}",
        "{{ task.name | float }}",
        "{{ task.age | first }}",
        "{{ task.age | last }}",
        "{{ task.age | length }}",
        "{{ task.name | round }}",
        "{{ task.list | upper }}",
        "{{ task.object | string }}",
        "{{ task.list | urlencode }}",
        "{{ task.list | truncate }}",
        "{{ task.name | truncate(1) }}",
        "{{ task.name | trim(5) }}",
        "{{ task.name | replace('d', task.missing) }}",
        "{{ task.name | replace(task.missing, 'd') }}",
        "{{ task.name | replace('d', task.list) }}",
        "{{ task.name < task.age }}",
        "{{ task.missing > 5 }}",
        "{{ task.name in task.age }}",
        "{{ task.missing | default(task.nothing) }}",
    ],
)
def test_what_cannot_be_filled_in(text: str) -> None:
    """Null and values of the wrong type cannot be filled in; the message shows the template and no value."""
    with pytest.raises(TemplateUnfilled) as caught:
        filled(text)
    assert str(caught.value).startswith(text)
    said = str(caught.value).removeprefix(text)
    assert not any(value in said for value in ("Ada", "the attribute", "12", "1.5", "zero"))


@pytest.mark.parametrize("name", [name for name in FILTER_GUARDS if name != "default"])
def test_no_filter_takes_null(name: str) -> None:
    """No filter but `default` takes a null."""
    with pytest.raises(TemplateUnfilled, match="null"):
        filled(
            "{{ task.missing | NAME }}".replace("NAME", "replace('a', 'b')" if name == "replace" else name)
        )


@pytest.mark.parametrize(
    ("text", "fragment"),
    [
        ("{{ range(3) }}", "a call"),
        ("{{ task.get('a') }}", "a call"),
        ("{{ task.name.upper() }}", "a call"),
        ("{{ namespace() }}", "a call"),
        ("{{ _('x') }}", "a call"),
        ("{{ task.x is defined }}", "a test with `is`"),
        ("{{ 1 + 1 }}", "arithmetic: join texts with ~"),
        ("{{ task.a - 1 }}", "arithmetic"),
        ("{{ task.a ** 9 }}", "arithmetic"),
        ("{{ task.my-name }}", "arithmetic"),
        ("{{ -1 }}", "arithmetic"),
        ("{{ +1 }}", "arithmetic"),
        ("{{ [1] }}", "a list"),
        ("{{ (1, 2) }}", "a list"),
        ("{{ {'a': 1} }}", "an object"),
        ("{{ task.a[1:2] }}", "an index is a constant"),
        ("{{ task.a[-1] }}", "an index is a constant"),
        ("{{ task.a[true] }}", "an index is a constant"),
        ("{{ task.a[1.5] }}", "an index is a constant"),
        ("{{ task[task.a] }}", "an index is a constant"),
        ("{{ task['a' ~ 'b'] }}", "an index is a constant"),
        ("{{ 'x'.upper }}", "can look into task, worker, callback, reservation and vars alone"),
        ("{{ (task.a ~ 'x').y }}", "can look into task"),
        ("{{ (task.a | first).y }}", "can look into task"),
        ("{{ task._x }}", "a name cannot begin with an underscore: _x"),
        ("{{ task.__class__ }}", "underscore: __class__"),
        ("{{ task['__class__'] }}", "underscore: __class__"),
        ("{{ task.a[0].__init__.b }}", "underscore: __init__"),
        ("{{ _x.a }}", "underscore: _x"),
        ("{{ self }}", "unknown name 'self': a reference begins with task, worker"),
        ("{{ self.a }}", "unknown name 'self'"),
        ("{{ name }}", "unknown name 'name'"),
        ("{{ cycler }}", "unknown name 'cycler'"),
        ("{{ environment.filters }}", "unknown name 'environment'"),
        ("{{ task }}", "task alone is no value: write task.NAME"),
        ("{{ 'x' ~ vars }}", "vars alone is no value"),
        ("{{ reservation.status }}", "only reservation.sid is known"),
        ("{{ reservation.sid.x }}", "only reservation.sid is known"),
        ("{{ task.a | safe }}", "there is no filter 'safe': use default, first"),
        ("{{ task.a | map('upper') }}", "there is no filter 'map'"),
        ("{{ task.a | attr('x') }}", "there is no filter 'attr'"),
        ("{{ task.a | given }}", "there is no filter 'given'"),
        ("{{ task.a | printed }}", "there is no filter 'printed'"),
        ("{{ task.a | default(open('x')) }}", "a call"),
        ("{{ task.a | default(default=vars) }}", "vars alone is no value"),
        ("{{ task.a | join(*task.b) }}", "* or **"),
        ("{{ task.a | default(**task.b) }}", "* or **"),
        ("{{ 'x' if range(1) else 'y' }}", "a call"),
        ("{% if true %}x{% endif %}", "only {{ … }} is read"),
        ("{% set x = 1 %}", "only {{ … }} is read"),
        ("{# comment #}", "only {{ … }} is read"),
        ("{% raw %}{{ x }}{% endraw %}", "only {{ … }} is read"),
        ("{% include 'x' %}", "only {{ … }} is read"),
        ("{% nonsense %}", "no {% … %}"),
        ("{{", "the template cannot be read"),
        ("{{ }}", "the template cannot be read: Expected an expression"),
        ("{{ task.a", "the template cannot be read"),
        ("{{ task. }}", "the template cannot be read"),
        ("{{ 'x }}", "the template cannot be read"),
        ("{{ '\\xZZ' }}", "the template cannot be read"),
        ("{{ 1e999 }}", "a number is too large"),
        ("{{ " + "9" * 5_000 + " }}", "a number has too many digits"),
        ("{{ " + "(" * 5_000 + "1" + ")" * 5_000 + " }}", "nests too deep"),
        ("{{ " + " or ".join(["task.a"] * 2_000) + " }}", "nests too deep"),
    ],
)
def test_what_is_refused(text: str, fragment: str) -> None:
    """Calls, statements, arithmetic, globals, underscores and unknown names are refused when read."""
    with pytest.raises(TemplateError) as caught:
        read_template(text)
    assert fragment in str(caught.value)


@pytest.mark.parametrize(
    ("text", "reads", "variables", "only"),
    [
        ("plain", set(), set(), ()),
        ("{{ vars.password }}", {"vars"}, {("password",)}, ("vars", "password")),
        ("{{ vars['password'] }}", {"vars"}, {("password",)}, ("vars", "password")),
        ("{{ vars.list[0].x }}", {"vars"}, {("list", 0, "x")}, ("vars", "list", 0, "x")),
        ("{{ vars.list['0'] }}", {"vars"}, {("list", "0")}, ("vars", "list", "0")),
        ("{{ vars.a ~ task.b }}", {"vars", "task"}, {("a",)}, ()),
        ("{{ vars.a | trim }}", {"vars"}, {("a",)}, ()),
        ("x{{ vars.a }}", {"vars"}, {("a",)}, ()),
        ("{{ vars.a }}{{ vars.b }}", {"vars"}, {("a",), ("b",)}, ()),
        (
            "{{ worker.a if callback.b else reservation.sid }}",
            {"worker", "callback", "reservation"},
            set(),
            (),
        ),
        ("{{ worker.a | default(vars.z) }}", {"worker", "vars"}, {("z",)}, ()),
        ("{{ worker.a | truncate(end=vars.z) }}", {"worker", "vars"}, {("z",)}, ()),
    ],
)
def test_what_a_template_reads(text: str, reads: set[str], variables: set[Keys], only: Keys) -> None:
    """A template knows its roots, its vars, and whether it is one reference alone."""
    template = read_template(text)
    assert (template.text, template.only) == (text, only)
    assert template.reads == frozenset(reads)
    assert template.variables == frozenset(variables)


@pytest.mark.parametrize(
    ("text", "marked"),
    [("", False), ("a }} b", False), ("{ {", False), ("{{ a }}", True), ("{% a", True), ("x {# y", True)],
)
def test_what_is_a_template(text: str, marked: bool) -> None:
    """A text with a mark that Jinja would act on is a template."""
    assert is_template(text) is marked


@pytest.mark.parametrize("secret", ["4155550199", "Ada Lovelace"])
@pytest.mark.parametrize(
    "text",
    [
        "{{ task.x | round }}",
        "{{ task.x < 5 }}",
        "{{ task.x | int }}",
        "{{ task.y | join }}",
        "a{{ task.y }}",
    ],
)
def test_no_value_in_a_message(text: str, secret: str) -> None:
    """What the caller said stays out of the message."""
    with pytest.raises(TemplateUnfilled) as caught:
        read_template(text).fill(scope({"x": secret + "?", "y": {"z": secret}}))
    assert secret not in str(caught.value)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


SIGNS = (
    *("{{", "}}", "{%", "%}", "{#", "#}", "{{-", "-}}", "task", ".a", "[0]", "worker", "vars.x", "callback"),
    *(
        "reservation.sid",
        "|",
        "default",
        "first",
        "join",
        "int",
        "(",
        ")",
        ",",
        "~",
        "or",
        "and",
        "not",
        "if",
    ),
    *(
        "else",
        "==",
        "<",
        "in",
        "is",
        "none",
        "true",
        "1",
        "-2",
        "'x'",
        '"',
        "__class__",
        ".b",
        "*",
        "**",
        "+",
    ),
    *("[", "]", "{", "}", ":", "set", "raw", "\n", "é"),
)
PIECES = st.lists(st.sampled_from(SIGNS), max_size=10)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ task.a | upper(1) }}", "the filter upper: too many"),
        ("{{ task.a | replace('a') }}", "the filter replace: missing a required argument"),
        ("{{ task.a | default(fallback=1) }}", "the filter default: got an unexpected keyword"),
        ("{{ task.a | truncate(5, true, '', 0, 1) }}", "the filter truncate: too many"),
    ],
)
def test_what_a_filter_is_given_is_checked_when_rules_are_read(text: str, said: str) -> None:
    """A filter with too many, too few or misnamed arguments would fail for every call."""
    with pytest.raises(TemplateError, match=said):
        read_template(text)


def unfilled(text: str, seen: Scope) -> str | None:
    """Why a template is not filled in, None when it is, or is no template at all."""
    try:
        template = read_template(text)
    except TemplateError:
        return None
    try:
        assert template.fill(seen) is not None
    except TemplateUnfilled as error:
        return str(error)
    return None


@settings(deadline=None, max_examples=100)
@given(
    st.text(max_size=20) | PIECES.map(" ".join) | PIECES.map(lambda pieces: "{{" + " ".join(pieces) + "}}")
)
def test_any_text_is_read_or_refused(text: str) -> None:
    """Any text is a template or raises TemplateError, and any template fills or raises TemplateUnfilled."""
    assert text in (unfilled(text, scope()) or text)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400)])
    | st.floats()
    | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=3),
    max_leaves=6,
)
FILLED = (
    "{{ task.a }}",
    "x{{ task.a }}{{ worker.b.a[0] }}",
    "{{ task.a ~ task.b }}",
    "{{ task.a < task.b }}",
    "{{ task.a in task.b }}",
    "{{ task.a | replace(task.b, 'x') }}",
    "{{ task.a | join(task.b) }}",
    "{{ task.a | round }}",
    "{{ task.a | truncate(5, task.b) }}",
    *("{{ task.a | NAME }}".replace("NAME", name) for name in FILTER_GUARDS),
)


@settings(deadline=None, max_examples=100)
@given(st.dictionaries(st.sampled_from("ab"), JSON) | JSON, st.sampled_from(FILLED))
def test_any_attributes_fill_or_do_not(document: object, text: str) -> None:
    """Whatever the attributes hold, a template gives a value or raises TemplateUnfilled."""
    assert text in (unfilled(text, scope(document, document)) or text)


STEPS = st.lists(st.sampled_from([".a", ".b", "['a']", '["0"]', "[0]", "[1]"]), min_size=1, max_size=4)


@settings(deadline=None, max_examples=200)
@given(st.dictionaries(st.sampled_from("ab0"), JSON), st.sampled_from(["task", "worker", "vars"]), STEPS)
def test_a_reference_alone_is_what_jinja_makes_of_it(document: object, root: str, steps: list[str]) -> None:
    """A fragment of one reference is looked up without Jinja: beside anything else Jinja finds the same."""
    reference = root + "".join(steps)
    seen = scope(document, document).beside({"a": document, "b": [document]})
    alone = read_template(f"{{{{ {reference} }}}}")
    beside = read_template(f"{{{{ {reference} if 1 == 1 else 2 }}}}")
    assert (alone.reads, alone.variables, alone.unescaped) == (
        beside.reads,
        beside.variables,
        beside.unescaped,
    )
    values = [_filled_or_not(template, seen) for template in (alone, beside)]
    assert values[0] is values[1] or values[0] == values[1]


def _filled_or_not(template: Template, seen: Scope) -> object:
    try:
        return template.fill(seen)
    except TemplateUnfilled:
        return None


def outcome(text: str) -> tuple[object, str]:
    """What a text is filled with and its type, or why it cannot be; without the text itself."""
    try:
        value = filled(text)
    except TemplateUnfilled as error:
        return None, str(error).replace(text, "")
    return value, type(value).__name__


@pytest.mark.parametrize("name", ALONE)
@pytest.mark.parametrize("key", [*TASK, "missing", "list[1]", "object.key"])
def test_a_filter_without_arguments_does_what_jinja_makes_of_it(name: str, key: str) -> None:
    """In parentheses a reference is read by Jinja: the same comes out, and is known of it."""
    plain, by_jinja = f"{{{{ task.{key} | {name} }}}}", f"{{{{ (task.{key}) | {name} }}}}"
    assert outcome(plain) == outcome(by_jinja)
    assert outcome(f"a {plain[:-3]} | string }}}} b") == outcome(f"a {by_jinja[:-3]} | string }}}} b")
    for known in ("reads", "unescaped", "variables", "only"):
        assert getattr(read_template(plain), known) == getattr(read_template(by_jinja), known)
