"""R082 foreign-number (error): a `from` that is no number of the account.

Twilio calls from the account's own numbers, and from those that were verified as caller IDs; a call to a
phone from any other is refused (21210), and nobody's phone rings. Calls to client: and sip: addresses may
show what they like. `desk check --live` asks Twilio, and finds this.

Wrong, where the account has +18005550102:

    rules:
      - name: support
        reply:
          instruction: call
          from: "+18005550199"
          to: "+14155551212"
          url: https://example.com/twiml
          accept: true

Right:

    rules:
      - name: support
        reply:
          instruction: call
          from: "+18005550102"
          to: "+14155551212"
          url: https://example.com/twiml
          accept: true
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.fields import Parameter, PhoneNumber
from app.engine.naming import named
from app.engine.workspace import Workspace
from app.engine.written import Written, WrittenInstruction
from app.model import Level, Problem

CHECK = Check.FOREIGN_NUMBER
REFUSED = 21210
HINT = "buy it, verify it as a caller ID, or write one that the account has"


def find(written: Written, workspace: Workspace) -> Iterator[Problem]:
    """Each number that is not among the account's, where those are known."""
    if workspace.numbers is None:
        return
    for each in named(written, _calls_phones):
        if each.text not in workspace.numbers:
            message = "is no number of the account, and no verified caller ID"
            yield each.problem(CHECK, Level.ERROR, message, HINT, REFUSED)


def _calls_phones(instruction: WrittenInstruction, parameter: Parameter) -> bool:
    target = str(instruction.plan.constants.get("to") or "+")
    return isinstance(parameter, PhoneNumber) and target.startswith("+")
