"""gunicorn's first process, which starts the others and replaces them."""

from time import monotonic, sleep
from typing import Any

from gunicorn.arbiter import Arbiter

STARTING = 15.0  # seconds that old processes are kept for new ones; those of 10,000 rules take half as long
LOOK = 0.05  # seconds between two looks whether new ones answer


class Keeper(Arbiter):
    """Lets old processes go when the new ones answer.

    gunicorn tells them to stop as soon as the new ones exist: until those have read their rules, nobody would
    take a connection.
    """

    def manage_workers(self) -> None:
        deadline = monotonic() + STARTING
        while monotonic() < deadline and not self._may_let_go():
            sleep(LOOK)
            self.reap_workers()
        super().manage_workers()

    def _may_let_go(self) -> bool:
        """Whether no process is too many, or those that would stay answer."""
        workers = sorted(self.WORKERS.values(), key=lambda worker: worker.age)
        is_more = len(workers) > self.num_workers
        return not is_more or all(map(_answers, workers[-self.num_workers :]))


def _answers(worker: Any) -> bool:
    """Whether it has given a sign of life: by the monotonic clock, where a file that is new has the date."""
    return bool(worker.tmp.last_update() <= monotonic())
