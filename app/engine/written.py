"""Rules as they stand in their files: what the checks look at."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from app.engine import source
from app.engine.conditions import texts
from app.engine.expressions import Expression, resolved
from app.engine.ruleset import Action, Rule, RuleSet
from app.engine.source import Scalar
from app.engine.variables import Variables
from app.model import Location


@dataclass(frozen=True, slots=True)
class WrittenTerm:
    """One expression of a `when`: where it stands, as it is written, and with the values of `vars`."""

    node: Scalar
    tree: Expression
    resolved: Expression

    def place(self, at: int) -> Location:
        """Where the character at an offset of the expression stands in its file."""
        return self.node.locate(at)


@dataclass(frozen=True, slots=True)
class WrittenRule:
    """A rule without error that is switched on, and its node; or the default, whose name is `default`."""

    name: str
    node: source.Mapping
    action: Action
    task_types: tuple[str, ...] = ()
    terms: tuple[WrittenTerm, ...] = ()

    def value(self, *keys: str) -> source.Node:
        """The node below these keys, such as `reply` and `url`. They must be there."""
        node: source.Node = self.node
        for key in keys:
            node = cast("source.Mapping", node).entries[key]
        return node


@dataclass(frozen=True, slots=True)
class Written:
    """A folder's rules. `ruleset` is None where anything in the folder is an error.

    `rules` are those without error, in order; what concerns them together can be told of a whole set alone.
    """

    rules: tuple[WrittenRule, ...]
    default: WrittenRule | None
    variables: Variables
    allowed_numbers: tuple[str, ...] | None
    ruleset: RuleSet | None

    @property
    def actions(self) -> Iterator[WrittenRule]:
        """Every rule, and the default."""
        yield from self.rules
        if self.default:
            yield self.default


def written_rule(rule: Rule, node: source.Mapping, variables: Variables) -> WrittenRule:
    """A rule beside its node."""
    nodes = texts(node.entries["when"]) if "when" in node.entries else []
    terms = tuple(
        WrittenTerm(text, term.tree, resolved(term.tree, variables.values))
        for text, term in zip(nodes, rule.when, strict=True)
    )
    return WrittenRule(rule.name, node, rule.action, rule.task_types, terms)
