"""Saved callbacks: reading and writing them (`saved`, `lines`), and trying a change on one (`changes`).

`redaction` replaces what is personal, by `tokens`, and `proving` shows that the decision stays; `as_test` and
`appending` make a test of one. `misses` says what rules lacked for those that got the default.
"""
