"""`vars`: constants of a rule set, filled in from the environment."""

from collections.abc import Mapping

import pytest

from app.engine import source
from app.engine.catalogue import Check
from app.engine.report import Report
from app.engine.source import SourceFile, read_source
from app.engine.variables import Variables
from tests.builders import problems


def read(*texts: str, environment: Mapping[str, str] | None = None) -> tuple[Variables, list[str]]:
    """The vars of files, and the problems as text."""
    report = Report()
    variables = Variables(environment or {}, report)
    for number, text in enumerate(texts, start=1):
        node, found = read_source(SourceFile(f"{number}.yaml", text))
        assert isinstance(node, source.Mapping)
        assert found == []
        variables.read(node)
    return variables, [
        f"{found.location}: {found.check} {found.message}; {found.hint}" for found in report.problems
    ]


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("text", "text"),
        ("+15550100", "+15550100"),
        ("18", 18),
        ("1.5", 1.5),
        ("true", True),
        ("no", "no"),
        ("", None),
        ("'18'", "18"),
        ("[a, 1, {b: null}]", ["a", 1, {"b": None}]),
        ("{a: {b: [x]}}", {"a": {"b": ["x"]}}),
        ("$HOME", "$HOME"),
        ("a $ {b}", "a $ {b}"),
    ],
)
def test_values(value: str, seen: object) -> None:
    """A var holds any YAML value, and text without ${…} as it stands."""
    variables, found = read(f"name: {value}")
    assert (variables.values, found) == ({"name": seen}, [])


@pytest.mark.parametrize(
    ("value", "seen"),
    [
        ("${NUMBER}", "+18005550100"),
        ("${AGE}", 18),
        ("${FLAG}", True),
        ("'${AGE}'", "18"),
        ('"${FLAG}"', "true"),
        ("x${AGE}y", "x18y"),
        ("${AGE}${AGE}", 1818),
        ("${AGE:-5}", 18),
        ("${UNSET:-5}", 5),
        ("'${UNSET:-5}'", "5"),
        ("${UNSET:-+18001231234}", "+18001231234"),
        ("${UNSET:-}", None),
        ("'${UNSET:-}'", ""),
        ("${EMPTY:-5}", 5),
        ("'${EMPTY}'", ""),
        ("${UNSET:-a:-b}", "a:-b"),
        ("${UNSET:-$NUMBER}", "$NUMBER"),
        ("${NESTED}", "${AGE}"),
        ("[ '${AGE}', {k: '${UNSET:-d}'} ]", ["18", {"k": "d"}]),
        ("${_x1}", "low"),
    ],
)
def test_the_environment(value: str, seen: object) -> None:
    """${NAME} is filled in once, its default where it is unset or empty; unquoted, it is then read anew."""
    environment = {
        "NUMBER": "+18005550100",
        "AGE": "18",
        "FLAG": "true",
        "EMPTY": "",
        "NESTED": "${AGE}",
        "_x1": "low",
    }
    variables, found = read(f"name: {value}", environment=environment)
    assert (variables.values, found) == ({"name": seen}, [])


def test_what_the_environment_lacks() -> None:
    """A name that is unset and has no default is an error at its place."""
    variables, found = read("a: 'x ${MISSING}'\nb: [c, '${OTHER}']")
    assert found == [
        "1.yaml:1:7: R008 the environment has no MISSING; set MISSING, or write a default: ${MISSING:-value}",
        "1.yaml:2:9: R008 the environment has no OTHER; set OTHER, or write a default: ${OTHER:-value}",
    ]
    assert variables.values == {"a": "x ", "b": ["c", ""]}


@pytest.mark.parametrize(
    "written", ["${}", "${1A}", "${A-B}", "${A B}", "${A:B}", "${A:+B}", "${A:?B}", "${:-x}", "${1A:-x}"]
)
def test_what_names_no_environment_variable(written: str) -> None:
    """What looks like the environment and cannot be is an error, not text."""
    _, found = read(f"a: '{written}'", environment={"A": "x", "1A": "y", "": "z"})
    assert found == [
        f"1.yaml:1:5: R008 '{written}' names no environment variable; write ${{NAME}} or ${{NAME:-default}}"
    ]


@pytest.mark.parametrize("name", ["1a", "a-b", "_a", "é", "a.b", "a b", "<<", "''"])
def test_names(name: str) -> None:
    """A name is one that an expression and a template can write."""
    variables, found = read(f"{name}: 1\nfine_1: 2")
    assert variables.values == {"fine_1": 2}
    assert found == [
        f"1.yaml:1:1: R008 {name.strip(chr(39))!r} is no name for a var; "
        "begin with a letter, go on with letters, digits and _"
    ]


def test_a_name_defined_twice() -> None:
    """A name defined in two files is an error that names both places; the first value stays."""
    variables, found = read("a: 1", "b: 2\na: 3")
    assert variables.values == {"a": 1, "b": 2}
    assert found == [
        "2.yaml:2:1: R006 the var 'a' is defined a second time; first at 1.yaml:1:1; "
        "remove one of the two, or rename it"
    ]


def test_hints() -> None:
    """An unknown var gets the nearest name, all names, or the advice to define it."""
    assert read("number: 1")[0].hint("numbr") == "did you mean 'number'?"
    assert read("number: 1\nlimit: 2")[0].hint("xyz") == "known are limit, number"
    assert read()[0].hint("xyz") == "define it under `vars`"


@pytest.mark.parametrize(
    "written", ["${NAME:-800", "$NAME:-800}", "{NAME:-800}", "NAME:-800}", "+1${NAME", '"${NAME"']
)
def test_a_reference_that_lost_a_character(written: str) -> None:
    """A lost brace or dollar leaves text that nobody meant."""
    found = problems(f"vars:\n  opens: {written}\ndefault: {{defer: a}}\n")
    assert Check.VARIABLE in [problem.check for problem in found]
