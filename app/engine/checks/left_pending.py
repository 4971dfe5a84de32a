"""R056 left-pending (warning): a call or a redirect that leaves the reservation pending.

Without `accept: true` TaskRouter calls the worker, or redirects the call, and goes on waiting for somebody
to accept the reservation. Where nobody does, it times out, and the task goes to another worker. Write
`accept: true`; or silence this where the worker accepts some other way, by a key press for instance.

Wrong:

    rules:
      - name: voicemail
        reply:
          instruction: redirect
          call_sid: "{{ task.call_sid }}"
          url: https://example.com/voicemail

Right:

    rules:
      - name: voicemail
        reply:
          instruction: redirect
          call_sid: "{{ task.call_sid }}"
          url: https://example.com/voicemail
          accept: true
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.written import Written
from app.model import Problem

CHECK = Check.LEFT_PENDING
ACCEPTING = frozenset({"call", "redirect"})
MESSAGE = "the reservation stays pending, and somebody must accept it later"


def find(written: Written) -> Iterator[Problem]:
    """Calls and redirects that accept nothing. What a template says is known only for each call."""
    for each in written.instructions:
        if each.name not in ACCEPTING:
            continue
        if "accept" not in each.plan.constants:
            yield each.warning(CHECK, "instruction", f"{each.name}: {MESSAGE}", "add accept: true")
        elif each.plan.constants["accept"] is False:
            yield each.warning(CHECK, "accept", f"{each.name}: {MESSAGE}", "write accept: true")
