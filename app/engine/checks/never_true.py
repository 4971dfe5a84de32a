"""R016 never-true (warning): a `when` that no call makes true.

Its parts contradict each other, as `language == "en" AND language == "fr"` does, or they ask for a time that
does not exist. The rule is as good as switched off: `enabled: false` says so to whoever reads it. What only
the values of `vars` make never true is a setting, and not told.

Wrong:

    rules:
      - name: bilingual
        when: language == "en" AND language == "fr"
        defer: the next agent takes it

Right:

    rules:
      - name: bilingual
        when: language IN ["en", "fr"]
        defer: the next agent takes it
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.expressions.tree import And
from app.engine.witness import Verdict, find_example
from app.engine.written import Written, WrittenRule
from app.model import Level, Location, Problem

CHECK = Check.NEVER_TRUE
HINT = "mend it, or set `enabled: false`"


def find(written: Written) -> Iterator[Problem]:
    """Rules that match no call, whatever the rules before them take, and `vars` hold."""
    for rule, reach in written.reaches:
        if reach.verdict is Verdict.NONE and not reach.covering and not _is_setting(rule):
            message = "`when`: no call that the rule looks at makes this true"
            if not rule.terms:
                message = "no task is ever of its type"
            yield Problem(CHECK, message, _place(rule), Level.WARNING, rule.name, HINT)


def _is_setting(rule: WrittenRule) -> bool:
    """Whether other values of `vars` could make a call match."""
    if not any(term.reads_vars for term in rule.terms):
        return False
    terms = tuple(term.whatever_vars_hold for term in rule.terms)
    return find_example(And(terms), {}).verdict is not Verdict.NONE


def _place(rule: WrittenRule) -> Location:
    """That of the term which is never true by itself, else of the first; of the rule where it has none."""
    never = (term for term in rule.terms if find_example(term.resolved, {}).verdict is Verdict.NONE)
    term = next(never, rule.terms[0] if rule.terms else None)
    return term.node.location if term else rule.node.location
