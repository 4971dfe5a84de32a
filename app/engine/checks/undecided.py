"""R023 undecided (note): whether a rule can be reached could not be decided.

A rule is reached by a call that fits it and none of the rules before it. Where nobody can say quickly whether
there is such a call, this note says so instead of nothing: two regular expressions about one attribute, two
attributes that are compared with each other, very large conditions, or thousands of rules that no value of
an attribute tells apart. The rule may be fine. Simpler conditions help, and a test that names the rule shows
that it is reached.

Wrong:

    rules:
      - name: front-desk
        when: called MATCHES "^[+]44" AND called MATCHES "0123$"
        defer: the agent accepts it in the browser

Right:

    rules:
      - name: front-desk
        when: called IN ["+442071830123", "+441134960123"]
        defer: the agent accepts it in the browser
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.reachability import TOO_LONG
from app.engine.witness import Verdict
from app.engine.written import Written
from app.model import Level, Problem

CHECK = Check.UNDECIDED
HINT = "a test that names the rule would show it"


def find(written: Written) -> Iterator[Problem]:
    """Rules of which neither was found: a call that they decide, nor a proof that there is none."""
    too_long = sum(reach.reason == TOO_LONG for _, reach in written.reaches)
    told = False
    for rule, reach in written.reaches:
        if reach.verdict is not Verdict.UNDECIDED or (told and reach.reason == TOO_LONG):
            continue
        others = ""
        if reach.reason == TOO_LONG:
            told, others = True, f" and {too_long - 1} more" if too_long > 1 else ""
        message = f"whether it{others} can be reached is not known: {reach.reason}"
        yield Problem(CHECK, message, rule.node.location, Level.NOTE, rule.name, HINT)
