"""What is long over goes, a few at a time; what is not over stays."""

from datetime import timedelta

from app.delivery.rejected import Rejected
from app.delivery.retention import KEPT, LONGEST_TASK, PAUSE, Retention
from app.model import State
from app.storage import Database, Ledger, Rejections
from tests.conftest import Opening
from tests.delivery.deliveries import NOW, promise
from tests.delivery.rig import Clock


def test_finished_deliveries_go_after_thirty_days(address: str, opened: Opening) -> None:
    """One that is pending stays, however old it is."""
    database = opened(address)
    ledger, clock = Ledger(database), Clock()
    retention = Retention(ledger, Rejections(database), clock)
    ledger.give_inline(promise(), NOW)
    ledger.open(promise(number=2), "one", NOW, timedelta(seconds=15))
    clock.now = NOW + KEPT
    retention.keep()
    assert len(ledger.list()) == 2
    clock.now += PAUSE
    retention.keep()
    assert [each.state for each in ledger.list()] == [State.PENDING]


def test_rejections_go_when_no_task_can_be_so_old(address: str, opened: Opening) -> None:
    """Twilio lets a task live two weeks at most."""
    database: Database = opened(address)
    rejections, clock = Rejections(database), Clock()
    retention = Retention(Ledger(database), rejections, clock)
    rejections.add("WT1", "WR1", NOW)
    rejections.add("WT1", "WR2", NOW + PAUSE)
    clock.now = NOW + LONGEST_TASK + PAUSE
    retention.keep()
    assert [each.reservation_sid for each in rejections.since(0, 10)[0]] == ["WR2"]


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
