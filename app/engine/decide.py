"""One decision for everyone: a rule set and a callback in, a decision out. Pure and without a trace."""

from datetime import datetime

from app.engine.catalogue import Check
from app.engine.plan import CannotCarryOut
from app.engine.ruleset import DEFAULT, Action, Rule, RuleSet
from app.engine.scope import Scope, scope_of
from app.model import Callback, Decision, Instruction, Mode, Problem


def decide(
    ruleset: RuleSet, callback: Callback, now: datetime, rejections: int = 0, *, inline: bool = False
) -> Decision:
    """What the rules make of a callback at `now`, when we have rejected its task `rejections` times.

    With `inline` a post is given as a reply, for an answer that must hold the instruction. Never raises: what
    cannot be carried out becomes the default, with the problems recorded.
    """
    return decide_scope(ruleset, scope_of(callback, ruleset.variables, now), rejections, inline=inline)


def decide_scope(ruleset: RuleSet, scope: Scope, rejections: int = 0, *, inline: bool = False) -> Decision:
    """The same, of what these rules see of the callback."""
    if rejections >= ruleset.max_rejections:
        return give_up(ruleset, scope, rejections, inline=inline)
    return carry_out(ruleset, ruleset.match(scope), scope, inline=inline)


def give_up(ruleset: RuleSet, scope: Scope, rejections: int, *, inline: bool = False) -> Decision:
    """The default, for a task that was rejected too often."""
    problem = Problem(
        Check.TOO_MANY_REJECTIONS,
        f"the task was rejected {rejections} times",
        hint="see max_rejections in the rules",
    )
    return _default(ruleset, scope, inline, problem.message, (problem,))


def carry_out(ruleset: RuleSet, rule: Rule | None, scope: Scope, *, inline: bool = False) -> Decision:
    """What the rule that matched gives, or the default where none did or this one cannot be carried out."""
    if rule is None:
        return _default(ruleset, scope, inline, "no rule matched")
    try:
        return _action(ruleset, scope, inline, rule.name, rule.action, "the first rule that matched")
    except CannotCarryOut as error:
        why = f"{rule.name} cannot be carried out"
        return _default(ruleset, scope, inline, why, _problems(error, rule.name))


def _default(
    ruleset: RuleSet, scope: Scope, inline: bool, reason: str, problems: tuple[Problem, ...] = ()
) -> Decision:
    try:
        decision = _action(ruleset, scope, inline, DEFAULT, ruleset.default, reason)
    except CannotCarryOut as error:
        problems += _problems(error, DEFAULT)
        reason = f"{reason}, and neither can the default be carried out"
        return Decision(DEFAULT, Mode.DEFER, reason, ruleset.version, problems=problems)
    why = ": ".join(filter(None, (reason, ruleset.default.reason)))
    return decision._replace(reason=why, problems=problems + decision.problems)


def _action(ruleset: RuleSet, scope: Scope, inline: bool, name: str, action: Action, reason: str) -> Decision:
    version = ruleset.version
    if action.plan is None:
        return Decision(name, action.mode, action.reason, version)
    mode = Mode.REPLY if inline else action.mode
    instruction = action.plan.carry_out(scope, mode, ruleset.allowed_numbers)
    if mode is Mode.REPLY:
        return Decision(name, mode, reason, version, instruction)
    on_failure, problems = _on_failure(ruleset, scope, name, action)
    return Decision(name, mode, reason, version, instruction, on_failure, action.retry_for, problems)


def _on_failure(
    ruleset: RuleSet, scope: Scope, name: str, action: Action
) -> tuple[Instruction | None, tuple[Problem, ...]]:
    """What to post when the instruction fails for good; without it the instruction still goes out."""
    if action.on_failure is None:
        return None, ()
    try:
        return action.on_failure.carry_out(scope, Mode.POST, ruleset.allowed_numbers), ()
    except CannotCarryOut as error:
        return None, _problems(error, name)


def _problems(error: CannotCarryOut, rule: str) -> tuple[Problem, ...]:
    return tuple(
        Problem(found.check, found.message, rule=rule, hint=found.hint, twilio_code=found.twilio_code)
        for found in error.findings
    )
