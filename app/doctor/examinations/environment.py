"""environment: each variable can be used, and is one that is read.

Everything that `desk serve` would refuse is an error. A variable with nearly the name of one of ours is a
warning where ours is not set: nothing reads it. So are values that are allowed and hardly meant: quotes that
became part of a value, a PUBLIC_URL that Twilio cannot call, a host that puts a proxy in front while nothing
says so, a database that does not outlive a release. Where OpenTelemetry's variables ask for traces and none
can be made, or others of them turn them off, that is a warning too: callbacks are answered all the same.
"""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.doctor.deployment import Deployment
from app.doctor.findings import Finding, Verdict
from app.errors import SettingsError
from app.settings import VARIABLES, Settings, read_settings
from app.tracing.traces import ENDPOINTS, lack_of_traces, wants_traces

NAME = "environment"
# What people set instead, from other programs and from Twilio's own examples.
MEANT: Mapping[str, str] = {
    "TWILIO_TOKEN": "TWILIO_AUTH_TOKEN",
    "AUTH_TOKEN": "TWILIO_AUTH_TOKEN",
    "TWILIO_SID": "TWILIO_ACCOUNT_SID",
    "TWILIO_ACCOUNT": "TWILIO_ACCOUNT_SID",
    "ACCOUNT_SID": "TWILIO_ACCOUNT_SID",
    "TWILIO_API_KEY_SID": "TWILIO_API_KEY",
    "TWILIO_API_KEY_SECRET": "TWILIO_API_SECRET",
    "TWILIO_API_SECRET_KEY": "TWILIO_API_SECRET",
    "TWILIO_API_URL": "TWILIO_API_BASE",
    "BASE_URL": "PUBLIC_URL",
    "TRUSTED_PROXY": "TRUSTED_PROXIES",
    "RULES_PATH": "RULES_DIR",
    "RULES_FOLDER": "RULES_DIR",
    "DATABASE_URI": "DATABASE_URL",
    "DB_URL": "DATABASE_URL",
    "TASK_RESERVATION_TIMEOUT": "RESERVATION_TIMEOUT",
    "WORKERS": "WEB_CONCURRENCY",
}
SWITCH = "OTEL_SDK_DISABLED"
ALIKE = 0.87  # of difflib: TWILIO_ACCOUNT_SIDS is, DATABASE_NAME is not
SHORT = 8  # letters; shorter names are alike by chance
TOKEN = re.compile(r"[0-9a-f]{32}")
# A variable that a host sets, and the host: each puts a proxy in front, and gives an instance its own disk.
HOSTS: Mapping[str, str] = {
    "DYNO": "Heroku",
    "RENDER": "Render",
    "FLY_APP_NAME": "Fly.io",
    "RAILWAY_ENVIRONMENT_NAME": "Railway",
    "K_SERVICE": "Cloud Run",
    "WEBSITE_SITE_NAME": "Azure App Service",
    "VCAP_APPLICATION": "Cloud Foundry",
    "KUBERNETES_SERVICE_HOST": "Kubernetes",
}


def find(deployment: Deployment) -> Iterator[Finding]:
    """What is wrong with variables; else how many are set."""
    environment, settings = deployment.environment, deployment.settings
    found = [*_unusable(environment), *_misnamed(environment), *_quoted(environment), *_traces(environment)]
    if settings:
        found += [
            *_secrets(settings),
            *_public_url(settings),
            *_hosted(environment, settings),
            *_api(settings),
        ]
    yield from found
    if not found:
        number = sum(bool(environment.get(name)) for name in VARIABLES)
        yield Finding(NAME, Verdict.OK, f"{number} variables are set, and each can be used")


def _unusable(environment: Mapping[str, str]) -> Iterator[Finding]:
    try:
        read_settings(environment)
    except SettingsError as error:
        for line in str(error).splitlines():
            what, _, remedy = line.partition(": ")
            yield Finding(NAME, Verdict.ERROR, what, what.partition(" ")[0], remedy)


def _misnamed(environment: Mapping[str, str]) -> Iterator[Finding]:
    for name in sorted(environment.keys() - set(VARIABLES)):
        meant = MEANT.get(name) or next(iter(get_close_matches(name, _LONG, 1, ALIKE)), None)
        if meant and environment[name] and not environment.get(meant):
            what, remedy = f"{name} is set, and nothing reads it", f"rename it to {meant}"
            yield Finding(NAME, Verdict.WARNING, what, name, remedy)


_LONG = [name for name in VARIABLES if len(name) >= SHORT]


def _quoted(environment: Mapping[str, str]) -> Iterator[Finding]:
    for name in VARIABLES:
        value = environment.get(name, "").strip()
        if len(value) > 1 and value[0] == value[-1] and value[0] in "\"'":
            what = f"{name} stands in quotes, which are part of its value"
            yield Finding(NAME, Verdict.ERROR, what, name, "remove them where it is set")


def _traces(environment: Mapping[str, str]) -> Iterator[Finding]:
    name = next((name for name in ENDPOINTS if environment.get(name, "").strip()), "OTEL_TRACES_EXPORTER")
    if wants_traces(environment):
        if lack := lack_of_traces(environment):
            what, _, install = lack.partition(" (")
            remedy = install.rstrip(")") or f"compare each OTEL_… with OpenTelemetry's pages, or unset {name}"
            yield Finding(NAME, Verdict.WARNING, f"{name} asks for traces, and {what}", name, remedy)
    elif wants_traces({**environment, SWITCH: ""}):
        what = f"{name} asks for traces, and {SWITCH} turns them off"
        yield Finding(NAME, Verdict.WARNING, what, SWITCH, f"unset {SWITCH}, or {name}")
    elif name in ENDPOINTS:
        what = f"{name} says where traces go, and OTEL_TRACES_EXPORTER is not otlp: none are sent"
        remedy = f"unset OTEL_TRACES_EXPORTER, or {name}"
        yield Finding(NAME, Verdict.WARNING, what, "OTEL_TRACES_EXPORTER", remedy)


def _secrets(settings: Settings) -> Iterator[Finding]:
    name = "TWILIO_AUTH_TOKEN"
    has_key = settings.api_key != settings.account_sid
    for number, token in enumerate(settings.auth_tokens, start=1):
        which = name if len(settings.auth_tokens) == 1 else f"number {number} of {name}"
        if has_key and token == settings.api_secret:
            what = f"{which} is the secret of the API key, and that signs no callback"
            yield Finding(NAME, Verdict.ERROR, what, name, "copy the Auth Token from the Twilio Console")
        elif not TOKEN.fullmatch(token.reveal()):
            what = f"{which} does not look like an Auth Token, which is 32 digits and letters from a to f"
            yield Finding(NAME, Verdict.WARNING, what, name, "copy it once more from the Twilio Console")


def _public_url(settings: Settings) -> Iterator[Finding]:
    name = "PUBLIC_URL"
    parts = urlsplit(settings.public_url or "")
    if parts.hostname and _is_local(parts.hostname):
        what = f"{name} names a host that Twilio cannot reach"
        yield Finding(NAME, Verdict.WARNING, what, name, "set it to the address that the Workflow calls")
    elif parts.scheme == "http":
        what = f"{name} begins with http://, so callbacks to https:// are refused"
        yield Finding(
            NAME, Verdict.WARNING, what, name, "set it to the URL of the Workflow, up to /assignment"
        )


def _is_local(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".local", ".localhost", ".internal")) or "." not in host


def _hosted(environment: Mapping[str, str], settings: Settings) -> Iterator[Finding]:
    host = next((host for name, host in HOSTS.items() if environment.get(name)), None)
    if host and not settings.public_url and not settings.trusted_proxies:
        what = f"{host} puts a proxy in front, and neither PUBLIC_URL nor TRUSTED_PROXIES is set"
        remedy = "set PUBLIC_URL to the address that the Workflow calls, or TRUSTED_PROXIES=1"
        yield Finding(NAME, Verdict.WARNING, what, "TRUSTED_PROXIES", remedy)
    if host and settings.database_url.reveal().startswith("sqlite"):
        what = f"on {host} a SQLite file is one instance's own, and may go with a release"
        remedy = "set DATABASE_URL to a PostgreSQL"
        yield Finding(NAME, Verdict.WARNING, what, "DATABASE_URL", remedy)


def _api(settings: Settings) -> Iterator[Finding]:
    if settings.api_base:
        what = "TWILIO_API_BASE is set: posts go to another host than Twilio"
        yield Finding(NAME, Verdict.WARNING, what, "TWILIO_API_BASE", "unset it where calls are real")
