"""Files to a RuleSet and all Problems: everything that is wrong is found in one reading."""

import gc
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any

from app.engine import source
from app.engine.actions import read_action
from app.engine.case_reading import Cases
from app.engine.catalogue import Check
from app.engine.checks import LEVELS, LOOKED_UP, checked, compared
from app.engine.conditions import Conditions
from app.engine.expressions import Reference
from app.engine.fields import Flag
from app.engine.format import DefaultShape, FileShape, RuleShape, read_shape, schema
from app.engine.ignoring import silenced
from app.engine.report import Report
from app.engine.ruleset import DEFAULT, MAX_REJECTIONS, Action, Rule, RuleSet
from app.engine.source import Allowance, Node, Scalar, SourceFile, read_source
from app.engine.variables import Variables
from app.engine.workspace import Workspace
from app.engine.written import Written, WrittenRule, written_rule
from app.model import Location, Problem

ONCE = ("default", "task_type_from", "max_rejections", "allowed_numbers")
TASK_TYPE = Reference("task", ("type",))


def read_rules(
    files: Sequence[SourceFile],
    environment: Mapping[str, str],
    folder: str = "rules",
    unread: Sequence[Problem] = (),
    *,
    lint: bool = True,
    workspace: Workspace | None = None,
) -> tuple[RuleSet | None, tuple[Problem, ...]]:
    """The rule set of a folder's files, None where one holds an error; and every problem, by place.

    `environment` is what `vars` may read, `folder` the place of what no file holds, `unread` the problems of
    files that could not be read. Without `lint` only errors are looked for, which takes half the time. With a
    `workspace` it is compared with what the rules name.
    """
    with _nothing_is_garbage():
        return _read(files, _Loading(environment, folder), unread, lint=lint, workspace=workspace)


def _read(
    files: Sequence[SourceFile],
    loading: "_Loading",
    unread: Sequence[Problem],
    *,
    lint: bool,
    workspace: Workspace | None,
) -> tuple[RuleSet | None, tuple[Problem, ...]]:
    for problem in unread:
        loading.report.add(problem)
    for file in files:
        loading.file(file)
    ruleset = loading.ruleset(_version(files, loading.variables.values))
    if lint:
        written = loading.written(ruleset)
        for problem in (*checked(written), *(compared(written, workspace) if workspace else ())):
            loading.report.add(problem)
        unseen = LOOKED_UP if workspace is None else frozenset()
        loading.report.problems = silenced(loading.report.problems, files, LEVELS, unseen)
    return ruleset, loading.report.in_order()


@contextmanager
def _nothing_is_garbage() -> Iterator[None]:
    """Inside, what is made is used: Python, which would search all of it again and again, need not."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _version(files: Sequence[SourceFile], variables: Mapping[str, object]) -> str:
    digest = hashlib.sha256()
    for file in files:
        for part in (PurePath(file.name).name, file.text):
            digest.update(part.encode(errors="surrogatepass") + b"\0")
    # Not orjson, which refuses large integers and the bytes that the environment can hold.
    digest.update(json.dumps(variables, sort_keys=True).encode())
    return digest.hexdigest()[:12]


class _Loading:
    """A folder while it is read: first the top levels and vars, then the rules, which need all vars."""

    def __init__(self, environment: Mapping[str, str], folder: str) -> None:
        self.report = Report()
        self.variables = Variables(environment, self.report)
        self.conditions = Conditions(self.report, self.variables)
        self.cases = Cases(self.report)
        self.allowance = Allowance()
        self.folder = folder
        self.rule_nodes: list[Node] = []
        self.once: dict[str, tuple[Node, Location, Any]] = {}
        self.names: dict[str, Location] = {}
        self.rules: list[WrittenRule] = []
        self.written_default: WrittenRule | None = None

    def written(self, ruleset: RuleSet | None) -> Written:
        return Written(
            rules=tuple(self.rules),
            default=self.written_default,
            variables=self.variables,
            allowed_numbers=self.setting("allowed_numbers", None),
            ruleset=ruleset,
        )

    def file(self, file: SourceFile) -> None:
        if self.allowance.is_spent:
            return
        node, problems = read_source(file, self.allowance)
        for problem in problems:
            self.report.add(problem)
        fitting = read_shape(FileShape, node, "a rules file", self.report) if node else None
        if fitting is None or not isinstance(node, source.Mapping):
            return
        if file.holds_tests:
            self.only_tests(node)
        for key in node.entries.keys() & ONCE:
            self.once_only(key, node, fitting.get(key))
        if isinstance(variables := node.entries.get("vars"), source.Mapping):
            self.variables.read(variables)
        if isinstance(rules := node.entries.get("rules"), source.Sequence):
            self.rule_nodes.extend(rules.items)
        if isinstance(tests := node.entries.get("tests"), source.Sequence):
            for test in tests.items:
                self.cases.read(test)

    def only_tests(self, node: source.Mapping) -> None:
        for key in node.entries.keys() & schema(FileShape).fields.keys() - {"tests"}:
            hint = "move it to a file whose name does not end in _test"
            self.report.error(Check.UNKNOWN_KEY, node.keys[key], f"a test file holds no {key!r}", hint)

    def once_only(self, key: str, node: source.Mapping, value: Any) -> None:
        if key in self.once:
            message = f"`{key}` stands in the rule set a second time; first at {self.once[key][1]}"
            self.report.error(Check.ONCE_PER_RULE_SET, node.keys[key], message, "remove one of the two")
        else:
            self.once[key] = (node.entries[key], node.keys[key], value)

    def ruleset(self, version: str) -> RuleSet | None:
        rules = [rule for node in self.rule_nodes if (rule := self.one_rule(node))]
        self.cases.check_rules(self.names, frozenset(filter(None, map(_switched_off, self.rule_nodes))))
        default = self.default()
        task_type_from = self.task_type_from()
        if default is None or self.report.errors:
            return None
        return RuleSet(
            rules=tuple(rules),
            default=default,
            variables=self.variables.values,
            version=version,
            task_type_from=task_type_from,
            allowed_numbers=self.setting("allowed_numbers", None),
            max_rejections=self.setting("max_rejections", MAX_REJECTIONS),
        )

    def setting(self, key: str, otherwise: Any) -> Any:
        return self.once[key][2] if key in self.once else otherwise

    def one_rule(self, node: Node) -> Rule | None:
        """The rule, None where it is switched off or has no action; one that holds errors is used nowhere."""
        name = node.entries.get("name") if isinstance(node, source.Mapping) else None
        self.report.rule = name.text or None if isinstance(name, Scalar) else None
        fitting = read_shape(RuleShape, node, "a rule", self.report)
        if fitting is None or not isinstance(node, source.Mapping):
            return None
        self.name(node, fitting.get("name"))
        errors = self.report.errors
        when = self.conditions.terms(node.entries["when"]) if "when" in node.entries else ()
        action = read_action(node, fitting, self.report, self.variables)
        self.report.rule = None
        if action is None or not fitting.get("enabled", True):
            return None
        rule = Rule(fitting.get("name", ""), fitting.get("task_type", ()), when, action, node.location)
        if errors == self.report.errors:
            self.rules.append(written_rule(rule, node, self.variables))
        return rule

    def name(self, rule: source.Mapping, name: str | None) -> None:
        if "name" not in rule.entries:
            hint = "add name: what-it-does"
            self.report.error(Check.MISSING_KEY, rule.location, "the rule has no `name`", hint)
        elif name in self.names:
            message = f"a rule named {name!r} stands at {self.names[name]} already"
            place = rule.entries["name"].location
            self.report.error(Check.DUPLICATE_NAME, place, message, "rename one of the two")
        elif name:
            self.names[name] = rule.entries["name"].location

    def task_type_from(self) -> tuple[Reference, ...]:
        if "task_type_from" not in self.once:
            return (TASK_TYPE,)
        return self.conditions.references(self.once["task_type_from"][0])

    def default(self) -> Action | None:
        if "default" not in self.once and any(found.check == Check.YAML for found in self.report.problems):
            return None  # it may stand in the part that cannot be read
        if "default" not in self.once:
            message = "the rule set has no `default`, which says what to do when no rule can be carried out"
            hint = "add `default:` with reply, post or defer below it to one of the files"
            self.report.error(Check.ONCE_PER_RULE_SET, Location(self.folder), message, hint)
            return None
        node, _, fitting = self.once["default"]
        if fitting is None or not isinstance(node, source.Mapping):
            return None
        self.report.rule = DEFAULT
        shaped = read_shape(DefaultShape, node, "the default", self.report) or {}
        action = read_action(node, shaped, self.report, self.variables, constant=True)
        self.report.rule = None
        if action:
            self.written_default = WrittenRule(DEFAULT, node, action)
        return action


def _switched_off(rule: Node) -> str | None:
    """The name of a rule that says `enabled: false`."""
    if not isinstance(rule, source.Mapping) or not {"name", "enabled"} <= rule.entries.keys():
        return None
    off = Flag().read(source.plain(rule.entries["enabled"])) is False
    return str(source.plain(rule.entries["name"])) if off else None
