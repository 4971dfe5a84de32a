"""Which calls an expression can hold for: a concrete one, none, or an honest "not known".

`reading` says what each comparison asks, `cells` parts the values of a reference by what is asked of them,
`clock` the minutes of a week; `space` makes a formula of the expression, `formula` searches it, `calls` turns
what it finds into a call, and `search` tries that call on the expression.
"""

from app.engine.witness.calls import Example
from app.engine.witness.search import Finding, Verdict, find_example

__all__ = ["Example", "Finding", "Verdict", "find_example"]
