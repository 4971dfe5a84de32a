"""The Reservation resources: those of a task and those of a worker are the same ones."""

from collections.abc import Sequence

from flask import Response, g, request

from app.sandbox.resources import STATUSES, Reservation, Worker
from app.sandbox.rest.parameters import invalid
from app.sandbox.rest.representations import Representation, as_json, timestamp
from app.sandbox.rest.views import Route, Views, expects, found


class ReservationViews(Views):
    """Fetch, list and update, by task and by worker."""

    def routes(self) -> Sequence[Route]:
        """Return the routes of reservations."""
        of_task = "/<workspace>/Tasks/<task_sid>/Reservations"
        of_worker = "/<workspace>/Workers/<worker_sid>/Reservations"
        return (
            ("GET", of_task, self.list_reservations),
            ("GET", f"{of_task}/<sid>", self.fetch_reservation),
            ("POST", f"{of_task}/<sid>", self.update_reservation),
            ("GET", of_worker, self.list_worker_reservations),
            ("GET", f"{of_worker}/<sid>", self.fetch_worker_reservation),
            ("POST", f"{of_worker}/<sid>", self.update_worker_reservation),
        )

    def list_reservations(self, task_sid: str) -> Response:
        """Return a page of a task's reservations, filtered by WorkerSid and ReservationStatus."""
        rows = _by_status(self._taskrouter.reservations(found(self._taskrouter.find_task(task_sid))))
        if worker := request.args.get("WorkerSid"):
            rows = [row for row in rows if row.worker.sid == worker]
        return self._page("reservations", rows, self._of_task)

    def fetch_reservation(self, task_sid: str, sid: str) -> Response:
        """Return one of a task's reservations."""
        reservation = self._reservation(sid, task_sid=task_sid)
        return as_json(self._of_task(reservation), version=reservation.version)

    def update_reservation(self, task_sid: str, sid: str) -> Response:
        """Apply an update, if If-Match names the reservation's version."""
        reservation = self._reservation(sid, task_sid=task_sid)
        self._update(reservation)
        return as_json(self._of_task(reservation), version=reservation.version)

    def list_worker_reservations(self, worker_sid: str) -> Response:
        """Return a page of a worker's reservations, filtered by ReservationStatus."""
        rows = _by_status(self._taskrouter.reservations(self._worker(worker_sid)))
        return self._page("reservations", rows, self._of_worker)

    def fetch_worker_reservation(self, worker_sid: str, sid: str) -> Response:
        """Return one of a worker's reservations."""
        reservation = self._reservation(sid, worker_sid=worker_sid)
        return as_json(self._of_worker(reservation), version=reservation.version)

    def update_worker_reservation(self, worker_sid: str, sid: str) -> Response:
        """Apply an update, if If-Match names the reservation's version."""
        reservation = self._reservation(sid, worker_sid=worker_sid)
        self._update(reservation)
        return as_json(self._of_worker(reservation), version=reservation.version)

    def _update(self, reservation: Reservation) -> None:
        self._taskrouter.update(reservation, request.get_data(), expects(), g.fault)

    def _worker(self, sid: str) -> Worker:
        return found(self._taskrouter.find_worker(sid))

    def _reservation(self, sid: str, *, task_sid: str = "", worker_sid: str = "") -> Reservation:
        reservation = found(self._taskrouter.find_reservation(sid))
        belongs = (task_sid or reservation.task.sid, worker_sid or reservation.worker.sid) == (
            reservation.task.sid,
            reservation.worker.sid,
        )
        return found(reservation if belongs else None)

    def _of_task(self, reservation: Reservation) -> Representation:
        return self._json(reservation, f"Tasks/{reservation.task.sid}")

    def _of_worker(self, reservation: Reservation) -> Representation:
        return self._json(reservation, f"Workers/{reservation.worker.sid}")

    def _json(self, reservation: Reservation, parent: str) -> Representation:
        """The eleven fields of a TaskReservation, and of a WorkerReservation."""
        return {
            **self._common,
            "sid": reservation.sid,
            "task_sid": reservation.task.sid,
            "worker_sid": reservation.worker.sid,
            "worker_name": reservation.worker.name,
            "reservation_status": reservation.status,
            "date_created": timestamp(reservation.created),
            "date_updated": timestamp(reservation.updated),
            "url": f"{self._root}/{parent}/Reservations/{reservation.sid}",
            "links": {
                "task": f"{self._root}/Tasks/{reservation.task.sid}",
                "worker": f"{self._root}/Workers/{reservation.worker.sid}",
                "workspace": self._root,
            },
        }


def _by_status(rows: list[Reservation]) -> list[Reservation]:
    status = request.args.get("ReservationStatus")
    if not status:
        return rows
    if status not in STATUSES:
        raise invalid(f"ReservationStatus must be one of {', '.join(STATUSES)}")
    return [row for row in rows if row.status == status]
