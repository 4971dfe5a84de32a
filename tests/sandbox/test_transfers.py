"""A worker hands a task over to another one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.sandbox import Reservation, TaskRouter

if TYPE_CHECKING:
    from tests.sandbox.conftest import Endpoint, ManualClock

CALL = "CA" + "c" * 32
NUMBER = "+14155551212"
REACHABLE = {"contact_uri": "client:x"}
CONFERENCE = {"instruction": "conference", "from": NUMBER}
WRONG: tuple[tuple[dict[str, Any], int], ...] = (
    ({"instruction": "dequeue", "from": NUMBER}, 40151),
    ({"instruction": "call", "from": NUMBER, "url": "https://example.com/"}, 40151),
    ({"instruction": "redirect", "call_sid": CALL, "url": "https://example.com/"}, 40151),
    (CONFERENCE, 40149),
)
"""Answers that a transfer cannot take."""


@pytest.fixture
def first(taskrouter: TaskRouter, endpoint: Endpoint) -> Reservation:
    """Alice has a task; Bob is free."""
    endpoint.answer({"instruction": "accept"})
    alice = taskrouter.add_worker("Alice", REACHABLE)
    reservation = taskrouter.assign(taskrouter.add_task({"call_sid": CALL}), alice)
    taskrouter.add_worker("Bob", REACHABLE)
    endpoint.answer({})
    return reservation


def transferred(taskrouter: TaskRouter, first: Reservation) -> Reservation:
    """Bob's reservation, when its callback was answered."""
    reservation = taskrouter.transfer(first.task, taskrouter.workers()[1])
    assert taskrouter.wait_for_callbacks(10)
    return reservation


def test_the_other_accepts(taskrouter: TaskRouter, endpoint: Endpoint, first: Reservation) -> None:
    """Then the first is done, the task goes on with the other, and ends with him."""
    endpoint.answer({"instruction": "accept"})
    second = transferred(taskrouter, first)
    assert (first.status, second.status, first.task.status) == ("completed", "accepted", "assigned")
    taskrouter.complete(first.task)
    assert (second.status, first.task.status) == ("completed", "completed")


@pytest.mark.parametrize("how", ["reject", "timeout", "rescind"])
def test_the_other_does_not_take_it(
    taskrouter: TaskRouter, endpoint: Endpoint, clock: ManualClock, first: Reservation, how: str
) -> None:
    """The task stays with the first, and is offered to nobody else."""
    if how == "reject":
        endpoint.answer({"instruction": "reject", "activity_sid": taskrouter.busy.sid})
    second = transferred(taskrouter, first)
    if how == "timeout":
        clock.advance(120)
        taskrouter.expire()
    elif how == "rescind":
        taskrouter.rescind(second)
    assert second.status == {"reject": "rejected", "timeout": "timeout", "rescind": "rescinded"}[how]
    assert (first.status, first.task.status, first.task.rejections) == ("accepted", "assigned", 0)
    assert len(taskrouter.reservations()) == 2


def test_a_conference_is_joined(taskrouter: TaskRouter, endpoint: Endpoint, first: Reservation) -> None:
    """Of a task that is in one."""
    first.task.attributes["conference"] = {"sid": "CF" + "1" * 32}
    endpoint.answer(CONFERENCE)
    assert transferred(taskrouter, first).status == "accepted"


@pytest.mark.parametrize(("answer", "code"), WRONG, ids=str)
def test_what_a_transfer_cannot_take_is_an_alert(
    taskrouter: TaskRouter, endpoint: Endpoint, first: Reservation, answer: dict[str, Any], code: int
) -> None:
    """The reservation stays pending."""
    endpoint.answer(answer)
    second = transferred(taskrouter, first)
    assert [each.code for each in second.alerts] == [code]
    assert (second.status, first.task.status) == ("pending", "assigned")


def test_only_an_assigned_task_is_transferred(taskrouter: TaskRouter) -> None:
    """Nobody has any other."""
    task, worker = taskrouter.add_task(), taskrouter.add_worker("Alice")
    with pytest.raises(ValueError, match="only an assigned task is transferred"):
        taskrouter.transfer(task, worker)
