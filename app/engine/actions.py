"""What a rule or the default does: exactly one of reply, post and defer."""

from collections.abc import Mapping
from typing import Any

from app.engine import source
from app.engine.catalogue import Check
from app.engine.format import ACTIONS
from app.engine.plan import Plan
from app.engine.planning import read_plan
from app.engine.report import Report
from app.engine.ruleset import Action
from app.engine.variables import Variables
from app.model import Mode

ONLY_WITH_POST = ("retry_for", "on_failure")


def read_action(
    node: source.Mapping,
    fitting: Mapping[str, Any],
    report: Report,
    variables: Variables,
    *,
    constant: bool = False,
) -> Action | None:
    """The action of a rule's node, None where it holds errors; all instructions in it are read even so."""
    given = [key for key in ACTIONS if key in node.entries]
    if len(given) != 1:
        message = f"it has {' and '.join(given)}" if given else "it says nothing to do"
        place = node.keys[given[1]] if given else node.location
        report.error(Check.ACTION, place, message, "write exactly one of reply, post and defer")
    for key in ONLY_WITH_POST:
        if key in node.entries and "post" not in given:
            hint = "it says what to do when a post fails: remove it, or post"
            report.error(Check.ACTION, node.keys[key], f"`{key}` stands beside no `post`", hint)

    def plan(key: str, mode: Mode) -> Plan | None:
        value = node.entries.get(key)
        if not isinstance(value, source.Mapping):
            return None
        return read_plan(value, mode, report, variables, constant=constant)

    plans = {Mode.REPLY: plan("reply", Mode.REPLY), Mode.POST: plan("post", Mode.POST)}
    on_failure = plan("on_failure", Mode.POST)
    if len(given) != 1:
        return None
    mode = Mode(given[0])
    if mode is Mode.DEFER:
        return Action(mode, reason=fitting.get("defer", ""))
    return Action(mode, plans[mode], "", fitting.get("retry_for"), on_failure) if plans[mode] else None
