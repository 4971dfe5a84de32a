"""R004 wrong-type (error): a key with a value of another kind than it takes.

The message says what the key takes, and gives an example. In these files true, false, null and plain decimal
numbers are what they look like; all else is text. So `no` and `off` are text, and no way to say false. Values
of an instruction are R033's.

Wrong:

    rules:
      - name: support
        enabled: no
        defer: the agent accepts it in the browser

Right:

    rules:
      - name: support
        enabled: false
        defer: the agent accepts it in the browser
"""

from app.engine.catalogue import Check

CHECK = Check.WRONG_TYPE
