"""R031 unknown-parameter (error): a parameter that the instruction does not have.

TaskRouter ignores some such keys and refuses others. What Twilio's participants have and TaskRouter refuses
is named as such: caller_id, byoc, label, coaching, call_reason and their kin. Keys are written as in an
inline instruction, `from` and not `callFrom` or `dequeue_from`. A parameter without a form over REST cannot
stand in a post.

Wrong:

    rules:
      - name: support
        reply:
          instruction: conference
          from: "+18005550102"
          caller_id: "+18005550103"

Right:

    rules:
      - name: support
        reply:
          instruction: conference
          from: "+18005550103"
"""

from app.engine.catalogue import Check

CHECK = Check.UNKNOWN_PARAMETER
