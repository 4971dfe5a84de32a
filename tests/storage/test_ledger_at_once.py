"""The ledger while several processes and threads use it at the same moment."""

import threading
from collections import Counter
from datetime import timedelta

from sqlalchemy import text

from app.model import State
from app.storage import Database, Ledger
from app.storage.ledger import claimable
from tests.builders import MONDAY_NOON as NOW
from tests.builders import promise
from tests.conftest import Opening
from tests.storage.deliveries import LEASE, OURS, THEIRS
from tests.storage.processes import outputs

PREPARING = """
from datetime import timedelta
from app.storage import Database, Ledger
from tests.builders import MONDAY_NOON, promise
ledger = Ledger(Database(sys.argv[1]))
owner = sys.argv[2]
lease = timedelta(minutes=1)
"""
OPENING = """
for number in range(30):
    sid = f"WR{number}"
    print(sid, *ledger.open(promise(sid), owner, MONDAY_NOON, lease)[1:])
"""
CLAIMING = """
while claimed := ledger.claim(owner, MONDAY_NOON, lease, 3):
    for delivery in claimed:
        print(delivery.id)
"""


def test_two_machines_promise_each_reservation_once(address: str) -> None:
    """Of those who get the same callback at once exactly one takes it on: on a new database too."""
    said = outputs(PREPARING, OPENING, [(address, name) for name in ("left", "middle", "right")])
    taken_on = Counter(line.split()[0] for lines in said for line in lines if line.endswith("True"))
    assert taken_on == Counter(f"WR{number}" for number in range(30))


def test_two_workers_claim_each_delivery_once(address: str, ledger: Ledger) -> None:
    """What one has in hand the other does not get, and nothing is left over."""
    ids = [ledger.open(promise(f"WR{n}"), OURS, NOW - 2 * LEASE, LEASE)[0].id for n in range(60)]
    said = outputs(PREPARING, CLAIMING, [(address, name) for name in ("left", "middle", "right")])
    assert sorted(int(line) for lines in said for line in lines) == ids


def test_threads_of_one_process_promise_once(ledger: Ledger) -> None:
    """A callback and its repetition are answered at once."""
    together = threading.Barrier(8)
    found: list[bool] = []

    def take_on() -> None:
        together.wait()
        found.extend(ledger.open(promise(f"WR{n}"), OURS, NOW, LEASE)[1] for n in range(10))

    threads = [threading.Thread(target=take_on) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert Counter(found) == {True: 10, False: 70}


def test_who_claims_passes_over_what_another_is_claiming(database: str, opened: Opening) -> None:
    """PostgreSQL's workers do not wait for each other."""
    one, other = opened(database), opened(database)
    one.upgrade()
    ledger = Ledger(one)
    for sid in ("WR1", "WR2"):
        ledger.open(promise(sid), OURS, NOW, LEASE)
    later = NOW + LEASE
    with other.writing() as connection:
        assert [row.reservation_sid for row in connection.execute(claimable(later, 1))] == ["WR1"]
        [claimed] = ledger.claim(THEIRS, later, LEASE, 10)
    assert claimed.promise.call.reservation_sid == "WR2"


def test_a_claim_reads_no_more_than_what_is_pending(ours: Database) -> None:
    """However many deliveries are kept: the index holds those alone."""
    statement = claimable(NOW, 10)
    with ours.reading() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
        compiled = statement.compile(connection, compile_kwargs={"literal_binds": True})
        said = str(connection.exec_driver_sql(explain + str(compiled)).all())
    assert "deliveries_pending" in said


def test_a_retry_and_a_purge_at_once_leave_one_of_both(ours: Database, ledger: Ledger) -> None:
    """A delivery that somebody retries is not removed under them, or was removed before."""
    ledger.give_inline(promise(), NOW)
    with ours.writing() as connection:
        connection.execute(text("UPDATE deliveries SET state = 'dead'"))
    together = threading.Barrier(2)
    removed: list[int] = []

    def purge() -> None:
        together.wait()
        removed.append(ledger.purge(NOW + timedelta(days=1), 10))

    thread = threading.Thread(target=purge)
    thread.start()
    together.wait()
    retried = ledger.retry("WR1", NOW, NOW + LEASE)
    thread.join()
    found = ledger.find("WR1")
    assert removed == [0 if found else 1]
    if found:
        assert found == retried
        assert found.state is State.PENDING
