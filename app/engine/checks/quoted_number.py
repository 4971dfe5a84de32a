"""R024 quoted-number (note): a number that is written as text, where nothing tells which the attribute holds.

`priority == "5"` holds where the attribute is the text 5, and never where it is the number: write `priority
== 5` for that, and `priority IN [5, "5"]` where it can be either. The quotes may well be right, as with zip
codes, extensions and ids of digits; so this is a note, and asks nothing.

It is told once for an attribute and rule, of numbers of up to nine digits; not of 0042 or +44, which are text
with quotes and without. It is not told where other comparisons show what the attribute holds: those with
other texts, with numbers (R022), by order, or with CONTAINS and MATCHES.

Wrong:

    rules:
      - name: urgent
        when: priority == "5"
        defer: the supervisor accepts it

Right:

    rules:
      - name: urgent
        when: priority == 5
        defer: the supervisor accepts it
"""

from collections.abc import Iterable, Iterator

from app.engine.catalogue import Check
from app.engine.expressions import Reference, show_operand
from app.engine.ruleset import RuleSet
from app.engine.source import scalar_value
from app.engine.written import Written, WrittenComparison
from app.model import Problem

CHECK = Check.QUOTED_NUMBER
OF_A_KIND = frozenset({"<", "<=", ">", ">=", "CONTAINS", "MATCHES"})  # they want texts, or other checks tell
MANY_DIGITS = 10  # so many are an id, or a telephone number


def find(written: Written) -> Iterator[Problem]:
    """Attributes that a rule compares with numbers in quotes, where no rule shows what they hold."""
    if written.ruleset is None:
        return
    known = {*_of_known_kind(written.comparisons), *_of_types(written.ruleset)}
    told: set[tuple[str, Reference]] = set()
    for comparison in written.comparisons:
        numbers = [value for value in comparison.asked if _is_quoted_number(value)]
        if comparison.pair is None or not numbers:
            continue
        reference, constant = comparison.pair
        of_rule = (comparison.rule.name, reference)
        if reference.root in {"task", "worker"} and reference not in known and of_rule not in told:
            told.add(of_rule)
            message = f"{comparison.show(constant, *numbers)} is text, and never equals a number"
            yield comparison.note(CHECK, constant, message, _hint(comparison, reference, numbers[0]))


def _of_known_kind(comparisons: Iterable[WrittenComparison]) -> Iterator[Reference]:
    """The references of which some comparison shows that they are texts, or that they are numbers."""
    for comparison in comparisons:
        if comparison.pair and (comparison.operator in OF_A_KIND or any(map(_shows_kind, comparison.asked))):
            yield comparison.pair[0]


def _of_types(ruleset: RuleSet) -> tuple[Reference, ...]:
    """Where a task's type is found, if some rule's types show that it is text."""
    types = (name for rule in ruleset.rules for name in rule.task_types)
    return ruleset.task_type_from if any(map(_shows_kind, types)) else ()


def _shows_kind(value: object) -> bool:
    """Whether a comparison with this value shows that an attribute holds numbers, or texts."""
    if isinstance(value, str):
        return not _is_quoted_number(value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_quoted_number(value: object) -> bool:
    if not isinstance(value, str) or isinstance(scalar_value(value), str | bool | None):
        return False
    return sum(character.isdigit() for character in value) < MANY_DIGITS


def _hint(comparison: WrittenComparison, reference: Reference, text: object) -> str:
    if comparison.pair and comparison.is_var(comparison.pair[1]):
        way_out = "take the quotes off it under `vars`"
    else:
        way_out = f"write {text} without quotes"
    return f"{way_out} where {show_operand(reference)} is a number"
