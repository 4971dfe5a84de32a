"""Where a task goes and who may get it: pure functions from a workflow's configuration and the attributes.

Sources: "Lifecycle of a Task", "Workflows Overview" and "Worker presence" of Twilio's documentation.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from app.sandbox.configuration import Ordering, Target
from app.sandbox.expressions import ALWAYS, Expression, Scope
from app.sandbox.resources import Task, TaskQueue, Worker, Workflow


def steps_of(workflow: Workflow, attributes: Mapping[str, Any], now: datetime) -> tuple[Target, ...]:
    """Return the targets of the first filter that holds for a task, and the default's at the end."""
    scope = Scope(attributes, {"task": attributes}, now)
    routing = workflow.routing
    last = (routing.default,) if routing.default else ()
    found = next((each.targets for each in routing.filters if each.expression.holds(scope)), ())
    return (*found, *last)


def is_member(queue: TaskQueue, worker: Worker, now: datetime) -> bool:
    """Tell whether a worker belongs to a queue."""
    expression, belongs = worker.memberships.get(queue.sid, (None, False))
    # Asked for every worker at every change, while attributes change rarely.
    if expression is not queue.target_workers or expression.reads_clock:
        expression, belongs = queue.target_workers, satisfies(worker, queue.target_workers, now)
        worker.memberships[queue.sid] = (expression, belongs)
    return belongs


def satisfies(worker: Worker, expression: Expression, now: datetime) -> bool:
    """Tell whether an expression about workers, such as a queue's, holds for this one."""
    if expression is ALWAYS:
        return True
    values = values_of(worker)
    return expression.holds(Scope(values, {"worker": values}, now))


def suits(task: Task, worker: Worker, now: datetime) -> bool:
    """Tell whether a member of the task's queue may get the task where it stands."""
    target = task.steps[task.step]
    if not is_known(target, task, worker, now):
        return False
    return target.expression is ALWAYS or target.expression.holds(_scope(task, worker, now))


def is_known(target: Target, task: Task, worker: Worker, now: datetime) -> bool:
    """Tell whether the worker is the one whom the target names; where it names none, everybody is."""
    if target.known_worker is None:
        return True
    return bool(
        target.known_worker(_scope(task, worker, now)) == (worker.name if target.by_name else worker.sid)
    )


def ranked(task: Task, workers: Iterable[Worker], now: datetime) -> list[Worker]:
    """Return the workers in the order in which they are asked: by order_by, then who is idle longest."""
    found = sorted(workers, key=lambda worker: (worker.idle_since, worker.serial))
    for ordering in reversed(task.steps[task.step].order_by):
        found = _by(ordering, {worker.sid: _scope(task, worker, now) for worker in found}, found)
    return found


def _by(ordering: Ordering, scopes: Mapping[str, Scope], workers: list[Worker]) -> list[Worker]:
    having: list[tuple[tuple[int, Any], Worker]] = []
    lacking = []
    for worker in workers:
        if rank := _rank(ordering.value(scopes[worker.sid])):
            having.append((rank, worker))
        else:
            lacking.append(worker)
    having.sort(key=lambda pair: pair[0], reverse=ordering.descending)
    # Whoever lacks the attribute comes last in either direction.
    return [worker for _, worker in having] + lacking


def skips(task: Task, workers: Iterable[Worker], now: datetime) -> bool:
    """Tell whether a task that nobody got at once leaves its step for the next one."""
    target = task.steps[task.step]
    members = [worker for worker in workers if is_member(task.queue, worker, now)]
    if target.known_worker and not any(is_known(target, task, worker, now) for worker in members):
        return True
    if target.skip_if is None:
        return False
    counts = Counter({"available": 0, "unavailable": 0})
    for worker in members:
        counts["available" if worker.activity.available else "unavailable"] += 1
        counts[worker.activity.sid] += 1
    named = {"workers": counts, "task": task.attributes}
    return target.skip_if.holds(Scope(task.attributes, named, now))


def values_of(worker: Worker) -> Mapping[str, Any]:
    """Return what `worker.` stands for: the attributes, and sid and friendly_name where they lack these."""
    return {"sid": worker.sid, "friendly_name": worker.name, **worker.attributes}


def _scope(task: Task, worker: Worker, now: datetime) -> Scope:
    return Scope(task.attributes, {"task": task.attributes, "worker": values_of(worker)}, now)


def _rank(value: object) -> tuple[int, Any] | None:
    if isinstance(value, (int, float)):
        return (0, value)
    return (1, value) if isinstance(value, str) else None
