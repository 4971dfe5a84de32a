"""D004 no-call (error): an instruction that needs a call, for a task that has none.

dequeue bridges a caller whom <Enqueue> put into the queue; such a task has the attribute call_sid. conference
needs call_sid, or outbound_to for a call that goes out. A chat or an email has neither: TaskRouter would
report 40140 or 40142, so the default decides instead. Restrict the rule to the task types that are calls, or
ask for the attribute.

Wrong, for a chat:

    rules:
      - name: support
        reply: {instruction: dequeue}

Right:

    rules:
      - name: support
        when: call_sid != null
        reply: {instruction: dequeue}
"""

from app.engine.catalogue import Check

CHECK = Check.NO_CALL
