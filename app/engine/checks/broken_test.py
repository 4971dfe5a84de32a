"""R070 broken-test (error): a test of the rules that cannot pass, or that tests nothing.

A test has a name of its own and expects something, since otherwise it passes whatever the rules do. A rule
that it expects is there and switched on: mostly a rule was renamed, and the test still has the old name. `at`
is a time such as 2026-11-23T17:30:00Z, and what stands under `callback` is what Twilio would send.

Wrong:

    rules:
      - name: support
        task_type: support
        defer: the agent accepts it in the browser
    tests:
      - name: a task of support is left to the agent
        task: {type: support}
        expect: {rule: suport}

Right:

    rules:
      - name: support
        task_type: support
        defer: the agent accepts it in the browser
    tests:
      - name: a task of support is left to the agent
        task: {type: support}
        expect: {rule: support}
"""

from app.engine.catalogue import Check

CHECK = Check.BROKEN_TEST
