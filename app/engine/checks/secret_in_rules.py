"""R053 secret-in-rules (warning): a password that stands in the rules.

Rules are kept in repositories, and shown to many. Take the password from the environment, through `vars`:
then it is masked wherever rules and decisions are shown, and only Twilio gets it. A var that holds the
password itself keeps it in the rules.

Wrong:

    rules:
      - name: desk-phone
        reply:
          instruction: conference
          from: "+18005550102"
          to: sip:alice@example.com
          sip_auth_username: alice
          sip_auth_password: opensesame

Right:

    vars:
      password: ${SIP_PASSWORD}
    rules:
      - name: desk-phone
        reply:
          instruction: conference
          from: "+18005550102"
          to: sip:alice@example.com
          sip_auth_username: alice
          sip_auth_password: "{{ vars.password }}"
"""

from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.fields import Secret
from app.engine.source import Scalar
from app.engine.templates import is_template, read_template
from app.engine.written import Written, WrittenInstruction
from app.model import Level, Problem

CHECK = Check.SECRET_IN_RULES


def find(written: Written) -> Iterator[Problem]:
    """Vars that hold a secret themselves; one that stands in an instruction is told while that is read."""
    variables = written.variables
    names = {name: None for each in written.instructions for name in _names_of_secrets(each)}
    for name in names:
        if name not in variables.from_environment:
            message = f"the var {name!r} is a secret, and stands in the rules"
            hint = f'take it from the environment: {name}: "${{SIP_PASSWORD}}"'
            yield Problem(CHECK, message, variables.places[name], Level.WARNING, hint=hint)


def _names_of_secrets(instruction: WrittenInstruction) -> Iterator[str]:
    """The vars that secrets are taken from."""
    for key, parameter in instruction.plan.schema.parameters().items():
        node = instruction.node.entries.get(key)
        if isinstance(parameter, Secret) and isinstance(node, Scalar) and is_template(node.text):
            yield from sorted(str(path[0]) for path in read_template(node.text).variables)
