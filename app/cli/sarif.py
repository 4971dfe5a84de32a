"""Problems as SARIF 2.1.0, which code scanning and many editors read: pure functions.

Source: the OASIS standard "Static Analysis Results Interchange Format (SARIF) Version 2.1.0".
"""

from collections.abc import Mapping, Sequence
from pathlib import PurePath
from urllib.parse import quote

from app.cli.output import sentence
from app.engine.checks import MANUALS, Manual
from app.model import Location, Problem

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
INDEXES: Mapping[str, int] = {check: index for index, check in enumerate(MANUALS)}


def sarif(problems: Sequence[Problem], version: str) -> dict[str, object]:
    """The log of one run; `version` is that of the command. Every check is described in it by its manual."""
    driver = {"name": "desk", "version": version, "rules": [_rule(each) for each in MANUALS.values()]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(problem) for problem in problems],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(manual: Manual) -> dict[str, object]:
    return {
        "id": str(manual.check),
        "name": manual.name,
        "shortDescription": {"text": manual.summary},
        "fullDescription": {"text": manual.why},
        "help": {"text": manual.text},
        "defaultConfiguration": {"level": str(manual.level)},
    }


def _result(problem: Problem) -> dict[str, object]:
    result: dict[str, object] = {
        "ruleId": str(problem.check),
        "ruleIndex": INDEXES[problem.check],
        "level": str(problem.level),
        "message": {"text": sentence(problem)},
        "locations": [_location(problem.location)] if problem.location else [],
    }
    known = {"rule": problem.rule, "twilio_code": problem.twilio_code}
    properties = {key: value for key, value in known.items() if value is not None}
    return result | ({"properties": properties} if properties else {})


def _location(place: Location) -> dict[str, object]:
    region = {"startLine": place.line, "startColumn": place.column}
    return {"physicalLocation": {"artifactLocation": {"uri": _uri(place.file)}, "region": region}}


def _uri(file: str) -> str:
    """A file's address: relative to where the command runs, unless the folder was given from the root."""
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(path.as_posix())
