"""One decision for everyone: a rule set and a callback in, a decision out. Pure and without a trace."""

from datetime import datetime
from typing import NamedTuple

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
    return _Taking(ruleset, scope, inline).default(problem.message, (problem,))


def carry_out(ruleset: RuleSet, rule: Rule | None, scope: Scope, *, inline: bool = False) -> Decision:
    """What the rule that matched gives, or the default where none did or this one cannot be carried out."""
    taking = _Taking(ruleset, scope, inline)
    if rule is None:
        return taking.default("no rule matched")
    try:
        return taking.action(rule.name, rule.action, "the first rule that matched")
    except CannotCarryOut as error:
        return taking.default(f"{rule.name} cannot be carried out", _problems(error, rule.name))


class _Taking(NamedTuple):
    """What the parts of one decision share."""

    ruleset: RuleSet
    scope: Scope
    inline: bool

    def default(self, reason: str, problems: tuple[Problem, ...] = ()) -> Decision:
        try:
            decision = self.action(DEFAULT, self.ruleset.default, reason)
        except CannotCarryOut as error:
            problems += _problems(error, DEFAULT)
            reason = f"{reason}, and neither can the default be carried out"
            return Decision(DEFAULT, Mode.DEFER, reason, self.ruleset.version, problems=problems)
        why = ": ".join(filter(None, (reason, self.ruleset.default.reason)))
        return decision._replace(reason=why, problems=problems + decision.problems)

    def action(self, name: str, action: Action, reason: str) -> Decision:
        version = self.ruleset.version
        if action.plan is None:
            return Decision(name, action.mode, action.reason, version)
        mode = Mode.REPLY if self.inline else action.mode
        allowed = self.ruleset.allowed_numbers
        instruction = action.plan.carry_out(self.scope, mode, allowed)
        if mode is Mode.REPLY:
            return Decision(name, mode, reason, version, instruction)
        on_failure, problems = self.on_failure(name, action)
        return Decision(name, mode, reason, version, instruction, on_failure, action.retry_for, problems)

    def on_failure(self, name: str, action: Action) -> tuple[Instruction | None, tuple[Problem, ...]]:
        """What to post when the instruction fails for good; without it the instruction still goes out."""
        if action.on_failure is None:
            return None, ()
        try:
            return action.on_failure.carry_out(self.scope, Mode.POST, self.ruleset.allowed_numbers), ()
        except CannotCarryOut as error:
            return None, _problems(error, name)


def _problems(error: CannotCarryOut, rule: str) -> tuple[Problem, ...]:
    return tuple(
        Problem(found.check, found.message, rule=rule, hint=found.hint, twilio_code=found.twilio_code)
        for found in error.findings
    )
