"""R061: templates where nothing is filled in."""

import pytest

from app.engine.catalogue import Check
from app.model import Location
from tests.builders import problems
from tests.engine.checks.one_rule import told


@pytest.mark.parametrize(
    "text", ["for {{ task.name }}", "for {{vars.name}}", "for ${NAME}", "for ${NAME:-me}"]
)
@pytest.mark.parametrize("key", ["description", "defer"])
def test_texts_for_people(key: str, text: str) -> None:
    """They are shown as they stand."""
    other = "defer: later" if key == "description" else "description: it waits"
    [found] = problems(f"default: {{defer: later}}\nrules:\n  - name: only\n    {key}: {text}\n    {other}\n")
    assert (found.check, found.rule) == (Check.TEMPLATE_NOT_READ, "only")
    assert found.location == Location("rules.yaml", 4, 5 + len(f"{key}: for "))
    assert f"`{key}`" in found.message


def test_the_reason_of_the_default() -> None:
    """It is shown as those of the rules are."""
    [found] = problems('default: {defer: "${WHY}"}\n')
    assert (found.check, found.rule) == (Check.TEMPLATE_NOT_READ, "default")


@pytest.mark.parametrize(
    ("when", "at"),
    [('a == "{{ vars.name }}"', 5), ("a IN ['b', '${NAME}']", 5), ('"{{ task.b }}" == a', 0)],
)
def test_texts_in_a_when(when: str, at: int) -> None:
    """In quotes they are compared as they stand."""
    [found] = told(when)
    assert (found.check, found.at) == (Check.TEMPLATE_NOT_READ, at)
    assert found.hint == "write the reference without quotes and braces, such as vars.NAME"


@pytest.mark.parametrize("value", ["'{{ vars.a }}'", "[x, '{{ task.a }}']", "{a: {b: '{{ a }}'}}"])
def test_the_values_of_vars(value: str) -> None:
    """A var is filled in, and its own text is not read again."""
    found = problems(f"vars:\n  it: {value}\ndefault: {{defer: later}}\n")
    told = [problem for problem in found if problem.check == Check.TEMPLATE_NOT_READ]
    assert [problem.location for problem in told] == [Location("rules.yaml", 2, 3)]
    assert "no template is read in `vars`" in told[0].message


@pytest.mark.parametrize("text", ["costs $5", "{{ mustache }} talk", "in {braces}", "$NAME", "a ${"])
def test_what_is_plain_text(text: str) -> None:
    """Braces alone are no template."""
    assert problems(f"default: {{defer: later}}\nrules:\n  - name: only\n    defer: b {text}\n") == ()
