"""A small TaskRouter on your own machine: it sends real assignment callbacks and takes real REST updates.

It stands for Twilio's side alone and knows nothing of the application that it calls. Lowest layer first:

    errors, sids            what is refused, and how things are named
    tokens, comparisons, expressions
                            the expressions of queues and workflows, read and evaluated
    faults, draws           how often requests and callbacks go wrong, and which ones do
    values, fields          is one value valid; what each instruction may carry
    wire                    inline JSON and REST forms, read into one Order
    resources               activity, queue, workflow, worker, task, reservation, alert
    routing                 pure: where a task goes, and who may get it
    clock, lines            what time it is; who waits, in order
    configuration           a Workflow's JSON, read into filters and targets
    judge                   pure: an Order and its circumstances to a Verdict
    effects                 what an instruction changes
    agenda, events          what is to happen when, and what has happened
    habits, legs, callback  simulated workers and calls; the signed POST to the application
    setup, workspace        the state: activities, queues, workflows; workers, and who has what
    lifecycle               tasks and reservations from their beginning to their end
    dispatch, execution     tasks to queues and workers; instructions and their calls
    taskrouter              callbacks, answers and updates
    rest, page, server      the same over HTTP, and a page that shows it

    with serving(TaskRouter(callback_url="http://127.0.0.1:5000/assignment")) as sandbox:
        ...
"""

from app.sandbox.callback import WebhookKey, sign
from app.sandbox.errors import InstructionError, RequestError
from app.sandbox.faults import CallbackFault, Faults, FetchFault, RequestFault
from app.sandbox.habits import Between, Habits
from app.sandbox.judge import Verdict, judge
from app.sandbox.legs import Legs
from app.sandbox.resources import (
    Activity,
    Alert,
    Answer,
    Reservation,
    Task,
    TaskQueue,
    Update,
    Worker,
    Workflow,
)
from app.sandbox.rest import create_app
from app.sandbox.server import Served, serving
from app.sandbox.taskrouter import TaskRouter
from app.sandbox.wire import Order

__all__ = [
    "Activity",
    "Alert",
    "Answer",
    "Between",
    "CallbackFault",
    "Faults",
    "FetchFault",
    "Habits",
    "InstructionError",
    "Legs",
    "Order",
    "RequestError",
    "RequestFault",
    "Reservation",
    "Served",
    "Task",
    "TaskQueue",
    "TaskRouter",
    "Update",
    "Verdict",
    "WebhookKey",
    "Worker",
    "Workflow",
    "create_app",
    "judge",
    "serving",
    "sign",
]
