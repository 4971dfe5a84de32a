"""A scenario from beginning to end on a stepped clock: as fast as it goes, and always in one order."""

from collections.abc import Callable

from app.sandbox.callback import is_usable
from app.sandbox.clock import SteppedClock
from app.sandbox.resources import Reservation
from app.sandbox.scenario.stage import Stage

PATIENCE = 5.0
"""The real seconds for which time stands until what was not applied is sent again."""


def play(
    stage: Stage,
    clock: SteppedClock,
    *,
    grace: float,
    step: Callable[[], object] = lambda: None,
    stopped: Callable[[], bool] = lambda: False,
) -> None:
    """Play a stage that has begun until it ends, or until `stopped`.

    The workspace is `in_turn`: time stands while a callback is under way. It also stands while an update may
    follow an empty answer, for `grace` real seconds at most, and while one may come again that a fault kept
    from TaskRouter, for PATIENCE. `step` is called now and then.
    """
    taskrouter = stage.taskrouter
    while not stopped():
        while reservation := taskrouter.call_next():
            if _may_be_updated(reservation):
                taskrouter.wait_until_settled(reservation, grace)
            if reservation.updates and _may_be_updated(reservation):
                taskrouter.wait_until_settled(reservation, PATIENCE)
        at = taskrouter.next_at
        if at is None or at > stage.ends:
            clock.move(stage.ends)
            return
        clock.move(at)
        taskrouter.expire()
        step()


def _may_be_updated(reservation: Reservation) -> bool:
    is_answered = any(map(is_usable, reservation.answers))
    return is_answered and not (reservation.settled or reservation.applied or reservation.alerts)
