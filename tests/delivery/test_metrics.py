"""What is counted of deliveries, and what the ledger's queue shows."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from app.delivery.courier import Carried
from app.delivery.metrics import MOST_ATTEMPTS, QueueMetrics, note_end, note_requests
from app.delivery.policy import Again, End
from app.metrics import Tally
from app.metrics.catalogue import COUNTED, DELIVERIES
from app.model import Attempt, Doubt, Ending, Outcome, Stage, State
from app.storage import Ledger
from tests.builders import promise
from tests.conftest import Opening
from tests.delivery.deliveries import NOW, delivery
from tests.delivery.rig import Clock, Process, Twilio, process
from tests.metrics.scraped import shown
from tests.waiting import until

LATER = Again(NOW, Doubt.NONE, Outcome(Ending.REFUSED, "refused"), Stage.POST)
LIMITED = Outcome(Ending.REFUSED, "Twilio answered 429", 429)
BROKEN = Outcome(Ending.REFUSED, "Twilio answered 503", 503)
SILENT = Outcome(Ending.AMBIGUOUS, "no whole answer came")


@pytest.fixture
def tally(tmp_path: Path) -> Iterator[Tally]:
    made = Tally(tmp_path, COUNTED)
    yield made
    made.stop()


@pytest.fixture
def deliver(tmp_path: Path, tally: Tally) -> Callable[..., Process]:
    """Delivers one promise whose requests come to these outcomes, to its end."""

    def run(*outcomes: Outcome) -> Process:
        twilio, clock = Twilio(outcomes=list(outcomes)), Clock()
        with process(f"sqlite:///{tmp_path}/desk.db", twilio, clock, note=tally.note) as made:
            delivery, _ = made.promises.take(promise(), 5)
            made.worker.deliver(delivery)
            for number in range(1, len(outcomes) + 1):
                until(partial(has_sent, made, number))
                clock.add(12)
            made.ended("WR1")
        return made

    return run


def has_sent(made: Process, number: int) -> bool:
    return len(made.twilio.sent) >= number and made.worker.is_idle


def counted(tally: Tally, name: str) -> dict[str, float]:
    return {
        key.removeprefix(name): value
        for key, value in shown(tally.collect()).items()
        if key.startswith(name + "{") and value
    }


def test_a_delivery(deliver: Callable[..., Process], tally: Tally) -> None:
    """One request, one delivery that ended, and how long the request took."""
    deliver()
    assert counted(tally, "desk_deliveries_total") == {'{attempts="1"}{state="delivered"}': 1}
    assert counted(tally, "desk_rest_requests_total") == {
        '{ending="delivered"}{kind="send"}{status="2xx"}': 1
    }
    assert shown(tally.collect())['desk_rest_request_seconds_count{kind="send"}'] == 1


def test_attempts_that_failed(deliver: Callable[..., Process], tally: Tally) -> None:
    """Rate limits are told apart; the delivery is counted once, with all of its attempts."""
    deliver(LIMITED, BROKEN)
    assert counted(tally, "desk_deliveries_total") == {'{attempts="3"}{state="delivered"}': 1}
    assert counted(tally, "desk_rest_requests_total") == {
        '{ending="refused"}{kind="send"}{status="429"}': 1,
        '{ending="refused"}{kind="send"}{status="5xx"}': 1,
        '{ending="delivered"}{kind="send"}{status="2xx"}': 1,
    }


def test_attempts_are_bounded(deliver: Callable[..., Process], tally: Tally) -> None:
    """After five it is six, however many."""
    deliver(*[BROKEN] * 7)
    assert counted(tally, "desk_deliveries_total") == {'{attempts="6"}{state="delivered"}': 1}


@pytest.mark.parametrize("state", [State.DELIVERED, State.SUPERSEDED, State.DEAD, State.AMBIGUOUS])
@pytest.mark.parametrize("attempts", range(1, MOST_ATTEMPTS + 3))
def test_every_end_has_its_count_before(state: State, attempts: int) -> None:
    """So that the first is an increase, which an alert sees."""
    noted: list[tuple[str, ...]] = []
    note_end(
        lambda _metric, labels=(), _value=1.0: noted.append(labels),
        delivery(attempts=attempts),
        Carried((), End(state, BROKEN)),
    )
    assert len(noted) == 1
    assert noted[0] in DELIVERIES.always


def test_silence(deliver: Callable[..., Process], tally: Tally) -> None:
    """A request without an answer has no status; the look that follows is a request, too."""
    deliver(SILENT)
    found = counted(tally, "desk_rest_requests_total")
    assert found['{ending="ambiguous"}{kind="send"}{status="none"}'] == 1
    assert found['{ending="delivered"}{kind="look"}{status="2xx"}'] >= 1


@pytest.mark.parametrize("status", [None, 0, 99, 100, 204, 302, 404, 429, 503, 599, 600, 999])
def test_statuses_are_bounded(status: int | None) -> None:
    """Five classes, 429 apart, and none: whatever a server answers."""
    noted: list[tuple[str, ...]] = []
    made = Attempt(1, Stage.POST, "send", NOW, NOW, Outcome(Ending.REFUSED, "refused", status))
    note_requests(lambda _metric, labels=(), _value=1.0: noted.append(labels), Carried((made,), LATER))
    (_, _, shown_status), _ = noted
    assert shown_status in {"none", "1xx", "2xx", "3xx", "4xx", "429", "5xx"}


# --- The queue


def test_the_queue(address: str, opened: Opening) -> None:
    """How many deliveries wait, of all processes, and the age of the oldest."""
    database, clock = opened(address), Clock()
    metrics = QueueMetrics(database, clock, kept=0)
    ledger = Ledger(database)
    assert shown(metrics.collect()) == {
        "desk_database_up": 1,
        "desk_deliveries_pending": 0,
        "desk_deliveries_oldest_seconds": 0,
    }
    for number, age in enumerate((5, 30, 1)):
        made = promise(f"WR{number}", arrived=NOW - timedelta(seconds=age))
        ledger.open(made, "one", NOW, timedelta(seconds=15))
    ledger.give_inline(promise("WR9", arrived=NOW - timedelta(hours=1)), NOW)
    assert shown(metrics.collect()) == {
        "desk_database_up": 1,
        "desk_deliveries_pending": 3,
        "desk_deliveries_oldest_seconds": 30,
    }


def test_it_is_asked_now_and_then(address: str, opened: Opening) -> None:
    """However often metrics are read."""
    database = opened(address)
    metrics = QueueMetrics(database, kept=60)
    assert shown(metrics.collect())["desk_deliveries_pending"] == 0
    Ledger(database).open(promise(), "one", NOW, timedelta(seconds=15))
    assert shown(metrics.collect())["desk_deliveries_pending"] == 0


def test_a_database_that_is_down(opened: Opening) -> None:
    """Is told, and the rest is absent: a 0 would be a lie."""
    metrics = QueueMetrics(opened("postgresql://desk@127.0.0.1:1/none"))
    assert shown(metrics.collect()) == {"desk_database_up": 0}


def test_a_registry_asks_no_database(opened: Opening) -> None:
    """When a server begins."""
    described = QueueMetrics(opened("postgresql://desk@127.0.0.1:1/none")).describe()
    assert {family.name for family in described} == {
        "desk_database_up",
        "desk_deliveries_pending",
        "desk_deliveries_oldest_seconds",
    }
