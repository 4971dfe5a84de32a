"""R055 rejected-again (warning): a rejection over REST that leaves the worker available.

Without `activity_sid` the worker stays in their activity, and TaskRouter offers them the same task again,
at once: up to 1,000 times, until it cancels the task. Write `activity_sid` with an activity that is not
available. In a reply TaskRouter refuses the instruction without it.

Wrong:

    rules:
      - name: not-today
        post:
          instruction: reject

Right:

    rules:
      - name: not-today
        post:
          instruction: reject
          activity_sid: WA0123456789abcdef0123456789abcdef
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.ruleset import DEFAULT
from app.engine.written import Written
from app.model import Mode, Problem

CHECK = Check.REJECTED_AGAIN
MESSAGE = "the worker stays available and is offered the same task again, up to 1,000 times"
HINT = "add activity_sid: WA…, an activity that is not available"


def find(written: Written) -> Iterator[Problem]:
    """Rejections without an activity; that the default posts one is told by default-can-fail."""
    for each in written.instructions:
        told = each.rule == DEFAULT and each.key == Mode.POST
        if each.name == "reject" and "activity_sid" not in each.plan.constants and not told:
            yield each.warning(CHECK, "instruction", MESSAGE, HINT)
