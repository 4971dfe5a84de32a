"""What is long over goes, a few at a time; what is not over stays."""

from datetime import timedelta

from app.delivery.rejected import Rejected
from app.delivery.retention import BATCH, LEAST, LONGEST_TASK, PAUSE, Retention
from app.model import Saved, State
from app.storage import Callbacks, Database, Ledger, Rejections
from tests.builders import parameters
from tests.conftest import Opening
from tests.delivery.deliveries import NOW, promise
from tests.delivery.rig import Clock

KEPT = timedelta(days=30)


def retention(database: Database, clock: Clock, kept: timedelta = KEPT) -> Retention:
    return Retention(Callbacks(database), Ledger(database), Rejections(database), kept, clock)


def saved(number: int) -> Saved:
    decision = {"rule": "night", "mode": "reply", "task_type": ""}
    return Saved(0, parameters(ReservationSid=f"WR{number}"), NOW, "/assignment", decision)


def test_what_is_finished_goes_when_it_is_not_kept_any_longer(address: str, opened: Opening) -> None:
    """Callbacks and deliveries alike. One that is pending stays, however old it is."""
    database, clock = opened(address), Clock()
    ledger, callbacks = Ledger(database), Callbacks(database)
    keeping = retention(database, clock)
    ledger.give_inline(promise(), NOW)
    ledger.open(promise(number=2), "one", NOW, timedelta(seconds=15))
    callbacks.add_all([saved(1)])
    clock.now = NOW + KEPT
    keeping.keep()
    assert (len(ledger.list()), len(list(callbacks.each()))) == (2, 1)
    clock.now += PAUSE
    keeping.keep()
    assert [each.state for each in ledger.list()] == [State.PENDING]
    assert list(callbacks.each()) == []


def test_deliveries_are_kept_while_a_callback_may_come_again(address: str, opened: Opening) -> None:
    """Even where nothing is to be kept: else a repeated one would be delivered twice."""
    database, clock = opened(address), Clock()
    ledger = Ledger(database)
    keeping = retention(database, clock, timedelta())
    ledger.give_inline(promise(), NOW)
    clock.now = NOW + LEAST
    keeping.keep()
    assert len(ledger.list()) == 1
    clock.now += PAUSE
    keeping.keep()
    assert ledger.list() == []


def test_rejections_go_when_no_task_can_be_so_old(address: str, opened: Opening) -> None:
    """Twilio lets a task live two weeks at most."""
    database, clock = opened(address), Clock()
    rejections = Rejections(database)
    keeping = retention(database, clock)
    rejections.add("WT1", "WR1", NOW)
    rejections.add("WT1", "WR2", NOW + PAUSE)
    clock.now = NOW + LONGEST_TASK + PAUSE
    keeping.keep()
    assert [each.reservation_sid for each in rejections.since(0, 10)[0]] == ["WR2"]


def test_many_go_a_few_at_a_time(address: str, opened: Opening) -> None:
    """The next ones as soon as it is called again; then there is an hour's rest."""
    database, clock = opened(address), Clock()
    callbacks = Callbacks(database)
    keeping = retention(database, clock)
    callbacks.add_all([saved(number) for number in range(BATCH + 1)])
    clock.now = NOW + KEPT + PAUSE
    for left in (1, 0):
        keeping.keep()
        assert len(list(callbacks.each())) == left
    callbacks.add_all([saved(1)])
    keeping.keep()
    assert len(list(callbacks.each())) == 1


def test_rejections_are_exchanged(address: str, opened: Opening) -> None:
    """Each process counts those of all, and each reservation once."""
    one, two = (Rejected(Rejections(opened(address)), Clock()) for _ in range(2))
    one.add("WT1", "WR1")
    one.add("WT1", "WR1")
    two.add("WT1", "WR2")
    two.add("WT1", "WR1")
    for each in (one, two, one):
        each.exchange()
    assert [each.count("WT1", besides="") for each in (one, two)] == [2, 2]
    assert [each.count("WT1", besides="WR1") for each in (one, two)] == [1, 1]
    assert one.count("WT2", besides="") == 0


def test_rejections_are_told_when_the_database_is_back(address: str, opened: Opening) -> None:
    """What could not be told is kept, and counted here meanwhile."""
    lost = Rejected(Rejections(opened("postgresql://desk@127.0.0.1:1/none")), Clock())
    lost.add("WT1", "WR1")
    lost.exchange()
    assert lost.count("WT1", besides="") == 1
    lost._rejections = Rejections(opened(address))
    lost.exchange()
    assert [each.reservation_sid for each in Rejections(opened(address)).since(0, 10)[0]] == ["WR1"]
