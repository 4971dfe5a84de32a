"""R013 unlikely-reference (warning): a name that looks like a misspelt root.

`workers.team` is a part of the task's attribute `workers`, which hardly any task has. Write `worker.team`, or
`task.workers.team` where the task does have it.

Wrong:

    rules:
      - name: vip
        when: workers.team == "vip"
        defer: the agent accepts it

Right:

    rules:
      - name: vip
        when: worker.team == "vip"
        defer: the agent accepts it
"""

from collections.abc import Iterator
from difflib import get_close_matches

from app.engine.catalogue import Check
from app.engine.expressions import Reference, references
from app.engine.expressions.tree import ROOTS
from app.engine.written import Written, WrittenTerm
from app.model import Level, Problem

CHECK = Check.UNLIKELY_REFERENCE


def find(written: Written) -> Iterator[Problem]:
    """References to the task whose first name is nearly one of the roots."""
    for rule in written.rules:
        for term in rule.terms:
            for reference in references(term.tree):
                near = _nearly_a_root(reference, term)
                if near:
                    first = reference.path[0]
                    message = f"`when`: {first}.… is an attribute of the task here"
                    hint = f"did you mean {near!r}? Else write task.{first}"
                    yield Problem(CHECK, message, term.place(reference.at), Level.WARNING, rule.name, hint)


def _nearly_a_root(reference: Reference, term: WrittenTerm) -> str | None:
    first, below = str(reference.path[0]), reference.path[1:]
    bare = reference.root == "task" and term.node.text.startswith(first, reference.at)
    near = get_close_matches(first, ROOTS, n=1, cutoff=0.75) if bare and below else []
    return near[0] if near else None
