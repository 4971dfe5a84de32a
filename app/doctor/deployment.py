"""What is examined: an environment, and what it leads to."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from app.doctor.account import Account
from app.errors import AccountError, SettingsError
from app.settings import RestSettings, Settings, read_rest_settings, read_settings

UNUSABLE = "the environment is not in order"
NO_CREDENTIALS = "no credentials are set that can be used"


@dataclass(frozen=True)
class Deployment:
    """`settings` and `rest` are None where the environment cannot be used for them.

    `chosen` are the SIDs of the workspaces to look at, by default all of the account.
    """

    environment: Mapping[str, str]
    settings: Settings | None
    rest: RestSettings | None
    chosen: tuple[str, ...] = ()

    @cached_property
    def account(self) -> Account | None:
        """The account, None without credentials. Making it sends nothing."""
        return Account(self.rest) if self.rest else None

    @cached_property
    def refusal(self) -> AccountError | None:
        """Why the account cannot be asked, None where it can. Sends one request, once."""
        try:
            if self.account:
                self.account.greet()
        except AccountError as error:
            return error
        return None

    @property
    def ahead(self) -> float | None:
        """Seconds that our clock is ahead of Twilio's; None where no answer told."""
        if self.account and self.account.ahead is None:
            _ = self.refusal  # nothing was asked yet
        return self.account.ahead if self.account else None

    @property
    def closed(self) -> str:
        """Why nothing in the account can be looked at; empty where it can."""
        if self.account is None:
            return NO_CREDENTIALS
        return "Twilio did not answer as it should" if self.refusal else ""

    @cached_property
    def workspaces(self) -> tuple[str, ...]:
        """The SIDs of the workspaces to look at. Raises AccountError."""
        return self.chosen or (self.account.workspaces() if self.account else ())


def read_deployment(environment: Mapping[str, str], chosen: tuple[str, ...] = ()) -> Deployment:
    """The deployment of an environment, whatever is wrong with that."""
    return Deployment(environment, _settings(environment), _rest(environment), chosen)


def _settings(environment: Mapping[str, str]) -> Settings | None:
    try:
        return read_settings(environment)
    except SettingsError:
        return None


def _rest(environment: Mapping[str, str]) -> RestSettings | None:
    try:
        return read_rest_settings(environment)
    except SettingsError:
        return None
