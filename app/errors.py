"""Every error that one part of the desk raises for another.

    DeskError
    ├── SettingsError          the environment cannot be used                exit 2
    ├── RulesUnreadable        the rules folder cannot be read               exit 2
    ├── RulesBroken            the rules hold errors, and no good set is known   exit 1
    ├── StoreError             the database did not do what was asked           exit 1
    ├── ReservationError       Twilio did not do what was asked of a reservation   exit 1
    ├── AccountError           Twilio did not show what is in an account     exit 1
    ├── ExpressionError        a `when` that cannot be read; becomes a Problem
    ├── TemplateError          a `{{ … }}` that cannot be read; becomes a Problem
    ├── TemplateUnfilled       a `{{ … }}` that this callback cannot fill; becomes a Problem
    └── Refusal                a request that is refused
        ├── Unsigned           no signature, or not ours                     403
        ├── ForeignAccount     another account's callback                    403
        ├── Stale              a callback too old to be a first sending      403
        ├── Unreadable         a body that is no assignment callback         400
        ├── NotLocal           the metrics, from elsewhere, without a token  403
        └── WrongToken         the metrics, with no token or not ours        401

`cli.failures` holds the table from error to exit status, `web.failures` the one to HTTP status.
"""

from collections.abc import Sequence

from app.model import Outcome, Problem


class DeskError(Exception):
    """One sentence that says what is wrong, where, and what to do."""


class SettingsError(DeskError):
    """The environment cannot be used; the message names each variable, one a line."""


class RulesUnreadable(DeskError):
    """The rules folder is missing or cannot be read."""


class RulesBroken(DeskError):
    """The rules hold errors."""

    def __init__(self, message: str, problems: Sequence[Problem]) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


class StoreError(DeskError):
    """The database did not do what was asked."""


class ReservationError(DeskError):
    """Twilio did not do what was asked of a reservation; the message holds nothing of an answer's text."""

    def __init__(self, message: str, outcome: Outcome) -> None:
        super().__init__(message)
        self.outcome = outcome


class AccountError(DeskError):
    """Twilio did not show what is in an account; `status` is that of its answer, None without one."""

    def __init__(self, message: str, status: int | None) -> None:
        super().__init__(message)
        self.status = status


class ExpressionError(DeskError):
    """An expression that cannot be read; `at` is the offset of the place in its text."""

    def __init__(self, message: str, at: int, hint: str | None = None) -> None:
        super().__init__(message)
        self.at = at
        self.hint = hint


class TemplateError(DeskError):
    """A template that cannot be read."""


class TemplateUnfilled(DeskError):
    """A template that this callback cannot fill. The message holds no value of the callback."""


class Refusal(DeskError):
    """A request that is refused. The message holds nothing of the request."""


class Unsigned(Refusal):
    """The request carries no signature of ours."""


class ForeignAccount(Refusal):
    """The callback belongs to another account."""


class Stale(Refusal):
    """The callback is too old to be a first sending."""


class Unreadable(Refusal):
    """The body is no assignment callback; the message names the parameter."""


class NotLocal(Refusal):
    """Without a token the metrics are for clients on this machine."""


class WrongToken(Refusal):
    """The request for the metrics carries no token, or not ours."""
