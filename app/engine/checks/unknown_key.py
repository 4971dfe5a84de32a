"""R003 unknown-key (error): a key that the rules format does not have.

A misspelt key would do nothing, and nobody would notice. The message names the nearest key there is, or all
of them. A file whose name ends in `_test` holds `tests` and no other key. The parameters of an instruction
are R031's.

Wrong:

    rules:
      - name: support
        task_typ: support
        defer: the agent accepts it in the browser

Right:

    rules:
      - name: support
        task_type: support
        defer: the agent accepts it in the browser
"""

from app.engine.catalogue import Check

CHECK = Check.UNKNOWN_KEY
