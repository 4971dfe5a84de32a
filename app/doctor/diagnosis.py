"""Why a request was refused: which URL, secret and body would have fitted, and which setting mends it.

Every guess is tried by the very function that refuses. So what fits here is taken by the service, once the
setting is made.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import NamedTuple

from app.doctor.addresses import Address, addresses
from app.doctor.bodies import bodies
from app.doctor.findings import Finding, Verdict
from app.doctor.signers import KEYS, TOKENS, Signer, configured, others
from app.settings import Settings
from app.web.captured import Captured

NAME = "request"
HEADER = "X-Twilio-Signature"
SIGNATURE = re.compile(r"[A-Za-z0-9+/]{27}=|[A-Za-z0-9+/]{43}=")  # base64 of SHA-1 or SHA-256
LONG = 80  # characters of a key's name


class Fit(NamedTuple):
    """A guess that fits. `body` says what happened to the body, empty where it is as Twilio sent it."""

    address: Address
    signer: Signer
    body: str = ""

    @property
    def is_right(self) -> bool:
        address = self.address
        return address.captured.fits(self.signer.secret, address.public_url, address.proxies)

    @property
    def remedy(self) -> str:
        """All that has to be done; empty where nothing has."""
        body = "let the proxy pass the body on as it is" if self.body else ""
        return "; ".join(filter(None, (self.signer.remedy, self.address.remedy, body)))


def diagnose(
    captured: Captured,
    settings: Settings,
    environment: Mapping[str, str],
    urls: Iterable[str] = (),
    *,
    looked_up: Callable[[], Iterable[str]] = tuple,
) -> Iterator[Finding]:
    """What is wrong with a request. `urls` are tried too; those that are `looked_up` if nothing else fits."""
    unsigned = _unsigned(captured)
    if unsigned:
        yield unsigned
        return
    signers = configured(settings, captured), tuple(others(environment, settings, captured))
    fit = _search(captured, settings, signers, [*urls])
    if fit is None and (more := [*looked_up()]):
        fit = _search(captured, settings, signers, more)
    yield _fitting(fit, captured) if fit else _unknown_key(captured, settings) or _nothing(captured)
    yield from _foreign(captured, settings)


def _search(
    captured: Captured, settings: Settings, signers: tuple[Iterable[Signer], ...], urls: Iterable[str]
) -> Fit | None:
    """The first guess that fits: of what is configured, then of other secrets, then of other bodies."""
    places = [*addresses(captured, settings, urls)]
    known, strange = signers
    here = [each for each in places if (each.captured.path, each.captured.query) == _target(captured)]
    guesses = chain(
        (Fit(place, signer) for signer in (*known, *strange) for place in places),
        (
            Fit(place._replace(captured=changed), signer, body)
            for changed, body in bodies(captured)
            for signer in known
            for place in here
        ),
    )
    return next((guess for guess in guesses if guess.is_right), None)


def _target(captured: Captured) -> tuple[str, str]:
    return captured.path, captured.query


def _fitting(fit: Fit, captured: Captured) -> Finding:
    proxies = fit.address.proxies
    url = f"the URL that {proxies} trusted prox{'y tells' if proxies == 1 else 'ies tell'}"
    what = f"Twilio signed {url if proxies else fit.address.url} with {fit.signer.name}"
    if fit.body:
        what = f"{what}, and {fit.body} on the way"
    if fit.remedy:
        return Finding(NAME, Verdict.ERROR, what, captured.path, fit.remedy)
    return Finding(NAME, Verdict.OK, f"{what}: with these settings it is taken", captured.path)


def _unsigned(captured: Captured) -> Finding | None:
    """What keeps the request from being signed at all."""
    if not captured.signature:
        what = f"there is no {HEADER}: it does not come from Twilio, or the header was taken away"
        return Finding(NAME, Verdict.ERROR, what, HEADER, f"let the proxy pass {HEADER} on")
    if not SIGNATURE.fullmatch(captured.signature):
        what = f"{HEADER} holds no signature: it does not come from Twilio, or was changed on the way"
        return Finding(NAME, Verdict.ERROR, what, HEADER, f"let the proxy pass {HEADER} on as it is")
    return None


def _unknown_key(captured: Captured, settings: Settings) -> Finding | None:
    if not captured.key or captured.key in settings.webhook_keys:
        return None
    what = f"it is signed with the key {captured.key[:LONG]}, which {KEYS} lacks"
    return Finding(NAME, Verdict.ERROR, what, KEYS, f"add {captured.key[:LONG]}:SECRET to {KEYS}")


def _foreign(captured: Captured, settings: Settings) -> Iterator[Finding]:
    if captured.params.get("AccountSid") not in {None, "", settings.account_sid}:
        what = "the callback is another account's than TWILIO_ACCOUNT_SID names"
        remedy = f"set TWILIO_ACCOUNT_SID and {TOKENS} of the account that the Workflow is in"
        yield Finding(NAME, Verdict.ERROR, what, "TWILIO_ACCOUNT_SID", remedy)


def _nothing(captured: Captured) -> Finding:
    what = "no URL that can be guessed fits a secret that is set: another signed, or the body was changed"
    secret = f"the secret of {captured.key} in {KEYS}" if captured.key else TOKENS
    remedy = f"compare {secret} with the Twilio Console, then name the Workflow's URL with --url"
    return Finding(NAME, Verdict.ERROR, what, captured.path, remedy)
