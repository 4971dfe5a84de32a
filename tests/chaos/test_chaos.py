"""Whatever is killed and whatever fails: each promise is kept once, or its end is on record."""

import socket
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from app.model import Attempt, Delivery, Ending, State
from app.sandbox import Faults, Reservation, TaskRouter, serving
from app.storage import Database, Ledger
from tests.builders import ACCOUNT
from tests.chaos.storm import LIFETIME, RULES, Program, Storm, running
from tests.servers import Server
from tests.waiting import until

TOKEN = "12345678901234567890123456789012"
FAULTS = Faults(
    rate_limited=0.02,
    server_error=0.04,
    server_error_after=0.03,
    unavailable=0.02,
    stalled=0.01,
    stalled_before=0.01,
    cut_before=0.04,
    cut_after=0.04,
    callback_twice=0.1,
    callback_to_fallback=0.05,
    retry_after=1,
    stall=30,
    seed=1,
)
OVER = ("timeout", "canceled", "rescinded")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as bound:
        return int(bound.getsockname()[1])


@contextmanager
def storm(
    folder: Path, address: str, servers: int, restart: Callable[[], None] | None = None
) -> Iterator[Storm]:
    """Servers, a worker and a TaskRouter that fails at random."""
    (folder / "rules").mkdir()
    (folder / "rules" / "rules.yaml").write_text(RULES)
    taskrouter = TaskRouter(
        account_sid=ACCOUNT, auth_tokens=(TOKEN,), reservation_timeout=LIFETIME, ringing=3, faults=FAULTS
    )
    with serving(taskrouter) as twilio:
        environment = {
            "TWILIO_ACCOUNT_SID": ACCOUNT,
            "TWILIO_AUTH_TOKEN": TOKEN,
            "TWILIO_API_BASE": twilio.address,
            "DATABASE_URL": address,
            "RULES_DIR": str(folder / "rules"),
            "RESERVATION_TIMEOUT": str(LIFETIME),
        }
        web = []
        for number in range(servers):
            port = free_port()
            arguments = ("serve", "--port", str(port))
            log = folder / f"serve{number}.log"
            web.append(Program(arguments, environment, log, address=f"http://127.0.0.1:{port}"))
        worker = Program(("worker",), environment, folder / "worker.log")
        with running([*web, worker]):
            yield Storm(twilio, web, worker, restart)


def judge(storm: Storm, ledger: Ledger) -> Counter[str]:
    """What became of each reservation; fails where it is neither kept once nor explained."""
    counts: Counter[str] = Counter(storm.did)
    wrong: list[str] = []
    for reservation in storm.reservations:
        delivery = ledger.find(reservation.sid)
        history = ledger.history(delivery.id) if delivery else ()
        counts["callbacks"] += 1
        counts["sent"] += len(reservation.updates)
        counts["in effect once"] += len(reservation.applied) == 1
        counts["unanswered"] += not is_answered(reservation)
        if delivery:
            counts[delivery.state] += 1
            counts["retried"] += delivery.attempts > 1
            counts["duplicates suppressed"] += len(reservation.answers) - 1
            silent = any(each.outcome.ending is Ending.AMBIGUOUS for each in history)
            counts["silent and resolved"] += silent and delivery.state is State.DELIVERED
        if not is_kept(reservation, delivery):
            wrong.append(account_of(reservation, delivery, history))
    assert wrong == []
    return counts


def is_answered(reservation: Reservation) -> bool:
    return any(answer.status == 200 for answer in reservation.answers)


def is_kept(reservation: Reservation, delivery: Delivery | None) -> bool:
    """In effect once, and answered in time; or without effect for a reason that is on record."""
    if any(answer.status == 200 and answer.milliseconds >= 5_000 for answer in reservation.answers):
        return False
    if reservation.applied:
        return len(reservation.applied) == 1
    explained = delivery is not None and delivery.state in {State.DEAD, State.AMBIGUOUS, State.SUPERSEDED}
    # With every server killed there was nobody to promise anything.
    return explained or reservation.status in OVER or not is_answered(reservation)


def account_of(reservation: Reservation, delivery: Delivery | None, history: Sequence[Attempt]) -> str:
    """All that is known of a reservation that was not treated well."""
    return "\n  ".join(
        [
            f"{reservation.sid} {reservation.status}, applied {reservation.applied}",
            f"{delivery}",
            *(
                f"answer {each.status} {each.body!r} {each.milliseconds:.0f} ms"
                for each in reservation.answers
            ),
            *(f"{each.at} {each.body!r} {each.http_status} {each.fault}" for each in reservation.updates),
            *(f"{each.began} {each.kind} {each.outcome}" for each in history),
        ]
    )


def settled(storm: Storm, ledger: Ledger) -> None:
    """The storm is over; everything that is due is delivered, or its time ends."""
    storm.taskrouter.faults = None
    until(lambda: not ledger.list(states=(State.PENDING,), limit=1), LIFETIME + 45)
    storm.taskrouter.expire()


def report(name: str, counts: Counter[str], capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{name}: " + ", ".join(f"{what} {count}" for what, count in sorted(counts.items())))  # noqa: T201


def test_one_server_on_sqlite(
    tmp_path: Path, chaos_seconds: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its processes and the worker share a file."""
    address = f"sqlite:///{tmp_path}/desk.db"
    with storm(tmp_path, address, 1) as raging, ExitStack() as closing:
        raging.rage(chaos_seconds)
        database = Database(address)
        closing.callback(database.close)
        ledger = Ledger(database)
        settled(raging, ledger)
        counts = judge(raging, ledger)
    report("SQLite", counts, capsys)
    assert counts[State.DELIVERED] > 0


def test_two_servers_on_one_postgresql(
    tmp_path: Path, spare: Server, chaos_seconds: float, capsys: pytest.CaptureFixture[str]
) -> None:
    """The database restarts as well, more than once."""
    with ExitStack() as databases:
        server = databases.enter_context(ExitStack())
        server.enter_context(spare.running())

        def restart() -> None:
            server.close()
            server.enter_context(spare.running())

        database = Database(spare.url)
        databases.callback(database.close)
        database.upgrade()
        with storm(tmp_path, spare.url, 2, restart) as raging:
            raging.rage(chaos_seconds)
            ledger = Ledger(database)
            settled(raging, ledger)
            counts = judge(raging, ledger)
    report("PostgreSQL", counts, capsys)
    assert counts[State.DELIVERED] > 0
