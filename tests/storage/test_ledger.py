"""The ledger: one delivery for a reservation, in one hand at a time."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from app.model import Delivery, Doubt, Stage, State
from app.storage import Ledger
from tests.builders import MONDAY_NOON as NOW
from tests.builders import promise
from tests.storage.deliveries import BUSY, LEASE, MICROSECOND, OURS, SECOND, SENT, THEIRS, attempt, record

# --- taking on


def test_a_promise_is_taken_on_in_its_owners_hand(ledger: Ledger) -> None:
    """Its first attempt has begun; whoever finds it without its owner does not know what was sent."""
    delivery, is_new = ledger.open(promise(), OURS, NOW, LEASE)
    assert is_new
    assert delivery == Delivery(
        id=delivery.id,
        promise=promise(),
        stage=Stage.POST,
        state=State.PENDING,
        attempts=1,
        doubt=Doubt.SILENT,
        due=NOW,
        leased_by=OURS,
        leased_until=NOW + LEASE,
    )
    assert ledger.find("WR1") == delivery
    assert ledger.history(delivery.id) == ()


def test_a_reservation_is_promised_once(ledger: Ledger) -> None:
    """Whoever comes second gets what is there, as it stands."""
    first, _ = ledger.open(promise(), OURS, NOW, LEASE)
    again = promise(rule="day", arrived=NOW + SECOND)
    assert ledger.open(again, THEIRS, NOW + SECOND, LEASE) == (first, False)
    other, is_new = ledger.open(promise("WR2"), THEIRS, NOW, LEASE)
    assert is_new
    assert other.id != first.id


def test_what_the_answer_held_is_never_sent(ledger: Ledger) -> None:
    """It is final at once, and no worker takes it."""
    given = ledger.give_inline(promise(), NOW)
    assert (given.state, given.attempts, given.doubt) == (State.INLINE, 0, Doubt.NONE)
    assert (given.finished, given.leased_by, given.promise) == (NOW, None, promise())
    assert ledger.give_inline(promise(), NOW + SECOND) == given
    assert ledger.open(promise(), OURS, NOW, LEASE) == (given, False)
    assert ledger.claim(OURS, NOW + LEASE, LEASE, 10) == []


def test_what_is_being_sent_is_not_given_inline(ledger: Ledger) -> None:
    """The delivery that is there says so."""
    delivery, _ = ledger.open(promise(), OURS, NOW, LEASE)
    assert ledger.give_inline(promise(), NOW) == delivery


def test_a_dead_one_that_is_given_inline_is_not_retried(ledger: Ledger) -> None:
    """The answer holds it by then, so that a retry would be a second time."""
    delivery, _ = ledger.open(promise(), OURS, NOW, LEASE)
    assert record(ledger, delivery, state=State.DEAD)
    assert ledger.give_inline(promise(), NOW).state is State.INLINE
    found = ledger.retry("WR1", NOW + SECOND, NOW + LEASE)
    assert found
    assert found.state is State.INLINE


def test_what_was_opened_too_late_is_withdrawn(ledger: Ledger) -> None:
    """By its owner alone, and only while it is in the owner's hand."""
    delivery, _ = ledger.open(promise(), OURS, NOW, LEASE)
    ledger.withdraw(delivery, THEIRS, NOW + SECOND)
    assert ledger.find("WR1") == delivery
    ledger.withdraw(delivery, OURS, NOW + SECOND)
    withdrawn = ledger.find("WR1")
    assert withdrawn == replace(
        delivery,
        state=State.INLINE,
        attempts=0,
        doubt=Doubt.NONE,
        finished=NOW + SECOND,
        leased_by=None,
        leased_until=None,
    )
    ledger.withdraw(delivery, OURS, NOW + LEASE)
    assert ledger.find("WR1") == withdrawn


# --- claiming


def test_a_lease_that_ended_is_claimed(ledger: Ledger) -> None:
    """Not a microsecond before; the claim says what the doubt was, and the row that there is one now."""
    delivery, _ = ledger.open(promise(), OURS, NOW, LEASE)
    ended = NOW + LEASE
    assert ledger.claim(THEIRS, ended - MICROSECOND, LEASE, 10) == []
    [claimed] = ledger.claim(THEIRS, ended, LEASE, 10)
    assert claimed == replace(delivery, attempts=2, leased_by=THEIRS, leased_until=ended + LEASE)
    assert ledger.find("WR1") == claimed
    assert ledger.claim(OURS, ended, LEASE, 10) == []


def test_the_next_attempt_waits_until_it_is_due(ledger: Ledger) -> None:
    """And begins with the doubt that the attempts before it left."""
    delivery, _ = ledger.open(promise(), OURS, NOW, LEASE)
    due = NOW + timedelta(seconds=3, microseconds=1)
    waiting: dict[str, Any] = {
        "state": State.PENDING,
        "due": due,
        "doubt": Doubt.FAILED,
        "outcome": BUSY,
        "finished": None,
    }
    assert record(ledger, delivery, attempt(outcome=BUSY), **waiting)
    assert ledger.claim(THEIRS, due - MICROSECOND, LEASE, 10) == []
    [claimed] = ledger.claim(THEIRS, due, LEASE, 10)
    assert (claimed.attempts, claimed.doubt, claimed.outcome) == (2, Doubt.FAILED, BUSY)
    found = ledger.find("WR1")
    assert found == replace(claimed, doubt=Doubt.SILENT)


def test_the_longest_due_come_first(ledger: Ledger) -> None:
    """And no more than asked for."""
    for second, sid in enumerate(["WR3", "WR1", "WR2", "WR4"]):
        ledger.open(promise(sid), OURS, NOW + second * SECOND, LEASE)
    later = NOW + timedelta(minutes=1)
    claimed = ledger.claim(THEIRS, later, LEASE, 3)
    assert [each.promise.call.reservation_sid for each in claimed] == ["WR3", "WR1", "WR2"]
    [last] = ledger.claim(THEIRS, later, LEASE, 3)
    assert last.promise.call.reservation_sid == "WR4"


def test_a_lease_is_renewed_by_its_owner(ledger: Ledger) -> None:
    """Nobody else, and not once another has it."""
    delivery, _ = ledger.open(promise(), OURS, NOW, LEASE)
    assert not ledger.renew(delivery.id, THEIRS, NOW + 3 * LEASE)
    assert ledger.renew(delivery.id, OURS, NOW + 2 * LEASE)
    assert ledger.claim(THEIRS, NOW + LEASE, LEASE, 10) == []
    assert len(ledger.claim(THEIRS, NOW + 2 * LEASE, LEASE, 10)) == 1
    assert not ledger.renew(delivery.id, OURS, NOW + 4 * LEASE)


def test_one_given_back_is_as_if_it_had_not_been_claimed(ledger: Ledger) -> None:
    """The next one may claim it at once."""
    ledger.open(promise(), OURS, NOW, LEASE)
    later = NOW + LEASE
    [claimed] = ledger.claim(OURS, later, LEASE, 1)
    assert not ledger.release(claimed.id, THEIRS, attempts=1, doubt=Doubt.NONE, due=later)
    assert ledger.release(claimed.id, OURS, attempts=1, doubt=Doubt.NONE, due=later + SECOND)
    assert not ledger.release(claimed.id, OURS, attempts=0, doubt=Doubt.NONE, due=later)
    found = ledger.find("WR1")
    assert found == replace(
        claimed, attempts=1, doubt=Doubt.NONE, due=later + SECOND, leased_by=None, leased_until=None
    )
    [again] = ledger.claim(THEIRS, later + SECOND, LEASE, 1)
    assert (again.attempts, again.doubt) == (2, Doubt.NONE)


# --- recording


def test_what_was_done_is_recorded_and_the_lease_ends(ledger: Ledger) -> None:
    """The attempts are kept in their order, and nobody claims what is final."""
    delivery, _ = ledger.open(promise(), OURS, NOW, LEASE)
    made = (attempt(1, BUSY), attempt(1, SENT, "look"))
    assert record(ledger, delivery, *made)
    assert ledger.history(delivery.id) == made
    assert ledger.find("WR1") == replace(
        delivery,
        state=State.DELIVERED,
        doubt=Doubt.NONE,
        outcome=SENT,
        finished=NOW + SECOND,
        leased_by=None,
        leased_until=None,
    )
    assert ledger.claim(THEIRS, NOW + LEASE, LEASE, 10) == []


def test_attempts_are_added_to_those_before(ledger: Ledger) -> None:
    """Each delivery has its own, and a record may bring none."""
    delivery, _ = ledger.open(promise(), OURS, NOW, LEASE)
    other, _ = ledger.open(promise("WR2"), OURS, NOW, LEASE)
    assert record(ledger, delivery, attempt(1, BUSY), state=State.PENDING, finished=None)
    [claimed] = ledger.claim(OURS, NOW, LEASE, 10)
    assert record(ledger, claimed, attempt(2))
    assert record(ledger, other)
    assert ledger.history(delivery.id) == (attempt(1, BUSY), attempt(2))
    assert ledger.history(other.id) == ()


def test_who_lost_the_lease_changes_nothing(ledger: Ledger) -> None:
    """Neither the delivery nor its attempts: another may have sent it by now."""
    delivery, _ = ledger.open(promise(), OURS, NOW, LEASE)
    [claimed] = ledger.claim(THEIRS, NOW + LEASE, LEASE, 1)
    assert not record(ledger, delivery, attempt())
    assert ledger.find("WR1") == claimed
    assert ledger.history(delivery.id) == ()
    assert record(ledger, claimed, attempt(2), owner=THEIRS)
    assert not record(ledger, claimed, attempt(3), owner=THEIRS)
    assert ledger.history(delivery.id) == (attempt(2),)


def test_the_second_stage_is_kept(ledger: Ledger) -> None:
    """A delivery that turned to `on_failure` goes on there."""
    delivery, _ = ledger.open(promise(), OURS, NOW, LEASE)
    assert record(ledger, delivery, stage=Stage.ON_FAILURE, state=State.PENDING, finished=None)
    [claimed] = ledger.claim(THEIRS, NOW, LEASE, 1)
    assert claimed.stage is Stage.ON_FAILURE
