"""Which faults there are, and what can be asked of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, get_args

import pytest

from app.sandbox.faults import (
    CALLBACK_FAULTS,
    LARGEST_SKEW,
    NOTHING_APPLIED,
    OF_A_FETCH,
    REQUEST_FAULTS,
    SCRIPTS,
    CallbackFault,
    Faults,
    FetchFault,
)
from app.sandbox.faults import RequestFault as EveryRequestFault

if TYPE_CHECKING:
    from app.sandbox import RequestFault


def test_every_fault_is_explained_and_has_its_probability() -> None:
    """All but "ok", which is none."""
    assert {*REQUEST_FAULTS, "ok"} == set(get_args(EveryRequestFault))
    assert {*CALLBACK_FAULTS, "ok"} == set(get_args(CallbackFault))
    for kind, said in REQUEST_FAULTS.items():
        assert getattr(Faults(), kind) == 0
        assert ("nothing applied" in said) == (kind in NOTHING_APPLIED)
    assert {getattr(Faults(), kind) for kind in CALLBACK_FAULTS} == {0}


@pytest.mark.parametrize(
    ("kind", "of_a_fetch"),
    [
        ("rate_limited", "rate_limited"),
        ("server_error", "server_error"),
        ("server_error_after", "server_error"),
        ("unavailable", "unavailable"),
        ("slow", "slow"),
        ("cut_before", "cut_before"),
        ("cut_after", "cut_before"),
        ("stalled", "ok"),
        ("stalled_before", "ok"),
    ],
)
def test_a_fetch_is_refused_slow_or_cut_and_never_stalled(kind: RequestFault, of_a_fetch: str) -> None:
    """It applies nothing, so that before and after are one."""
    assert OF_A_FETCH[kind] == of_a_fetch


def test_each_kind_of_request_is_in_the_table_of_fetches() -> None:
    """What a fetch meets, it meets under its own name."""
    assert OF_A_FETCH.keys() == {*get_args(EveryRequestFault)}
    assert set(OF_A_FETCH.values()) == {*get_args(FetchFault)}
    assert all(OF_A_FETCH[kind] == kind for kind in OF_A_FETCH.values())


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [("slow", 2), ("stalled", 7), ("stalled_before", 7), ("cut_after", 0), ("rate_limited", 0), ("ok", 0)],
)
def test_how_long_a_request_is_held_up(fault: RequestFault, seconds: float) -> None:
    """By latency or by a stall, or not at all."""
    assert Faults(latency=2, stall=7).held_up(fault) == seconds


@pytest.mark.parametrize("probability", [-0.1, 1.1, float("nan"), float("inf")])
@pytest.mark.parametrize("kind", ["cut_after", "slow", "callback_late", "callback_skewed"])
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


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["retry_after", "latency", "stall", "delay"])
def test_seconds_are_not_below_0(name: str, seconds: float) -> None:
    """Neither those of Retry-After nor those that something takes."""
    wrong: dict[str, Any] = {name: seconds}
    with pytest.raises(ValueError, match=f"{name} is in seconds, and not below 0: {seconds:g} is none"):
        Faults(**wrong)


@pytest.mark.parametrize("skew", [-LARGEST_SKEW - 1, LARGEST_SKEW + 1, float("nan")])
def test_a_skew_goes_either_way_within_a_year(skew: float) -> None:
    """No calendar ends there."""
    assert Faults(skew=-LARGEST_SKEW).skew == -Faults(skew=LARGEST_SKEW).skew
    with pytest.raises(ValueError, match=r"skew is in seconds, at most 31622400 either way, not"):
        Faults(skew=skew)


@pytest.mark.parametrize("group", SCRIPTS)
def test_a_script_holds_known_faults(group: str) -> None:
    """A mistyped one would be taken for none."""
    wrong: dict[str, Any] = {group: ("ok", "cut", "reset")}
    with pytest.raises(ValueError, match=f"the script of {group} holds cut, reset; it may hold ok, "):
        Faults(**wrong)


@pytest.mark.parametrize(
    ("group", "fault"), [("fetches", "stalled"), ("fetches", "cut_after"), ("callbacks", "slow")]
)
def test_a_script_holds_what_its_kind_of_request_can_meet(group: str, fault: str) -> None:
    """A fetch that was to be stalled would be answered at once."""
    wrong: dict[str, Any] = {group: (fault,)}
    with pytest.raises(ValueError, match=f"the script of {group} holds {fault}; it may hold ok, "):
        Faults(**wrong)
