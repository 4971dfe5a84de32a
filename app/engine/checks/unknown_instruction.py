"""R030 unknown-instruction (error): an instruction that TaskRouter does not know.

There are six: accept, reject, dequeue, call, redirect and conference. TaskRouter would report 55555 and go on
to the fallback URL. supervise is for reservations that are under way, and no answer to a pending one: 40146.

Wrong:

    rules:
      - name: support
        reply: {instruction: enqueue}

Right:

    rules:
      - name: support
        reply: {instruction: dequeue}
"""

from app.engine.catalogue import Check

CHECK = Check.UNKNOWN_INSTRUCTION
