"""The environment, read and validated once, at start. Nothing else reads it."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from app.errors import SettingsError

ACCOUNT_SID = re.compile(r"AC[0-9a-fA-F]{32}")
API_KEY = re.compile(r"SK[0-9a-fA-F]{32}")
LENGTH = re.compile(r"(0|[1-9][0-9]{0,3})([dhm])")
UNITS = {"d": "days", "h": "hours", "m": "minutes"}
FLAGS = {"true": True, "1": True, "false": False, "0": False}
LOG_FORMATS = ("json", "console")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
CALLBACK_PATHS = ("/assignment/fallback", "/assignment")

# All that is read here; rules read others through `vars`.
VARIABLES = (
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_WEBHOOK_KEYS",
    "TWILIO_API_KEY",
    "TWILIO_API_SECRET",
    "TWILIO_EDGE",
    "TWILIO_REGION",
    "TWILIO_API_BASE",
    "PUBLIC_URL",
    "TRUSTED_PROXIES",
    "METRICS_TOKEN",
    "RULES_DIR",
    "DATABASE_URL",
    "REHEARSAL",
    "RESERVATION_TIMEOUT",
    "CALLBACK_RETENTION",
    "PORT",
    "WEB_CONCURRENCY",
    "LOG_LEVEL",
    "LOG_FORMAT",
    "PROMETHEUS_MULTIPROC_DIR",
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Secret:
    """A text that no message, log or page shows."""

    _text: str

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "***"


@dataclass(frozen=True, slots=True, kw_only=True)
class RestSettings:
    """What requests to Twilio need: without an API key it is the account's SID, and its secret the token."""

    account_sid: str
    api_key: str
    api_secret: Secret
    edge: str | None
    region: str | None
    api_base: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(RestSettings):
    """What a deployment decides. `reservation_timeout` is in seconds.

    Nothing is saved where `callback_retention` is no time at all. Without a `log_format` standard output
    decides, without a `metrics_dir` each server has one of its own.
    """

    auth_tokens: tuple[Secret, ...]
    webhook_keys: Mapping[str, Secret]
    public_url: str | None
    trusted_proxies: int
    metrics_token: Secret | None
    rules_dir: Path
    database_url: Secret
    reservation_timeout: int
    callback_retention: timedelta
    rehearsal: bool
    port: int
    web_concurrency: int
    log_level: str
    log_format: str | None
    metrics_dir: Path | None


def process_environment() -> Mapping[str, str]:
    """The environment of this process, which `vars` in rules may read too."""
    return dict(os.environ)


def rules_folder(environment: Mapping[str, str]) -> Path:
    """RULES_DIR, by default `rules`."""
    return Path(environment.get("RULES_DIR") or "rules")


def read_settings(environment: Mapping[str, str]) -> Settings:
    """The settings. Raises SettingsError, which names every variable that cannot be used."""
    reading = _Reading(environment)
    account_sid = reading.value("TWILIO_ACCOUNT_SID", _account_sid)
    tokens = reading.value("TWILIO_AUTH_TOKEN", _tokens)
    settings = Settings(
        **reading.rest(account_sid, tokens),
        auth_tokens=tokens,
        webhook_keys=reading.value("TWILIO_WEBHOOK_KEYS", _webhook_keys, {}),
        public_url=reading.value("PUBLIC_URL", service_url, None),
        trusted_proxies=reading.value("TRUSTED_PROXIES", _whole(0, 10), 0),
        metrics_token=reading.value("METRICS_TOKEN", _metrics_token, None),
        rules_dir=rules_folder(environment),
        database_url=read_database_url(environment),
        reservation_timeout=reading.value("RESERVATION_TIMEOUT", _whole(1, 86_400), 120),
        callback_retention=reading.value("CALLBACK_RETENTION", _length, timedelta(days=30)),
        rehearsal=reading.value("REHEARSAL", _flag, False),
        port=reading.value("PORT", _whole(0, 65_535), 8080),
        web_concurrency=reading.value("WEB_CONCURRENCY", _whole(1, 64), 1),
        log_level=reading.value("LOG_LEVEL", _log_level, "INFO"),
        log_format=reading.value("LOG_FORMAT", _log_format, None),
        metrics_dir=reading.value("PROMETHEUS_MULTIPROC_DIR", Path, None),
    )
    # Where something is wrong in TWILIO_API_BASE, that is enough to say.
    if settings.rehearsal and not reading.problems and not is_here(settings.api_base or ""):
        reading.problems.append(
            "REHEARSAL believes the time that a callback names, so it works with a local TaskRouter alone: "
            "unset it, or set TWILIO_API_BASE to an address such as http://127.0.0.1:8181"
        )
    reading.end()
    return settings


def read_database_url(environment: Mapping[str, str]) -> Secret:
    """DATABASE_URL, by default SQLite under `instance`."""
    return Secret(environment.get("DATABASE_URL", "").strip() or "sqlite:///instance/desk.db")


def read_rest_settings(environment: Mapping[str, str]) -> RestSettings:
    """What requests to Twilio need, and no more: with an API key not even the auth token.

    Raises SettingsError, which names every variable that cannot be used.
    """
    reading = _Reading(environment)
    keys = ("TWILIO_API_KEY", "TWILIO_API_SECRET")
    has_key = all(environment.get(name, "").strip() for name in keys)
    account_sid = reading.value("TWILIO_ACCOUNT_SID", _account_sid)
    tokens = () if has_key else reading.value("TWILIO_AUTH_TOKEN", _tokens)
    settings = RestSettings(**reading.rest(account_sid, tokens))
    reading.end()
    return settings


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningSettings:
    """What signing as Twilio needs: the first of several tokens."""

    account_sid: str
    token: Secret


def read_signing_settings(environment: Mapping[str, str]) -> SigningSettings:
    """What signing as Twilio needs. Raises SettingsError, which names every variable that cannot be used."""
    reading = _Reading(environment)
    account_sid = reading.value("TWILIO_ACCOUNT_SID", _account_sid)
    tokens = reading.value("TWILIO_AUTH_TOKEN", _tokens)
    reading.end()
    return SigningSettings(account_sid=account_sid, token=tokens[0])


def read_api_base(environment: Mapping[str, str]) -> str | None:
    """TWILIO_API_BASE, None for Twilio itself. Raises SettingsError."""
    reading = _Reading(environment)
    base: str | None = reading.value("TWILIO_API_BASE", _base_url, None)
    reading.end()
    return base


REQUIRED: Any = object()


class _Reading:
    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.problems: list[str] = []

    def value(self, name: str, read: Callable[[str], T], default: Any = REQUIRED) -> Any:
        """The variable's value; an empty one counts as not set."""
        text = self.environment.get(name, "").strip()
        if not text and default is REQUIRED:
            self.problems.append(f"{name} is not set: {HELP[name]}")
        if not text:
            return None if default is REQUIRED else default
        try:
            return read(text)
        except ValueError as error:
            self.problems.append(f"{name} {error}")
            return None

    def rest(self, account_sid: Any, tokens: Any) -> dict[str, Any]:
        """The fields of RestSettings: of several tokens the first is used."""
        api_key = self.value("TWILIO_API_KEY", _api_key, account_sid)
        api_secret = self.value("TWILIO_API_SECRET", Secret, tokens[0] if tokens else Secret(""))
        if bool(self.environment.get("TWILIO_API_KEY")) != bool(self.environment.get("TWILIO_API_SECRET")):
            self.problems.append("TWILIO_API_KEY and TWILIO_API_SECRET belong together: set both, or none")
        return {
            "account_sid": account_sid,
            "api_key": api_key,
            "api_secret": api_secret,
            "edge": self.value("TWILIO_EDGE", _host_label, None),
            "region": self.value("TWILIO_REGION", _host_label, None),
            "api_base": self.value("TWILIO_API_BASE", _base_url, None),
        }

    def end(self) -> None:
        if self.problems:
            raise SettingsError("\n".join(self.problems))


HELP = {
    "TWILIO_ACCOUNT_SID": "copy the Account SID from the Twilio Console",
    "TWILIO_AUTH_TOKEN": "copy the Auth Token from the Twilio Console (without an account, try: desk demo)",
}


def _account_sid(text: str) -> str:
    if not ACCOUNT_SID.fullmatch(text):
        raise ValueError("is no Account SID: it is AC and 32 hexadecimal digits")
    return text


def _api_key(text: str) -> str:
    if not API_KEY.fullmatch(text):
        raise ValueError("is no API key SID: it is SK and 32 hexadecimal digits")
    return text


def _tokens(text: str) -> tuple[Secret, ...]:
    tokens = tuple(Secret(token.strip()) for token in text.split(",") if token.strip())
    if not tokens:
        raise ValueError("holds no token: write one, or several with commas between while rotating")
    return tokens


def _webhook_keys(text: str) -> Mapping[str, Secret]:
    keys = {}
    for pair in text.split(","):
        key, colon, secret = pair.strip().partition(":")
        if not (key and colon and secret):
            raise ValueError("cannot be read: write key:secret, several with commas between")
        keys[key] = Secret(secret)
    return keys


def _metrics_token(text: str) -> Secret:
    """What a header can carry as it is."""
    if not re.fullmatch(r"[!-~]+", text):
        raise ValueError("cannot be sent: write letters, digits and signs of ASCII, without a space")
    return Secret(text)


def _host_label(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]+", text):
        raise ValueError("cannot be read: write a name such as dublin or ie1")
    return text


def _base_url(text: str) -> str:
    if not _is_base_url(text):
        raise ValueError("is no address: write one such as https://desk.example.com")
    return text.partition("#")[0].rstrip("/")


def _is_base_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    # After a backslash urllib3 begins the path: it would call another host than the one that is read here.
    is_whole = bool(parts.hostname) and port != 0 and "\\" not in text
    return parts.scheme in {"http", "https"} and is_whole and not parts.query


def service_url(text: str) -> str:
    """The address in front of our own paths; somebody may well write the callback's whole URL.

    Raises ValueError, whose message goes on from the name of what was given.
    """
    base = _base_url(text)
    for path in CALLBACK_PATHS:
        base = base.removesuffix(path)
    return base.rstrip("/")


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,6}", text) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}")
        return int(text)

    return read


def _length(text: str) -> timedelta:
    """A length of time with its unit; 0 needs none."""
    found = LENGTH.fullmatch(text)
    if text != "0" and not found:
        raise ValueError("must be a length of time such as 30d, 12h or 90m, or 0 to save nothing")
    return timedelta(**{UNITS[found[2]]: int(found[1])}) if found else timedelta()


def _flag(text: str) -> bool:
    if text.lower() not in FLAGS:
        raise ValueError("must be true or false")
    return FLAGS[text.lower()]


def is_here(url: str) -> bool:
    """Whether an address is one of this machine that no other reaches."""
    host = urlsplit(url).hostname or ""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _log_level(text: str) -> str:
    if text.upper() not in LOG_LEVELS:
        raise ValueError(f"must be one of {', '.join(LOG_LEVELS)}")
    return text.upper()


def _log_format(text: str) -> str:
    if text.lower() not in LOG_FORMATS:
        raise ValueError(f"must be one of {', '.join(LOG_FORMATS)}")
    return text.lower()
