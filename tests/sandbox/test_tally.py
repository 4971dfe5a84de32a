"""What came of a run, counted."""

from __future__ import annotations

from app.sandbox.tally import Count, Tally, times_of
from tests.sandbox.conftest import Endpoint
from tests.sandbox.scenario.staging import MONDAY, Day


def test_the_quantiles_of_times() -> None:
    """By the nearest rank; of no times there are none."""
    times = times_of(range(1, 101))
    assert times
    assert (times.count, times.median, times.p90, times.p99, times.longest) == (100, 50, 90, 99, 100)
    one = times_of([3.5])
    assert one
    assert (one.median, one.p99, one.longest, one.prompt) == (3.5, 3.5, 3.5, None)
    assert times_of([]) is None


def test_nothing_happened() -> None:
    """Everything is none."""
    report = Tally(MONDAY).report(MONDAY)
    assert (report.tasks, report.endings, report.waiting, report.queues, report.callbacks) == (
        0,
        [],
        None,
        [],
        None,
    )


class TestADay:
    """Two callers, one of whom hangs up; one of three reservations is missed."""

    def test_tasks_and_waiting(self, endpoint: Endpoint) -> None:
        """Answered within twenty seconds or not; whoever hung up is counted by queue."""
        endpoint.answer({"instruction": "accept"})
        day = Day(
            callback_url=endpoint.url,
            tasks="{by_hour: {9: 60}, kinds: [{attributes: {}, patience: 60}]}",
            workers="[{name: Ada, talk: 100}]",
        )
        report = day.report()
        completed = Count("completed", len(day.of("task.completed")))
        hung_up = Count("canceled", len(day.of("task.canceled")), "caller hung up")
        assert sorted(report.endings, key=lambda each: each.name) == [hung_up, completed]
        assert (report.tasks, report.reservations) == (60, completed.count)
        (queue,) = report.queues
        assert (queue.name, queue.canceled, queue.waiting) == ("Everyone", hung_up.count, report.waiting)
        assert report.waiting
        assert report.waiting.longest <= 60
        assert 0 < (report.waiting.prompt or 0) < 1
        assert report.callbacks
        assert report.callbacks.count == report.reservations
        assert report.reservation_endings == [Count("accepted", completed.count)]

    def test_what_went_wrong(self, endpoint: Endpoint) -> None:
        """Alerts by code, with the first sentence; answers that were none."""
        endpoint.answer({"instruction": "dequeue", "from": "+14155551212"})
        day = Day(callback_url=endpoint.url, workers="[{name: Ada, accepts_after: 3, talk: 60}]")
        report = day.report()
        (alert,) = report.alerts
        assert (alert.name, alert.count) == ("40131", 3)
        assert alert.reason
        endpoint.status = 500
        report = Day(callback_url=endpoint.url).report()
        assert report.unanswered == [Count("answered 500 application/json", 3)]

    def test_what_is_open_at_the_end(self) -> None:
        """Comes last."""
        day = Day(workers='[{name: Ada, shifts: ["01:00-02:00"]}]')
        assert day.report().endings == [Count("open", 3)]

    def test_what_workers_did_not_take(self, endpoint: Endpoint) -> None:
        """Rejected tasks are counted once, reservations each time."""
        endpoint.answer({"instruction": "reject", "activity_sid": "WA" + "1" * 32})
        day = Day(callback_url=endpoint.url, workers="[{name: Ada, count: 2, returns_after: 3600}]")
        report = day.report()
        # The youngest is never offered: the others are older, and always wait.
        assert report.rejected_tasks == 2
        (rejected,) = report.reservation_endings
        assert (rejected.name, rejected.count) == ("rejected", report.reservations)
        assert report.reservations > 3

    def test_updates(self, endpoint: Endpoint) -> None:
        """What was sent over REST, by what became of it."""
        day = Day(callback_url=endpoint.url, tasks="{by_hour: {}, kinds: [{attributes: {}}]}")
        reservation = day.taskrouter.route(day.taskrouter.add_task())
        assert reservation
        day.taskrouter.update(reservation, b"ReservationStatus=accepted", lambda _: True, "rate_limited")
        day.taskrouter.update(reservation, b"ReservationStatus=accepted", lambda _: True)
        report = day.report()
        assert set(map(str, report.updates)) == {
            str(Count("applied", 1)),
            str(Count("not applied (rate_limited)", 1)),
        }
