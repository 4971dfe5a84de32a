"""How commands end when something of ours fails: a sentence, and the exit status of the table."""

import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from app.cli.failures import EXIT_STATUS, Desk
from app.engine.catalogue import Check
from app.errors import (
    AccountError,
    DeskError,
    ReservationError,
    RulesBroken,
    RulesUnreadable,
    SettingsError,
    StoreError,
)
from app.model import Ending, Location, Outcome, Problem

# An environment with nothing but PATH; the rest is set where coverage is measured, and there alone.
BARE = {name: os.environ[name] for name in ("PATH", "COVERAGE_PROCESS_CONFIG") if name in os.environ}
PROBLEM = Problem(Check.YAML, "wrong", Location("a.yaml", 2, 3))
ERRORS: tuple[tuple[DeskError, int, str], ...] = (
    (SettingsError("set it"), 2, "desk: set it\n"),
    (RulesUnreadable("no folder"), 2, "desk: no folder\n"),
    (StoreError("no answer"), 1, "desk: no answer\n"),
    (ReservationError("it is over", Outcome(Ending.REFUSED, "")), 1, "desk: it is over\n"),
    (AccountError("check the token", 401), 1, "desk: check the token\n"),
    (RulesBroken("mend it", [PROBLEM]), 1, "a.yaml:2:3: error: wrong [R001]\ndesk: mend it\n"),
)


@pytest.mark.parametrize(("error", "status", "said"), ERRORS)
def test_each_error_ends_a_command_with_its_status(error: DeskError, status: int, said: str) -> None:
    """On standard error, so that what a program reads stays clean."""

    @click.group(cls=Desk)
    def group() -> None:
        pass

    @group.command()
    def fail() -> None:
        raise error

    ended = CliRunner().invoke(group, ["fail"])
    assert (ended.exit_code, ended.stderr, ended.stdout) == (status, said, "")


def test_the_table_is_tested_whole() -> None:
    """A new row needs a case above."""
    assert {type(error): status for error, status, _ in ERRORS} == EXIT_STATUS


@pytest.mark.parametrize("arguments", [["schema"], ["check", "--explain", "R014"], ["--help"]])
def test_output_that_cannot_be_written(arguments: list[str]) -> None:
    """A full disk behind a redirection is a sentence."""
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "app.cli", *arguments]
        ended = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, env=BARE, check=False)
    said = "desk: the output cannot be written: No space left on device\n"
    assert (ended.returncode, ended.stderr) == (1, said)


def serve(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`desk serve` with an account, in a process that ends by itself."""
    account = {"TWILIO_ACCOUNT_SID": "AC" + "0" * 32, "TWILIO_AUTH_TOKEN": "token"}
    place = {**BARE, "RULES_DIR": str(folder), "DATABASE_URL": f"sqlite:///{folder}/x.db"}
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "serve", *arguments],
        env=place | account | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )


def test_serve_without_an_account_says_what_to_set(tmp_path: Path) -> None:
    """Each variable on its line, status 2, no traceback."""
    ended = serve(tmp_path, TWILIO_ACCOUNT_SID="", TWILIO_AUTH_TOKEN="")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "TWILIO_ACCOUNT_SID is not set" in ended.stderr
    assert "TWILIO_AUTH_TOKEN is not set" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_serve_with_broken_rules_shows_the_problems(tmp_path: Path) -> None:
    """Before any worker begins; status 1."""
    (tmp_path / "a.yaml").write_text("ruels: []\n")
    ended = serve(tmp_path, "--port", "0")
    assert ended.returncode == 1
    assert f"{tmp_path}/a.yaml:1:1: error: unknown key 'ruels'" in ended.stderr
    assert ended.stderr.splitlines()[-1].startswith("desk: the rules in ")


def test_serve_with_a_missing_folder_names_it(tmp_path: Path) -> None:
    """The flag counts more than RULES_DIR; status 2."""
    ended = serve(tmp_path, "--rules", str(tmp_path / "nowhere"))
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1] == (
        f"desk: there is no folder {tmp_path}/nowhere: name one that holds *.yaml files"
    )


def test_serve_with_an_unknown_database_names_the_variable(tmp_path: Path) -> None:
    """Without the address, which holds a password; status 2."""
    ended = serve(tmp_path, DATABASE_URL="mysql://desk:hunter2@localhost/desk")
    assert ended.returncode == 2
    assert ended.stderr == "desk: DATABASE_URL must begin with sqlite:/// or postgresql://\n"


@pytest.mark.parametrize("arguments", [("--port", "65536"), ("--port", "x"), ("--nonsense",), ("extra",)])
def test_serve_with_wrong_flags(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """Status 2 and a way to help."""
    ended = serve(tmp_path, *arguments)
    assert ended.returncode == 2
    assert "Try '" in ended.stderr
