"""R013 unlikely-reference (warning): a name that is nearly another, or that means something else in a `when`.

`workers.team` is a part of the task's attribute `workers`, which hardly any task has. Write `worker.team`, or
`task.workers.team` where the task does have it. So it is with a root alone: `worker == null` asks for the
task's attribute `worker`, and says nothing of the worker. `reservation.sid` is for templates; a `when` finds
the SID in `callback.ReservationSid`.

`callback.TaskAeg` is null, since TaskRouter sends no such parameter. Those that it sends are AccountSid,
ReservationSid, TaskAge, TaskAttributes, TaskPriority, TaskQueueSid, TaskSid, Timestamp, WorkerAttributes,
WorkerName, WorkerSid, WorkflowSid and WorkspaceSid. Of a name that is near none of them nothing is said.

Wrong:

    rules:
      - name: vip
        when: workers.team == "vip"
        defer: the agent accepts it
      - name: waited
        when: callback.TaskAeg > 300
        defer: the supervisor accepts it

Right:

    rules:
      - name: vip
        when: worker.team == "vip"
        defer: the agent accepts it
      - name: waited
        when: callback.TaskAge > 300
        defer: the supervisor accepts it
"""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from app.engine.catalogue import Check
from app.engine.expressions import Reference, references, show_operand
from app.engine.expressions.tree import ROOTS
from app.engine.natures import meant_parameter
from app.engine.written import Written, WrittenTerm
from app.model import Level, Problem

CHECK = Check.UNLIKELY_REFERENCE
BELOW: Mapping[str, str] = {  # what may be meant by a root alone
    "task": "task.type",
    "worker": "worker.sid",
    "callback": "callback.TaskAge",
    "taskrouter": "taskrouter.currentTime",
    "vars": "vars.limit",
}
RESERVATION_SID = ("reservation", "sid")  # as templates name it


def find(written: Written) -> Iterator[Problem]:
    """References to what a task or a callback hardly has."""
    for rule in written.rules:
        for term in rule.terms:
            for reference in references(term.tree):
                told = _of_a_parameter(reference) or _of_the_task(reference, term)
                if told:
                    message, hint = f"`when`: {told[0]}", told[1]
                    yield Problem(CHECK, message, term.place(reference.at), Level.WARNING, rule.name, hint)


def _of_a_parameter(reference: Reference) -> tuple[str, str] | None:
    meant = meant_parameter(reference)
    message = f"{show_operand(reference)} is no parameter that TaskRouter sends"
    return (message, f"did you mean {meant}?") if meant else None


def _of_the_task(reference: Reference, term: WrittenTerm) -> tuple[str, str] | None:
    """What to say of an attribute whose first name is a root, or nearly one, or that of a template's root."""
    first = str(reference.path[0])
    if not term.is_bare(reference):
        return None
    if first in ROOTS:
        hint = (
            f'name a part of it, such as {BELOW[first]}; else write task.{first}, or "{first}" if it is text'
        )
        return f"{first} alone is an attribute of the task here", hint
    if reference.path == RESERVATION_SID:
        hint = "write callback.ReservationSid, or task.reservation.sid if it is an attribute"
        return "reservation.sid is an attribute of the task here", hint
    near = get_close_matches(first.casefold(), ROOTS, n=1, cutoff=0.75) if reference.path[1:] else []
    if near:
        return (
            f"{first}.… is an attribute of the task here",
            f"did you mean {near[0]!r}? Else write task.{first}",
        )
    return None
