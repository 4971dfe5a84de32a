"""How a workspace is set up: its activities, task queues and workflows."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from typing import Any, TypeAlias

import orjson

from app.sandbox.agenda import Agenda, Due
from app.sandbox.clock import Clock, utc_now
from app.sandbox.configuration import ConfigurationError, Routing, read_configuration
from app.sandbox.effects import touch
from app.sandbox.errors import INVALID_PARAMETER, RequestError
from app.sandbox.resources import Activity, TaskQueue, Workflow
from app.sandbox.sids import Sids

Part: TypeAlias = Activity | TaskQueue | Workflow


class Setup:
    """A workspace without workers and tasks. Safe across threads: `_changed` guards everything.

    It begins with three activities, one queue of everybody, and one workflow that leads there. SIDs are the
    same in every run with the same `seed`; those of the user's own workspace can be given instead.
    """

    def __init__(self, *, clock: Clock = utc_now, seed: int = 1) -> None:
        self._changed = threading.Condition(threading.RLock())
        self._sids = Sids(seed)
        self._serials = count(1)
        self._agenda = Agenda()
        self._happening: datetime | None = None
        self.clock = clock
        self.seed = seed
        self.name = "Sandbox"
        self.serial = next(self._serials)
        self.event_callback_url = ""
        self.created = self.updated = clock()
        self.workspace_sid = self._sids.new("WS")
        self.channel_sid = self._sids.new("TC")
        self._activities: dict[str, Activity] = {}
        self._queues: dict[str, TaskQueue] = {}
        self._workflows: dict[str, Workflow] = {}
        self.idle = self.add_activity("Idle", available=True)
        self.busy = self.add_activity("Busy", available=False)
        self.offline = self.add_activity("Offline", available=False)
        self.default_activity = self.idle
        self.timeout_activity = self.offline
        self.queue = self.add_queue("Everyone")
        everybody = {"task_routing": {"filters": [], "default_filter": {"queue": self.queue.sid}}}
        self.workflow = self.add_workflow("Default", orjson.dumps(everybody).decode())

    @property
    def task_queue_sid(self) -> str:
        """The SID of the queue of everybody."""
        return self.queue.sid

    @property
    def workflow_sid(self) -> str:
        """The SID of the workflow that leads there."""
        return self.workflow.sid

    def expire(self) -> None:
        """Do what is due by the clock: phones are picked up, reservations time out, old tasks are canceled.

        Every reading method does this first, so that a workspace which nobody serves needs no thread.
        """
        with self._changed:
            if self._happening:
                return
            try:
                for at, happens in self._agenda.due(self.clock()):
                    self._happening = at
                    happens(at)
            finally:
                self._happening = None

    def plan(self, at: datetime, what: Due) -> None:
        """Let something happen at a time, with the workspace locked."""
        with self._changed:
            self._agenda.plan(at, what)

    @property
    def next_at(self) -> datetime | None:
        """When something happens next by itself; None when nothing will."""
        return self._agenda.next_at

    @contextmanager
    def at_once(self) -> Iterator[None]:
        """Let nobody come between the steps of the block."""
        with self._changed:
            yield

    def configure(self, **fields: Any) -> None:
        """Set the `name`, `default_activity`, `timeout_activity` or `event_callback_url` of the workspace."""
        with self._changed:
            for name, value in fields.items():
                setattr(self, name, value)
            self.updated = self.clock()

    def activity(self, sid: str) -> Activity:
        """Return the activity of this SID; an unknown SID becomes an activity in which no tasks come."""
        with self._changed:
            return self._activities.get(sid) or self.add_activity(sid, available=False, sid=sid)

    def add_activity(self, name: str, *, available: bool, sid: str = "") -> Activity:
        """Add an activity."""
        with self._changed:
            now = self.clock()
            sid = sid or self._sids.new("WA")
            self._activities[sid] = Activity(sid, next(self._serials), name, available, now, now)
            return self._activities[sid]

    def add_queue(self, name: str, *, sid: str = "", **fields: Any) -> TaskQueue:
        """Add a task queue, with any of the other fields of TaskQueue."""
        with self._changed:
            now = self.clock()
            sid = sid or self._sids.new("WQ")
            self._queues[sid] = TaskQueue(sid, next(self._serials), name, now, now, **fields)
            return self._queues[sid]

    def add_workflow(self, name: str, configuration: str, *, sid: str = "", **fields: Any) -> Workflow:
        """Add a workflow from Twilio's JSON, with any of the other fields of Workflow.

        Raises RequestError for a configuration that cannot be read, or names a queue that is not here.
        """
        with self._changed:
            workflow = Workflow(
                sid=sid or self._sids.new("WW"),
                serial=next(self._serials),
                name=name,
                configuration=configuration,
                routing=self.read_routing(configuration),
                created=self.clock(),
                updated=self.clock(),
                **fields,
            )
            self._workflows[workflow.sid] = workflow
            return workflow

    def read_routing(self, configuration: str) -> Routing:
        """Read a configuration for this workspace. Raises RequestError 400."""
        try:
            routing = read_configuration(configuration)
        except ConfigurationError as error:
            raise RequestError(400, INVALID_PARAMETER, str(error)) from None
        for target in routing.targets:
            if target.queue_sid not in self._queues:
                raise RequestError(400, INVALID_PARAMETER, f"there is no TaskQueue {target.queue_sid}")
        return routing

    def activities(self) -> list[Activity]:
        """All activities in the order of creation."""
        with self._changed:
            return list(self._activities.values())

    def queues(self) -> list[TaskQueue]:
        """All task queues in the order of creation."""
        with self._changed:
            return list(self._queues.values())

    def workflows(self) -> list[Workflow]:
        """All workflows in the order of creation."""
        with self._changed:
            return list(self._workflows.values())

    def find_activity(self, sid: str) -> Activity | None:
        """Return the activity of this SID, if there is one."""
        return self._activities.get(sid)

    def find_queue(self, sid: str) -> TaskQueue | None:
        """Return the task queue of this SID, if there is one."""
        return self._queues.get(sid)

    def find_workflow(self, sid: str) -> Workflow | None:
        """Return the workflow of this SID, if there is one."""
        return self._workflows.get(sid)

    def change(self, part: Part, **fields: Any) -> None:
        """Set fields of an activity, a task queue or a workflow."""
        with self._acting() as now:
            for name, value in fields.items():
                setattr(part, name, value)
            touch(part, now)

    def delete_activity(self, activity: Activity) -> None:
        """Delete an activity. Raises RequestError 400 while anything refers to it."""
        with self._changed:
            queues = self._queues.values()
            users = [
                each.sid
                for each in queues
                if activity in (each.reservation_activity, each.assignment_activity)
            ]
            if activity in (self.default_activity, self.timeout_activity):
                users.append(self.workspace_sid)
            _refuse_in_use(activity.sid, [*users, *self._users_of(activity)])
            self._activities.pop(activity.sid, None)

    def delete_queue(self, queue: TaskQueue) -> None:
        """Delete a task queue. Raises RequestError 400 while a workflow or a task refers to it."""
        with self._changed:
            users = [
                each.sid
                for each in self._workflows.values()
                if queue.sid in {target.queue_sid for target in each.routing.targets}
            ]
            _refuse_in_use(queue.sid, [*users, *self._users_of(queue)])
            self._queues.pop(queue.sid, None)

    def delete_workflow(self, workflow: Workflow) -> None:
        """Delete a workflow. Raises RequestError 400 while a task is on its way through it."""
        with self._changed:
            _refuse_in_use(workflow.sid, self._users_of(workflow))
            self._workflows.pop(workflow.sid, None)

    def _users_of(self, part: Part) -> Iterable[str]:
        """The SIDs of the workers and tasks that refer to it."""
        return ()

    @contextmanager
    def _acting(self) -> Iterator[datetime]:
        """Change something at the time that is yielded: after what was due, and before what follows."""
        with self._changed:
            self.expire()
            now = self._now()
            yield now
            self._go_on(now)

    def _now(self) -> datetime:
        """The time: while something planned happens, that for which it was planned."""
        return self._happening or self.clock()

    def _go_on(self, now: datetime) -> None:
        """Do what a change makes possible."""


def _refuse_in_use(sid: str, users: Iterable[str]) -> None:
    if user := next(iter(users), ""):
        raise RequestError(400, INVALID_PARAMETER, f"{sid} cannot be deleted while {user} refers to it")
