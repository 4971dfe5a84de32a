"""What the checks say of one expression."""

from typing import NamedTuple

from tests.builders import problems

BEFORE = 7  # the column at which the expression begins


class Told(NamedTuple):
    """A problem in an expression; `at` is the offset of its place."""

    check: str
    at: int
    message: str
    hint: str


def told(when: str, *, variables: str = "{}", rule: str = "") -> list[Told]:
    """All that is found in a rule set of one rule with this `when`; `rule` is another line of it."""
    text = f"""\
vars: {variables}
default: {{defer: later}}
rules:
  - name: only
    defer: it waits
    {rule}
    when: |-
      {when}
"""
    return [
        Told(
            problem.check,
            problem.location.column - BEFORE if problem.location else -1,
            problem.message,
            str(problem.hint),
        )
        for problem in problems(text)
    ]
