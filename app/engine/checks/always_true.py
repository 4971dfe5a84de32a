"""R015 always-true (warning): a `when`, or a term of its list, that every call makes true.

It asks nothing: `priority != 5 OR priority != 6` holds for every priority, and for a task without one. Most
probably another operator was meant. Where the rule is meant for every call, leave the term out. What only the
values of `vars` make true is a setting, and not told.

Wrong:

    rules:
      - name: not-urgent
        when: priority != 5 OR priority != 6
        defer: the next agent takes it

Right:

    rules:
      - name: not-urgent
        when: priority != 5 AND priority != 6
        defer: the next agent takes it
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.expressions.meaning import holds
from app.engine.expressions.tree import Not
from app.engine.scope import NO_CALL
from app.engine.witness import Verdict, find_example
from app.engine.written import Written, WrittenTerm
from app.model import Level, Problem

CHECK = Check.ALWAYS_TRUE
MESSAGE = "`when`: every call makes this true"
HINT = "leave it out, or write what was meant"


def find(written: Written) -> Iterator[Problem]:
    """Terms that hold for every call, whatever `vars` hold."""
    known: dict[str, bool] = {}  # of terms that say the same
    for rule in written.rules:
        for term in rule.terms:
            if term.node.text not in known:
                known[term.node.text] = _always_holds(term)
            if known[term.node.text]:
                yield Problem(CHECK, MESSAGE, term.node.location, Level.WARNING, rule.name, HINT)


def _always_holds(term: WrittenTerm) -> bool:
    # Most terms fail where there is no call, which spares the search.
    if not holds(term.resolved, NO_CALL):
        return False
    return find_example(Not(term.whatever_vars_hold), {}).verdict is Verdict.NONE
