"""`vars`: constants of a rule set, with the environment filled in. Nothing else in rules reads it."""

import re
from collections.abc import Mapping

from app.engine import source
from app.engine.catalogue import Check
from app.engine.report import Report
from app.engine.scope import lookup
from app.engine.source import Node, Scalar, scalar_value
from app.engine.suggest import did_you_mean
from app.model import Location

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
FROM_ENVIRONMENT = re.compile(r"\$\{([^}]*?)(?::-([^}]*))?\}")
# What is left of a reference to the environment that lost a character.
BROKEN_REFERENCE = re.compile(r"\$\{|\$\w+:-|^\w+:-")
ENVIRONMENT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Variables:
    """The constants of all files, by name."""

    def __init__(self, environment: Mapping[str, str], report: Report) -> None:
        self.values: dict[str, object] = {}
        self.used: set[str] = set()
        self.from_environment: set[str] = set()
        self.places: dict[str, Location] = {}
        self._environment = environment
        self._report = report

    def read(self, node: source.Mapping) -> None:
        """Adds the names of one file's `vars`."""
        for name, value in node.entries.items():
            place = node.keys[name]
            if not NAME.fullmatch(name):
                hint = "begin with a letter, go on with letters, digits and _"
                self._report.error(Check.VARIABLE, place, f"{name!r} is no name for a var", hint)
            elif name in self.values:
                message = f"the var {name!r} is defined a second time; first at {self.places[name]}"
                self._report.error(
                    Check.DUPLICATE_NAME, place, message, "remove one of the two, or rename it"
                )
            else:
                self.places[name] = place
                self.values[name] = self._value(value)
                if _reads_environment(value):
                    self.from_environment.add(name)

    def unknown(self, path: tuple[str | int, ...]) -> tuple[str, str] | None:
        """What to say of a path below `vars` that leads nowhere, None where it has a value. Notes its use."""
        name = str(path[0])
        self.used.add(name)
        if name not in self.values:
            return f"there is no var {name!r}", self.hint(name)
        value: object = self.values[name]
        for step in path[1:]:
            if isinstance(value, dict) and step not in value:
                return f"the var {name!r} has no {step!r}", did_you_mean(str(step), value)
            value = lookup(value, (step,))
        return None

    def hint(self, name: str) -> str:
        """What to do about a name under `vars` that is not there."""
        return did_you_mean(name, self.values) if self.values else "define it under `vars`"

    def _value(self, node: Node) -> object:
        match node:
            case source.Sequence():
                return [self._value(item) for item in node.items]
            case source.Mapping():
                for key, place in node.keys.items():
                    self._refuse_broken(key, place)
                return {key: self._value(value) for key, value in node.entries.items()}
        if not isinstance(node.value, str):
            return node.value
        self._refuse_broken(FROM_ENVIRONMENT.sub("", node.value), node.location)
        filled = FROM_ENVIRONMENT.sub(lambda match: self._from_environment(match, node), node.value)
        # An unquoted value is read like one that stood in the file: 18 is a number.
        return filled if node.quoted or filled == node.value else scalar_value(filled)

    def _refuse_broken(self, text: str, place: Location) -> None:
        if BROKEN_REFERENCE.search(text):
            message = "a reference to the environment is not whole"
            self._report.error(Check.VARIABLE, place, message, "write ${NAME} or ${NAME:-default}")

    def _from_environment(self, match: re.Match[str], node: Scalar) -> str:
        name, default = match.groups()
        value = self._environment.get(name)
        if not ENVIRONMENT_NAME.fullmatch(name):
            message, hint = f"{match[0]!r} names no environment variable", "write ${NAME} or ${NAME:-default}"
        elif default is not None:
            return value or default
        elif value is not None:
            return value
        else:
            message = f"the environment has no {name}"
            hint = f"set {name}, or write a default: ${{{name}:-value}}"
        self._report.error(Check.VARIABLE, node.locate(match.start()), message, hint)
        return ""


def _reads_environment(node: Node) -> bool:
    match node:
        case source.Sequence():
            return any(map(_reads_environment, node.items))
        case source.Mapping():
            return any(map(_reads_environment, node.entries.values()))
    return FROM_ENVIRONMENT.search(node.text) is not None
