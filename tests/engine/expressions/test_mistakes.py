"""What is said of expressions that do not parse: each mistake has its sentence, its place and its way out."""

import pytest

from app.engine.expressions.parser import parse
from app.errors import ExpressionError

VALUES = "write a name, a quoted text, a number or a [list]"


def mistake(text: str) -> tuple[int, str, str | None]:
    """The place, the message and the hint."""
    with pytest.raises(ExpressionError) as caught:
        parse(text)
    return caught.value.at, str(caught.value), caught.value.hint


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        ("type == 'a', 'b'", 11, "several values after ==", "write IN [..., ...]"),
        ("type = 'a','b'", 10, "several values after =", "write IN [..., ...]"),
        ("type != 'a', 'b'", 11, "several values after !=", "write NOT IN [..., ...]"),
        ("b == 1 AND a == -1.5, 2", 20, "several values after ==", "write IN [..., ...]"),
        ("type ! = 'x'", 5, "'! =' is split by white space", "write != in one piece"),
        ("type = = 'x'", 7, "'=' and '=' are split by white space", "write == in one piece"),
        ("age < = 3", 6, "'<' and '=' are split by white space", "write <= in one piece"),
        ("age > = 3", 6, "'>' and '=' are split by white space", "write >= in one piece"),
        ("*", 0, "a stray *", "there are no wildcards: leave `when` out"),
        ("type == 'x' AND *", 16, "a stray *", "use CONTAINS for a part"),
        ("type == 'x' *", 12, "a stray *", "use CONTAINS for a part"),
        ("type == 'x' foo", 12, "'foo' follows a complete comparison", "join comparisons with AND or OR"),
        ("type == 'x' 'y z'", 12, "\"'y z'\" follows a complete comparison", "AND or OR"),
        ("a == b == c", 7, "'==' follows a complete comparison", "AND or OR"),
        ("a == 1; b == 2", 6, "';' follows a complete comparison", "AND or OR"),
        ("a == 1, b", 6, "several values after ==", "write IN [..., ...]"),
        ("a CONTAINS 'x', 'y'", 14, "',' follows a complete comparison", "AND or OR"),
    ],
)
def test_mistakes_found_in_deployed_configurations(text: str, at: int, message: str, hint: str) -> None:
    """What people have deployed is named, with what to write instead."""
    place, said, way_out = mistake(text)
    assert (place, said) == (at, message)
    assert hint in (way_out or "")


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        ("vip", 3, "vip alone is no comparison", "write vip == true"),
        ("vip AND a == 1", 4, "vip alone is no comparison", "write vip == true"),
        ("vip OR a == 1", 4, "vip alone is no comparison", "write vip == true"),
        ("(worker.vip) AND a == 1", 11, "worker.vip alone is no comparison", "write worker.vip == true"),
        ("a == 1 AND vip  ", 14, "vip alone is no comparison", "write vip == true"),
        ("'x'", 3, "'x' alone is no comparison", "write 'x' == true"),
        ("1", 1, "1 alone is no comparison", "write 1 == true"),
        ("[1, 2]", 6, "a list alone is no comparison", "write name IN [...]"),
        ("true", 4, "true alone is no comparison", "leave `when` out to match always"),
        ("FALSE", 5, "FALSE alone is no comparison", "set `enabled: false`"),
    ],
)
def test_bare_values(text: str, at: int, message: str, hint: str) -> None:
    """A bare reference or constant is no comparison: it says to write == true."""
    place, said, way_out = mistake(text)
    assert (place, said) == (at, message)
    assert hint in (way_out or "")


@pytest.mark.parametrize(
    ("text", "at", "name"),
    [
        ("my-name == 1", 2, "my-name"),
        ("(worker.my-name == 1)", 10, "worker.my-name"),
        ("a=='x'AND my-name=='y'", 12, "my-name"),
        ("(a == my-own-name)", 8, "my-own-name"),
        ("task.a.b-c.d == 1", 8, "task.a.b-c.d"),
    ],
)
def test_hyphens(text: str, at: int, name: str) -> None:
    """A hyphen in a name is refused with the whole name, and nothing but the name."""
    assert mistake(text) == (
        at,
        f"a name cannot hold a hyphen: {name}",
        "rename the attribute, for instance with an underscore",
    )


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        ("a IN ('x', 'y')", 5, "a list stands in square brackets", "write IN [...]"),
        ("a not in ('x')", 9, "a list stands in square brackets", "write NOT IN [...]"),
        ("a IN [x, y]", 6, "a list holds constants, and x is a name", 'write "x" if it is text'),
        ("a IN ['x', y]", 11, "a list holds constants, and y is a name", 'write "y" if it is text'),
        ("a IN [task.b[0]]", 6, "a list holds constants, and task.b[0] is a name", 'write "task.b[0]"'),
        ("a IN ['x'", 9, "the list is never closed", "close it with ]"),
        ("a IN [ ", 6, "the list is never closed", "close it with ]"),
        ("a IN ['x' 'y']", 10, "\"'y'\" follows a value of the list", "write , between values"),
        ("a IN ['x' y]", 10, "'y' follows a value of the list", "write , between values"),
        ("a IN ['x' AND b == 1", 10, "'AND' follows a value of the list", "] behind the last"),
        ("a IN ['x',", 10, "the expression ends where a value is wanted", VALUES),
        ("a IN ['x',]", 10, "']' stands where a value is wanted", VALUES),
        ("a IN [[1]]", 6, "'[' stands where a value is wanted", VALUES),
        ("a == '[' foo", 9, "'foo' follows a complete comparison", "AND or OR"),
    ],
)
def test_lists(text: str, at: int, message: str, hint: str) -> None:
    """A list stands in brackets, holds constants, and has commas between them."""
    place, said, way_out = mistake(text)
    assert (place, said) == (at, message)
    assert hint in (way_out or "")


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        ("a && b == 1", 2, "&& is no operator of this language", "write AND"),
        ("a == 1 || b == 1", 7, "|| is no operator of this language", "write OR"),
        ("a === 1", 4, "=== is no operator of this language", "write =="),
        ("a <> 1", 3, "<> is no operator of this language", "write !="),
        ("a =~ 'x'", 3, "=~ is no operator of this language", "write MATCHES"),
        ("!a", 0, "! negates nothing here", "write NOT (…)"),
        ("a == !b", 5, "! negates nothing here", "compare with != or == false"),
        ("a LIKE 'x'", 2, "'LIKE' is no operator", "write ==, !=, <"),
        ("a NOTIN ['x']", 2, "'NOTIN' is no operator", "NOT IN or MATCHES after a"),
        ("taskrouter.in(Paris).currentHour > 8", 13, "a time zone stands in quotes", 'taskrouter.in("Ame'),
        ("taskrouter.in('Europe/Paris') > 8", 13, "a time zone stands in quotes", ".currentTime"),
        ("1 == taskrouter.in ()", 19, "a time zone stands in quotes", ".currentTime"),
        ("[1] foo 1", 4, "'foo' is no operator", "after a list"),
        ("a NOT 1", 2, "'NOT' is no operator", "NOT IN or MATCHES after a"),
        ("NOT a == 1", 4, "NOT stands before 'a'", "write NOT (…), or turn the comparison round"),
        ("NOT", 3, "NOT stands alone", "write NOT (…)"),
    ],
)
def test_operators_of_other_languages(text: str, at: int, message: str, hint: str) -> None:
    """Operators of other languages are translated."""
    place, said, way_out = mistake(text)
    assert place == at
    assert said.startswith(message)
    assert hint in (way_out or "")


@pytest.mark.parametrize(
    ("text", "at", "message", "hint"),
    [
        ("", 0, "the expression is empty", "leave `when` out"),
        (" \n ", 0, "the expression is empty", "leave `when` out"),
        ('a == "x', 5, 'the quote " is never closed', "close it with the same quote"),
        ("a == 'x\\'", 5, "the quote ' is never closed", "close it with the same quote"),
        ("a == “x”", 5, "“ is no quote of this language", "write \" or '"),
        ("a == 1 AND `b` == 2", 11, "` is no quote of this language", "write \" or '"),
        ("(a == 1", 7, "a parenthesis is never closed", "close it with )"),
        ("((a == 1) ", 9, "a parenthesis is never closed", "close it with )"),
        ("a == 1)", 6, "this ) closes nothing", "remove it, or open a ( before"),
        ("a == 1 AND", 10, "the expression ends where a value is wanted", VALUES),
        ("a ==  ", 4, "the expression ends where a value is wanted", VALUES),
        ("(", 1, "the expression ends where a value is wanted", VALUES),
        ("AND a == 1", 4, "AND stands where a value is wanted", "before AND"),
        ("a == 1 AND OR b == 1", 14, "OR stands where a value is wanted", "before OR"),
        ("== 1", 0, "'==' stands where a value is wanted", VALUES),
        ("()", 1, "')' stands where a value is wanted", VALUES),
        ("a == (1)", 5, "'(' stands where a value is wanted", VALUES),
        ("a == -b", 5, "'-b' stands where a value is wanted", VALUES),
        ("a == {{ task.x }}", 5, "'{' stands where a value is wanted", VALUES),
    ],
)
def test_broken_structure(text: str, at: int, message: str, hint: str) -> None:
    """What is missing, surplus or never closed is told with its place."""
    place, said, way_out = mistake(text)
    assert (place, said) == (at, message)
    assert hint in (way_out or "")


@pytest.mark.parametrize(
    "text",
    [
        "1==1",
        "channelType IN []",
        "worker.paused != true",
        "'skills' HAS 'x'",
        "helpline == Foo",
        "age == '5'",
    ],
)
def test_what_is_legal(text: str) -> None:
    """What is odd but legal is no error."""
    assert parse(text)
