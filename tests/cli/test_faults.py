"""`desk sandbox --fault`: what it takes, what it says, and that it is so."""

import re

import pytest
import requests
from click.testing import CliRunner

from app.cli import main
from app.cli.faults import KINDS, announce, read_faults
from app.sandbox import Faults
from tests.cli.test_sandbox import running


def refusal(*arguments: str) -> str:
    ended = CliRunner().invoke(main, ["sandbox", *arguments])
    assert (ended.exit_code, ended.stdout) == (2, "")
    return ended.stderr


def test_help_lists_every_fault() -> None:
    """With what it does, in the words of the sandbox."""
    said = CliRunner().invoke(main, ["sandbox", "--help"]).stdout
    assert dict(re.findall(r"^    ([a-z]+_?[a-z_]+) {2,}(.+)$", said, re.MULTILINE)) == KINDS


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
    faults = read_faults({"stalled": 0.25, "callback_late": 1}, seed=7, stall=2.5)
    assert faults == Faults(stalled=0.25, callback_late=1, seed=7, stall=2.5)
    assert next(announce(faults)).startswith("stalled in 25 % of updates: ")
    assert list(announce(Faults())) == []


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("cut_after", "'cut_after' has no probability; write it like cut_after=0.1"),
        ("cut_aftr=0.1", "there is no fault 'cut_aftr'; did you mean 'cut_after'?"),
        ("seed=1", "there is no fault 'seed'; it is one of rate_limited, server_error, "),
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


def test_too_many_faults_are_wrong_usage() -> None:
    """A request meets one fault at most."""
    said = refusal("--fault", "stalled=0.5", "--fault", "cut_after=0.75")
    assert "the probabilities of stalled, cut_after add up to 1.25, above 1" in said


@pytest.mark.parametrize(("flag", "value"), [("--stall", "-1"), ("--stall", "soon"), ("--seed", "x")])
def test_the_other_numbers_are_checked(flag: str, value: str) -> None:
    """Status 2, with the flag's name."""
    assert flag in refusal(flag, value)
