"""What rules read of a callback: the references of their conditions, and those of their templates."""

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from app.engine.expressions import Constant, Reference, comparisons, references, show_operand
from app.engine.expressions.tree import Comparison
from app.engine.plan import Plan
from app.engine.ruleset import Rule, RuleSet
from app.engine.scope import Scope, lookup
from app.engine.templates import Template

Keys: TypeAlias = tuple[str | int, ...]  # a root and the steps below it

ROOTS = frozenset({"task", "worker", "callback"})
RESERVATION: Keys = ("callback", "ReservationSid")  # what a template calls reservation.sid


def condition_reads(ruleset: RuleSet) -> frozenset[Keys]:
    """What decides which rule is taken: references of `when`, and of `task_type_from`."""
    terms = (references(term.tree) for rule in ruleset.rules for term in rule.when)
    found = (*ruleset.task_type_from, *(reference for each in terms for reference in each))
    return _of_calls((each.root, *each.path) for each in found)


def valued_reads(ruleset: RuleSet) -> frozenset[Keys]:
    """What decides by its value: of what is only asked whether it is null, another value does as well."""
    asked = (each for rule in ruleset.rules for term in rule.when for each in comparisons(term.tree))
    sides = (side for each in asked if not _asks_for_null(each) for side in (each.left, each.right))
    found = (*ruleset.task_type_from, *(side for side in sides if isinstance(side, Reference)))
    return _of_calls((each.root, *each.path) for each in found)


def template_reads(rule: Rule) -> frozenset[Keys]:
    """What is written into the instructions of a rule."""
    plans = filter(None, (rule.action.plan, rule.action.on_failure))
    return _of_calls(keys for plan in plans for template in _templates(plan) for keys in read_by(template))


def read_by(template: Template) -> Iterator[Keys]:
    """The references of a template."""
    for part in template.parts:
        if not isinstance(part, str):
            yield from (RESERVATION if keys[0] == "reservation" else keys for keys in part.references)


def value_at(keys: Keys, scope: Scope) -> object:
    """What a reference stands for."""
    return lookup(dict(scope.root(str(keys[0]))), keys[1:])


def written(keys: Keys) -> str:
    """The reference as rules have it."""
    return show_operand(Reference(str(keys[0]), keys[1:]))


def _asks_for_null(comparison: Comparison) -> bool:
    null = Constant(None)
    return comparison.operator in {"==", "!="} and null in {comparison.left, comparison.right}


def _templates(plan: Plan) -> Iterator[Template]:
    return (blank.template for blank in plan.blanks)


def _of_calls(found: Iterable[Keys]) -> frozenset[Keys]:
    return frozenset(keys for keys in found if keys[0] in ROOTS)
