"""R083 unreachable-worker (warning): workers without a contact_uri, beside a rule that calls it.

Without `to`, dequeue, call and conference call the contact_uri of the worker's attributes: a phone number in
E.164, client:name or sip:user@host. Where there is none the default decides, call after call (D003). Of a
rule that asks for worker.contact_uri nothing is said. `desk check --live` asks Twilio, and finds this.

Wrong, where a worker has no contact_uri:

    rules:
      - name: support
        reply: {instruction: dequeue}

Right:

    rules:
      - name: support
        when: worker.contact_uri != null
        reply: {instruction: dequeue}
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.expressions import references
from app.engine.fields import is_contact_uri
from app.engine.workspace import Workspace
from app.engine.written import Written, WrittenRule
from app.model import Level, Problem

CHECK = Check.UNREACHABLE_WORKER
MANY = 3  # workers in a message


def find(written: Written, workspace: Workspace) -> Iterator[Problem]:
    """Each instruction that calls whoever gets the task, where some of the workers cannot be called."""
    silent = [worker.sid for worker in workspace.workers if not is_contact_uri(worker.contact_uri)]
    for rule in written.actions if silent else ():
        for instruction in () if _asks(rule) else rule.instructions:
            if "to" in instruction.plan.schema.parameters() and "to" not in instruction.node.entries:
                place = instruction.node.entries["instruction"].location
                message = f"{_workers(silent, len(workspace.workers))} no contact_uri that can be called"
                hint = "give them one, write `to`, or let `when` ask for worker.contact_uri"
                yield Problem(CHECK, message, place, Level.WARNING, rule.name, hint)


def _asks(rule: WrittenRule) -> bool:
    """Whether the rule looks at the contact_uri, and so knows what it does."""
    read = (reference for term in rule.terms for reference in references(term.tree))
    return any((each.root, *each.path[:1]) == ("worker", "contact_uri") for each in read)


def _workers(silent: list[str], total: int) -> str:
    more = f" and {len(silent) - MANY} more" if silent[MANY:] else ""
    have = "has" if len(silent) == 1 else "have"
    return f"{len(silent)} of {total} workers ({', '.join(silent[:MANY])}{more}) {have}"
