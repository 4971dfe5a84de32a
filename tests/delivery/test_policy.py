"""The policy of deliveries: what follows each outcome and each look."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.delivery.policy import (
    APPLIED,
    GONE_BY,
    LATE,
    SETTLING,
    Again,
    End,
    Look,
    Send,
    Sight,
    Step,
    after_look,
    after_send,
    calls_in,
    cannot_send,
    delay,
    first_step,
    instruction_of,
    is_told,
    leaves_pending,
)
from app.delivery.reservations import SEEN
from app.model import Delivery, Doubt, Ending, Instruction, Outcome, Stage, State
from tests.delivery.deliveries import (
    ACCEPT,
    CALL,
    CONFERENCE,
    CUT,
    DEQUEUE,
    LEAVING,
    NOW,
    REDIRECT,
    REJECT,
    SECOND,
    STAYING,
    TAKEN,
    UNSENT,
    delivery,
    refused,
)

HALF = 0.5
PASSED = ("accepted", "wrapping", "completed")
OVER = ("timeout", "canceled", "rescinded")
TOLD = (CONFERENCE, DEQUEUE, CALL)


def sent(outcome: Outcome, given: Delivery | None = None, chance: float = HALF) -> Step:
    return after_send(given or delivery(), outcome, NOW, chance)


def looked(given: Delivery, status: str | None, attributes: Any = None, *, sent: bool = True) -> Step:
    """What follows a look after a silent send, or before any."""
    sight = Sight(SEEN if status else UNSENT, status, attributes)
    return after_look(given, Look(CUT if sent else None), sight, NOW, HALF)


@pytest.mark.parametrize("status", range(400, 600))
def test_every_status_that_refuses(status: int) -> None:
    """What was not processed is sent again; a 5xx may have been; all else of 4xx is final."""
    outcome = refused(status)
    step = sent(outcome)
    later = NOW + HALF * SECOND
    if status in {408, 429, 503}:
        assert step == Again(later, Doubt.NONE, outcome, Stage.POST)
    elif status >= 500:
        assert step == Again(later, Doubt.FAILED, outcome, Stage.POST)
    else:
        assert step == Look(outcome)


def test_an_update_that_was_taken_is_delivered() -> None:
    """Nothing more is done."""
    assert sent(TAKEN) == End(State.DELIVERED, TAKEN)


def test_what_was_never_sent_is_sent_again_without_a_look() -> None:
    """No connection, no name of a host: nothing can have been applied."""
    assert sent(UNSENT) == Again(NOW + HALF * SECOND, Doubt.NONE, UNSENT, Stage.POST)


def test_no_whole_answer_asks_for_a_look() -> None:
    """Before anything is sent again."""
    assert sent(CUT) == Look(CUT)


@pytest.mark.parametrize("status", [429, 503, 500])
def test_a_pause_that_is_asked_for_is_kept(status: int) -> None:
    """`Retry-After` counts where it is longer than our own delay."""
    for asked, wait in ((7, 7), (0.1, HALF)):
        step = sent(refused(status, retry_after=asked))
        assert isinstance(step, Again)
        assert step.at == NOW + wait * SECOND


@pytest.mark.parametrize(
    ("attempts", "most"), [(1, 1), (2, 2), (3, 4), (4, 8), (5, 10), (6, 10), (5_000, 10)]
)
def test_delays_grow_to_ten_seconds(attempts: int, most: float) -> None:
    """Each is a random part of the longest."""
    assert [delay(attempts, chance) / SECOND for chance in (0, HALF, 1)] == [0, most / 2, most]


@pytest.mark.parametrize("instruction", LEAVING)
def test_what_leaves_pending_when_applied_is_sent_again_while_it_is_pending(instruction: Instruction) -> None:
    """The reservation tells that it was not applied; this attempt, which sent it already, ends with that."""
    assert leaves_pending(instruction)
    later = Again(NOW + HALF * SECOND, Doubt.FAILED, CUT, Stage.POST)
    assert looked(delivery(instruction), "pending") == later
    assert looked(delivery(instruction, doubt=Doubt.SILENT), "pending", sent=False) == Send()


@pytest.mark.parametrize("instruction", TOLD)
def test_a_new_call_in_the_attributes_tells_that_it_was_applied(instruction: Instruction) -> None:
    """The reservation is still pending: the worker's phone rings."""
    for attributes in ({"worker_call_sid": "CA2"}, {"conference": {"participants": {"worker": "CA2"}}}):
        assert looked(delivery(instruction, telling="CA1"), "pending", attributes) == End(
            State.DELIVERED, APPLIED
        )


@pytest.mark.parametrize("instruction", TOLD)
def test_no_new_call_tells_nothing_at_first(instruction: Instruction) -> None:
    """It may be on its way: a later look decides, and then it is sent again."""
    given = delivery(instruction, telling="CA1", sent=NOW - SECOND)
    settled = Again(NOW - SECOND + SETTLING, Doubt.SILENT, CUT, Stage.POST)
    for attributes in ({}, {"worker_call_sid": "CA1"}, {"worker_call_sid": None, "conference": "x"}):
        assert looked(given, "pending", attributes) == settled
        # A look in between may have shown nothing at all.
        early = replace(given, doubt=Doubt.SILENT, outcome=CUT)
        assert looked(early, "pending", attributes, sent=False) == settled
        later = replace(early, sent=NOW - SETTLING)
        assert looked(later, "pending", attributes, sent=False) == Send()
        failed = replace(given, doubt=Doubt.FAILED)
        assert looked(failed, "pending", attributes, sent=False) == Send()


@pytest.mark.parametrize("instruction", [each for each in STAYING if not is_told(each)])
def test_where_nothing_tells_it_is_ambiguous(instruction: Instruction) -> None:
    """A redirect that nobody accepts leaves no trace: sending it again could redirect the caller twice."""
    assert looked(delivery(instruction), "pending") == End(State.AMBIGUOUS, CUT)
    again = delivery(instruction, doubt=Doubt.SILENT, outcome=CUT)
    assert looked(again, "pending", sent=False) == End(State.AMBIGUOUS, CUT)
    failed = delivery(instruction, doubt=Doubt.FAILED)
    assert looked(failed, "pending", sent=False) == Send()


@pytest.mark.parametrize("instruction", [*LEAVING, *STAYING])
def test_no_longer_pending(instruction: Instruction) -> None:
    """Delivered where the status is what the instruction makes of it; otherwise somebody else was faster."""
    made = ("rejected",) if instruction.name == "reject" else PASSED
    for status in (*PASSED, "rejected", *OVER):
        end = End(State.DELIVERED, APPLIED) if status in made else End(State.SUPERSEDED, GONE_BY)
        assert looked(delivery(instruction), status) == end
        assert looked(delivery(instruction, doubt=Doubt.SILENT), status, sent=False) == end
        untried = looked(delivery(instruction), status, sent=False)
        assert untried == End(State.SUPERSEDED, GONE_BY)


def test_an_attempt_of_the_stage_before_may_have_done_it() -> None:
    """The redirect was applied with a 500, and `on_failure` finds the reservation accepted."""
    redirect = LEAVING[3]
    given = delivery(redirect, on_failure=REJECT, stage=Stage.ON_FAILURE, doubt=Doubt.FAILED)
    assert looked(given, "accepted", sent=False) == End(State.DELIVERED, APPLIED)
    assert looked(given, "timeout", sent=False) == End(State.SUPERSEDED, GONE_BY)


@pytest.mark.parametrize("instruction", [*LEAVING, *STAYING])
def test_a_final_refusal_is_explained_by_a_look(instruction: Instruction) -> None:
    """Still pending, or nothing to be seen: dead with Twilio's code. Otherwise it came too late."""
    refusal = refused(400, 40110)
    given = delivery(instruction)

    def after(status: str | None, of: Delivery = given) -> Step:
        return after_look(of, Look(refusal), Sight(SEEN if status else CUT, status), NOW, HALF)

    assert after("pending") == after(None) == End(State.DEAD, refusal)
    for status in (*PASSED, "rejected", *OVER):
        assert after(status) == End(State.SUPERSEDED, refusal)
    made = "rejected" if instruction.name == "reject" else "accepted"
    assert after(made, replace(given, doubt=Doubt.FAILED)) == End(State.DELIVERED, APPLIED)


def test_a_reservation_that_is_gone() -> None:
    """404: its task was closed minutes ago."""
    gone = Sight(refused(404, 20404))
    assert after_look(delivery(), Look(CUT), gone, NOW, HALF) == End(State.SUPERSEDED, GONE_BY)


def test_a_404_that_is_not_twilios() -> None:
    """Without its code it tells nothing: another server stands at TWILIO_API_BASE."""
    foreign = Sight(refused(404))
    refusal = refused(404)
    assert after_look(delivery(), Look(refusal), foreign, NOW, HALF) == End(State.DEAD, refusal)
    second = after_look(delivery(on_failure=REJECT), Look(refusal), foreign, NOW, HALF)
    assert second == Again(NOW, Doubt.NONE, refusal, Stage.ON_FAILURE)
    unknown = after_look(delivery(), Look(CUT), foreign, NOW, HALF)
    assert unknown == Again(NOW + HALF * SECOND, Doubt.SILENT, refusal, Stage.POST)


def test_what_cannot_be_sent_fails() -> None:
    """`on_failure` is sent, if there is one; what may have been applied before is ambiguous."""
    assert cannot_send(delivery(), UNSENT, NOW) == End(State.DEAD, UNSENT)
    assert cannot_send(delivery(doubt=Doubt.SILENT), UNSENT, NOW) == End(State.AMBIGUOUS, UNSENT)
    assert cannot_send(delivery(on_failure=REJECT), UNSENT, NOW) == Again(
        NOW, Doubt.NONE, UNSENT, Stage.ON_FAILURE
    )


@pytest.mark.parametrize("outcome", [UNSENT, CUT, refused(500), refused(429, retry_after=2), refused(401)])
def test_a_look_that_shows_nothing_is_made_again(outcome: Outcome) -> None:
    """Nothing is sent meanwhile; when time is over it stays ambiguous."""
    for instruction in (ACCEPT, CONFERENCE):
        given = delivery(instruction)
        step = after_look(given, Look(CUT), Sight(outcome), NOW, HALF)
        assert step == Again(NOW + (outcome.retry_after or HALF) * SECOND, Doubt.SILENT, outcome, Stage.POST)
        late = replace(given, promise=replace(given.promise, deadline=NOW))
        assert after_look(late, Look(CUT), Sight(outcome), NOW, HALF) == End(State.AMBIGUOUS, outcome)


def test_attributes_that_cannot_be_seen_are_looked_for_again() -> None:
    """The reservation answered, its task did not."""
    sight = Sight(refused(503), "pending")
    step = after_look(delivery(CONFERENCE), Look(CUT), sight, NOW, HALF)
    assert step == Again(NOW + HALF * SECOND, Doubt.SILENT, sight.outcome, Stage.POST)


def test_an_attempt_begins_with_a_look_where_one_before_it_may_have_been_applied() -> None:
    """And never sends when its time is over."""
    assert first_step(delivery(), NOW) == Send()
    for doubt in (Doubt.FAILED, Doubt.SILENT):
        assert first_step(delivery(doubt=doubt), NOW) == Look()
    over = NOW + timedelta(hours=1)
    assert first_step(delivery(), over) == End(State.DEAD, LATE)
    assert first_step(delivery(outcome=refused(500)), over) == End(State.DEAD, refused(500))


def test_nothing_is_begun_after_the_deadline() -> None:
    """What would have to wait longer fails now, with what the last attempt came to."""
    soon = delivery(deadline=NOW + SECOND)
    assert sent(refused(429, retry_after=1), soon) == End(State.DEAD, refused(429, retry_after=1))
    assert sent(refused(500), soon, chance=0.9) == Again(
        NOW + 0.9 * SECOND, Doubt.FAILED, refused(500), Stage.POST
    )
    late = delivery(deadline=NOW)
    assert looked(late, "pending") == End(State.DEAD, CUT)
    assert looked(late, "pending", sent=False) == End(State.DEAD, LATE)
    assert looked(replace(late, doubt=Doubt.SILENT), None, sent=False) == End(State.AMBIGUOUS, UNSENT)


def test_on_failure_follows_what_failed_for_good() -> None:
    """Then it has until the reservation times out, and is dead after that."""
    given = delivery(CONFERENCE, on_failure=REJECT)
    refusal = refused(400, 40141)
    step = after_look(given, Look(refusal), Sight(SEEN, "pending"), NOW, HALF)
    assert step == Again(NOW, Doubt.NONE, refusal, Stage.ON_FAILURE)
    unseen = after_look(given, Look(refused(401)), Sight(refused(401)), NOW, HALF)
    assert unseen == Again(NOW, Doubt.NONE, refused(401), Stage.ON_FAILURE)

    second = replace(given, stage=Stage.ON_FAILURE)
    assert (instruction_of(given), instruction_of(second)) == (CONFERENCE, REJECT)
    after_deadline = given.promise.deadline + SECOND
    step = after_send(second, UNSENT, after_deadline, HALF)
    assert step == Again(after_deadline + HALF * SECOND, Doubt.NONE, UNSENT, Stage.ON_FAILURE)
    assert after_send(second, UNSENT, given.promise.expires, HALF) == End(State.DEAD, UNSENT)
    gone = after_look(second, Look(refused(403)), Sight(refused(403)), NOW, HALF)
    assert gone == End(State.DEAD, refused(403))


def test_on_failure_follows_nothing_that_may_have_been_applied() -> None:
    """A second instruction could undo the first."""
    given = delivery(CONFERENCE, on_failure=REJECT, deadline=NOW)
    assert looked(given, None) == End(State.AMBIGUOUS, UNSENT)


def test_on_failure_is_looked_before_where_an_answer_said_that_it_failed() -> None:
    """A 5xx may have been applied even so."""
    given = delivery(CONFERENCE, on_failure=REJECT, deadline=NOW)
    step = sent(refused(500), given)
    assert step == Again(NOW, Doubt.FAILED, refused(500), Stage.ON_FAILURE)


OUTCOMES = st.builds(
    Outcome,
    st.sampled_from(Ending),
    st.just("x"),
    st.none() | st.integers(200, 599),
    retry_after=st.none() | st.floats(0, 10**9),
)
SIGHTS = st.builds(
    Sight,
    OUTCOMES,
    st.none() | st.sampled_from(["pending", *PASSED, "rejected", *OVER]),
    st.none()
    | st.dictionaries(st.sampled_from(["worker_call_sid", "conference"]), st.text(max_size=3) | st.none()),
)
DELIVERIES = st.builds(
    delivery,
    st.sampled_from([*LEAVING, *STAYING]),
    on_failure=st.none() | st.just(REJECT),
    attempts=st.integers(1, 10**6),
    doubt=st.sampled_from(Doubt),
    stage=st.sampled_from(Stage),
    telling=st.none() | st.just("CA1"),
)


@given(DELIVERIES, OUTCOMES, SIGHTS, st.integers(0, 200), st.floats(0, 1))
def test_whatever_comes_there_is_a_next_step_within_the_time(
    given: Delivery, outcome: Outcome, sight: Sight, seconds: int, chance: float
) -> None:
    """Nothing raises; nothing waits beyond the reservation's life; nothing is sent after it."""
    now = NOW + seconds * SECOND
    steps = [
        first_step(given, now),
        after_send(given, outcome, now, chance),
        after_look(given, Look(), sight, now, chance),
        after_look(given, Look(outcome), sight, now, chance),
    ]
    for step in steps:
        if isinstance(step, Again):
            assert now <= step.at < given.promise.expires
        if isinstance(step, Send):
            assert now < given.promise.expires


@pytest.mark.parametrize(
    ("attributes", "found"),
    [
        ({"worker_call_sid": "CA1"}, "CA1"),
        ({"conference": {"participants": {"worker": "CA2"}}}, "CA2"),
        ({"worker_call_sid": "CA1", "conference": {"participants": {"worker": "CA2"}}}, "CA1 CA2"),
        ({"conference": {"participants": None}}, ""),
        ({"conference": []}, ""),
        (["worker_call_sid"], ""),
        (None, ""),
    ],
)
def test_the_calls_in_attributes(attributes: object, found: str) -> None:
    """Whatever the attributes hold."""
    assert calls_in(attributes) == found


def test_the_instructions_of_these_tests_are_all_that_a_post_can_hold() -> None:
    """Each is one that leaves pending, is told by a call, or is told by nothing."""
    assert {each.name for each in (*LEAVING, *STAYING)} == {
        "accept", "reject", "call", "redirect", "conference", "dequeue"
    }  # fmt: skip
    assert not any(map(leaves_pending, STAYING))
    assert [each.name for each in STAYING if not is_told(each)] == [REDIRECT.name]
