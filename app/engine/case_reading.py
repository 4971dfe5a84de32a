"""The tests that rules files hold: nodes to cases, and what is wrong with a test."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from app.engine import source
from app.engine.callback import read_callback
from app.engine.catalogue import Check
from app.engine.format import ACTIONS, CaseShape, ExpectShape, read_shape
from app.engine.instructions import INSTRUCTIONS
from app.engine.report import Report
from app.engine.ruleset import DEFAULT
from app.engine.source import Node, Scalar, SourceFile, read_source
from app.engine.suggest import did_you_mean, nearest
from app.engine.timestamp import read_time
from app.errors import Unreadable
from app.model import Callback, Location, Mode

DEFAULT_TIME = datetime(2026, 1, 5, 12, tzinfo=UTC)  # a Monday
YEARS = range(1970, 9999)  # whose times exist in every time zone
DECISION_CHECKS = tuple(check for check in Check if check.startswith("D"))

# What a callback holds where a test says nothing of it; its Timestamp is the test's time.
PARAMETERS: Mapping[str, str] = {
    "AccountSid": "AC" + "0" * 31 + "1",
    "WorkspaceSid": "WS" + "0" * 31 + "1",
    "WorkflowSid": "WW" + "0" * 31 + "1",
    "TaskQueueSid": "WQ" + "0" * 31 + "1",
    "TaskSid": "WT" + "0" * 31 + "1",
    "TaskAge": "0",
    "TaskPriority": "0",
    "WorkerSid": "WK" + "0" * 31 + "1",
    "WorkerName": "Alice",
    "ReservationSid": "WR" + "0" * 31 + "1",
}
KEYS = frozenset(key for schema in INSTRUCTIONS.values() for key in schema.parameters())  # of any instruction
DOCUMENTS = {"task": "TaskAttributes", "worker": "WorkerAttributes"}


@dataclass(frozen=True, slots=True)
class Expectation:
    """What a test wants of a decision; None and empty: anything.

    `fields` are those of the instruction of a reply or a post, by inline key and with `instruction` among
    them: None stands for a field that must be absent. `reason` is the text of a defer, `problem` a code of
    Twilio's or a check's id.
    """

    rule: str | None = None
    mode: Mode | None = None
    fields: Mapping[str, object] = field(default_factory=dict)
    reason: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Case:
    """A test of the rules. `environment` is laid over the process's; a name with None is not set there."""

    name: str
    location: Location
    callback: Callback
    at: datetime
    environment: Mapping[str, str | None]
    rejections: int
    expected: Expectation


class Cases:
    """The tests of all files: those without error, and what is wrong with the others."""

    def __init__(self, report: Report) -> None:
        self.good: list[Case] = []
        self._report = report
        self._places: dict[str, Location] = {}
        self._rules: list[tuple[str, str, Location]] = []  # what tests expect: test, rule, place

    def read(self, node: Node) -> None:
        """Reads one item of `tests`."""
        errors = self._report.errors
        fitting = read_shape(CaseShape, node, "a test", self._report)
        if fitting is None or not isinstance(node, source.Mapping):
            return
        if "expect" not in node.entries and errors == self._report.errors:  # it may be an unknown key
            hint = "add for instance expect: {rule: default}"
            self._report.error(Check.BROKEN_TEST, node.location, "the test has no `expect`", hint)
        self._name(node, fitting.get("name"))
        case = _Reading(node, fitting, self._report).case()
        if case.expected.rule:
            place = _below(node, "expect").entries["rule"].location
            self._rules.append((case.name, case.expected.rule, place))
        if errors == self._report.errors:
            self.good.append(case)

    def check_rules(self, names: Collection[str], switched_off: Collection[str]) -> None:
        """Reports the tests that expect a rule which is none of `names`, or one that is switched off."""
        if any(found.check == Check.YAML for found in self._report.problems):
            return  # the rule may stand in the part that cannot be read
        known = {*names, DEFAULT}
        for test, rule, place in self._rules:
            if rule in switched_off:
                message = f"the rule {rule!r} is switched off"
                hint = "remove its `enabled: false`, or the test"
            elif rule not in known:
                message, hint = f"there is no rule {rule!r}", _rule_hint(rule, known)
            else:
                continue
            self._report.error(Check.BROKEN_TEST, place, f"test {test!r}: {message}", hint)

    def _name(self, node: source.Mapping, name: str | None) -> None:
        if "name" not in node.entries:
            hint = "add name: what should happen"
            self._report.error(Check.BROKEN_TEST, node.location, "the test has no `name`", hint)
        elif name in self._places:
            message = f"a test named {name!r} stands at {self._places[name]} already"
            self._report.error(
                Check.BROKEN_TEST, node.entries["name"].location, message, "rename one of the two"
            )
        elif name:
            self._places[name] = node.entries["name"].location


def read_cases(files: Sequence[SourceFile]) -> tuple[Case, ...]:
    """The tests of files that were read without error."""
    cases = Cases(Report())
    for file in files:
        node = read_source(file)[0] if "tests" in file.text else None  # reading all rules again takes time
        tests = node.entries.get("tests") if isinstance(node, source.Mapping) else None
        for test in tests.items if isinstance(tests, source.Sequence) else ():
            cases.read(test)
    return tuple(cases.good)


class _Reading:
    """One test while it is read; what fits no shape was reported by then."""

    def __init__(self, node: source.Mapping, fitting: Mapping[str, Any], report: Report) -> None:
        self.node = node
        self.fitting = fitting
        self.report = report
        self.name = fitting.get("name", "")

    def case(self) -> Case:
        at = self.at()
        return Case(
            name=self.name,
            location=self.node.location,
            callback=self.callback(at),
            at=at,
            environment=self.texts("env"),
            rejections=self.fitting.get("rejections", 0),
            expected=self.expectation(),
        )

    def error(self, place: Location, message: str, hint: str) -> None:
        where = f"test {self.name!r}: " if self.name else ""
        self.report.error(Check.BROKEN_TEST, place, where + message, hint)

    def at(self) -> datetime:
        text = self.fitting.get("at")
        if text is None:
            return DEFAULT_TIME
        at = read_time(text)
        if at is None or at.year not in YEARS:
            place = self.node.entries["at"].location
            self.error(place, "`at` is no time in ISO 8601", "write for instance 2026-11-23T17:30:00Z")
            return DEFAULT_TIME
        return at

    def texts(self, key: str) -> dict[str, str | None]:
        """Names with texts; None where the file says null."""
        read: dict[str, str | None] = {}
        for name, node in _below(self.node, key).entries.items():
            value = source.plain(node)
            if not isinstance(node, Scalar) or isinstance(value, bool):
                hint = f'write it in quotes: {name}: "…"'
                self.error(node.location, f"`{key}`: {name} must be a text", hint)
            else:
                read[name] = None if value is None else node.text
        return read

    def callback(self, at: datetime) -> Callback:
        given = self.texts("callback")
        documents = {}
        for key, parameter in DOCUMENTS.items():
            if key in self.node.entries and parameter in given:
                place = _below(self.node, "callback").keys[parameter]
                self.error(place, f"`{key}` says what {parameter} holds already", "remove one of the two")
            documents[parameter] = json.dumps(self.fitting.get(key, {}))
        timestamp = {"Timestamp": at.isoformat().replace("+00:00", "Z")}
        params = {**PARAMETERS, **timestamp, **documents, **given}
        try:
            return read_callback({name: text for name, text in params.items() if text is not None})
        except Unreadable as error:
            place = self.node.entries["callback"].location
            self.error(place, str(error), "write what Twilio would send, or leave it out")
            return Callback({})

    def expectation(self) -> Expectation:
        node = self.node.entries.get("expect")
        if not isinstance(node, source.Mapping):
            return Expectation()
        if not node.entries:
            self.error(node.location, "`expect` expects nothing", "write for instance rule: default into it")
        fitting = read_shape(ExpectShape, node, "`expect`", self.report) or {}
        actions = [key for key in ACTIONS if key in node.entries]
        if len(actions) > 1:
            hint = "a decision is one of reply, post and defer: remove all but one"
            self.error(node.keys[actions[1]], f"`expect` has {' and '.join(actions)}", hint)
        return Expectation(
            rule=fitting.get("rule"),
            mode=Mode(actions[0]) if actions else None,
            fields=self.fields(node, actions),
            reason=fitting.get("defer", ""),
            problem=self.problem(node, fitting.get("problem")),
        )

    def fields(self, expect: source.Mapping, actions: Sequence[str]) -> Mapping[str, object]:
        below = _below(expect, actions[0] if actions else "")
        fields = {key: source.plain(value) for key, value in below.entries.items()}
        if "instruction" in fields:
            fields["instruction"] = self.instruction(below.entries["instruction"])
        self.known(below, str(fields.get("instruction", "")))
        return fields

    def known(self, below: source.Mapping, name: str) -> None:
        """Reports keys that the instruction has not, or none has: null would always be what is wanted."""
        keys = INSTRUCTIONS[name].parameters().keys() if name in INSTRUCTIONS else KEYS
        for key in below.keys.keys() - keys - {"instruction"}:
            message = f"{name} has no {key!r}" if name in INSTRUCTIONS else f"no instruction has {key!r}"
            self.error(below.keys[key], message, did_you_mean(key, keys))

    def instruction(self, node: Node) -> str:
        name = node.text.lower() if isinstance(node, Scalar) else ""
        if name not in INSTRUCTIONS:
            self.error(node.location, "there is no such instruction", did_you_mean(name, INSTRUCTIONS))
        return name

    def problem(self, expect: source.Mapping, problem: int | str | None) -> str:
        if problem is None:
            return ""
        text = str(problem)
        if text not in DECISION_CHECKS and not (text.isascii() and text.isdigit()):
            hint = "write a code such as 40110, or one of " + ", ".join(DECISION_CHECKS)
            place = expect.entries["problem"].location
            self.error(place, "`problem` is neither a Twilio code nor the id of a decision's problem", hint)
        return text


def _below(node: source.Mapping, key: str) -> source.Mapping:
    """The mapping below a key; an empty one where there is none."""
    below = node.entries.get(key)
    return below if isinstance(below, source.Mapping) else source.Mapping(node.location, {}, {}, 1)


def _rule_hint(rule: str, known: Collection[str]) -> str:
    """Not all names: there may be thousands."""
    near = nearest(rule, known)
    return f"did you mean {near!r}?" if near else "name a rule that is there, or default"
