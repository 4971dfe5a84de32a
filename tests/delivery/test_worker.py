"""Deliveries of a process, and of several on one database: each reservation gets one, whoever ends."""

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from app.delivery.policy import GONE_BY, SETTLING, Sight
from app.delivery.promises import LEASE
from app.delivery.reservations import SEEN
from app.errors import StoreError
from app.model import Delivery, Doubt, Instruction, State
from tests.delivery.deliveries import CONFERENCE, CUT, REJECT, TAKEN, UNSENT, promise, refused
from tests.delivery.rig import Process, Twilio, process
from tests.waiting import until

SID = promise().call.reservation_sid
SECONDS = 5.0  # for the database


def take(here: Process, instruction: Instruction | None = None, number: int = 1, **more: object) -> Delivery:
    """Takes a promise on, as the answer to a callback does; its delivery is new."""
    given = promise(instruction or promise().call.instruction, number, **more)
    delivery, new = here.promises.take(given, SECONDS)
    assert new
    return delivery


def test_what_was_taken_on_is_delivered_at_once(address: str) -> None:
    """One request; the ledger has it, and what came of it."""
    with process(address) as here:
        here.worker.deliver(take(here))
        ended = here.ended(SID)
        assert (ended.state, ended.attempts, ended.outcome) == (State.DELIVERED, 1, TAKEN)
        assert [request.kind for request in here.ledger.history(ended.id)] == ["send"]
        assert len(here.twilio.sent) == 1


def test_a_reservation_is_taken_on_once(address: str) -> None:
    """A repeated callback, the fallback and another machine find the delivery that there is."""
    with process(address) as one, process(address, owner="two") as two:
        first = take(one)
        for again in (one, two):
            delivery, new = again.promises.take(promise(REJECT), SECONDS)
            assert (delivery.id, new) == (first.id, False)
            assert again.promises.give_inline(promise(REJECT), SECONDS).state is State.PENDING


def test_what_was_given_inline_is_never_sent(address: str) -> None:
    """The answer held it: a repeated callback does not send it as well."""
    with process(address) as here:
        assert here.promises.give_inline(promise(), SECONDS).state is State.INLINE
        delivery, new = here.promises.take(promise(), SECONDS)
        assert (delivery.state, new) == (State.INLINE, False)
        here.clock.add(20)
        here.worker.deliver(take(here, number=2))
        here.ended(promise(number=2).call.reservation_sid)
        assert [call.reservation_sid for call in here.twilio.sent] == [promise(number=2).call.reservation_sid]


def test_what_failed_is_sent_again_when_it_is_due(address: str) -> None:
    """Not before; each attempt is in the ledger."""
    with process(address, Twilio([UNSENT, refused(503)])) as here:
        here.worker.deliver(take(here))
        until(lambda: here.find(SID).due > here.clock())
        assert here.find(SID).state is State.PENDING
        here.clock.add(0.5)
        until(lambda: len(here.twilio.sent) == 2)
        until(lambda: here.find(SID).due > here.clock())
        here.clock.add(1)
        ended = here.ended(SID)
        assert (ended.state, ended.attempts) == (State.DELIVERED, 3)
        assert [each.outcome for each in here.ledger.history(ended.id)] == [UNSENT, refused(503), TAKEN]


def test_on_failure_follows_at_once(address: str) -> None:
    """When the instruction failed for good."""
    with process(address, Twilio([refused(400, 40141)])) as here:
        here.worker.deliver(take(here, CONFERENCE, on_failure=REJECT))
        assert here.ended(SID).state is State.DELIVERED
        assert [call.instruction.name for call in here.twilio.sent] == ["conference", "reject"]


def test_what_failed_for_good_is_dead_and_loud(address: str, caplog: pytest.LogCaptureFixture) -> None:
    """With Twilio's code, in the ledger and in the log."""
    with process(address, Twilio([refused(400, 40141)])) as here:
        here.worker.deliver(take(here, CONFERENCE))
        ended = here.ended(SID)
        assert (ended.state, ended.outcome and ended.outcome.twilio_code) == (State.DEAD, 40141)
        until(lambda: "delivery ended" in caplog.messages)
    (record,) = (each for each in caplog.records if each.getMessage() == "delivery ended")
    assert record.levelno == logging.ERROR
    assert (vars(record)["fields"]["state"], vars(record)["fields"]["twilio_code"]) == ("dead", 40141)


def test_one_that_was_left_behind_is_looked_at_first(address: str) -> None:
    """Its process took it on and is gone: nobody knows whether it was sent."""
    with process(address, picks_up=False) as gone:
        take(gone)
    with process(address, Twilio(sights=[Sight(SEEN, "accepted")]), owner="two") as here:
        assert here.ledger.claim("two", here.clock(), LEASE, 10) == []
        here.clock.add(15)
        assert here.ended(SID).state is State.DELIVERED
        assert here.twilio.sent == []


def test_one_that_was_left_behind_unsent_is_sent(address: str) -> None:
    """The reservation is still pending, and no call was made."""
    with process(address, picks_up=False) as gone:
        take(gone)
        take(gone, CONFERENCE, number=2)
    with process(address, owner="two") as here:
        here.clock.add(15)
        assert here.ended(promise(number=1).call.reservation_sid).attempts == 2
        until(lambda: here.find(promise(number=2).call.reservation_sid).due > here.clock())
        here.clock.add(2)  # ten seconds after it can have been sent, an attribute would be there
        for number, attempts in ((1, 2), (2, 3)):
            ended = here.ended(promise(number=number).call.reservation_sid)
            assert (ended.state, ended.attempts) == (State.DELIVERED, attempts)
        assert (len(here.twilio.sent), len(here.twilio.looked)) == (2, 3)


def test_silence_is_followed_by_a_look_and_patience(address: str) -> None:
    """A conference that may have been made is not made a second time before an attribute could tell."""
    with process(address, Twilio([CUT])) as here:
        here.worker.deliver(take(here, CONFERENCE))
        until(lambda: here.find(SID).due == here.clock() + SETTLING)
        assert here.find(SID).doubt is Doubt.SILENT
        here.twilio.sights.append(Sight(SEEN, "pending", {"worker_call_sid": "CA1"}))
        here.clock.add(10)
        assert here.ended(SID).state is State.DELIVERED
        assert len(here.twilio.sent) == 1


def test_a_rate_limit_slows_all_deliveries_of_the_process(address: str) -> None:
    """Those that are taken on meanwhile wait as well, and no attempt of theirs is counted for it."""
    with process(address, Twilio([refused(429, 20429, retry_after=7)])) as here:
        here.worker.deliver(take(here))
        until(lambda: here.find(SID).due > here.clock())
        other = promise(number=2).call.reservation_sid
        here.worker.deliver(take(here, number=2))
        until(lambda: here.find(other).due == here.clock() + timedelta(seconds=7))
        waiting = here.find(other)
        assert (waiting.attempts, waiting.doubt, waiting.leased_by) == (0, Doubt.NONE, None)
        assert len(here.twilio.sent) == 1
        here.clock.add(7)
        assert here.ended(SID).attempts == 2
        assert here.ended(other).attempts == 1


def test_stopping_finishes_what_is_in_hand_and_leaves_the_rest_to_nobody(address: str) -> None:
    """Of two, one is being sent; the other is free for any process, unsent and without doubt."""
    twilio = Twilio()
    twilio.open.clear()
    other = promise(number=2).call.reservation_sid
    with process(address, twilio, threads=1) as here, ThreadPoolExecutor(1) as threads:
        here.worker.deliver(take(here))
        twilio.wait_until_sent(1)
        here.worker.deliver(take(here, number=2))
        assert here.find(other).leased_by == "one"
        stopping = threads.submit(here.worker.stop)
        until(lambda: here.worker.is_stopping)
        twilio.open.set()
        stopping.result()
        assert here.find(SID).state is State.DELIVERED
        left = here.find(other)
        assert (left.state, left.attempts, left.doubt) == (State.PENDING, 0, Doubt.NONE)
        assert (left.leased_by, len(twilio.sent)) == (None, 1)


def test_a_lease_that_another_process_has_stops_a_send(address: str) -> None:
    """A process that slept through its lease looks at the clock before it sends."""
    with process(address, picks_up=False) as slow, process(address, picks_up=False, owner="two") as other:
        delivery = take(slow)
        other.clock.add(15)
        (taken_over,) = other.ledger.claim("two", other.clock(), LEASE, 10)
        slow.clock.add(14)
        slow.worker.deliver(delivery)
        slow.worker.stop()
        assert slow.twilio.sent == []
        assert other.find(SID).leased_by == "two"
        other.twilio.sights.append(Sight(SEEN, "timeout"))
        other.worker.start()
        other.clock.add(15)
        assert other.ended(SID).outcome == GONE_BY
        assert taken_over.id == delivery.id


@pytest.mark.parametrize("instruction", [None, CONFERENCE])
def test_many_processes_deliver_each_once(address: str, instruction: Instruction | None) -> None:
    """Four of them pick up forty that were left behind."""
    with process(address, picks_up=False) as gone:
        for number in range(1, 41):
            take(gone, instruction, number)
    twilio = Twilio()
    names = ("two", "three", "four", "five")
    with (
        process(address, twilio, owner=names[0]) as here,
        process(address, twilio, here.clock, owner=names[1]),
        process(address, twilio, here.clock, owner=names[2]),
        process(address, twilio, here.clock, owner=names[3]),
    ):
        here.clock.add(15)
        looks = 0 if instruction is None else 40
        until(lambda: len(twilio.looked) >= looks)
        here.clock.add(2)
        until(lambda: len(here.ledger.list(states=(State.DELIVERED,))) == 40)
    sent = [call.reservation_sid for call in twilio.sent]
    assert len(sent) == len(set(sent)) == 40


def test_nothing_is_promised_without_a_database() -> None:
    """The answer has to hold the instruction then."""
    with process("postgresql://desk@127.0.0.1:1/none", picks_up=False) as here, pytest.raises(StoreError):
        here.promises.take(promise(), 0.8)


def test_what_was_given_inline_without_a_database_is_told_when_it_is_back(address: str) -> None:
    """A repeated callback at another process finds it, and sends nothing."""
    with process("postgresql://desk@127.0.0.1:1/none", picks_up=False) as lost:
        lost.promises.given_inline(promise())
        lost.promises.catch_up()
        with process(address, picks_up=False) as back:
            lost.promises._ledger = back.ledger
            lost.promises.catch_up()
            delivery, new = back.promises.take(promise(), SECONDS)
            assert (delivery.state, new) == (State.INLINE, False)


def test_a_chore_that_fails_ends_nothing(address: str, caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, and deliveries go on."""

    def fail() -> None:
        raise RuntimeError("not today")

    with process(address, Twilio([UNSENT])) as here:
        here.worker._chores = (fail,)
        here.worker.deliver(take(here))
        until(lambda: "chore failed" in caplog.messages)
        until(lambda: here.find(SID).due > here.clock())
        here.clock.add(1)
        assert here.ended(SID).state is State.DELIVERED


def test_a_pause_beyond_its_time_ends_a_delivery_in_time(address: str) -> None:
    """Twilio asks for an hour: what is taken on meanwhile is dead when its time is over."""
    with process(address, Twilio([refused(429, 20429, retry_after=3600)])) as here:
        here.worker.deliver(take(here))
        assert here.ended(SID).state is State.DEAD
        here.worker.deliver(take(here, number=2))
        other = promise(number=2).call.reservation_sid
        until(lambda: here.find(other).due == promise().deadline)
        here.clock.add(30)
        assert here.ended(other).state is State.DEAD
        assert len(here.twilio.sent) == 1


def test_a_request_that_outlasts_its_lease_is_made_once(address: str) -> None:
    """The lease is renewed as long as the process waits, so that nobody sends it a second time."""
    twilio = Twilio()
    twilio.open.clear()
    with process(address, twilio) as here, process(address, clock=here.clock, owner="two") as other:
        here.worker.deliver(take(here, expires=promise().arrived + timedelta(hours=1)))
        twilio.wait_until_sent(1)
        for _ in range(4):
            here.clock.add(8)
            until(lambda: here.find(SID).leased_until == here.clock() + LEASE)
        twilio.open.set()
        assert here.ended(SID).attempts == 1
        assert (len(twilio.sent), other.twilio.sent, other.twilio.looked) == (1, [], [])


def test_a_stop_has_a_bound(address: str) -> None:
    """A request that takes too long is left to whoever looks, when the lease is over."""
    twilio = Twilio()
    twilio.open.clear()
    with process(address, twilio) as here:
        here.worker.deliver(take(here))
        twilio.wait_until_sent(1)
        assert not here.worker.stop(patience=0.1)
        twilio.open.set()
        assert here.worker.stop()


def test_a_rejection_by_on_failure_counts(address: str) -> None:
    """A loop of those would go on for ever."""
    with process(address, Twilio([refused(400, 40141)])) as here:
        here.worker.deliver(take(here, CONFERENCE, on_failure=REJECT))
        here.ended(SID)
        until(lambda: here.rejected.count(promise().call.task_sid, besides="") == 1)
