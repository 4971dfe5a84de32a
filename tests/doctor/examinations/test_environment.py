"""The environment: what cannot be used, what nothing reads, and what is hardly meant."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.doctor.examinations import environment as examination
from app.settings import VARIABLES, read_settings
from tests.builders import ACCOUNT
from tests.cli.test_failures import BARE
from tests.doctor.accounts import KEY_SECRET, KEY_SID, TOKEN
from tests.doctor.examined import examined

CLOSED = "http://127.0.0.1:9"
REQUIRED = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}


def found(**environment: str) -> list[tuple[str, str, str]]:
    return examined(examination, {**REQUIRED, **environment})


def test_nothing_is_wrong() -> None:
    """How many of ours are set; others are nobody's business."""
    said = [("ok", "3 variables are set, and each can be used", "")]
    assert found(PUBLIC_URL="https://desk.example.com", HOME="/root", DATABASE_NAME="x") == said


def test_all_variables_are_known() -> None:
    """The list is that of the settings: it is what they ask for, and nothing else."""

    class Asked(dict[str, str]):
        def get(self, name: str, default: object = None) -> str:
            asked.add(name)
            return super().get(name, "")

    asked: set[str] = set()
    read_settings(Asked(REQUIRED))
    assert asked == set(VARIABLES)


def test_what_cannot_be_used_is_an_error_each() -> None:
    """With the way out, where there is one."""
    assert found(TWILIO_AUTH_TOKEN="", PORT="x", TWILIO_API_KEY=KEY_SID) == [
        (
            "error",
            "TWILIO_AUTH_TOKEN is not set",
            "copy the Auth Token from the Twilio Console (without an account, try: desk demo)",
        ),
        ("error", "TWILIO_API_KEY and TWILIO_API_SECRET belong together", "set both, or none"),
        ("error", "PORT must be a whole number from 0 to 65535", ""),
    ]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("TWILIO_WEBHOOK_KEY", "TWILIO_WEBHOOK_KEYS"),
        ("DATABASE_URI", "DATABASE_URL"),
        ("TRUSTED_PROXIS", "TRUSTED_PROXIES"),
        ("BASE_URL", "PUBLIC_URL"),
        ("WEBCONCURRENCY", "WEB_CONCURRENCY"),
    ],
)
def test_a_name_that_is_nearly_ours(name: str, meant: str) -> None:
    """Nothing reads it; where the right one is set too, it may be another program's."""
    said = [("warning", f"{name} is set, and nothing reads it", f"rename it to {meant}")]
    assert found(**{name: "hunter2"}) == said
    right = {"TWILIO_WEBHOOK_KEYS": "k:hunter2", "DATABASE_URL": "sqlite://", "TRUSTED_PROXIES": "1"}
    right |= {"PUBLIC_URL": "https://desk.example.com", "WEB_CONCURRENCY": "1"}
    assert [verdict for verdict, *_ in found(**{name: "hunter2", meant: right[meant]})] == ["ok"]


def test_a_missing_variable_under_another_name() -> None:
    """Both are said."""
    said = found(TWILIO_AUTH_TOKEN="", TWILIO_TOKEN=TOKEN)
    assert [(verdict, remedy) for verdict, _, remedy in said][1:] == [
        ("warning", "rename it to TWILIO_AUTH_TOKEN")
    ]


def test_quotes_became_part_of_a_value() -> None:
    """As an env file with quotes does it, where nothing takes them off."""
    said = ("error", "RULES_DIR stands in quotes, which are part of its value", "remove them where it is set")
    assert found(RULES_DIR='"rules"') == [said]
    assert found(RULES_DIR="\"rules'") == [("ok", "3 variables are set, and each can be used", "")]


def test_a_token_that_looks_like_none() -> None:
    """Which of them; the secret of an API key is a common one."""
    [(verdict, what, _)] = found(TWILIO_AUTH_TOKEN=f"{TOKEN},hunter2")
    assert verdict == "warning"
    assert what.startswith("number 2 of TWILIO_AUTH_TOKEN does not look like an Auth Token")
    key = {"TWILIO_API_KEY": KEY_SID, "TWILIO_API_SECRET": KEY_SECRET}
    [(verdict, what, _)] = found(TWILIO_AUTH_TOKEN=KEY_SECRET, **key)
    assert verdict == "error"
    assert what == "TWILIO_AUTH_TOKEN is the secret of the API key, and that signs no callback"


@pytest.mark.parametrize(
    "url",
    [
        "http://localhost:8080",
        "https://127.0.0.1",
        "https://10.1.2.3",
        "https://[::1]:80",
        "http://desk:8080",
        "https://desk.local",
    ],
)
def test_a_public_url_that_is_not_public(url: str) -> None:
    """Twilio cannot call it."""
    [(verdict, what, _)] = found(PUBLIC_URL=url)
    assert (verdict, what) == ("warning", "PUBLIC_URL names a host that Twilio cannot reach")


@pytest.mark.parametrize("proxies", ["0", "1"])
def test_a_public_url_without_tls(proxies: str) -> None:
    """It outranks what proxies tell."""
    [(verdict, what, _)] = found(PUBLIC_URL="http://desk.example.com", TRUSTED_PROXIES=proxies)
    assert verdict == "warning"
    assert what == "PUBLIC_URL begins with http://, so callbacks to https:// are refused"
    assert found(PUBLIC_URL="https://8.8.8.8")[0][0] == "ok"


def test_a_host_that_puts_a_proxy_in_front() -> None:
    """And takes the disk with a release."""
    assert [what for _, what, _ in found(DYNO="web.1")] == [
        "Heroku puts a proxy in front, and neither PUBLIC_URL nor TRUSTED_PROXIES is set",
        "on Heroku a SQLite file is one instance's own, and may go with a release",
    ]
    postgres = "postgres://desk:hunter2@db/desk"
    assert found(DYNO="web.1", TRUSTED_PROXIES="1", DATABASE_URL=postgres)[0][0] == "ok"


ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"


def test_traces_that_can_be_sent() -> None:
    """Nothing is said of them, nor of a collector that is turned off where none is named."""
    assert found(**{ENDPOINT: "http://127.0.0.1:4318"})[0][0] == "ok"
    assert found(OTEL_TRACES_EXPORTER="otlp")[0][0] == "ok"
    assert found(OTEL_SDK_DISABLED="true", OTEL_TRACES_EXPORTER="none")[0][0] == "ok"


@pytest.mark.parametrize("name", [ENDPOINT, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"])
def test_traces_that_are_turned_off(name: str) -> None:
    """By the variable that turns off everything, or by one that sends them elsewhere."""
    told = {name: "http://127.0.0.1:4318"}
    assert found(**told, OTEL_SDK_DISABLED="true") == [
        (
            "warning",
            f"{name} asks for traces, and OTEL_SDK_DISABLED turns them off",
            f"unset OTEL_SDK_DISABLED, or {name}",
        )
    ]
    assert found(**told, OTEL_TRACES_EXPORTER="console") == [
        (
            "warning",
            f"{name} says where traces go, and OTEL_TRACES_EXPORTER is not otlp: none are sent",
            f"unset OTEL_TRACES_EXPORTER, or {name}",
        )
    ]


UNREADABLE = (
    f"a variable OTEL_… cannot be read; compare each OTEL_… with OpenTelemetry's pages, or unset {ENDPOINT}"
)


@pytest.mark.parametrize(
    ("before", "variables", "said"),
    [
        (
            'sys.modules["opentelemetry"] = None  # as if it were not installed',
            {},
            "the extra is not installed; pip install 'desk[otel]'",
        ),
        ("", {"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "soon"}, UNREADABLE),
        ("", {"OTEL_BSP_MAX_QUEUE_SIZE": "0"}, UNREADABLE),
    ],
)
def test_traces_that_cannot_be_made(
    before: str, variables: dict[str, str], said: str, tmp_path: Path
) -> None:
    """In a process of its own, since what can be imported is found out once."""
    program = f"import sys\n{before}\nfrom app.cli import main\nmain()"
    told = {**REQUIRED, ENDPOINT: "http://127.0.0.1:4318", **variables, "TWILIO_API_BASE": CLOSED}
    done = subprocess.run(
        [sys.executable, "-c", program, "doctor"],
        capture_output=True,
        text=True,
        check=False,
        env={**BARE, **told, "PYTHONPATH": os.pathsep.join(sys.path)},
        cwd=tmp_path,
    )
    line = f"warning  environment: {ENDPOINT} asks for traces, and {said}"
    assert line in done.stdout.splitlines()
    assert done.stderr == ""


def test_rest_that_goes_elsewhere() -> None:
    """The local TaskRouter calls nobody."""
    assert found(TWILIO_API_BASE="http://127.0.0.1:9") == [
        (
            "warning",
            "TWILIO_API_BASE is set: posts go to another host than Twilio",
            "unset it where calls are real",
        )
    ]
