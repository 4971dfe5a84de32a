"""The Task resource."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Response, request

from app.sandbox.expressions import Scope
from app.sandbox.lifecycle import DAY
from app.sandbox.resources import TASK_STATUSES, Task, TaskStatus, Workflow
from app.sandbox.rest import parameters
from app.sandbox.rest.parameters import Table, invalid
from app.sandbox.rest.representations import Representation, as_json, json_text, timestamp
from app.sandbox.rest.views import Route, Views, check_version, deleted, form, found, ordered
from app.sandbox.taskrouter import TaskRouter

_PRIORITY = parameters.number(0, 2**31 - 1)
NEW: Table = {
    "Attributes": ("attributes", parameters.attributes),
    "Priority": ("priority", _PRIORITY),
    "Timeout": ("timeout", parameters.number(1, 14 * DAY)),
    "TaskChannel": ("channel", parameters.name),
    "VirtualStartTime": ("virtual_start", parameters.moment),
    "WorkflowSid": ("workflow", parameters.sid("WW")),
}
CHANGED: Table = {
    "Attributes": ("attributes", parameters.attributes),
    "AssignmentStatus": ("status", parameters.word("canceled", "completed", "wrapping")),
    "Priority": ("priority", _PRIORITY),
    "Reason": ("reason", parameters.text),
    "TaskChannel": ("channel", parameters.name),
    "VirtualStartTime": ("virtual_start", parameters.moment),
}
FILTERS: Table = {
    "Priority": ("priority", _PRIORITY),
    "WorkflowSid": ("workflow_sid", parameters.text),
    "WorkflowName": ("workflow_name", parameters.text),
    "TaskQueueSid": ("queue_sid", parameters.text),
    "TaskQueueName": ("queue_name", parameters.text),
    "EvaluateTaskAttributes": ("expression", parameters.expression),
}
ORDERS = {
    "DateCreated": lambda task: task.created,
    "Priority": lambda task: task.priority,
}

_EXPECTED: Mapping[str, tuple[str, tuple[TaskStatus, ...]]] = {
    "canceled": ("cancel", ("pending", "reserved")),
    "completed": ("complete", ("assigned", "wrapping")),
    "wrapping": ("wrap up", ("assigned",)),
}


class TaskViews(Views):
    """Create, fetch, list, update and delete."""

    def routes(self) -> Sequence[Route]:
        """Return the routes of tasks."""
        tasks = "/<workspace>/Tasks"
        return (
            ("POST", tasks, self.create_task),
            ("GET", tasks, self.list_tasks),
            ("GET", f"{tasks}/<sid>", self.fetch_task),
            ("POST", f"{tasks}/<sid>", self.update_task),
            ("DELETE", f"{tasks}/<sid>", self.delete_task),
        )

    def create_task(self) -> Response:
        """Add a task and let it into its workflow."""
        given = form()
        parameters.refuse(given, "RoutingTarget", "IgnoreCapacity", "TaskQueueSid")
        fields = parameters.read(given, NEW)
        fields["workflow"] = self._workflow(fields.get("workflow"))
        with self._taskrouter.at_once():
            task = self._taskrouter.add_task(**fields)
            self._taskrouter.route(task)
        return self._one(task, 201)

    def fetch_task(self, sid: str) -> Response:
        """Return one task."""
        return self._one(found(self._taskrouter.find_task(sid)))

    def list_tasks(self) -> Response:
        """Return a page of the tasks, with Twilio's filters and Ordering."""
        given = parameters.read(request.args.to_dict(flat=False), FILTERS)
        statuses = _statuses()
        rows = [row for row in self._taskrouter.tasks() if _fits(row, statuses, given, self._taskrouter)]
        rows, by = ordered(rows, ORDERS)
        return self._page("tasks", rows, self._json, by=by)

    def update_task(self, sid: str) -> Response:
        """Set fields, and cancel, complete or wrap up, if If-Match names the task's version."""
        task, fields = found(self._taskrouter.find_task(sid)), parameters.read(form(), CHANGED)
        with self._taskrouter.at_once():
            check_version(task.version)
            status, reason = fields.pop("status", None), fields.pop("reason", "")
            if status:
                self._check_status(task, status)
            if "attributes" in fields:
                self._taskrouter.describe(task, fields.pop("attributes"))
            if fields:
                self._taskrouter.reorder(task, **fields)
            if status:
                self._closing(status)(task, reason)
        return self._one(task)

    def delete_task(self, sid: str) -> Response:
        """Delete a task whatever its status, if If-Match names its version."""
        task = found(self._taskrouter.find_task(sid))
        with self._taskrouter.at_once():
            check_version(task.version)
            self._taskrouter.delete_task(task)
        return deleted()

    def _workflow(self, sid: str | None) -> Workflow:
        if sid is None:
            workflows = self._taskrouter.workflows()
            if len(workflows) != 1:
                raise invalid("WorkflowSid is required where there is more than one Workflow")
            return workflows[0]
        workflow = self._taskrouter.find_workflow(sid)
        if workflow is None:
            raise invalid(f"there is no Workflow {sid}")
        return workflow

    def _check_status(self, task: Task, status: str) -> None:
        verb, expected = _EXPECTED[status]
        if task.status not in expected:
            where = f"{self._taskrouter.workspace_sid} for account {self._taskrouter.account_sid}"
            reason = f"because it is not {' or '.join(expected)}."
            raise invalid(f"Cannot {verb} task {task.sid} in workspace {where} {reason}")

    def _closing(self, status: str) -> Callable[[Task, str], None]:
        return {
            "canceled": self._taskrouter.cancel,
            "completed": self._taskrouter.complete,
            "wrapping": self._taskrouter.wrap_up,
        }[status]

    def _one(self, task: Task, status: int = 200) -> Response:
        return as_json(self._json(task), status, task.version)

    def _json(self, task: Task) -> Representation:
        url = f"{self._root}/Tasks/{task.sid}"
        return {
            **self._common,
            "sid": task.sid,
            "workflow_sid": task.workflow.sid,
            "workflow_friendly_name": task.workflow.name,
            "task_queue_sid": task.queue.sid,
            "task_queue_friendly_name": task.queue.name,
            "task_channel_sid": self._taskrouter.channel_sid,
            "task_channel_unique_name": task.channel,
            "assignment_status": task.status,
            "attributes": json_text(task.attributes),
            "addons": "{}",
            "priority": task.priority,
            "reason": task.reason or None,
            "timeout": task.timeout,
            "age": int((self._taskrouter.clock() - task.created).total_seconds()),
            "ignore_capacity": False,
            "routing_target": None,
            "date_created": timestamp(task.created),
            "date_updated": timestamp(task.updated),
            "task_queue_entered_date": timestamp(task.queued),
            "virtual_start_time": timestamp(task.virtual_start),
            "url": url,
            "links": {
                "reservations": f"{url}/Reservations",
                "task_queue": f"{self._root}/TaskQueues/{task.queue.sid}",
                "workflow": f"{self._root}/Workflows/{task.workflow.sid}",
                "workspace": self._root,
            },
        }


def _statuses() -> list[str]:
    given = [each.strip() for value in request.args.getlist("AssignmentStatus") for each in value.split(",")]
    if unknown := set(given) - set(TASK_STATUSES):
        raise invalid(f"AssignmentStatus must be one of {', '.join(TASK_STATUSES)}, not {min(unknown)}")
    return given


def _fits(task: Task, statuses: Sequence[str], given: dict[str, Any], taskrouter: TaskRouter) -> bool:
    facts = {
        "priority": task.priority,
        "workflow_sid": task.workflow.sid,
        "workflow_name": task.workflow.name,
        "queue_sid": task.queue.sid,
        "queue_name": task.queue.name,
    }
    if statuses and task.status not in statuses:
        return False
    if any(given.get(name, fact) != fact for name, fact in facts.items()):
        return False
    scope = Scope(task.attributes, {"task": task.attributes}, taskrouter.clock())
    return "expression" not in given or bool(given["expression"].holds(scope))
