"""R059: numbers that a caller chooses."""

import pytest

from app.engine.catalogue import Check
from tests.builders import problems

RULES = """\
default: {defer: later}
vars: {number: "+18005550102"}
rules:
  - name: only
    when: a != vars.number
    reply:
      instruction: dequeue
      to: "TO"
"""


@pytest.mark.parametrize(
    "to",
    [
        "{{ task.number }}",
        "+1{{ task.number }}",
        "{{ callback.From }}",
        "{{ task.number | default(vars.number) }}",
    ],
)
def test_a_number_of_the_call(to: str) -> None:
    """Whoever calls chooses what is dialled, unless allowed_numbers says what may be."""
    [found] = problems(RULES.replace("TO", to))
    assert (found.check, found.rule) == (Check.ANY_NUMBER, "only")
    assert found.location is not None
    assert (found.location.line, found.location.column) == (8, 11)
    assert "allowed_numbers" in str(found.hint)
    assert problems(RULES.replace("TO", to) + 'allowed_numbers: ["+1"]\n') == ()


@pytest.mark.parametrize(
    "to",
    [
        "+18005550101",
        "{{ vars.number }}",
        "client:{{ task.agent }}",
        "{{ worker.contact_uri }}",
        "{{ worker.phone }}",
    ],
)
def test_numbers_that_no_caller_chooses(to: str) -> None:
    """Constants, vars, names of clients, and what a worker's own attributes say."""
    assert problems(RULES.replace("TO", to)) == ()


def test_allowed_numbers_that_are_no_list() -> None:
    """The error is told, and no warning that there are none."""
    found = problems(RULES.replace("TO", "{{ task.number }}") + "allowed_numbers: 5\n")
    assert [problem.check for problem in found] == [Check.WRONG_TYPE]
