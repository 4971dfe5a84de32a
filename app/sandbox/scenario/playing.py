"""A scenario from beginning to end on a stepped clock: as fast as it goes, and always in one order."""

from collections.abc import Callable

from app.sandbox.clock import SteppedClock
from app.sandbox.resources import Reservation
from app.sandbox.scenario.stage import Stage


def play(
    stage: Stage,
    clock: SteppedClock,
    *,
    grace: float,
    step: Callable[[], object] = lambda: None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Play a stage that has begun until it ends, or until `stopped`.

    The workspace is `in_turn`: time stands while a callback is under way. It also stands while an update over
    REST may follow an answer that was empty, for `grace` real seconds at most. `step` is called now and then.
    """
    taskrouter = stage.taskrouter
    while not stopped():
        while reservation := taskrouter.call_next():
            if _awaits_update(reservation):
                taskrouter.wait_until_settled(reservation, grace)
        at = taskrouter.next_at
        if at is None or at > stage.ends:
            clock.move(stage.ends)
            return
        clock.move(at)
        taskrouter.expire()
        step()


def _awaits_update(reservation: Reservation) -> bool:
    return not reservation.settled and not reservation.applied and not reservation.alerts
