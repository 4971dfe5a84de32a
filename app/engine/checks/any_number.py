"""R059 any-number (warning): a caller's text decides which number is called, and any number may be.

A `to` that is made of the task or of the callback calls whatever stands there: a premium number as well,
at your cost. Write `allowed_numbers` once in the rule set: such a `to` must begin with one of them, or the
`default` is done. Names such as `client:alice`, and the worker's own contact_uri, are always allowed.

Wrong:

    rules:
      - name: call-back
        reply:
          instruction: conference
          to: "{{ task.number }}"
          from: "+18005550101"

Right:

    allowed_numbers: ["+1", "+44"]
    rules:
      - name: call-back
        reply:
          instruction: conference
          to: "{{ task.number }}"
          from: "+18005550101"
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.plan import CALLERS_TEXT
from app.engine.written import Written
from app.model import Problem

CHECK = Check.ANY_NUMBER
HINT = 'write allowed_numbers in one of the files, for instance allowed_numbers: ["+1"]'


def find(written: Written) -> Iterator[Problem]:
    """Every `to` of a caller's text in a rule set without `allowed_numbers`."""
    if written.ruleset is None or written.allowed_numbers is not None:
        return
    for each in written.instructions:
        for blank in each.plan.blanks:
            is_client = blank.template.text.startswith("client:")
            if blank.key == "to" and blank.template.reads & CALLERS_TEXT and not is_client:
                message = "`to`: the call decides which number is called, and any number may be"
                yield each.warning(CHECK, "to", message, HINT)
