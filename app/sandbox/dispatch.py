"""Tasks go through workflows to queues, and from queues to workers, as TaskRouter lets them."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from heapq import merge
from itertools import groupby

from app.sandbox import routing
from app.sandbox.lifecycle import Lifecycle
from app.sandbox.resources import Reservation, Task, Workflow
from app.sandbox.setup import utc_now

NO_FILTER = "Task did not match any filter of the Workflow"
NO_MORE_TARGETS = "Task canceled on Workflow timeout"
"""Why tasks are canceled that have nowhere to wait."""

_OPEN = frozenset({"pending", "reserved"})


class Dispatch(Lifecycle):
    """A workspace whose waiting tasks are offered to workers, the most urgent and oldest task first.

    A task waits from the moment it is routed until somebody accepts it or it is closed. One that was only
    added, and is reserved by hand, is never offered.
    """

    def __init__(
        self, *, reservation_timeout: int = 120, clock: Callable[[], datetime] = utc_now, seed: int = 1
    ) -> None:
        super().__init__(reservation_timeout=reservation_timeout, clock=clock, seed=seed)
        self._queued: dict[str, Task] = {}

    def route(self, task: Task) -> Reservation | None:
        """Let a pending task into its workflow, and offer it to whoever is free.

        Return the reservation that this made, at once; later ones come by themselves. None when nobody is
        free or the task is not pending.
        """
        with self._acting() as now:
            if task.status != "pending":
                return None
            if not task.steps:
                self._enter(task, now)
        return next(self._in_status(task, "pending"), None)

    def evaluate_again(self, workflow: Workflow) -> None:
        """Let the pending tasks of a workflow enter it again, from its first filter."""
        with self._acting() as now:
            for task in list(self._queued.values()):
                if task.workflow is workflow and task.status == "pending":
                    self._enter(task, now)

    def waiting(self) -> list[Task]:
        """The tasks that wait in queues, in the order in which they are offered."""
        with self._changed:
            self.expire()
            return list(self._in_order())

    def _enter(self, task: Task, now: datetime) -> None:
        task.steps = routing.steps_of(task.workflow, task.attributes, now)
        if task.steps:
            self._queued[task.sid] = task
            self._step(task, 0, now, now)
        else:
            self._cancel(task, NO_FILTER, now)

    def _step(self, task: Task, number: int, since: datetime, now: datetime) -> None:
        """Let a task stand at this step, or the first after it where it may stay.

        A step's time runs from the planned end of the one before, not from when the task was free for it.
        """
        while number < len(task.steps):
            self._stand(task, number, since, now)
            if task.step_until is None or task.step_until > now:
                self._offer(now)
                if task.status != "pending" or not routing.skips(task, self._workers.values(), now):
                    self._plan_next_step(task)
                    return
                since = now
            else:
                since = task.step_until
            number += 1
        self._cancel(task, NO_MORE_TARGETS, now)

    def _stand(self, task: Task, number: int, since: datetime, now: datetime) -> None:
        target = task.steps[number]
        queue = self._queues.get(target.queue_sid, task.queue)
        if number == 0 or queue is not task.queue:
            task.queue, task.queued = queue, now
        if target.priority is not None:
            task.priority = target.priority
        task.step = number
        task.step_until = None if target.timeout is None else since + timedelta(seconds=target.timeout)

    def _plan_next_step(self, task: Task) -> None:
        if task.step_until is not None:
            self._agenda.plan(task.step_until, self._go_on)

    def _go_on(self, now: datetime) -> None:
        """Take tasks on whose step is over, and offer those that wait to those who are free."""
        self._queued = {sid: each for sid, each in self._queued.items() if each.status in _OPEN}
        for task in list(self._queued.values()):
            if task.status == "pending" and task.step_until and task.step_until <= now:
                self._step(task, task.step + 1, task.step_until, now)
        self._offer(now)

    def _offer(self, now: datetime) -> None:
        free = self._free() if self._queued else []
        if not free:
            return
        for task in self._in_order():
            eligible = [worker for worker in free if routing.is_eligible(task, worker, now)]
            for worker in routing.ranked(task, eligible, now)[: task.queue.max_reserved_workers]:
                free.remove(worker)
                self._offered(self._reserve(task, worker, now))
            if not free:
                return

    def _in_order(self) -> Iterator[Task]:
        pending = sorted(
            (each for each in self._queued.values() if each.status == "pending"),
            key=lambda each: each.queue.sid,
        )
        lines = [_line(list(tasks)) for _, tasks in groupby(pending, key=lambda each: each.queue.sid)]
        # Each queue's first in line is compared with those of the others.
        return merge(*lines, key=lambda each: (-each.priority, each.virtual_start, each.serial))

    def _offered(self, reservation: Reservation) -> None:
        """Tell the application of a reservation that was made by itself."""


def _line(tasks: list[Task]) -> list[Task]:
    tasks.sort(
        key=lambda each: (each.virtual_start, each.serial), reverse=tasks[0].queue.task_order == "LIFO"
    )
    return sorted(tasks, key=lambda each: -each.priority)
