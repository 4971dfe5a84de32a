"""Who waits, in the order in which it is offered."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.sandbox import Task, TaskRouter
from app.sandbox.lines import Lines

NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def taskrouter() -> TaskRouter:
    return TaskRouter(clock=lambda: NOON)


def waiting(taskrouter: TaskRouter, lines: Lines, **fields: Any) -> Task:
    task = taskrouter.add_task()
    for name, value in fields.items():
        setattr(task, name, value)
    lines.put(task)
    return task


def ages(seconds: int) -> datetime:
    return NOON - timedelta(seconds=seconds)


def test_the_urgent_come_first_and_then_the_old(taskrouter: TaskRouter) -> None:
    """Of the same priority and age it is the one that was created first."""
    lines = Lines()
    tasks = [
        waiting(taskrouter, lines, priority=priority, virtual_start=ages(age))
        for priority, age in ((0, 5), (9, 1), (0, 7), (9, 1))
    ]
    assert list(lines.of(taskrouter.queue)) == [tasks[1], tasks[3], tasks[2], tasks[0]]


def test_the_young_come_first_where_the_queue_says_so(taskrouter: TaskRouter) -> None:
    """Priority goes before age in either order."""
    lines = Lines()
    taskrouter.queue.task_order = "LIFO"
    tasks = [
        waiting(taskrouter, lines, priority=priority, virtual_start=ages(age))
        for priority, age in ((0, 5), (0, 1), (1, 9))
    ]
    assert list(lines.of(taskrouter.queue)) == [tasks[2], tasks[1], tasks[0]]


def test_a_task_stands_in_one_place(taskrouter: TaskRouter) -> None:
    """Put again it leaves the old one, in whatever queue that was."""
    lines = Lines()
    task = waiting(taskrouter, lines)
    other = taskrouter.add_queue("Other")
    task.queue, task.priority = other, 3
    lines.put(task)
    assert (list(lines.of(taskrouter.queue)), list(lines.of(other))) == ([], [task])
    assert lines.queues() == [other]
    lines.drop(task)
    lines.drop(task)
    assert not lines
    assert (task in lines, lines.queues(), lines.tasks()) == (False, [], [])


@pytest.mark.parametrize("order", ["FIFO", "LIFO"])
def test_however_tasks_come_and_leave_their_order_is_that_of_sorting(
    taskrouter: TaskRouter, order: str
) -> None:
    """A thousand steps at random."""
    lines, chance, here = Lines(), random.Random(1), set[Task]()
    taskrouter.queue.task_order = order  # type: ignore[assignment]
    sign = 1 if order == "FIFO" else -1
    for _ in range(1_000):
        if here and chance.random() < 0.4:
            gone = min(here, key=lambda task: task.sid)
            here.remove(gone)
            lines.drop(gone)
        else:
            start = ages(chance.randrange(5))
            here.add(waiting(taskrouter, lines, priority=chance.randrange(3), virtual_start=start))
    expected = sorted(
        here,
        key=lambda task: (-task.priority, sign * task.virtual_start.timestamp(), sign * task.serial),
    )
    assert list(lines.of(taskrouter.queue)) == expected
    assert lines.tasks() == sorted(here, key=lambda task: task.serial)
