"""A saved callback as an entry of `tests:`, without what is personal, and with the proof that it passes."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from app.engine import source
from app.engine.callback import ATTRIBUTES, read_callback
from app.engine.case_reading import DOCUMENTS, PARAMETERS, read_cases
from app.engine.cases import Trial
from app.engine.decide import decide
from app.engine.masking import masked, secrets_of, visible_text
from app.engine.ruleset import DEFAULT, RuleSet
from app.engine.scope import WORKER_FALLBACKS
from app.engine.source import SourceFile, read_source
from app.engine.variables import FROM_ENVIRONMENT
from app.engine.wire import rendered_object
from app.model import Callback, Decision, Saved
from app.replay.given import Given, given_of
from app.replay.proving import LeftOut, Redactor
from app.replay.reads import condition_reads, template_reads

WIDTH = 100_000  # columns: nothing is folded
WORDS = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?: [A-Za-z0-9_-]+)*")  # what needs no quotes
STAND_IN = "***"  # for a secret of the environment: a test holds none


class CannotTest(ValueError):
    """A callback of which no test can be made; the message says why, and holds nothing of it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of `tests:`. `text` is its YAML, a list of one item that is not indented."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Folder:
    """What tests are run with: a folder's name, its files, what they make, and the environment."""

    name: str
    files: Sequence[SourceFile]
    ruleset: RuleSet
    environment: Mapping[str, str]


def test_entry(saved: Saved, folder: Folder) -> Entry:
    """The test that the rules decide a saved callback as they do now. Raises CannotTest."""
    item = Redactor(folder.ruleset).redact(saved)
    if isinstance(item, LeftOut):
        raise CannotTest(f"no test can be made of {item.reservation}: {item.reason}")
    given = given_of(item.saved)
    if given is None:
        raise CannotTest(f"no test can be made of line {saved.line}: it says no time")
    cases = read_cases(folder.files)
    entry = _Writing(folder, given).entry({case.name for case in cases})
    _prove(entry, folder, read_callback(given.params))
    return entry


test_entry.__test__ = False  # type: ignore[attr-defined]  # pytest takes it for one of its own


class _Writing:
    """One test while it is written."""

    def __init__(self, folder: Folder, given: Given) -> None:
        self.ruleset = folder.ruleset
        self.secrets = secrets_of(folder.ruleset)
        self.folder = folder
        self.given = given
        self.callback = read_callback(given.params)

    def entry(self, names: Collection[str]) -> Entry:
        decision = decide(self.ruleset, self.callback, self.given.at, self.given.rejections)
        name = _unique(f"{decision.rule} decides as on {self.given.at:%Y-%m-%d at %H-%M-%S} UTC", names)
        parts = {
            "env": dict(self.env()),
            "at": self.given.at.isoformat().replace("+00:00", "Z"),
            "rejections": self.given.rejections or None,
            **self.documents(),
            "callback": dict(self.parameters()),
            "expect": dict(self.expected(decision)),
        }
        present = {key: value for key, value in parts.items() if value not in (None, {})}
        return Entry(name, _yaml([{"name": name, **present}]))

    def env(self) -> Iterator[tuple[str, str]]:
        """What `vars` read of the environment, where it is set; a stand-in for each secret."""
        for name in sorted(_read_from_environment(self.folder.files)):
            value = self.folder.environment.get(name)
            if value is not None:
                yield name, value if visible_text(value, self.secrets) == value else STAND_IN

    def documents(self) -> dict[str, object]:
        documents = {"task": self.callback.task, "worker": self.callback.worker}
        return {key: value for key, value in documents.items() if isinstance(value, dict)}

    def parameters(self) -> Iterator[tuple[str, str | None]]:
        """Those that rules read, where a test would have another value; null where it is not there."""
        params = self.given.params
        usual = {**PARAMETERS, "Timestamp": self.given.at.isoformat().replace("+00:00", "Z")}
        for name in sorted(_parameters_read(self.ruleset)):
            value = params.get(name)
            if name in ATTRIBUTES or value == usual.get(name):
                continue
            if isinstance(value, list):
                raise CannotTest(f"no test can be made: {name} was sent more than once, and rules read it")
            yield name, value
        for key, name in DOCUMENTS.items():  # attributes that are no object, which `task` and `worker` want
            text = params.get(name)
            if isinstance(text, str) and key not in self.documents():
                yield name, text

    def expected(self, decision: Decision) -> Iterator[tuple[str, object]]:
        yield "rule", decision.rule
        if decision.problems:
            first = decision.problems[0]
            yield "problem", first.twilio_code or str(first.check)
        if decision.instruction is None:
            # Before the default's own text a decision says why the default decides.
            reason = self.ruleset.default.reason if decision.rule == DEFAULT else decision.reason
            if reason:
                yield decision.mode.value, reason
            return
        shown = rendered_object(masked(decision.instruction, self.secrets))
        whole = rendered_object(decision.instruction)
        yield decision.mode.value, {key: value for key, value in shown.items() if value == whole[key]}


def _prove(entry: Entry, folder: Folder, callback: Callback) -> None:
    """Runs the test as `desk test` does. Raises CannotTest where it does not pass."""
    file = SourceFile("saved_test.yaml", f"tests:\n{entry.text}")
    cases = read_cases([file])
    if [(case.callback.task or {}, case.callback.worker or {}) for case in cases] != [
        (callback.task or {}, callback.worker or {})
    ]:
        raise CannotTest("no test can be made: its attributes cannot be written in a rules file")
    trial = Trial(folder.files, folder.environment, folder.name, folder.ruleset)
    result = trial.result(cases[0])
    if not result.passed:
        raise CannotTest(f"no test can be made, since it would not pass: {result.lines[0]}")


def _unique(name: str, names: Collection[str]) -> str:
    number, made = 1, name
    while made in names:
        number += 1
        made = f"{name} - {number}"
    return made


def _parameters_read(ruleset: RuleSet) -> Iterator[str]:
    reads = condition_reads(ruleset).union(*map(template_reads, ruleset.rules))
    found = {str(keys[1]) for keys in reads if keys[0] == "callback"}
    yield from found | {name for key, name in WORKER_FALLBACKS.items() if ("worker", key) in reads}


def _read_from_environment(files: Sequence[SourceFile]) -> set[str]:
    """The names of variables that `vars` of any file read."""
    names: set[str] = set()
    for file in files:
        node = read_source(file)[0] if "${" in file.text else None
        variables = node.entries.get("vars") if isinstance(node, source.Mapping) else None
        for text in _texts(variables):
            names.update(match[1] for match in FROM_ENVIRONMENT.finditer(text))
    return names


def _texts(node: source.Node | None) -> Iterator[str]:
    match node:
        case source.Scalar():
            yield node.text
        case source.Sequence() | source.Mapping():
            for item in node.items if isinstance(node, source.Sequence) else node.entries.values():
                yield from _texts(item)


class _Dumper(yaml.SafeDumper):
    """Writes what rules files read: no aliases, and quotes around whatever is more than words."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _quoted(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = None if WORDS.fullmatch(text) else '"'
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _quoted)


def _yaml(value: object) -> str:
    made = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=WIDTH)
    return str(made)
