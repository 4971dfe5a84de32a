"""The desk and the courier with spans: those of a callback, of an attempt, and of what takes time in them.

Spans hold SIDs, names of rules and outcomes, and nothing of a callback's attributes. No exception is
recorded: its text may hold what nobody is to see.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from app.delivery.courier import Carried, Courier
from app.delivery.policy import Again
from app.journal import Taken
from app.logs import REQUEST
from app.model import Decision, Delivery, Promise
from app.service import Answer, Desk, Later, Params, Turn

if TYPE_CHECKING:
    from opentelemetry.trace import Span, Tracer


class TracedDesk(Desk):
    """A desk whose callbacks are spans, with `decide` and `promise` in them."""

    def __init__(self, tracer: "Tracer", **named: Any) -> None:
        super().__init__(**named)
        self._tracer = tracer

    def begin(self, params: Params) -> Later:
        return partial(self._in_a_span, "/assignment", super().begin, params)

    def begin_fallback(self, params: Params) -> Later:
        return partial(self._in_a_span, "/assignment/fallback", super().begin_fallback, params)

    def _in_a_span(self, path: str, begin: Callable[[Params], Answer | Later], params: Params) -> Answer:
        """The whole answer, in one thread: a span does not pass from one to another."""
        with span(self._tracer, "callback", {"desk.path": path}):
            begun = begin(params)
            return begun if isinstance(begun, Answer) else begun()

    def _decide(self, taken: Taken) -> Decision:
        with span(self._tracer, "decide", {"desk.reservation": taken.callback.reservation_sid}) as made:
            decision = super()._decide(taken)
            made.set_attributes(
                {
                    "desk.rule": decision.rule,
                    "desk.mode": decision.mode.value,
                    "desk.rules_version": decision.rules_version,
                    "desk.problems": [str(problem.check) for problem in decision.problems],
                }
            )
            return decision

    def _taken_on(self, promise: Promise, turn: Turn, decision: Decision) -> tuple[Delivery, bool]:
        with span(self._tracer, "promise", {"desk.reservation": promise.call.reservation_sid}) as made:
            delivery, new = super()._taken_on(promise, turn, decision)
            made.set_attributes({"desk.state": delivery.state.value, "desk.new": new})
            return delivery, new


class TracedCourier(Courier):
    """A courier whose attempts are spans, with an event for each request."""

    def __init__(self, tracer: "Tracer", *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._tracer = tracer

    def attempt(self, delivery: Delivery, may_send: Callable[[], bool] = lambda: True) -> Carried:
        told = {
            "desk.reservation": delivery.promise.call.reservation_sid,
            "desk.rule": delivery.promise.rule,
            "desk.rules_version": delivery.promise.rules_version,
            "desk.stage": delivery.stage.value,
            "desk.attempt": delivery.attempts,
        }
        with span(self._tracer, "attempt", told) as made:
            carried = super().attempt(delivery, may_send)
            _tell(made, carried)
            return carried


def _tell(made: "Span", carried: Carried) -> None:
    for each in carried.requests:
        outcome = each.outcome
        told = {
            "desk.ending": outcome.ending.value,
            "http.response.status_code": outcome.status,
            "desk.twilio_code": outcome.twilio_code,
        }
        known = {name: value for name, value in told.items() if value is not None}
        made.add_event(each.kind, known, int(each.ended.timestamp() * 1e9))
    made.set_attribute("desk.state", "again" if isinstance(carried.step, Again) else carried.step.state.value)


@contextmanager
def span(tracer: "Tracer", name: str, attributes: Mapping[str, Any]) -> "Iterator[Span]":
    """A span of the request that is being answered, or delivered for."""
    request = REQUEST.get()
    told = {**attributes, "desk.request": request} if request else attributes
    with tracer.start_as_current_span(
        name, attributes=told, record_exception=False, set_status_on_exception=False
    ) as made:
        try:
            yield made
        except Exception as error:
            made.set_attribute("error.type", type(error).__name__)
            raise
