"""credentials: Twilio takes them.

One GET is sent with what REST uses: the API key where one is set, else the first auth token. Each other auth
token is tried with one GET more, since callbacks are signed with a token, never with an API key: while
tokens are rotated each must be the account's, and one that is not fits no signature.
"""

from collections.abc import Iterator
from dataclasses import replace

from app.doctor.account import Account
from app.doctor.deployment import NO_CREDENTIALS, Deployment
from app.doctor.findings import Finding, Verdict
from app.errors import AccountError
from app.settings import RestSettings, Secret

NAME = "credentials"
UNAUTHORIZED = 401
TOKEN = "TWILIO_AUTH_TOKEN"  # noqa: S105  a variable, not a token


def find(deployment: Deployment) -> Iterator[Finding]:
    """Whether REST is let in, and with which tokens."""
    rest, refusal = deployment.rest, deployment.refusal
    if rest is None:
        yield Finding(NAME, Verdict.SKIPPED, NO_CREDENTIALS)
        return
    has_key = rest.api_key != rest.account_sid
    where = "TWILIO_API_KEY" if has_key else TOKEN
    if refusal:
        what, _, remedy = str(refusal).partition(": ")
        yield Finding(NAME, Verdict.ERROR, f"with {where}: {what}", where, remedy)
    else:
        yield Finding(NAME, Verdict.OK, f"Twilio takes {where} of {rest.account_sid}", where)
    if refusal is None or refusal.status:
        tokens = deployment.settings.auth_tokens if deployment.settings else ()
        yield from _tokens(rest, tokens, tried=0 if has_key else 1)


def _tokens(rest: RestSettings, tokens: tuple[Secret, ...], tried: int) -> Iterator[Finding]:
    for number, token in enumerate(tokens[tried:], start=tried + 1):
        which = TOKEN if len(tokens) == 1 else f"number {number} of {TOKEN}"
        try:
            Account(replace(rest, api_key=rest.account_sid, api_secret=token)).greet()
        except AccountError as error:
            yield _refused(error, which, is_only=len(tokens) == 1)
        else:
            yield Finding(NAME, Verdict.OK, f"{which} is the account's", TOKEN)


def _refused(error: AccountError, which: str, *, is_only: bool) -> Finding:
    if error.status != UNAUTHORIZED:
        what = f"{which} could not be tried: {str(error).partition(':')[0]}"
        return Finding(NAME, Verdict.SKIPPED, what, TOKEN)
    what = f"{which} is not the account's, or no longer: no signature fits it"
    if is_only:
        return Finding(NAME, Verdict.ERROR, what, TOKEN, "copy the Auth Token from the Twilio Console")
    return Finding(NAME, Verdict.WARNING, what, TOKEN, "remove it, or copy it from the Twilio Console")
