"""From text to tree: the grammar of expressions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.expressions.compiling import compile_expression
from app.engine.expressions.parser import MAX_DEPTH, MAX_DIGITS, parse, parse_reference
from app.engine.expressions.tree import (
    And,
    Comparison,
    Constant,
    Expression,
    Not,
    Or,
    Reference,
    references,
)
from app.engine.scope import NO_CALL
from app.errors import ExpressionError
from tests.trees import OPERATORS


def task(*path: str | int) -> Reference:
    return Reference("task", path)


def is_one(name: str) -> Comparison:
    return Comparison("==", task(name), Constant(1))


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a == 1 OR b == 1 AND c == 1", Or((is_one("a"), And((is_one("b"), is_one("c")))))),
        ("a == 1 AND b == 1 OR c == 1", Or((And((is_one("a"), is_one("b"))), is_one("c")))),
        ("(a == 1 OR b == 1) AND c == 1", And((Or((is_one("a"), is_one("b"))), is_one("c")))),
        ("a == 1 OR b == 1 OR c == 1", Or((is_one("a"), is_one("b"), is_one("c")))),
        ("a == 1 and b == 1 And c == 1", And((is_one("a"), is_one("b"), is_one("c")))),
        ("a == 1 or b == 1", Or((is_one("a"), is_one("b")))),
        ("((a == 1))", is_one("a")),
        ("NOT (a == 1)", Not(is_one("a"))),
        ("not(a == 1) AND b == 1", And((Not(is_one("a")), is_one("b")))),
        ("NOT (NOT (a == 1))", Not(Not(is_one("a")))),
    ],
)
def test_binding(text: str, tree: Expression) -> None:
    """OR binds weakest, then AND, then NOT; parentheses group; keywords stand in any case."""
    assert parse(text) == tree


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("a==1", is_one("a")),
        ("a  ==\n\t 1\r\n", is_one("a")),
        ("a==1AND b==1", And((is_one("a"), is_one("b")))),
        ("a==1\nAND\nb==1", And((is_one("a"), is_one("b")))),
        ("(a==1)AND(b==1)", And((is_one("a"), is_one("b")))),
        ("'x'IN worker.skills", Comparison("IN", Constant("x"), Reference("worker", ("skills",)))),
        ("a NOT\n IN[1]", Comparison("NOT IN", task("a"), Constant([1]))),
        ("a HAS'x'", Comparison("HAS", task("a"), Constant("x"))),
        ("call_sid=  'CA1'", Comparison("==", task("call_sid"), Constant("CA1"))),
    ],
)
def test_white_space(text: str, tree: Expression) -> None:
    """White space is any or none, line breaks included."""
    assert parse(text) == tree


@pytest.mark.parametrize("operator", OPERATORS)
def test_operators(operator: str) -> None:
    """Each operator is read in either case, with a reference or a constant on either side."""
    assert parse(f"a {operator} 'x'") == Comparison(operator, task("a"), Constant("x"))
    assert parse(f"'x' {operator.lower()} a") == Comparison(operator, Constant("x"), task("a"))


def test_a_single_equals_sign() -> None:
    """= is the same as ==."""
    assert parse("a = 1") == parse("a == 1")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('"x"', "x"),
        ("'x'", "x"),
        ("''", ""),
        (r'"a\"b"', 'a"b'),
        (r"'a\'b'", "a'b"),
        (r'"a\\"', "a\\"),
        (r'"^\\+1"', r"^\+1"),
        (r'"\d+\n"', r"\d+\n"),
        ("'two\nlines'", "two\nlines"),
        ('"é 名 😀"', "é 名 😀"),
        ("'AND (== ]'", "AND (== ]"),
        ("0", 0),
        ("12", 12),
        ("-12", -12),
        ("0800", 800),
        ("-0800", -800),
        ("1.5", 1.5),
        ("-0.25", -0.25),
        ("1e3", 1000.0),
        ("true", True),
        ("FALSE", False),
        ("Null", None),
        ("[]", []),
        ("[ ]", []),
        ("""["en", 'es']""", ["en", "es"]),
        ("[1, -2.5, true, null]", [1, -2.5, True, None]),
    ],
)
def test_constants(text: str, value: object) -> None:
    """Strings, numbers, booleans, null and lists of them are read as they stand."""
    tree = parse(f"a == {text}")
    assert isinstance(tree, Comparison)
    assert isinstance(tree.right, Constant)
    assert tree.right.value == value
    assert type(tree.right.value) is type(value)


@pytest.mark.parametrize(
    ("text", "reference"),
    [
        ("type", task("type")),
        ("task.type", task("type")),
        ("task", task("task")),
        ("task[0]", task("task", 0)),
        ("task.task.type", task("task", "type")),
        ("task.worker.sid", task("worker", "sid")),
        ("object.array[2]", task("object", "array", 2)),
        ("a[0][1].b", task("a", 0, 1, "b")),
        ("_a1.b_2", task("_a1", "b_2")),
        ("2nd", task("2nd")),
        ("worker.skills", Reference("worker", ("skills",))),
        ("callback.TaskAge", Reference("callback", ("TaskAge",))),
        ("taskrouter.currentTime", Reference("taskrouter", ("currentTime",))),
        ("vars.limit", Reference("vars", ("limit",))),
        ("Worker.skills", task("Worker", "skills")),
        ("task.in", task("in")),
        ("task.and.or.not.has", task("and", "or", "not", "has")),
        ("worker.true", Reference("worker", ("true",))),
        ("in", task("in")),
        ("has", task("has")),
        ("and", task("and")),
        ("not", task("not")),
        ("nullable", task("nullable")),
        ("true.x", task("true", "x")),
        ("android", task("android")),
    ],
)
def test_references(text: str, reference: Reference) -> None:
    """Names are joined by dots, with indexes; a keyword is a name where it can only be one."""
    assert parse(f"{text} == 1") == Comparison("==", reference, Constant(1))
    assert parse(f"1 == {text}") == Comparison("==", Constant(1), reference)
    assert parse_reference(text) == reference


def test_keywords_as_names_beside_operators() -> None:
    """`in in in` asks whether the attribute `in` is in itself."""
    assert parse("in in in") == Comparison("IN", task("in"), task("in"))
    assert parse("not not in [1]") == Comparison("NOT IN", task("not"), Constant([1]))
    assert parse("has has has") == Comparison("HAS", task("has"), task("has"))


def test_positions() -> None:
    """Each node knows the offset at which it stands."""
    tree = parse("a == 1 AND\n  worker.x HAS ['y']")
    assert isinstance(tree, And)
    first, second = tree.terms
    assert isinstance(first, Comparison)
    assert isinstance(second, Comparison)
    assert (first.left.at, first.at, first.right.at) == (0, 2, 5)
    assert (second.left.at, second.at, second.right.at) == (13, 22, 26)


def test_references_of_an_expression() -> None:
    """The references of an expression come in reading order, out of every kind of node."""
    found = references(parse("a == worker.b OR NOT (vars.c == 1 AND 'x' IN task.d)"))
    assert list(found) == [
        task("a"),
        Reference("worker", ("b",)),
        Reference("vars", ("c",)),
        task("d"),
    ]


@pytest.mark.parametrize("text", ["", "a b", "a.", "a-b", "a[x]", "a == 1", " a", "a[-1]"])
def test_what_is_no_reference(text: str) -> None:
    """A reference is the whole text or nothing."""
    with pytest.raises(ExpressionError, match="is no reference") as caught:
        parse_reference(text)
    assert caught.value.at == 0
    assert caught.value.hint == "write a name such as task.type"


def test_depth() -> None:
    """Parentheses nest a hundred deep, whatever stands between them, and no deeper."""
    text = "a == 1"
    for _ in range(MAX_DEPTH):
        text = f"NOT ({text} AND b == 1 OR c == 1)"
    tree = parse(text)
    assert len(list(references(tree))) == 2 * MAX_DEPTH + 1
    assert compile_expression(tree)(NO_CALL) is True
    with pytest.raises(ExpressionError, match="parentheses nest more than 100 deep") as caught:
        parse("(" * 101 + "a == 1" + ")" * 101)
    assert caught.value.at == MAX_DEPTH
    assert MAX_DEPTH == 100


def test_parentheses_in_strings_do_not_nest() -> None:
    """Only parentheses outside of strings count."""
    many = "(" * 500
    assert parse(f"""a == '{many}' OR b == "\\"{many}" """) == Or(
        (
            Comparison("==", task("a"), Constant(many)),
            Comparison("==", task("b"), Constant(f'"{many}')),
        )
    )


def test_a_long_expression() -> None:
    """A long chain is no deep one."""
    tree = parse(" OR\n".join(["type == 'x'"] * 1_000))
    assert isinstance(tree, Or)
    assert len(tree.terms) == 1_000
    assert compile_expression(tree)(NO_CALL) is False


@pytest.mark.parametrize("end", ["", "\\", "'("])
def test_many_escaped_quotes_without_end(end: str) -> None:
    """A quote that is never closed is found in linear time."""
    with pytest.raises(ExpressionError, match='the quote " is never closed') as caught:
        parse('a == "' + '\\"' * 50_000 + end)
    assert caught.value.at == 5


@pytest.mark.parametrize(
    ("text", "message", "at"),
    [
        (f"a == {'9' * (MAX_DIGITS + 1)}", "a number of 301 digits is too long", 5),
        (f"a == {'9' * 5_000}", "a number of 5000 digits is too long", 5),
        (f"a == 1 AND b == [{'9' * 5_000}]", "a number of 5000 digits is too long", 17),
        (f"a[{'9' * 5_000}] == 1", "a number of 5000 digits is too long", 0),
        ("a == -1e999", "-1e999 is too large for a number", 5),
    ],
)
def test_numbers_without_measure(text: str, message: str, at: int) -> None:
    """A number that Python would not read is refused with its place."""
    with pytest.raises(ExpressionError, match=message) as caught:
        parse(text)
    assert caught.value.at == at


WORDS_AND_SIGNS = (
    *("a", "worker.b", "task.c-d", "taskrouter.currentTime", "é", "5AND", "AND", "OR", "NOT", "IN", "HAS"),
    *("CONTAINS", "true", "null", "'x'", '"y"', "1", "-2", "0.5", "1e999", "[0]", "[1,2]", "==", "=", "!="),
    *(
        "<",
        "<=",
        ">",
        "!",
        "*",
        "(",
        ")",
        "[",
        "]",
        ",",
        ".",
        "'",
        '"',
        "\\",
        "“",
        "&&",
        "||",
        "\n",
        "#",
        ";",
    ),
)
FRAGMENTS = st.lists(st.sampled_from(WORDS_AND_SIGNS), max_size=12)


def mistake(text: str) -> ExpressionError | None:
    try:
        parse(text)
    except ExpressionError as error:
        return error
    return None


@settings(deadline=None, max_examples=200)
@given(
    st.text(max_size=40)
    | st.text(alphabet="ab.-=!<>()[]'\"\\,019 \nANDORTI", max_size=30)
    | FRAGMENTS.map(" ".join)
    | FRAGMENTS.map("".join)
)
def test_any_text_parses_or_is_explained(text: str) -> None:
    """Any text parses, or raises an ExpressionError with a place in it, a sentence and a hint."""
    error = mistake(text)
    if error is None:
        assert parse(f"({text})") == parse(text)
    else:
        assert 0 <= error.at <= len(text)
        assert str(error)
        assert error.hint
