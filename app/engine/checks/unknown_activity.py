"""R080 unknown-activity (error): an activity that the workspace does not have.

TaskRouter refuses an instruction whose activity it does not know, and the reservation stays pending until it
times out. The SID is another workspace's, or that of an activity which was deleted; the hint names those
there are. `desk check --live` asks Twilio, and finds this.

Wrong, where the workspace has Offline (WA0123456789abcdef0123456789abcdef):

    default:
      reply:
        instruction: reject
        activity_sid: WA00000000000000000000000000000bad

Right:

    default:
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

CHECK = Check.UNKNOWN_ACTIVITY
MANY = 5  # activities in a hint


def find(written: Written, workspace: Workspace) -> Iterator[Problem]:
    """Each activity that is named and not there."""
    for each in named(written, _is_activity):
        if each.text not in workspace.activities:
            message = "names an activity that the workspace does not have"
            yield each.problem(CHECK, Level.ERROR, message, _hint(workspace))


def _is_activity(_: WrittenInstruction, parameter: Parameter) -> bool:
    return isinstance(parameter, Sid) and parameter.prefix == "WA"


def _hint(workspace: Workspace) -> str:
    known = [str(activity) for activity in workspace.activities.values()]
    more = f" and {len(known) - MANY} more" if known[MANY:] else ""
    return f"write one of {', '.join(known[:MANY])}{more}"
