"""`desk doctor`: its formats, its exit status, and the way from a refused request to the setting."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.doctor.examinations import EXAMINATIONS, MANUALS
from app.sandbox import serving
from app.settings import VARIABLES
from tests.builders import ACCOUNT, OFFLINE
from tests.doctor.accounts import TOKEN, environment, taskrouter
from tests.web.conftest import RULES, signature
from tests.web.serving import PLAIN, headers_for, request, started, write_rules

BASE = "https://desk.example.com"
REQUIRED = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN}
DEFAULT = f"default: {{reply: {{instruction: reject, activity_sid: {OFFLINE}}}}}\n"


def doctor(*words: str, typed: str | bytes | None = None, **given: str) -> Result:
    """The command in an environment with these variables of ours alone."""
    runner = CliRunner(env={**dict.fromkeys(VARIABLES, ""), **given})
    ended = runner.invoke(main, ["doctor", *words], typed)
    assert ended.exception is None or isinstance(ended.exception, SystemExit), ended.exception
    assert TOKEN not in ended.output
    return ended


@pytest.fixture
def healthy(tmp_path: Path) -> dict[str, str]:
    """The variables of a deployment whose folder and database are in order."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "a.yaml").write_text(DEFAULT)
    return {"RULES_DIR": str(folder), "DATABASE_URL": f"sqlite:///{tmp_path}/desk.db"}


def test_nothing_is_wrong(healthy: dict[str, str]) -> None:
    """A line for each examination, and status 0; the address of the sandbox is a warning."""
    twilio = taskrouter(callback_url=f"{BASE}/assignment", fallback_url=f"{BASE}/assignment/fallback")
    twilio.add_activity("Offline", available=False, sid=OFFLINE)
    with serving(twilio) as served:
        ended = doctor(**environment(served.address, **healthy))
    assert (ended.exit_code, ended.stderr) == (0, "")
    *lines, summary = ended.stdout.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["warning", "environment:"],
        ["ok", "database:"],
        ["ok", "rules:"],
        ["ok", "credentials:"],
        ["ok", "clock:"],
        ["skipped", "address:"],
        ["ok", "workflows:"],
        ["skipped", "workspace:"],
        ["ok", "workspace:"],
    ]
    assert summary == "0 errors, 1 warning"


def test_something_is_wrong(healthy: dict[str, str]) -> None:
    """Status 1, and the way out on the same line."""
    ended = doctor(**healthy, TWILIO_TOKEN=TOKEN, TWILIO_ACCOUNT_SID=ACCOUNT)
    assert ended.exit_code == 1
    lines = ended.stdout.splitlines()
    assert lines[0].startswith("error    environment: TWILIO_AUTH_TOKEN is not set; copy the Auth Token")
    said = "environment: TWILIO_TOKEN is set, and nothing reads it; rename it to TWILIO_AUTH_TOKEN"
    assert lines[1] == f"warning  {said}"
    assert lines[-1] == "1 error, 1 warning"


def test_json_is_for_programs(healthy: dict[str, str]) -> None:
    """The findings, and how many of them are errors and warnings."""
    ended = doctor("--format", "json", **healthy)
    document = json.loads(ended.stdout)
    assert ended.exit_code == 1
    assert document.keys() == {"findings", "errors", "warnings"}
    assert (document["errors"], document["warnings"]) == (2, 0)
    assert document["findings"][0] == {
        "examination": "environment",
        "verdict": "error",
        "what": "TWILIO_ACCOUNT_SID is not set",
        "where": "TWILIO_ACCOUNT_SID",
        "remedy": "copy the Account SID from the Twilio Console",
    }
    assert {each["examination"] for each in document["findings"]} == {each.NAME for each in EXAMINATIONS}


def test_a_workspace_is_chosen(healthy: dict[str, str]) -> None:
    """One that is not there is an error."""
    with serving(taskrouter()) as served:
        ended = doctor("--workspace", "WS" + "9" * 32, **environment(served.address, **healthy))
    assert ended.exit_code == 1
    assert "error    workflows: Twilio answered 404" in ended.stdout


@pytest.mark.parametrize("name", MANUALS)
def test_a_manual(name: str) -> None:
    """What an examination looks at."""
    ended = doctor("--explain", name)
    assert (ended.exit_code, ended.stdout) == (0, MANUALS[name] + "\n")


def test_colour_is_for_terminals(healthy: dict[str, str]) -> None:
    """And for nothing else."""
    assert "\x1b" not in doctor(**healthy).output
    inherited = {name: value for name, value in os.environ.items() if name.startswith(("PATH", "COVERAGE_"))}
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "app.cli", "doctor"]
    try:
        subprocess.run(command, env={**inherited, **healthy}, stdout=theirs, stderr=theirs, check=False)
        assert b"\x1b[31m\x1b[1merror" in os.read(ours, 65_536)
    finally:
        os.close(ours)
        os.close(theirs)


# --- --request


def line(url: str, secret: str = TOKEN, **headers: str) -> str:
    """A captured request that was signed for a URL."""
    return json.dumps(
        {
            "scheme": "http",
            "host": "10.0.0.7:8080",
            "port": "8080",
            "path": "/assignment",
            "query": "",
            "headers": {"X-Twilio-Signature": signature(url, PLAIN, secret), **headers},
            "params": PLAIN,
        }
    )


PROXIED = line(f"{BASE}/assignment", **{"X-Forwarded-Proto": "https", "X-Forwarded-Host": "desk.example.com"})
MENDED = (
    "error    request: Twilio signed the URL that 1 trusted proxy tells with TWILIO_AUTH_TOKEN; "
    "set TRUSTED_PROXIES=1"
)


def test_the_last_request_is_looked_at(tmp_path: Path) -> None:
    """Empty lines do not count; another one is named by its line."""
    file = tmp_path / "rejected.jsonl"
    file.write_text(f"{line('http://10.0.0.7:8080/assignment')}\n\n{PROXIED}\n\n")
    ended = doctor("--request", str(file), **REQUIRED)
    assert ended.exit_code == 1
    assert ended.stdout.splitlines() == [f"{file}, line 3", MENDED, "1 error, 0 warnings"]
    ended = doctor("--request", str(file), "--line", "1", **REQUIRED)
    assert ended.exit_code == 0
    assert ended.stdout.startswith(f"{file}, line 1\n")
    assert ended.stdout.endswith("with these settings it is taken\nnothing is wrong\n")


def unsigned() -> str:
    """A request that does not even look like Twilio's."""
    return json.dumps(json.loads(PROXIED) | {"headers": {"Host": "desk.example.com"}})


def test_what_is_not_signed_is_passed_over() -> None:
    """Anybody sends such requests: the last signed one is explained, and the line and its time are said."""
    came = json.dumps(json.loads(PROXIED) | {"received_at": "2026-11-23T17:30:00.123Z"})
    typed = f"{unsigned()}\n{came}\n\n{unsigned()}\n{unsigned()}\n"
    ended = doctor("--request", "-", typed=typed, **REQUIRED)
    assert ended.stdout.splitlines()[:2] == [
        "standard input, line 2, which came at 2026-11-23T17:30:00Z; "
        "passed over: 2 lines after it without X-Twilio-Signature",
        MENDED,
    ]
    ended = doctor("--request", "-", "--format", "json", typed=typed, **REQUIRED)
    assert json.loads(ended.stdout)["request"] == {
        "source": "standard input",
        "line": 2,
        "received_at": "2026-11-23T17:30:00Z",
        "passed_over": 2,
    }


def test_nothing_is_signed() -> None:
    """Then the last line is explained, and so is one that is named."""
    typed = f"{unsigned()}\n{unsigned()}\n"
    for words, number in (((), 2), (("--line", "1"), 1)):
        ended = doctor("--request", "-", *words, typed=typed, **REQUIRED)
        first, second, _ = ended.stdout.splitlines()
        assert first == f"standard input, line {number}"
        assert second.startswith("error    request: there is no X-Twilio-Signature")


def test_a_time_that_is_none_is_not_said() -> None:
    """It may be anything."""
    typed = json.dumps(json.loads(PROXIED) | {"received_at": "\x1b[31m"})
    ended = doctor("--request", "-", typed=typed, **REQUIRED)
    assert ended.stdout.splitlines()[0] == "standard input, line 1"


def test_standard_input_and_json() -> None:
    """As other commands have them."""
    ended = doctor("--request", "-", "--format", "json", typed=PROXIED, **REQUIRED)
    [finding] = json.loads(ended.stdout)["findings"]
    assert (finding["examination"], finding["remedy"]) == ("request", "set TRUSTED_PROXIES=1")


def test_a_url_that_is_told() -> None:
    """For a proxy that tells nothing."""
    typed = line(f"{BASE}/assignment")
    ended = doctor("--request", "-", "--url", f"{BASE}/assignment", typed=typed, **REQUIRED)
    assert f"; set PUBLIC_URL={BASE}\n" in ended.stdout


def test_what_the_workflows_call_is_tried() -> None:
    """With credentials nobody has to tell; a fallback counts as well."""
    twilio = taskrouter(fallback_url=f"{BASE}/x/assignment/fallback")
    typed = line(f"{BASE}/x/assignment/fallback").replace('"/assignment"', '"/assignment/fallback"')
    with serving(twilio) as served:
        ended = doctor("--request", "-", typed=typed, **environment(served.address))
    assert f"; set PUBLIC_URL={BASE}/x\n" in ended.stdout
    ended = doctor("--request", "-", typed=typed, **environment("http://127.0.0.1:1"))
    assert "no URL that can be guessed" in ended.stdout


def test_nothing_acts_on_the_terminal() -> None:
    """Names in a request are anybody's."""
    document = json.loads(line(f"{BASE}/assignment"))
    document["query"] = "a\x1b[31mb=1"
    ended = doctor("--request", "-", typed=json.dumps(document), PUBLIC_URL=BASE, **REQUIRED)
    assert "adds a query (a [31mb)" in ended.stdout


@pytest.mark.parametrize(
    ("words", "typed", "said"),
    [
        (["--request", "/not/there"], "", "/not/there cannot be read: No such file or directory"),
        (["--request", "/proc/self/mem"], "", "/proc/self/mem cannot be read: Input/output error"),
        (["--request", "-"], "", "standard input holds no request"),
        (["--request", "-", "--line", "3"], f"{PROXIED}\n", "standard input holds no line 3"),
        (["--request", "-"], "\nnonsense\n", "standard input, line 2: it is not JSON"),
        (["--line", "3"], "", "--url and --line are for --request: name the file as well"),
        (["--workspace", "WS1"], "", "must be a SID: WS and 32 hexadecimal digits"),
    ],
)
def test_what_cannot_be_read(words: list[str], typed: str, said: str) -> None:
    """Status 2, and a sentence."""
    ended = doctor(*words, typed=typed, **REQUIRED)
    assert ended.exit_code == 2
    assert said in ended.stderr


def test_a_line_without_an_end() -> None:
    """It is read as far as a request can be long, and not further."""
    ended = doctor("--request", "/dev/zero", **REQUIRED)
    assert ended.exit_code == 2
    assert "/dev/zero, line 1: it has more than 2 MiB, and a request 64 KiB" in ended.stderr


def test_too_many_parameters(tmp_path: Path) -> None:
    """The file and the line are named."""
    document = json.loads(PROXIED) | {"params": dict.fromkeys(map(str, range(20_000)), "")}
    (file := tmp_path / "rejected.jsonl").write_text(f"\n{json.dumps(document)}\n")
    ended = doctor("--request", str(file), **REQUIRED)
    assert ended.exit_code == 2
    assert f"{file}, line 2: it holds more than 250 parameters" in ended.stderr.replace("\n", " ")


def test_a_request_needs_settings() -> None:
    """Those of the service that refused it."""
    ended = doctor("--request", "-", typed=PROXIED)
    assert ended.exit_code == 2
    assert "TWILIO_AUTH_TOKEN is not set" in ended.stderr


def test_from_a_refusal_to_the_setting(tmp_path: Path) -> None:
    """`desk serve` refuses and keeps it, the doctor names a setting, and with that it is answered."""
    folder, file = write_rules(tmp_path / "rules", RULES), tmp_path / "rejected.jsonl"
    headers = headers_for(f"{BASE}/assignment")
    headers |= {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "desk.example.com"}
    body = urlencode(PLAIN).encode()
    with started(folder, "--capture-rejected", str(file), TWILIO_AUTH_TOKEN=TOKEN) as serve:
        wrong = headers | {"X-Twilio-Signature": signature(f"{BASE}/assignment", PLAIN, TOKEN)}
        assert request(serve, "/assignment", body, headers=wrong)[0] == 403
    ended = doctor("--request", str(file), **REQUIRED)
    first, second, _ = ended.stdout.splitlines()
    assert first.startswith(f"{file}, line 1, which came at 20")
    assert second == MENDED
    with started(folder, TWILIO_AUTH_TOKEN=TOKEN, TRUSTED_PROXIES="1") as serve:
        assert request(serve, "/assignment", body, headers=wrong)[0] == 200


def test_a_setting_and_a_slash(tmp_path: Path) -> None:
    """Both are named where https ends in front and the Workflow's URL is wrong: with both it is answered."""
    folder, file = write_rules(tmp_path / "rules", RULES), tmp_path / "rejected.jsonl"
    body = urlencode(PLAIN).encode()

    def signed(path: str) -> dict[str, str]:
        made = {"X-Twilio-Signature": signature(f"{BASE}{path}", PLAIN, TOKEN)}
        return headers_for(f"{BASE}{path}") | made | {"Host": "desk.example.com"}

    with started(folder, "--capture-rejected", str(file), TWILIO_AUTH_TOKEN=TOKEN) as serve:
        assert request(serve, "/assignment", body, headers=signed("/assignment/"))[0] == 403
        assert request(serve, "/assignment", body, headers=signed("/assignment"))[0] == 403
    ended = doctor("--request", str(file), "--line", "1", **REQUIRED)
    remedy = f"set PUBLIC_URL={BASE}; remove the slash from the end of the Workflow's URL"
    assert ended.stdout.splitlines()[1].endswith(f"; {remedy}")
    with started(folder, TWILIO_AUTH_TOKEN=TOKEN, PUBLIC_URL=BASE) as serve:
        assert request(serve, "/assignment", body, headers=signed("/assignment/"))[0] == 403
        assert request(serve, "/assignment", body, headers=signed("/assignment"))[0] == 200
