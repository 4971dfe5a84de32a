"""The environment, read and validated once, at start."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.errors import SettingsError
from app.settings import (
    RestSettings,
    Secret,
    Settings,
    process_environment,
    read_database_url,
    read_rest_settings,
    read_settings,
    rules_folder,
)

ACCOUNT = "AC" + "1" * 32
API_KEY = "SK" + "1" * 32
REQUIRED = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": "token"}


def _settings(**environment: str) -> Settings:
    return read_settings(REQUIRED | environment)


def _problems(environment: dict[str, str]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        read_settings(environment)
    return str(refused.value).splitlines()


def test_defaults() -> None:
    """With account and token alone everything else has a value."""
    assert _settings() == Settings(
        account_sid=ACCOUNT,
        auth_tokens=(Secret("token"),),
        webhook_keys={},
        api_key=ACCOUNT,
        api_secret=Secret("token"),
        edge=None,
        region=None,
        api_base=None,
        public_url=None,
        trusted_proxies=0,
        metrics_token=None,
        rules_dir=Path("rules"),
        database_url=Secret("sqlite:///instance/desk.db"),
        reservation_timeout=120,
        callback_retention=timedelta(days=30),
        rehearsal=False,
        port=8080,
        web_concurrency=1,
        log_level="INFO",
        log_format=None,
        metrics_dir=None,
    )


def test_everything_set() -> None:
    """Each variable has its place; white space around a value is none of it."""
    assert _settings(
        TWILIO_AUTH_TOKEN=" new , old,",
        TWILIO_WEBHOOK_KEYS="k1:s1, k2:s:2",
        TWILIO_API_KEY=API_KEY,
        TWILIO_API_SECRET="secret",
        TWILIO_EDGE="dublin",
        TWILIO_REGION="ie1",
        TWILIO_API_BASE="http://127.0.0.1:9/",
        PUBLIC_URL=" https://desk.example.com ",
        TRUSTED_PROXIES="2",
        METRICS_TOKEN="t0k=en",
        RULES_DIR="/etc/rules",
        DATABASE_URL="postgres://u:p@h/d",
        RESERVATION_TIMEOUT="86400",
        CALLBACK_RETENTION="12h",
        REHEARSAL="True",
        PORT="0",
        WEB_CONCURRENCY="4",
        LOG_LEVEL="debug",
        LOG_FORMAT="Console",
        PROMETHEUS_MULTIPROC_DIR="/run/desk",
    ) == Settings(
        account_sid=ACCOUNT,
        auth_tokens=(Secret("new"), Secret("old")),
        webhook_keys={"k1": Secret("s1"), "k2": Secret("s:2")},
        api_key=API_KEY,
        api_secret=Secret("secret"),
        edge="dublin",
        region="ie1",
        api_base="http://127.0.0.1:9",
        public_url="https://desk.example.com",
        trusted_proxies=2,
        metrics_token=Secret("t0k=en"),
        rules_dir=Path("/etc/rules"),
        database_url=Secret("postgres://u:p@h/d"),
        reservation_timeout=86_400,
        callback_retention=timedelta(hours=12),
        rehearsal=True,
        port=0,
        web_concurrency=4,
        log_level="DEBUG",
        log_format="console",
        metrics_dir=Path("/run/desk"),
    )


@pytest.mark.parametrize("base", [{}, {"TWILIO_API_BASE": "https://example.com"}])
def test_a_rehearsal_needs_a_taskrouter_on_this_machine(base: dict[str, str]) -> None:
    """Since it believes any time, also one of last year."""
    with pytest.raises(SettingsError, match=r"REHEARSAL .* works with a local TaskRouter alone: unset it"):
        _settings(REHEARSAL="1", **base)
    assert _settings(REHEARSAL="1", TWILIO_API_BASE="http://localhost:8181").rehearsal
    assert not _settings(REHEARSAL="false", **base).rehearsal


def test_rest_uses_the_first_token() -> None:
    """While a token is rotated, REST uses the first."""
    assert _settings(TWILIO_AUTH_TOKEN="new,old").api_secret == Secret("new")


def test_an_empty_variable_is_not_set() -> None:
    """Hosts set variables to nothing."""
    assert _settings(PORT="", PUBLIC_URL=" ", TWILIO_WEBHOOK_KEYS="", RULES_DIR="") == _settings()


def test_each_missing_variable_is_named() -> None:
    """One line for each variable, with the way out."""
    account, token = _problems({"TWILIO_AUTH_TOKEN": "  "})
    assert account.startswith("TWILIO_ACCOUNT_SID is not set: ")
    assert token.startswith("TWILIO_AUTH_TOKEN is not set: ")
    assert "desk demo" in token


def test_all_problems_are_told_at_once() -> None:
    """Nobody should start the service ten times to hear of ten mistakes."""
    wrong = {
        "TWILIO_ACCOUNT_SID": "AC1",
        "TWILIO_AUTH_TOKEN": ",",
        "TWILIO_API_KEY": "SK1",
        "TWILIO_API_SECRET": "x",
        "TWILIO_EDGE": "Dublin!",
        "TWILIO_REGION": "a.b",
        "TWILIO_API_BASE": "x",
        "TWILIO_WEBHOOK_KEYS": "key",
        "PUBLIC_URL": "desk.example.com",
        "TRUSTED_PROXIES": "-1",
        "METRICS_TOKEN": "two words",
        "RESERVATION_TIMEOUT": "0",
        "CALLBACK_RETENTION": "30",
        "PORT": "65536",
        "WEB_CONCURRENCY": "many",
        "LOG_LEVEL": "LOUD",
    }
    named = [problem.partition(" ")[0] for problem in _problems(wrong)]
    # Any text may be a secret.
    assert named == [name for name in wrong if name != "TWILIO_API_SECRET"]


@pytest.mark.parametrize(
    ("written", "kept"),
    [("30d", timedelta(days=30)), ("90m", timedelta(minutes=90)), ("0", timedelta()), ("0h", timedelta())],
)
def test_how_long_callbacks_are_kept(written: str, kept: timedelta) -> None:
    """A number with its unit; 0 saves nothing."""
    assert _settings(CALLBACK_RETENTION=written).callback_retention == kept


@pytest.mark.parametrize("written", ["-1d", "1.5d", "30 days", "12345d", "d", "٣d"])
def test_what_is_no_length(written: str) -> None:
    """The message shows how one is written."""
    [problem] = _problems(REQUIRED | {"CALLBACK_RETENTION": written})
    assert problem.startswith("CALLBACK_RETENTION must be a length of time such as 30d")


@pytest.mark.parametrize("alone", ["TWILIO_API_KEY", "TWILIO_API_SECRET"])
def test_key_and_secret_belong_together(alone: str) -> None:
    """An API key without its secret would be used with the auth token."""
    [problem] = _problems(REQUIRED | {alone: API_KEY})
    assert "belong together" in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TWILIO_ACCOUNT_SID", "AC" + "g" * 32),
        ("TWILIO_ACCOUNT_SID", ACCOUNT + "1"),
        ("TWILIO_WEBHOOK_KEYS", ":s3cret"),
        ("TWILIO_WEBHOOK_KEYS", "k3y:"),
        ("TWILIO_WEBHOOK_KEYS", "k3y:s3cret,"),
        ("PUBLIC_URL", "ftp://desk.example.com"),
        ("PUBLIC_URL", "https:///x"),
        ("PUBLIC_URL", "https://desk.example.com/?x=y"),
        ("PUBLIC_URL", "https://desk.example.com:port"),
        ("PUBLIC_URL", "https://desk.example.com:0"),
        ("PUBLIC_URL", "https://[desk"),
        ("TWILIO_API_BASE", "https://desk.example.com\\@127.0.0.1"),
        ("PUBLIC_URL", "https://us℀er:s3cret@desk"),
        ("TRUSTED_PROXIES", "1.0"),
        ("TRUSTED_PROXIES", "11"),
        ("TRUSTED_PROXIES", "²"),
        ("METRICS_TOKEN", "s3cret s3cret"),
        ("METRICS_TOKEN", "s3crét"),
        ("METRICS_TOKEN", "s3cret\udcff"),
        ("PORT", "9" * 5000),
        ("RESERVATION_TIMEOUT", "2m"),
        ("RESERVATION_TIMEOUT", "86401"),
        ("WEB_CONCURRENCY", "0"),
    ],
)
def test_a_value_that_cannot_be_used(name: str, value: str) -> None:
    """The sentence names the variable and does not repeat the value, which may be a secret."""
    [problem] = _problems(REQUIRED | {name: value})
    assert problem.startswith(f"{name} ")
    assert value not in problem
    assert "s3cret" not in problem


@pytest.mark.parametrize(
    "written",
    [
        "https://desk.example.com/base",
        "https://desk.example.com/base/",
        "https://desk.example.com/base/assignment",
        "https://desk.example.com/base/assignment/",
        "https://desk.example.com/base/assignment/fallback",
        "https://desk.example.com/base#fragment",
    ],
)
def test_public_url_is_what_stands_in_front_of_ours(written: str) -> None:
    """Somebody may well write the callback's whole URL."""
    assert _settings(PUBLIC_URL=written).public_url == "https://desk.example.com/base"


def test_secrets_never_show() -> None:
    """Neither a secret nor what holds it can be printed."""
    settings = _settings(
        TWILIO_AUTH_TOKEN="s3cret-a,s3cret-b",
        TWILIO_WEBHOOK_KEYS="key:s3cret-c",
        TWILIO_API_KEY=API_KEY,
        TWILIO_API_SECRET="s3cret-d",
        DATABASE_URL="postgresql://u:s3cret-e@h/d",
        METRICS_TOKEN="s3cret-f",
    )
    for text in (repr(settings), str(settings), f"{settings}", f"{settings.auth_tokens[0]!s:>9}"):
        assert "s3cret" not in text
        assert "***" in text
    assert settings.auth_tokens[1].reveal() == "s3cret-b"


def test_the_rules_folder() -> None:
    """RULES_DIR names it, for commands that need no account too."""
    assert rules_folder({}) == Path("rules")
    assert rules_folder({"RULES_DIR": "elsewhere"}) == Path("elsewhere")


def test_the_process_environment_is_a_copy() -> None:
    """What a command changes for itself does not change the process."""
    environment = dict(process_environment())
    environment["RULES_DIR"] = "changed"
    assert process_environment().get("RULES_DIR") != "changed"
    assert process_environment()["PATH"]


def test_requests_need_less_than_the_service() -> None:
    """What has nothing to do with REST stops no command that only sends requests."""
    unrelated = {"PORT": "x", "RESERVATION_TIMEOUT": "0", "PUBLIC_URL": "x", "TWILIO_WEBHOOK_KEYS": "x"}
    assert read_rest_settings(REQUIRED | unrelated) == RestSettings(
        account_sid=ACCOUNT,
        api_key=ACCOUNT,
        api_secret=Secret("token"),
        edge=None,
        region=None,
        api_base=None,
    )


def test_with_an_api_key_requests_need_no_token() -> None:
    """The token is for signatures; a key alone still belongs to an account."""
    key = {"TWILIO_API_KEY": API_KEY, "TWILIO_API_SECRET": "secret", "TWILIO_REGION": "ie1"}
    read = read_rest_settings(key | {"TWILIO_ACCOUNT_SID": ACCOUNT})
    assert (read.api_key, read.api_secret, read.region) == (API_KEY, Secret("secret"), "ie1")
    with pytest.raises(SettingsError, match="TWILIO_ACCOUNT_SID is not set"):
        read_rest_settings(key)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, ["TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"]),
        (REQUIRED | {"TWILIO_API_KEY": API_KEY}, ["TWILIO_API_KEY"]),
        (REQUIRED | {"TWILIO_API_BASE": "here", "TWILIO_EDGE": "A B"}, ["TWILIO_EDGE", "TWILIO_API_BASE"]),
    ],
)
def test_what_requests_cannot_use_is_named(environment: dict[str, str], named: list[str]) -> None:
    """Each variable on its line, as for the service."""
    with pytest.raises(SettingsError) as refused:
        read_rest_settings(environment)
    assert [line.partition(" ")[0] for line in str(refused.value).splitlines()] == named


def test_the_database_is_named_by_one_variable() -> None:
    """Whoever needs nothing else asks for nothing else; empty counts as not set."""
    assert read_database_url({"DATABASE_URL": " postgres://u:p@h/d "}).reveal() == "postgres://u:p@h/d"
    assert read_database_url({"DATABASE_URL": " "}).reveal() == "sqlite:///instance/desk.db"
    assert "instance" not in repr(read_database_url({}))
