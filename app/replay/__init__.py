"""Saved callbacks: reading and writing them (`saved`, `lines`), and trying a change on one (`changes`).

`running` decides many of them again: `again` says what is asked of each, `comparing` what was decided before,
`reasons` why it is otherwise now, and `tally` holds the sums. `blocks` cuts files, `processes` share them.
`redaction` replaces what is personal, by `tokens`, and `proving` shows that the decision stays; `as_test` and
`appending` make a test of one. `misses` says what rules lacked for those that got the default.
"""
