"""What the journal costs an answer.

    python -m tests.bench.journaling             about a minute
    python -m tests.bench.journaling --quick     a look, a few seconds

A desk answers the same callbacks with a journal and with one that keeps nothing, in rounds that take turns.
Printed are medians in microseconds of processor time for each callback: of the thread that answers, and of
the thread that saves into SQLite, which is beside the answer but in the same process.
"""

import argparse
import logging
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time, thread_time

from app.journal import Journal
from app.rulebook import Rulebook, Standing
from app.service import Desk
from app.storage import Callbacks, Database
from tests.bench.deciding import table
from tests.builders import ACCOUNT, CALL_SID, MONDAY_NOON, OFFLINE, parameters, ruleset
from tests.delivery.rig import process
from tests.waiting import until

PROMISED = 20.0  # microseconds
RULES = f"""
rules:
  - name: support
    task_type: support
    when: customer_value == "Gold" AND priority > 3
    reply: {{{{instruction: dequeue, from: "+18005550100"}}}}
default:
  reply: {{{{instruction: reject, activity_sid: {OFFLINE}}}}}
""".format()


def callbacks(count: int) -> list[dict[str, str]]:
    """Distinct callbacks of a customer who waits."""
    task = {"type": "support", "call_sid": CALL_SID, "customer_value": "Gold", "priority": 5, "name": "Ada"}
    worker = {"contact_uri": "client:alice", "skills": ["vip", "billing"], "languages": ["en", "fr"]}
    made = (parameters(task, worker, ReservationSid=f"WR{n:032}", TaskSid=f"WT{n:032}") for n in range(count))
    return [{name: value for name, value in each.items() if name != "Timestamp"} for each in made]


def spent(desk: Desk, journal: Journal, each: Sequence[dict[str, str]]) -> tuple[float, float]:
    """Seconds of processor time for all callbacks: of this thread, and of all others."""
    everything, ours = process_time(), thread_time()
    for params in each:
        desk.answer(params)
    answering = thread_time() - ours
    until(lambda: not journal.waiting)
    waiting = thread_time() - ours - answering
    return answering, process_time() - everything - answering - waiting


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer callbacks, once")
    count, rounds = (100, 2) if parser.parse_args(arguments).quick else (2_000, 15)
    logging.disable()  # its lines would be most of what is measured
    rulebook = Rulebook(Standing(ruleset(RULES)))
    with ExitStack() as running:
        folder = running.enter_context(TemporaryDirectory())
        database = running.enter_context(closing(Database(f"sqlite:///{Path(folder)}/desk.db")))
        made = running.enter_context(process("sqlite://", picks_up=False))
        journals = {keeps: Journal(Callbacks(database), keeps=keeps) for keeps in (True, False)}
        taken: dict[bool, list[tuple[float, float]]] = {True: [], False: []}
        for journal in journals.values():
            journal.start()
            running.callback(journal.stop)
        make: Callable[[Journal], Desk] = lambda journal: Desk(  # noqa: E731  so that each round begins anew
            rulebook=rulebook,
            database=made.database,
            promises=made.promises,
            deliver=made.worker.deliver,
            holds_back=made.worker.holds_back,
            rejected=made.rejected,
            journal=journal,
            account_sid=ACCOUNT,
            clock=lambda: MONDAY_NOON,
        )
        for _ in range(rounds):
            for keeps, journal in journals.items():
                taken[keeps].append(spent(make(journal), journal, callbacks(count)))
    answering = {keeps: median(each[0] for each in times) / count * 1e6 for keeps, times in taken.items()}
    saving = median(each[1] for each in taken[True]) / count * 1e6
    cost = answering[True] - answering[False]
    kept = "kept" if cost <= PROMISED else "missed"
    rows = [
        ["with", "without", "the journal costs", f"promise of {PROMISED:g}", "saving, beside it"],
        [f"{answering[True]:.1f}", f"{answering[False]:.1f}", f"{cost:.1f}", kept, f"{saving:.1f}"],
    ]
    table(f"{count:,} callbacks, µs each", rows)


if __name__ == "__main__":
    main()
