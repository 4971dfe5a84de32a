"""`desk sandbox --fault-script`: an order of faults, and what is wrong with one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from app.cli.fault_scripts import MOST_TIMES
from app.cli.faults import announce, read_faults
from app.cli.sandbox import sandbox
from app.sandbox import Faults
from tests.cli.test_faults import refusal
from tests.cli.test_sandbox import running

if TYPE_CHECKING:
    from app.sandbox import RequestFault


def read(*scripts: str) -> Faults:
    """The faults that these options ask for."""
    arguments = [word for script in scripts for word in ("--fault-script", script)]
    with sandbox.make_context("sandbox", arguments) as context:
        return read_faults(context.params, 1)


def test_a_script_for_each_group() -> None:
    """In the order in which they are written."""
    faults = read("updates=rate_limited,ok,cut_after", "fetches=slow", "callbacks=ok,callback_twice")
    assert faults == Faults(
        updates=("rate_limited", "ok", "cut_after"), fetches=("slow",), callbacks=("ok", "callback_twice")
    )


@pytest.mark.parametrize(
    ("script", "faults"),
    [
        ("updates=ok*2,cut_after", ("ok", "ok", "cut_after")),
        ("updates = ok * 2 , cut_after", ("ok", "ok", "cut_after")),
        ("updates=cut_after*1", ("cut_after",)),
        (f"updates=slow*{MOST_TIMES}", ("slow",) * MOST_TIMES),
    ],
)
def test_a_fault_is_repeated_by_a_star(script: str, faults: tuple[RequestFault, ...]) -> None:
    """With spaces where they please."""
    assert read(script) == Faults(updates=faults)


def test_what_was_read_is_said_in_short() -> None:
    """In the form in which it can be typed again."""
    faults = read("callbacks=callback_late", "updates=ok,ok,cut_after,ok")
    assert list(announce(faults)) == [
        "script of updates: ok*2, cut_after, ok",
        "script of callbacks: callback_late",
    ]


def test_requests_meet_the_script_in_its_order() -> None:
    """The third fetch is the first that is answered as ever, here with 404."""
    with running("--port", "0", "--fault-script", "fetches=unavailable, rate_limited") as (process, _):
        assert process.stdout
        lines = [process.stdout.readline().rstrip("\n") for _ in range(5)]
        assert lines[4] == "# script of fetches: unavailable, rate_limited"
        base, account, token = (line.partition("=")[2] for line in lines[:3])
        url = f"{base}/v1/Workspaces/{lines[3].removeprefix('# workspace ')}/Tasks/WT1"
        got = [requests.get(url, auth=(account, token), timeout=5).status_code for _ in range(3)]
    assert got == [503, 429, 404]


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        (
            "cut_after,ok",
            "'cut_after,ok' does not say what it is for; write it like updates=rate_limited,ok*2",
        ),
        ("update=ok", "there is no script for 'update'; did you mean 'updates'?"),
        ("tasks=ok", "there is no script for 'tasks'; known are callbacks, fetches, updates"),
        ("=ok", "there is no script for ''; known are callbacks, fetches, updates"),
        ("updates=cut_aftr", "'cut_aftr' is no fault of updates; did you mean 'cut_after'?"),
        ("updates=callback_late", "'callback_late' is no fault of updates; known are "),
        ("fetches=ok,stalled", "'stalled' is no fault of fetches; known are cut_before, ok, rate_limited, "),
        ("fetches=cut_befor", "'cut_befor' is no fault of fetches; did you mean 'cut_before'?"),
        (
            "updates=",
            "updates has a place without a fault; write it like updates=rate_limited,ok*2,cut_after",
        ),
        ("updates=ok,,cut_after", "updates has a place without a fault; "),
        ("updates=*2", "updates has a place without a fault; "),
        ("updates=ok*", "'ok*' repeats it no number of times from 1 to 10000"),
        ("updates=ok, ok*0", "'ok*0' repeats it no number of times from 1 to 10000"),
        ("updates=ok*10001", "'ok*10001' repeats it no number of times from 1 to 10000"),
        pytest.param("updates=ok*" + "9" * 5000, "repeats it no number of times", id="many digits"),
        ("updates=ok*-1", "'ok*-1' repeats it no number of times from 1 to 10000"),
        ("updates=ok*²", "'ok*²' repeats it no number of times from 1 to 10000"),
        ("updates=ok*2*2", "'ok*2*2' repeats it no number of times from 1 to 10000"),
    ],
)
def test_a_script_that_is_none_is_wrong_usage(script: str, sentence: str) -> None:
    """Status 2, with what would be right."""
    said = refusal("--fault-script", script)
    assert "Invalid value for '--fault-script': " in said
    assert sentence in said


def test_a_group_is_given_once() -> None:
    """Of two scripts it is not clear which comes first."""
    said = refusal("--fault-script", "updates=ok", "--fault-script", " updates=cut_after")
    assert "updates is given twice; write all its faults in one, with commas" in said
