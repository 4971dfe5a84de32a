"""Which faults are drawn, how often, and for which requests."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any, get_args

import pytest

from app.sandbox.faults import (
    CALLBACK_FAULTS,
    NOTHING_APPLIED,
    REQUEST_FAULTS,
    CallbackFault,
    Draws,
    Faults,
    RequestFault,
)

MANY = Faults(rate_limited=0.2, server_error_after=0.1, stalled=0.1, cut_before=0.1, cut_after=0.1)


def updates(faults: Faults, count: int) -> list[RequestFault]:
    draws = Draws(faults)
    return [draws.of_update() for _ in range(count)]


def test_without_faults_nothing_goes_wrong() -> None:
    """That is the default."""
    draws = Draws()
    assert [draws.of_update(), draws.of_fetch(), draws.of_callback()] == ["ok", "ok", "ok"]
    assert draws.faults == Faults()


def test_every_fault_is_explained_and_has_its_probability() -> None:
    """All but "ok", which is none."""
    assert {*REQUEST_FAULTS, "ok"} == set(get_args(RequestFault))
    assert {*CALLBACK_FAULTS, "ok"} == set(get_args(CallbackFault))
    for kind, said in REQUEST_FAULTS.items():
        assert getattr(Faults(), kind) == 0
        assert ("nothing applied" in said) == (kind in NOTHING_APPLIED)
    assert {getattr(Faults(), kind) for kind in CALLBACK_FAULTS} == {0}


def test_the_seed_decides_which_requests_meet_a_fault() -> None:
    """The same in every run; another seed lets others fail."""
    assert updates(MANY, 100) == updates(MANY, 100)
    other = Faults(**{kind: getattr(MANY, kind) for kind in REQUEST_FAULTS}, seed=2)
    assert updates(MANY, 100) != updates(other, 100)


def test_faults_come_as_often_as_is_asked_for() -> None:
    """Of a hundred thousand updates, to half of one in a hundred."""
    found = Counter(updates(MANY, 100_000))
    expected = {"rate_limited": 0.2, "server_error_after": 0.1, "stalled": 0.1, "cut_before": 0.1}
    expected |= {"cut_after": 0.1, "ok": 0.4}
    assert {kind: pytest.approx(share, abs=0.005) for kind, share in expected.items()} == {
        kind: count / 100_000 for kind, count in found.items()
    }


def test_callbacks_are_drawn_apart_from_requests() -> None:
    """How many updates came between two callbacks does not matter to them."""
    faults = Faults(rate_limited=0.5, callback_twice=0.3, callback_late=0.3)
    quiet, busy = Draws(faults), Draws(faults)
    of_busy = []
    for _ in range(200):
        busy.of_update()
        of_busy.append(busy.of_callback())
    assert of_busy == [quiet.of_callback() for _ in range(200)]
    assert set(of_busy) == {"ok", "callback_twice", "callback_late"}


def test_threads_share_the_draws() -> None:
    """Together they meet what one alone would have met."""
    draws, count, at_once = Draws(MANY), 400, threading.Barrier(4)

    def draw(_: int) -> list[RequestFault]:
        at_once.wait(10)
        return [draws.of_update() for _ in range(count)]

    with ThreadPoolExecutor(4) as pool:
        found = sum(map(Counter, pool.map(draw, range(4))), Counter[RequestFault]())
    assert found == Counter(updates(MANY, 4 * count))


@pytest.mark.parametrize(
    ("kind", "of_a_fetch"),
    [
        ("rate_limited", "rate_limited"),
        ("server_error", "server_error"),
        ("server_error_after", "server_error"),
        ("unavailable", "unavailable"),
        ("cut_before", "cut_before"),
        ("cut_after", "cut_before"),
        ("stalled", "ok"),
        ("stalled_before", "ok"),
    ],
)
def test_a_fetch_is_refused_or_cut_and_never_stalled(kind: str, of_a_fetch: str) -> None:
    """It applies nothing, so that before and after are one."""
    certain: dict[str, Any] = {kind: 1}
    assert Draws(Faults(**certain)).of_fetch() == of_a_fetch


def test_a_script_comes_before_the_probabilities() -> None:
    """Update by update; fetches take nothing off it."""
    draws = Draws(Faults(script=("cut_after", "ok"), rate_limited=1))
    assert draws.of_update() == "cut_after"
    assert draws.of_fetch() == "rate_limited"
    assert [draws.of_update() for _ in range(3)] == ["ok", "rate_limited", "rate_limited"]


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan"), float("inf")])
@pytest.mark.parametrize("kind", ["cut_after", "callback_late"])
def test_a_probability_is_from_0_to_1(kind: str, probability: float) -> None:
    """The sentence names the fault and the value."""
    wrong: dict[str, Any] = {kind: probability}
    with pytest.raises(ValueError, match=f"{kind} is a probability from 0 to 1, not {probability:g}"):
        Faults(**wrong)


def test_the_probabilities_of_requests_add_up_to_1_at_most() -> None:
    """One fault at most is drawn. Those of callbacks are a sum of their own."""
    Faults(stalled=0.5, cut_after=0.5, callback_twice=0.5, callback_late=0.5)
    with pytest.raises(ValueError, match=r"of stalled, cut_after add up to 1\.1, above 1"):
        Faults(stalled=0.5, cut_after=0.6)
    with pytest.raises(ValueError, match=r"of callback_twice, callback_late add up to 1\.5, above 1"):
        Faults(callback_twice=0.75, callback_late=0.75)


def test_tenths_add_up_to_1() -> None:
    """Though not in floating point, where adding 0.1 three times gives more than 0.3."""
    tenths: dict[str, Any] = {kind: 0.3 if kind == "stalled" else 0.1 for kind in REQUEST_FAULTS}
    assert Counter(updates(Faults(**tenths), 2_000)).keys() == set(REQUEST_FAULTS)


@pytest.mark.parametrize("wrong", [{"retry_after": -1}, {"stall": -1}, {"stall": float("nan")}])
def test_seconds_are_not_below_0(wrong: dict[str, Any]) -> None:
    """Neither those of Retry-After nor those of a stall."""
    with pytest.raises(ValueError, match="retry_after and stall are seconds"):
        Faults(**wrong)


def test_a_script_holds_known_faults() -> None:
    """A mistyped one would be taken for none."""
    script: Any = ("ok", "cut", "reset")
    with pytest.raises(ValueError, match="the script holds unknown faults: cut, reset"):
        Faults(script=script)
