"""D002 invalid-value (error): a value that the parameter cannot have, or that does not go with another.

What this call fills in is no phone number, no URL, no SID, or whatever else the parameter takes. TaskRouter
would refuse it with the parameter's code, so the default decides instead. Let `when` ask for what fits. A
`timeout` over 600 does not go with a SIP address; where both are constants, `desk check` says so.

Wrong, for a task whose `called` is "anonymous":

    rules:
      - name: support
        reply:
          instruction: conference
          from: "{{ task.called }}"

Right:

    rules:
      - name: support
        when: called MATCHES "^[+][1-9][0-9]{1,14}$"
        reply:
          instruction: conference
          from: "{{ task.called }}"
"""

from app.engine.catalogue import Check

CHECK = Check.INVALID_VALUE
