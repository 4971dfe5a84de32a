"""R009 action (error): a rule, or the default, that does not do exactly one thing.

A rule does one of three: `reply` answers with an instruction, `post` answers `{}` and posts the instruction
to the Reservation, `defer` answers `{}` and leaves the task to somebody else. `retry_for` and `on_failure`
say what to do when a post fails, so they stand beside `post` alone.

Wrong:

    rules:
      - name: support
        reply: {instruction: accept}
        defer: the agent accepts it in the browser

Right:

    rules:
      - name: support
        reply: {instruction: accept}
"""

from app.engine.catalogue import Check

CHECK = Check.ACTION
