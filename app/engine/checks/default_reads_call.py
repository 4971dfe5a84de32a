"""R034 default-reads-call (error): a default that reads the task, the worker or the callback.

The default is the last resort: it decides when what a rule reads is not there. So it reads nothing itself but
`vars`. What needs the call belongs into a rule, without `when` as the last one.

Wrong:

    default:
      reply:
        instruction: redirect
        call_sid: "{{ task.call_sid }}"
        url: https://example.com/voicemail
        accept: true

Right:

    rules:
      - name: all-else
        when: call_sid != null
        reply:
          instruction: redirect
          call_sid: "{{ task.call_sid }}"
          url: https://example.com/voicemail
          accept: true
    default:
      defer: a supervisor looks after it
"""

from app.engine.catalogue import Check

CHECK = Check.DEFAULT_READS_CALL
