"""R057 unused-variable (warning): a var that no rule uses.

Either it is left over, or what should use it does not: a value may stand in a rule that was meant to come
from `vars`. Use it as `{{ vars.NAME }}` in a value or as `vars.NAME` in a `when`, or remove it.

Wrong:

    vars:
      sales_number: "+18005550101"
    rules:
      - name: sales
        reply:
          instruction: dequeue
          from: "+18005550101"

Right:

    vars:
      sales_number: "+18005550101"
    rules:
      - name: sales
        reply:
          instruction: dequeue
          from: "{{ vars.sales_number }}"
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.written import Written
from app.model import Level, Problem

CHECK = Check.UNUSED_VARIABLE


def find(written: Written) -> Iterator[Problem]:
    """Names that nothing reads; where there are errors, what reads them may not have been understood."""
    if written.ruleset is None:
        return
    for name, place in written.variables.places.items():
        if name not in written.variables.used:
            hint = f"remove it, or use it: {{{{ vars.{name} }}}}, or vars.{name} in `when`"
            yield Problem(CHECK, f"nothing uses the var {name!r}", place, Level.WARNING, hint=hint)
