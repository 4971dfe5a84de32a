"""Every check has a manual, and what a manual shows as wrong and as right is what the check says of it."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from textwrap import dedent
from types import ModuleType

import pytest

from app.engine import checks
from app.engine.catalogue import Check
from app.engine.checks import DECIDING, LEVELS, LINTS, LIVE, MANUALS, READING, Manual, manual
from app.engine.decide import decide
from app.engine.expressions import parse
from app.engine.loading import read_rules
from app.engine.source import SourceFile
from app.engine.workspace import Activity, Worker, Workspace
from app.errors import ExpressionError
from app.model import Callback, Decision, Level, Problem
from tests.builders import CALL_SID, MONDAY_NOON, OFFLINE, callback

IDLE = "WAfedcba9876543210fedcba9876543210"
MODULES = (*READING, *LINTS, *LIVE, *DECIDING)
MAIN = Path(checks.__file__)
ENVIRONMENT = {"SIP_PASSWORD": "of-the-environment"}
DEFAULT = "\ndefault: {defer: later}\n"

# Found by what looks at all rules together, which is still to come.
NOT_YET: dict[Check, str] = {}


def name(module: ModuleType) -> str:
    return module.__name__.rpartition(".")[2]


def example(each: Manual, heading: str) -> str:
    """The rules below `Wrong:` or `Right:`, which are indented by 4."""
    found = re.search(rf"^{heading}\b.*:\n\n((?:    .*\n|\n)+)", each.text + "\n", re.MULTILINE)
    assert found, f"{each.check} has no {heading}:"
    return dedent(found[1])


def files(text: str) -> Iterator[SourceFile]:
    """One file, or several where a comment names each; a default is added where there is none."""
    given = re.split(r"(?m)^# (\S+\.yaml)$", text)
    named = zip(given[1::2], given[2::2], strict=True) if given[1:] else [("rules.yaml", text)]
    default = "" if re.search(r"^default:", text, re.MULTILINE) or given[1:] else DEFAULT
    for file, content in named:
        yield SourceFile(file, content + default)


# What Twilio has, for what is compared with it.
WORKSPACE = Workspace(
    activities={
        OFFLINE: Activity(OFFLINE, "Offline", is_available=False),
        IDLE: Activity(IDLE, "Idle", is_available=True),
    },
    workers=(Worker("WK" + "1" * 32, "client:alice"), Worker("WK" + "2" * 32, None)),
    numbers=frozenset({"+18005550102"}),
)


def found(text: str, workspace: Workspace | None = None) -> tuple[Problem, ...]:
    return read_rules(list(files(text)), ENVIRONMENT, workspace=workspace)[1]


def manuals(*modules: ModuleType) -> list[object]:
    """The manuals of these checks, one parameter each."""
    return [
        pytest.param(
            MANUALS[module.CHECK],
            id=name(module),
            marks=[pytest.mark.xfail(reason=NOT_YET[module.CHECK], strict=True)]
            if module.CHECK in NOT_YET
            else [],
        )
        for module in modules
    ]


def test_the_folder_is_the_list_of_checks() -> None:
    """One module for each member of Check, of the same name, and each is registered once."""
    folder = sorted(path.stem for path in MAIN.parent.glob("*.py") if path != MAIN)
    assert folder == sorted(check.name.lower() for check in Check)
    assert folder == sorted(map(name, MODULES))


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_a_module_is_named_for_its_check(module: ModuleType) -> None:
    """The enum member, the module and the first line of its manual say the same."""
    read = MANUALS[module.CHECK]
    assert module.CHECK.name.lower() == name(module) == read.name.replace("-", "_")
    assert read.text.startswith(f"{module.CHECK} {read.name} ({read.level}): {read.summary}\n\n")
    assert read.summary.endswith(".")
    assert manual(module.CHECK) == read.text


@pytest.mark.parametrize("module", LINTS, ids=name)
def test_a_lint_warns(module: ModuleType) -> None:
    """What lints look for is allowed, and so never an error."""
    assert LEVELS[module.CHECK] is not Level.ERROR


def test_a_module_without_a_manual_is_refused() -> None:
    """Whoever adds a check is told what its docstring lacks."""
    module = ModuleType("app.engine.checks.new", "Something new.")
    with pytest.raises(ValueError, match=r"checks\.new: the docstring does not begin with id, name"):
        checks.read_manual(module)


@pytest.mark.parametrize("each", manuals(*READING, *LINTS))
def test_what_is_shown_as_wrong_is_found(each: Manual) -> None:
    """By this check alone, and at the level that the manual says."""
    assert {(problem.check, problem.level) for problem in found(example(each, "Wrong"))} == {
        (each.check, each.level)
    }


@pytest.mark.parametrize("each", manuals(*LIVE))
def test_what_is_shown_as_wrong_is_found_in_a_workspace(each: Manual) -> None:
    """By this check alone; of what is shown as right nothing is said there either."""
    assert {(problem.check, problem.level) for problem in found(example(each, "Wrong"), WORKSPACE)} == {
        (each.check, each.level)
    }
    assert found(example(each, "Right"), WORKSPACE) == ()


# A call for which what each of these manuals shows as wrong fails.
LONDON = callback({"call_sid": CALL_SID, "phone": "+442071838750"}, {"contact_uri": "client:alice"})
CALLS: Mapping[Check, Callback] = {
    Check.TEMPLATE_UNFILLED: callback(),
    Check.INVALID_VALUE: callback({"call_sid": CALL_SID, "called": "anonymous"}, LONDON.worker),
    Check.NOBODY_TO_CALL: callback(LONDON.task),
    Check.NO_CALL: callback({"channel": "chat"}, LONDON.worker),
    Check.NUMBER_NOT_ALLOWED: LONDON,
    Check.TOO_MANY_REJECTIONS: callback({"language": "eo"}, {"languages": ["en"]}),
    Check.NOT_INLINE: callback(worker={"busy": True}),
}


def decision(each: Manual, heading: str) -> Decision:
    """What the rules of a manual make of its call, which may be rejected 20 times, or be the fallback."""
    ruleset, problems = read_rules(list(files(example(each, heading))), ENVIRONMENT)
    assert ruleset, problems
    rejections = 20 if each.check is Check.TOO_MANY_REJECTIONS else 0
    inline = each.check is Check.NOT_INLINE
    return decide(ruleset, CALLS[each.check], MONDAY_NOON, rejections, inline=inline)


@pytest.mark.parametrize("each", manuals(*DECIDING))
def test_what_is_shown_as_wrong_fails_for_a_call(each: Manual) -> None:
    """The default decides, and says why."""
    taken = decision(each, "Wrong")
    assert taken.rule == "default"
    assert [problem.check for problem in taken.problems] == [each.check]


@pytest.mark.parametrize("each", manuals(*DECIDING))
def test_what_is_shown_as_right_serves_that_call(each: Manual) -> None:
    """A rule decides, or the default without a problem; rejected too often is a task in any case."""
    said = [problem.check for problem in decision(each, "Right").problems]
    assert said == ([each.check] if each.check is Check.TOO_MANY_REJECTIONS else [])


@pytest.mark.parametrize("module", MODULES, ids=name)
def test_of_what_is_shown_as_right_nothing_is_said(module: ModuleType) -> None:
    """Neither by this check nor by any other."""
    assert found(example(MANUALS[module.CHECK], "Right")) == ()


MISTAKES = [
    re.split(r" {2,}", line.strip(), maxsplit=1)
    for line in MANUALS[Check.EXPRESSION].text.partition("\n\nWrong:")[0].splitlines()
    if line.startswith("    ")
]


@pytest.mark.parametrize(("text", "said"), MISTAKES, ids=[text for text, _ in MISTAKES])
def test_mistakes_of_expressions_are_called_what_the_manual_calls_them(text: str, said: str) -> None:
    """Each line of the list is an expression, and what is said of it."""
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert str(error.value) == said
