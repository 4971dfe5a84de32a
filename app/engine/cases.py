"""Runs the tests that rules files hold."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from app.engine.case_coverage import Coverage, Sight, coverage
from app.engine.case_differences import Difference, differences
from app.engine.case_reading import Case, read_cases
from app.engine.decide import decide
from app.engine.loading import read_rules
from app.engine.masking import secrets_in, secrets_of
from app.engine.ruleset import RuleSet
from app.engine.scope import Scope, scope_of
from app.engine.source import SourceFile
from app.errors import RulesBroken
from app.model import Decision, Level, Problem


@dataclass(frozen=True, slots=True)
class Result:
    """A test that was run. `problems` are the errors of the rules in its environment, which end it."""

    case: Case
    differences: tuple[Difference, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def passed(self) -> bool:
        return not self.differences and not self.problems

    @property
    def lines(self) -> tuple[str, ...]:
        """What is not as expected, a sentence each; reasons are indented below their difference."""
        broken = [
            f"with its `env` the rules hold an error: {each.location} {'; '.join(_said(each))}"
            for each in self.problems
        ]
        found = [line for each in self.differences for line in (str(each), *(f"  {why}" for why in each.why))]
        return (*broken, *found)


@dataclass(frozen=True)
class Run:
    """Results by place, and what the tests have seen of the rules."""

    results: tuple[Result, ...]
    ruleset: RuleSet = field(repr=False)
    sights: tuple[Sight, ...] = field(repr=False)

    @cached_property
    def coverage(self) -> Coverage:
        """Made when it is asked for: with thousands of rules it takes longer than the tests."""
        return coverage(self.ruleset, self.sights)

    @property
    def failed(self) -> int:
        return sum(not result.passed for result in self.results)


@dataclass(frozen=True, slots=True)
class _Loaded:
    """What the files make in an environment that is laid over the process's."""

    environment: Mapping[str, str | None]
    ruleset: RuleSet | None
    problems: tuple[Problem, ...] = ()
    secrets: frozenset[str] = frozenset()


class Trial:
    """A rule set that tests are run against, each in the environment that it asks for.

    Tests with the same environment had better come one after the other (`in_order`): one rule set beside the
    given one is kept.
    """

    def __init__(
        self, files: Sequence[SourceFile], environment: Mapping[str, str], folder: str, ruleset: RuleSet
    ) -> None:
        # Without the files of tests, which stay as they are in any environment.
        self._files = [file for file in files if not file.holds_tests]
        self._environment = environment
        self._folder = folder
        self._ruleset = ruleset
        self._sights: list[Sight] = []
        self._first = _Loaded({}, ruleset, secrets=secrets_of(ruleset))
        self._last = self._first

    def result(self, case: Case) -> Result:
        """What comes of one test."""
        loaded = self._loaded(case.environment)
        ruleset = loaded.ruleset
        if ruleset is None:
            return Result(case, problems=loaded.problems)
        scope = scope_of(case.callback, ruleset.variables, case.at)
        decision = decide(ruleset, case.callback, case.at, case.rejections)
        self._sights.append(_sight(case, ruleset, scope, decision))
        secrets = loaded.secrets.union(secrets_in(decision.instruction))
        return Result(case, differences(case, ruleset, secrets, scope, decision))

    def run(self, results: Sequence[Result]) -> Run:
        """The results of all tests, put together."""
        by_place = sorted(results, key=lambda result: result.case.location)
        return Run(tuple(by_place), self._ruleset, tuple(self._sights))

    def _loaded(self, environment: Mapping[str, str | None]) -> _Loaded:
        if not environment:
            return self._first
        if environment != self._last.environment:
            self._last = self._load(environment)
        return self._last

    def _load(self, environment: Mapping[str, str | None]) -> _Loaded:
        laid_over = {**self._environment, **environment}
        whole = {name: value for name, value in laid_over.items() if value is not None}
        ruleset, problems = read_rules(self._files, whole, self._folder, lint=False)
        secrets = secrets_of(ruleset) if ruleset else frozenset()
        return _Loaded(environment, ruleset, _errors(problems), secrets)


def in_order(cases: Sequence[Case]) -> tuple[Case, ...]:
    """Tests with the same environment together."""
    return tuple(sorted(cases, key=_environment))


def run(
    files: Sequence[SourceFile],
    environment: Mapping[str, str],
    folder: str = "rules",
    ruleset: RuleSet | None = None,
) -> Run:
    """Runs all tests of the files. Raises RulesBroken where the files hold an error.

    `ruleset` is what the files make in this environment, which saves reading them again.
    """
    if ruleset is None:
        ruleset, problems = read_rules(files, environment, folder, lint=False)
    if ruleset is None:
        raise RulesBroken(f"the rules in {folder} hold errors: mend them (desk check {folder})", problems)
    trial = Trial(files, environment, folder, ruleset)
    return trial.run([trial.result(case) for case in in_order(read_cases(files))])


def _errors(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    return tuple(problem for problem in problems if problem.level is Level.ERROR)


def _environment(case: Case) -> list[tuple[str, bool, str]]:
    return sorted((name, text is None, text or "") for name, text in case.environment.items())


def _sight(case: Case, ruleset: RuleSet, scope: Scope, decision: Decision) -> Sight:
    asked = case.rejections < ruleset.max_rejections
    matched = ruleset.match(scope) if asked else None
    return Sight(decision.rule, scope, ruleset.task_type(scope), asked, matched.name if matched else None)


def _said(problem: Problem) -> Iterator[str]:
    yield problem.message
    if problem.hint:
        yield problem.hint
