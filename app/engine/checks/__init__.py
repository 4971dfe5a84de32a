"""Everything that can be wrong with rules, one check a file: its manual and, where needed, its function.

What keeps rules from being used is found while they are read: the modules of `READING` are manuals alone. So
are those of `DECIDING`, for what is found when a callback is decided. The modules of `LINTS` look for what is
allowed and had better not be written; those of `LIVE` compare with what Twilio has.
"""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from inspect import cleandoc
from types import ModuleType

from app.engine.catalogue import Check
from app.engine.checks import (
    action,
    always_true,
    any_number,
    available_activity,
    broken_test,
    constants_compared,
    default_can_fail,
    default_reads_call,
    default_rejects,
    deprecated_parameter,
    duplicate_key,
    duplicate_name,
    expression,
    foreign_number,
    ignored_value,
    ignores_nothing,
    invalid_parameter,
    invalid_value,
    left_pending,
    list_wanted,
    missing_key,
    missing_parameter,
    never_holds,
    never_true,
    no_call,
    nobody_to_call,
    not_inline,
    number_not_allowed,
    once_per_rule_set,
    quoted_number,
    quoted_value,
    rejected_again,
    secret_in_rules,
    template,
    template_not_read,
    template_unfilled,
    too_many_rejections,
    type_contradicted,
    undecided,
    undocumented_parameter,
    unescaped_text,
    unknown_activity,
    unknown_instruction,
    unknown_key,
    unknown_parameter,
    unknown_reference,
    unlikely_reference,
    unquoted_text,
    unreachable,
    unreachable_worker,
    unused_variable,
    variable,
    wrong_type,
    yaml,
)
from app.engine.workspace import Workspace
from app.engine.written import Written
from app.model import Level, Problem

READING: tuple[ModuleType, ...] = (
    yaml,
    duplicate_key,
    unknown_key,
    wrong_type,
    missing_key,
    duplicate_name,
    once_per_rule_set,
    variable,
    action,
    expression,
    unknown_reference,
    template,
    unknown_instruction,
    unknown_parameter,
    missing_parameter,
    invalid_parameter,
    default_reads_call,
    undocumented_parameter,
    ignored_value,
    deprecated_parameter,
    ignores_nothing,
    broken_test,
)
LINTS: tuple[ModuleType, ...] = (
    never_holds,
    unlikely_reference,
    type_contradicted,
    constants_compared,
    list_wanted,
    unquoted_text,
    quoted_value,
    quoted_number,
    unreachable,
    always_true,
    never_true,
    undecided,
    default_can_fail,
    default_rejects,
    rejected_again,
    left_pending,
    unused_variable,
    unescaped_text,
    any_number,
    template_not_read,
    secret_in_rules,
)
LIVE: tuple[ModuleType, ...] = (unknown_activity, available_activity, foreign_number, unreachable_worker)
DECIDING: tuple[ModuleType, ...] = (
    template_unfilled,
    invalid_value,
    nobody_to_call,
    no_call,
    number_not_allowed,
    too_many_rejections,
    not_inline,
)
HEADING = re.compile(r"[RD]\d{3} (?P<name>[a-z-]+) \((?P<level>error|warning|note)\): (?P<summary>.+)")


@dataclass(frozen=True, slots=True)
class Manual:
    """A check's docstring, whose first line has the id, the check's name, its level and one sentence."""

    check: Check
    name: str
    level: Level
    summary: str
    text: str

    @property
    def why(self) -> str:
        """What stands before the examples: why it matters, and what to do."""
        return self.text.partition("\n\nWrong")[0].partition("\n\n")[2]


# Lints that see why a rule is of no use, or what nobody can tell of it; and those that see no more than that.
WHY = frozenset({Check.NEVER_HOLDS, Check.TYPE_CONTRADICTED, Check.CONSTANTS_COMPARED, Check.LIST_WANTED})
THAT: Mapping[Check, frozenset[Check]] = {
    Check.ALWAYS_TRUE: WHY | {Check.UNLIKELY_REFERENCE},
    Check.NEVER_TRUE: WHY | {Check.UNLIKELY_REFERENCE, Check.QUOTED_VALUE},
    Check.UNREACHABLE: WHY,
    Check.UNDECIDED: WHY | {Check.UNQUOTED_TEXT, Check.TEMPLATE_NOT_READ},
}


def checked(written: Written) -> list[Problem]:
    """What the lints find: of a rule of no use the reason alone, where one is known."""
    found: list[Problem] = [problem for lint in LINTS for problem in lint.find(written)]
    known = {(problem.check, problem.rule) for problem in found}
    return [problem for problem in found if not _is_explained(problem, known)]


def compared(written: Written, workspace: Workspace) -> list[Problem]:
    """What rules name that Twilio does not have, or has otherwise than they need it."""
    return [problem for check in LIVE for problem in check.find(written, workspace)]


def _is_explained(problem: Problem, known: Set[tuple[str, str | None]]) -> bool:
    return any((why, problem.rule) in known for why in THAT.get(Check(problem.check), ()))


def manual(check: Check) -> str:
    """The manual of a check, as `desk check --explain` prints it."""
    return MANUALS[check].text


def read_manual(module: ModuleType) -> Manual:
    """The manual of a module. Raises ValueError where the first line does not have the form of one."""
    text = cleandoc(module.__doc__ or "")
    heading = HEADING.match(text)
    if heading is None:
        raise ValueError(
            f"{module.__name__}: the docstring does not begin with id, name, level and a sentence"
        )
    return Manual(module.CHECK, heading["name"], Level(heading["level"]), heading["summary"], text)


MANUALS: Mapping[Check, Manual] = {
    module.CHECK: read_manual(module) for module in (*READING, *LINTS, *LIVE, *DECIDING)
}
LOOKED_UP = frozenset(module.CHECK for module in LIVE)
LEVELS: Mapping[str, Level] = {check: each.level for check, each in MANUALS.items()}
