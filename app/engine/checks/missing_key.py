"""R005 missing-key (error): a rule without a name, or an instruction that does not say which.

Logs, metrics, tests and problems call a rule by its name, so each has one. Below reply, post and on_failure
the key `instruction` says what TaskRouter is to do; an answer without it would be Twilio's warning 40005.

Wrong:

    rules:
      - task_type: support
        defer: the agent accepts it in the browser

Right:

    rules:
      - name: support
        task_type: support
        defer: the agent accepts it in the browser
"""

from app.engine.catalogue import Check

CHECK = Check.MISSING_KEY
