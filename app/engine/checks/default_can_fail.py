"""R054 default-can-fail (warning): a default that some calls cannot get.

The default is the last resort, so it should hold for every call. One that asks something of the call, such as
a worker's contact_uri or a caller to dequeue, leaves some calls with the answer `{}` and nothing more.

Wrong:

    default:
      reply:
        instruction: dequeue

Right:

    default:
      reply:
        instruction: reject
        activity_sid: WA0123456789abcdef0123456789abcdef
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.plan import missing_parameters
from app.engine.ruleset import DEFAULT
from app.engine.scope import NO_CALL
from app.engine.written import Written
from app.model import Level, Mode, Problem

CHECK = Check.DEFAULT_CAN_FAIL
HINT = "reject with activity_sid and defer always hold"


def find(written: Written) -> Iterator[Problem]:
    """What the default asks of a call, and what it lacks at the fallback URL."""
    default = written.default
    if default is None or default.action.plan is None:
        return
    schema, fields = default.action.plan.schema, default.action.plan.constants
    failures = [f"where {finding.message}" for finding in schema.call_findings(fields, NO_CALL)]
    failures += [
        f"at the fallback URL without {key}" for key in missing_parameters(schema, fields, Mode.REPLY)
    ]
    for failure in failures:
        message = f"the default fails {failure}; such a callback is answered {{}}"
        yield Problem(CHECK, message, default.node.location, Level.WARNING, DEFAULT, HINT)
