"""Tasks that wait in queues: a line for each queue, always in the order in which its tasks are offered."""

from bisect import bisect_left, insort
from collections.abc import Iterator
from operator import attrgetter

from app.sandbox.resources import Task, TaskQueue

Place = tuple[int, float, int]
"""Where a task stands: the higher priority first, then the older task (or the younger), then the serial."""


def urgency(task: Task) -> tuple[int, float, int]:
    """How tasks of several queues compare: priority, then age, whatever the order of their own queues."""
    return (-task.priority, task.virtual_start.timestamp(), task.serial)


class Lines:
    """The lines of all queues. Not safe across threads."""

    def __init__(self) -> None:
        self._lines: dict[str, list[tuple[Place, Task]]] = {}
        self._places: dict[str, tuple[str, Place]] = {}

    def __bool__(self) -> bool:
        return bool(self._places)

    def __contains__(self, task: Task) -> bool:
        return task.sid in self._places

    def put(self, task: Task) -> None:
        """Let a task stand in its queue's line, where priority and age say, and nowhere else."""
        self.drop(task)
        place = _place(task)
        insort(self._lines.setdefault(task.queue.sid, []), (place, task), key=lambda each: each[0])
        self._places[task.sid] = (task.queue.sid, place)

    def drop(self, task: Task) -> None:
        """Let a task leave its line, if it stands in any."""
        if task.sid in self._places:
            queue_sid, place = self._places.pop(task.sid)
            line = self._lines[queue_sid]
            del line[bisect_left(line, place, key=lambda each: each[0])]
            if not line:
                del self._lines[queue_sid]

    def of(self, queue: TaskQueue) -> Iterator[Task]:
        """The tasks of a queue in their order; nobody may come or leave meanwhile."""
        return (task for _, task in self._lines.get(queue.sid, ()))

    def queues(self) -> list[TaskQueue]:
        """The queues in which anybody waits."""
        return [line[0][1].queue for line in self._lines.values()]

    def tasks(self) -> list[Task]:
        """Everybody who waits, in the order of creation."""
        return sorted((task for line in self._lines.values() for _, task in line), key=attrgetter("serial"))


def _place(task: Task) -> Place:
    priority, start, serial = urgency(task)
    return (priority, -start, -serial) if task.queue.task_order == "LIFO" else (priority, start, serial)
