"""`desk sandbox --fault` and what it takes with it: what it takes, what it says, and that it is so."""

import re
from collections.abc import Mapping
from typing import Any

import click
import pytest
import requests
from click.testing import CliRunner

from app.cli import main
from app.cli.faults import announce, read_faults
from app.cli.sandbox import sandbox
from app.sandbox import Faults
from app.sandbox.faults import CALLBACK_FAULTS, LARGEST_SKEW, REQUEST_FAULTS
from tests.cli.test_sandbox import running


def options(*arguments: str) -> Mapping[str, Any]:
    """The values of the command's options."""
    with sandbox.make_context("sandbox", [*arguments]) as context:
        return context.params


def refusal(*arguments: str) -> str:
    """What is said of options that are wrong usage; where they are not, no sandbox runs for ever."""
    with pytest.raises(click.UsageError) as refused:
        read_faults(options(*arguments), 1)
    assert refused.value.exit_code == 2
    return refused.value.format_message()


def test_help_lists_every_fault() -> None:
    """With what it does, in the words of the sandbox, below its requests or callbacks."""
    asked = ["sandbox", "--help"]
    said = CliRunner().invoke(main, asked, terminal_width=200, max_content_width=200).stdout
    _, requests, callbacks = re.split(r"^Faults of \w+:\n", said, flags=re.MULTILINE)
    row = re.compile(r"^  ([a-z_]+) {2,}(.+)$", re.MULTILINE)
    assert dict(row.findall(requests)) == REQUEST_FAULTS
    assert dict(row.findall(callbacks)) == CALLBACK_FAULTS


def test_what_will_go_wrong_is_said_at_the_start_and_happens() -> None:
    """In comments behind the exports, so that a shell can still read them all."""
    with running("--port", "0", "--fault", "unavailable=1", "--fault", "callback_twice=0.07") as (process, _):
        assert process.stdout
        lines = [process.stdout.readline().rstrip("\n") for _ in range(6)]
        assert lines[4:] == [
            "# unavailable in 100 % of updates and fetches: 503 with Retry-After, nothing applied",
            "# callback_twice in 7 % of callbacks: "
            "sent twice to the callback URL, the second a moment after the first",
        ]
        base, account, token = (line.partition("=")[2] for line in lines[:3])
        url = f"{base}/v1/Workspaces/{lines[3].removeprefix('# workspace ')}/Tasks/WT1"
        assert requests.get(url, auth=(account, token), timeout=5).status_code == 503


def test_the_options_become_faults() -> None:
    """Each kind by its name."""
    faults = read_faults(options("--fault", "stalled=0.25", "--fault", "callback_late=1"), seed=7)
    assert faults == Faults(stalled=0.25, callback_late=1, seed=7)
    assert next(announce(faults)).startswith("stalled in 25 % of updates: ")
    assert list(announce(Faults())) == []


def test_a_slow_fetch_is_announced() -> None:
    """A stalled one is not, as there is none."""
    said = list(announce(Faults(slow=0.5, stalled_before=0.5)))
    assert said[0].startswith("slow in 50 % of updates and fetches: ")
    assert said[1].startswith("stalled_before in 50 % of updates: ")


@pytest.mark.parametrize(
    ("flag", "value", "faults"),
    [
        ("--retry-after", "7", Faults(retry_after=7)),
        ("--latency", "0.25", Faults(latency=0.25)),
        ("--stall", "2.5", Faults(stall=2.5)),
        ("--delay", "86400", Faults(delay=86_400)),
        ("--skew", "-600", Faults(skew=-600)),
        ("--skew", str(LARGEST_SKEW), Faults(skew=LARGEST_SKEW)),
    ],
)
def test_seconds_are_options(flag: str, value: str, faults: Faults) -> None:
    """Without them it is as in a program."""
    assert read_faults(options(flag, value), 1) == faults
    assert read_faults(options(), 1) == Faults()


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("cut_after", "'cut_after' has no probability; write it like cut_after=0.1"),
        ("cut_aftr=0.1", "there is no fault 'cut_aftr'; did you mean 'cut_after'?"),
        ("seed=1", "there is no fault 'seed'; known are callback_delayed, callback_late, "),
        ("cut_after=often", "cut_after is a probability from 0 to 1, not 'often'"),
        ("cut_after=", "cut_after is a probability from 0 to 1, not ''"),
        ("cut_after=1.5", "cut_after is a probability from 0 to 1, not 1.5"),
        ("cut_after=nan", "cut_after is a probability from 0 to 1, not nan"),
    ],
)
def test_a_fault_that_is_none_is_wrong_usage(fault: str, sentence: str) -> None:
    """Status 2, with what would be right."""
    assert f"Invalid value for '--fault': {sentence}" in refusal("--fault", fault)


def test_a_fault_is_given_once() -> None:
    """Of two shares it is not clear which is meant."""
    assert "stalled is given twice" in refusal("--fault", "stalled=0.1", "--fault", "stalled=0.2")


def test_wrong_usage_ends_the_command() -> None:
    """Before anything is begun."""
    ended = CliRunner().invoke(main, ["sandbox", "--fault", "cut_after=2"])
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert "cut_after is a probability from 0 to 1, not 2" in ended.stderr


def test_too_many_faults_are_wrong_usage() -> None:
    """A request meets one fault at most."""
    said = refusal("--fault", "stalled=0.5", "--fault", "cut_after=0.75")
    assert "the probabilities of stalled, cut_after add up to 1.25, above 1" in said


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--stall", "-1"),
        ("--stall", "soon"),
        ("--stall", "nan"),
        ("--latency", "inf"),
        ("--delay", "86401"),
        ("--skew", str(LARGEST_SKEW + 1)),
        ("--skew", "nan"),
        ("--retry-after", "0.5"),
        ("--seed", "x"),
    ],
)
def test_the_other_numbers_are_checked(flag: str, value: str) -> None:
    """Status 2, with the flag's name."""
    assert f"Invalid value for '{flag}': " in refusal(flag, value)
