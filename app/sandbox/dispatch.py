"""Tasks go through workflows to queues, and from queues to workers, as TaskRouter lets them."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from heapq import heapify, heappop, heappush, merge
from typing import Any

from app.sandbox import routing
from app.sandbox.clock import Clock, utc_now
from app.sandbox.lifecycle import Lifecycle
from app.sandbox.lines import Lines, urgency
from app.sandbox.resources import Reservation, Task, TaskQueue, Worker, Workflow
from app.sandbox.setup import Part

NO_FILTER = "Task did not match any filter of the Workflow"
NO_MORE_TARGETS = "Task canceled on Workflow timeout"
"""Why tasks are canceled that have nowhere to wait."""


class Dispatch(Lifecycle):
    """A workspace whose waiting tasks are offered to workers, the most urgent and oldest task first.

    A task waits from the moment it is routed until somebody accepts it or it is closed. One that was only
    added, and is reserved by hand, is never offered.
    """

    def __init__(self, *, reservation_timeout: int = 120, clock: Clock = utc_now, seed: int = 1) -> None:
        super().__init__(reservation_timeout=reservation_timeout, clock=clock, seed=seed)
        self._lines = Lines()
        self._returned: list[Task] = []

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

    def transfer(self, task: Task, worker: Worker) -> Reservation:
        """Offer an assigned task to another worker; whoever has it is done with it when that one accepts.

        Raises ValueError when the task is not assigned.
        """
        with self._acting() as now:
            if task.status != "assigned":
                raise ValueError(f"task {task.sid} is {task.status}, only an assigned task is transferred")
            reservation = self._reserve(task, worker, now)
            reservation.of_transfer, task.status = True, "assigned"
            self._offered(reservation)
        return reservation

    def evaluate_again(self, workflow: Workflow) -> None:
        """Let the pending tasks of a workflow enter it again, from its first filter."""
        with self._acting() as now:
            for task in self._lines.tasks():
                if task.workflow is workflow and task.status == "pending":
                    self._enter(task, now)

    def waiting(self) -> list[Task]:
        """The tasks that wait in queues, in the order in which they are offered."""
        with self._changed:
            self.expire()
            lines = [self._lines.of(queue) for queue in self._lines.queues()]
            return [each for each in merge(*lines, key=urgency) if each.status == "pending"]

    def change(self, part: Part, **fields: Any) -> None:
        """Set fields of an activity, a task queue or a workflow; the order of a queue sorts its line anew."""
        with self._acting():
            super().change(part, **fields)
            for task in list(self._lines.of(part)) if isinstance(part, TaskQueue) else ():
                self._lines.put(task)

    def reorder(self, task: Task, **fields: Any) -> None:
        """Set a task's `priority`, `virtual_start` or `channel`; its place in the line follows."""
        with self._acting():
            super().reorder(task, **fields)
            if task in self._lines:
                self._lines.put(task)

    def _enter(self, task: Task, now: datetime) -> None:
        task.steps = routing.steps_of(task.workflow, task.attributes, now)
        if task.steps:
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
            self._tell(now, "task-queue.entered", task)
        if target.priority is not None:
            task.priority = target.priority
        task.step = number
        task.step_until = None if target.timeout is None else since + timedelta(seconds=target.timeout)
        self._lines.put(task)

    def _plan_next_step(self, task: Task) -> None:
        if task.step_until is not None:
            self._agenda.plan(task.step_until, partial(self._end_step, task))

    def _end_step(self, task: Task, at: datetime) -> None:
        """Take a task on whose step is over; one that is reserved meanwhile goes on when it comes back."""
        if task.status == "pending" and task in self._lines and task.step_until and task.step_until <= at:
            self._step(task, task.step + 1, task.step_until, at)

    def _go_on(self, now: datetime) -> None:
        """Take on those who came back too late for their step, and offer who waits to who is free."""
        while self._returned:
            self._end_step(self._returned.pop(0), now)
        self._offer(now)

    def _came_back(self, task: Task) -> None:
        # Later: whatever brought it back has not come to its end here.
        self._returned.append(task)

    def _left(self, task: Task) -> None:
        self._lines.drop(task)

    def _offer(self, now: datetime) -> None:
        free = {each.sid: each for each in self._free()} if self._lines else {}
        for task, members in self._in_turn(free, now) if free else ():
            suited = [each for each in members if routing.suits(task, each, now)]
            for worker in routing.ranked(task, suited, now)[: task.queue.max_reserved_workers]:
                del free[worker.sid]
                self._offered(self._reserve(task, worker, now))

    def _in_turn(self, free: Mapping[str, Worker], now: datetime) -> Iterator[tuple[Task, list[Worker]]]:
        """Each pending task, the most urgent first, with the members of its queue who are free by then.

        `free` may shrink between two tasks. A line whose members are all taken is left at once: most of what
        waits in a busy hour waits there.
        """
        fronts = [
            _Front(self._lines.of(queue), members)
            for queue in self._lines.queues()
            if (members := [each for each in free.values() if routing.is_member(queue, each, now)])
        ]
        heapify(fronts)
        while fronts:
            front = heappop(fronts)
            if front.task.status == "pending":
                front.members = [each for each in front.members if each.sid in free]
                if not front.members:
                    continue
                yield front.task, front.members
            if front.moves_up():
                heappush(fronts, front)

    def _offered(self, reservation: Reservation) -> None:
        """Tell the application of a reservation that was made by itself."""


class _Front:
    """How far a line is served; the fronts of several lines compare by their tasks."""

    def __init__(self, line: Iterator[Task], members: list[Worker]) -> None:
        self._line = line
        self.members = members
        self.task = next(line)

    def moves_up(self) -> bool:
        """Turn to the next task; False at the end of the line."""
        following = next(self._line, None)
        self.task = following or self.task
        return following is not None

    def __lt__(self, other: "_Front") -> bool:
        return urgency(self.task) < urgency(other.task)
