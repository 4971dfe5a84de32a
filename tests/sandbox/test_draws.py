"""Which faults are drawn, how often, and for which requests."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from app.sandbox.draws import Draws
from app.sandbox.faults import OF_A_FETCH, REQUEST_FAULTS, Faults, FetchFault, RequestFault

MANY = Faults(rate_limited=0.2, server_error_after=0.1, stalled=0.1, cut_before=0.1, cut_after=0.1)


def updates(faults: Faults, count: int) -> list[RequestFault]:
    draws = Draws(faults)
    return [draws.of_update() for _ in range(count)]


def fetches(faults: Faults, count: int) -> list[FetchFault]:
    draws = Draws(faults)
    return [draws.of_fetch() for _ in range(count)]


def test_without_faults_nothing_goes_wrong() -> None:
    """That is the default."""
    draws = Draws()
    assert [draws.of_update(), draws.of_fetch(), draws.of_callback()] == ["ok", "ok", "ok"]
    assert draws.faults == Faults()


def test_the_seed_decides_which_requests_meet_a_fault() -> None:
    """The same in every run; another seed lets others fail."""
    other = Faults(**{kind: getattr(MANY, kind) for kind in REQUEST_FAULTS}, seed=2)
    assert updates(MANY, 100) == updates(MANY, 100)
    assert updates(MANY, 100) != updates(other, 100)
    assert fetches(MANY, 100) == fetches(MANY, 100)
    assert fetches(MANY, 100) != fetches(other, 100)


def test_faults_come_as_often_as_is_asked_for() -> None:
    """Of a hundred thousand updates, to half of one in a hundred."""
    found = Counter(updates(MANY, 100_000))
    expected = {"rate_limited": 0.2, "server_error_after": 0.1, "stalled": 0.1, "cut_before": 0.1}
    expected |= {"cut_after": 0.1, "ok": 0.4}
    assert {kind: pytest.approx(share, abs=0.005) for kind, share in expected.items()} == {
        kind: count / 100_000 for kind, count in found.items()
    }


def test_updates_fetches_and_callbacks_are_drawn_apart() -> None:
    """How many of the others came between two of one kind does not matter to it."""
    faults = Faults(rate_limited=0.5, callback_twice=0.3, callback_late=0.3)
    quiet, busy = Draws(faults), Draws(faults)
    mixed = [(busy.of_update(), busy.of_fetch(), busy.of_callback()) for _ in range(200)]
    of_updates, of_fetches, of_callbacks = map(list, zip(*mixed, strict=True))
    assert of_callbacks == [quiet.of_callback() for _ in range(200)]
    assert of_fetches == [quiet.of_fetch() for _ in range(200)]
    assert of_updates == [quiet.of_update() for _ in range(200)]
    assert of_updates != of_fetches
    assert set(of_callbacks) == {"ok", "callback_twice", "callback_late"}


def test_threads_share_the_draws() -> None:
    """Together they meet what one alone would have met."""
    draws, count, at_once = Draws(MANY), 400, threading.Barrier(4)

    def draw(_: int) -> list[RequestFault]:
        at_once.wait(10)
        return [draws.of_update() for _ in range(count)]

    with ThreadPoolExecutor(4) as pool:
        found = sum(map(Counter, pool.map(draw, range(4))), Counter[RequestFault]())
    assert found == Counter(updates(MANY, 4 * count))


@pytest.mark.parametrize("kind", REQUEST_FAULTS)
def test_a_fetch_meets_by_chance_what_is_left_of_the_fault(kind: RequestFault) -> None:
    """It is refused, slow or cut, and never stalled."""
    certain: dict[str, Any] = {kind: 1}
    assert fetches(Faults(**certain), 1) == [OF_A_FETCH[kind]]


def test_tenths_add_up_to_1() -> None:
    """Though not in floating point, where adding 0.1 three times gives more than 0.3."""
    tenths: dict[str, Any] = {kind: 0.2 if kind == "stalled" else 0.1 for kind in REQUEST_FAULTS}
    assert Counter(updates(Faults(**tenths), 2_000)).keys() == set(REQUEST_FAULTS)


def test_a_script_comes_before_the_probabilities() -> None:
    """Of its own kind: each takes nothing off the scripts of the others."""
    draws = Draws(
        Faults(
            updates=("cut_after", "ok"),
            fetches=("ok", "slow"),
            callbacks=("callback_skewed",),
            rate_limited=1,
            callback_late=1,
        )
    )
    assert [draws.of_update() for _ in range(4)] == ["cut_after", "ok", "rate_limited", "rate_limited"]
    assert [draws.of_fetch() for _ in range(4)] == ["ok", "slow", "rate_limited", "rate_limited"]
    assert [draws.of_callback() for _ in range(3)] == ["callback_skewed", "callback_late", "callback_late"]


def test_a_script_leaves_the_chances_behind_it_as_they_were() -> None:
    """It goes before them, and takes the place of none."""
    scripted = Faults(updates=("ok", "slow"), rate_limited=0.5)
    assert updates(scripted, 102) == ["ok", "slow", *updates(Faults(rate_limited=0.5), 100)]
