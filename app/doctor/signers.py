"""The secrets that may have signed a request: those that are configured, and those that lie about."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from app.settings import Secret, Settings
from app.web.captured import Captured

TOKENS = "TWILIO_AUTH_TOKEN"
KEYS = "TWILIO_WEBHOOK_KEYS"
# Names under which people keep a token; its value is tried, and shown nowhere.
LIKE_A_SECRET = re.compile(r"TWILIO|TOKEN|SECRET|AUTH", re.IGNORECASE)
PLAUSIBLE = range(8, 200)  # characters
PARTS = re.compile(r"[\s,;]+")


class Signer(NamedTuple):
    """A secret with the words for it, and what to set so that it is used: empty where it is already."""

    secret: Secret
    name: str
    remedy: str = ""


def configured(settings: Settings, captured: Captured) -> tuple[Signer, ...]:
    """The secrets that the service would try for this request."""
    if captured.key:
        secret = settings.webhook_keys.get(captured.key)
        return (Signer(secret, f"the key {captured.key} of {KEYS}"),) if secret else ()
    tokens = settings.auth_tokens
    names = [TOKENS] if len(tokens) == 1 else [f"number {n} of {TOKENS}" for n in range(1, len(tokens) + 1)]
    return tuple(Signer(token, name) for token, name in zip(tokens, names, strict=True))


def others(environment: Mapping[str, str], settings: Settings, captured: Captured) -> Iterator[Signer]:
    """Secrets that would fit if they were set where they belong."""
    if captured.key:
        for name, secret in settings.webhook_keys.items():
            yield Signer(secret, f"the secret of the key {name}", f"give it to {captured.key} in {KEYS}")
    for name in sorted(environment):
        if LIKE_A_SECRET.search(name) and len(environment[name]) in PLAUSIBLE:
            for text in _readings(environment[name]):
                yield Signer(Secret(text), f"what {name} holds", _remedy(name, settings, captured))


def _readings(value: str) -> Iterator[str]:
    """The value, its parts, and each without quotes."""
    texts = [value, *PARTS.split(value), *(pair.partition(":")[2] for pair in value.split(","))]
    yield from dict.fromkeys(text for each in texts if (text := each.strip().strip("\"'")))


def _remedy(name: str, settings: Settings, captured: Captured) -> str:
    """What is set already stays: others may be signed with it, as while tokens are rotated."""
    if captured.key in settings.webhook_keys:
        return f"give it to {captured.key} in {KEYS}"
    if captured.key:
        others = ", with a comma between" if settings.webhook_keys else ""
        return f"add {captured.key}:… with it to {KEYS}{others}"
    if name == TOKENS:
        return f"write {TOKENS} without quotes, and several tokens with commas between"
    return f"add it to {TOKENS}, with a comma between"
