"""R081 available-activity (warning): a rejection that leaves the worker available.

The activity of a `reject` is to take the worker out of reach. In one that is available, TaskRouter may offer
the same worker the same task again at once. `desk check --live` asks Twilio, and finds this.

Wrong, where WAfedcba9876543210fedcba9876543210 is an available activity:

    rules:
      - name: not-today
        reply:
          instruction: reject
          activity_sid: WAfedcba9876543210fedcba9876543210

Right:

    rules:
      - name: not-today
        reply:
          instruction: reject
          activity_sid: WA0123456789abcdef0123456789abcdef
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.fields import Parameter, Sid
from app.engine.naming import named
from app.engine.workspace import Workspace
from app.engine.written import Written, WrittenInstruction
from app.model import Level, Problem

CHECK = Check.AVAILABLE_ACTIVITY


def find(written: Written, workspace: Workspace) -> Iterator[Problem]:
    """Each activity of a rejection in which tasks are offered."""
    for each in named(written, _is_of_rejection):
        activity = workspace.activities.get(each.text)
        if activity and activity.is_available:
            message = f"names {activity.name}, in which workers are available"
            hint = "write one that takes the worker out of reach, or the same task comes back at once"
            yield each.problem(CHECK, Level.WARNING, message, hint)


def _is_of_rejection(instruction: WrittenInstruction, parameter: Parameter) -> bool:
    return instruction.name == "reject" and isinstance(parameter, Sid)
