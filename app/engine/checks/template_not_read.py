"""R061 template-not-read (warning): {{ … }} or ${…} where nothing is filled in.

The values of an instruction are templates, and `vars` alone reads the environment. Everywhere else both
stay the text that they are: the reason of a `defer`, a `description`, a text in a `when`. In `vars` no
template is read, not even one of another var.

In a `when` write the reference without quotes and braces: `task.a == worker.b`. In `vars` write `${NAME}`.

Wrong:

    rules:
      - name: chat
        defer: "the agent {{ worker.friendly_name }} takes it in the browser"

Right:

    rules:
      - name: chat
        defer: the agent takes it in the browser
"""

import re
from collections.abc import Iterator

from app.engine.catalogue import Check
from app.engine.expressions import Constant
from app.engine.source import Scalar
from app.engine.variables import FROM_ENVIRONMENT
from app.engine.written import Written, WrittenComparison, WrittenRule
from app.model import Level, Problem

CHECK = Check.TEMPLATE_NOT_READ
TEMPLATE = re.compile(r"\{\{\s*(?:task|worker|callback|reservation|vars)\b")
PROSE = ("description", "defer")


def find(written: Written) -> Iterator[Problem]:
    """What looks like a template or like the environment, and is text."""
    for rule in written.actions:
        yield from _in_prose(rule)
    for comparison in written.comparisons:
        yield from _in_when(comparison)
    for name, value in written.variables.values.items():
        if any("{{" in text for text in _texts(value)):
            message = f"the var {name!r} holds {{{{, and no template is read in `vars`"
            hint = "write the value itself, or ${NAME} for one of the environment"
            yield Problem(CHECK, message, written.variables.places[name], Level.WARNING, hint=hint)


def _in_prose(rule: WrittenRule) -> Iterator[Problem]:
    for key in PROSE:
        node = rule.node.entries.get(key)
        if isinstance(node, Scalar) and (at := _unread(node.text)) is not None:
            message = f"`{key}` is shown as it stands, and nothing is filled in"
            yield Problem(CHECK, message, node.locate(at), Level.WARNING, rule.name, "write it in words")


def _in_when(comparison: WrittenComparison) -> Iterator[Problem]:
    for side in (comparison.tree.left, comparison.tree.right):
        if isinstance(side, Constant) and any(_unread(text) is not None for text in _texts(side.value)):
            message = "a text in quotes is compared as it stands, and nothing is filled in"
            hint = "write the reference without quotes and braces, such as vars.NAME"
            yield comparison.warning(CHECK, side, message, hint)


def _unread(text: str) -> int | None:
    """Where a text seems to have something filled in, None where it does not."""
    found = TEMPLATE.search(text) or FROM_ENVIRONMENT.search(text)
    return found.start() if found else None


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from _texts(item)
        case dict():
            for item in value.values():
                yield from _texts(item)
