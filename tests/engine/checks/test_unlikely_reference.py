"""R013: names that are nearly others, or that mean something else in a `when`."""

import pytest

from app.engine.callback import KNOWN
from app.engine.catalogue import Check
from tests.engine.checks.one_rule import told


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("TaskAeg", "TaskAge"),
        ("Taskage", "TaskAge"),
        ("task_age", "TaskAge"),
        ("TaskAges", "TaskAge"),
        ("TaskPriorty", "TaskPriority"),
        ("TaskSID", "TaskSid"),
        ("WorkersSid", "WorkerSid"),
        ("WorkerNmae", "WorkerName"),
        ("TaskQueSid", "TaskQueueSid"),
        ("TaskAttribute", "TaskAttributes"),
        ("TimeStamp", "Timestamp"),
    ],
)
def test_a_parameter_that_is_nearly_one_of_taskrouters(written: str, meant: str) -> None:
    """Whatever it is compared with: null as well, which it always is."""
    for value in ("null", '"x"', "5"):
        [found] = told(f"x == 1 OR callback.{written} == {value}")[:1]
        assert (found.check, found.at, found.hint) == (Check.UNLIKELY_REFERENCE, 10, f"did you mean {meant}?")
        assert found.message == f"`when`: callback.{written} is no parameter that TaskRouter sends"


@pytest.mark.parametrize("operator", ["==", "!=", ">", "<="])
def test_a_misspelt_number_is_compared_like_the_number(operator: str) -> None:
    """That is no reason to write quotes: the name alone is told."""
    [found] = told(f"callback.TaskAeg {operator} 5")
    assert (found.check, found.hint) == (Check.UNLIKELY_REFERENCE, "did you mean TaskAge?")


@pytest.mark.parametrize(
    "name",
    [
        *sorted(KNOWN),
        "Digits",
        "TaskAgent",
        "TaskQueueName",
        "TaskChannelSid",
        "TimestampMs",
        "WorkflowName",
        "WorkerActivitySid",
        "CallSid",
    ],
)
def test_other_parameters_are_allowed(name: str) -> None:
    """Those that a callback has anyway, and those of whoever adds some of their own."""
    assert told(f"callback.{name} != null") == []


@pytest.mark.parametrize(
    ("root", "part"),
    [
        ("worker", "worker.sid"),
        ("callback", "callback.TaskAge"),
        ("taskrouter", "taskrouter.currentTime"),
        ("vars", "vars.limit"),
        ("task", "task.type"),
    ],
)
@pytest.mark.parametrize("when", ["{} == null", '{}[0] == "x"', "{} == task.kind", 'NOT ({} HAS "x")'])
def test_a_root_alone(root: str, part: str, when: str) -> None:
    """It is an attribute of the task; `task.` before it says that this is meant."""
    [found] = told(when.format(root))
    assert (found.check, found.at) == (Check.UNLIKELY_REFERENCE, when.index("{"))
    assert found.message == f"`when`: {root} alone is an attribute of the task here"
    assert (
        found.hint == f'name a part of it, such as {part}; else write task.{root}, or "{root}" if it is text'
    )
    assert told(when.format(f"task.{root}")) == []


def test_the_reservations_sid_is_a_parameter() -> None:
    """Only templates call it reservation.sid; any other part of a reservation may be the task's."""
    [found] = told('reservation.sid == "WR1"')
    assert (found.check, found.at) == (Check.UNLIKELY_REFERENCE, 0)
    assert found.hint.startswith("write callback.ReservationSid")
    assert told('task.reservation.sid == "WR1" OR reservation.nights == 2') == []


@pytest.mark.parametrize("written", ["workers", "Worker", "WORKER"])
def test_a_misspelt_root(written: str) -> None:
    """In any case; `task.` before it says that this is meant, were it a second `task` even."""
    [found] = told(f'{written}.team == "vip"')
    assert (found.check, found.hint) == (
        Check.UNLIKELY_REFERENCE,
        f"did you mean 'worker'? Else write task.{written}",
    )
    assert told(f'task.{written}.team == "vip" OR task.task.team == "vip"') == []
