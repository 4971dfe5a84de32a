"""gunicorn, with the settings that suit this service."""

import gc
import socket
import sys
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.http.errors import ParseException

from app.errors import SettingsError
from app.logs import lines, log_to_stdout
from app.web.arbiter import Keeper
from app.web.refusals import unparsed
from app.web.sparing import log_sparingly
from app.web.worker import Worker

THREADS = 16
TIMEOUT = 30  # seconds without a sign of life, after which a worker is replaced
GRACEFUL_TIMEOUT = 25  # Procfile hosts kill a process 30 s after asking it to stop
MAX_HEADER_FIELDS = 50
MAX_HEADER_SIZE = 8190
BACKLOG = 2048  # connections that wait to be accepted


class Server(BaseApplication):
    """Serves an application in each worker process, until it is told to stop.

    `make_app` returns the application, what is done at once when the process is told to stop, and what ends
    all that runs beside it when the requests are answered. `log_form` is the level and the form of log lines.
    Raises SettingsError when it cannot listen there.
    """

    def __init__(
        self,
        make_app: Callable[[], tuple[Flask, Callable[[], None], Callable[[], None]]],
        host: str,
        port: int,
        workers: int,
        log_form: tuple[str, str | None],
    ) -> None:
        self._make_app = make_app
        self.on_exit: Callable[[], object] = _nothing  # what is done when the last process has ended
        self.wind_down: Callable[[], None] = _nothing
        self._stop: Callable[[], None] = _nothing
        self._log_form = log_form
        self._config: dict[str, Any] = {
            "bind": f"fd://{_listen(host, port)}",
            "workers": workers,
            "worker_class": Worker,
            "threads": THREADS,
            "timeout": TIMEOUT,
            "graceful_timeout": GRACEFUL_TIMEOUT,
            "limit_request_fields": MAX_HEADER_FIELDS,
            "limit_request_field_size": MAX_HEADER_SIZE,
            # Proxies are believed by TRUSTED_PROXIES alone.
            "forwarded_allow_ips": "",
            "control_socket_disable": True,
            "logconfig_dict": _log_config(*log_form),
            "post_worker_init": _say_ready,
            "on_exit": lambda _server: self.on_exit(),
            "worker_exit": lambda _server, _worker: self._stop(),
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._config.items():
            self.cfg.set(name, value)

    def run(self) -> None:
        gc.collect()
        gc.freeze()  # a later collection writes to all that it looks at: no worker would share it any more
        Keeper(self).run()

    def load(self) -> Any:
        log_to_stdout(*self._log_form, beside=True)
        log_sparingly()
        app, self.wind_down, self._stop = self._make_app()
        # A body in chunks is parsed while the view reads it.
        app.register_error_handler(ParseException, lambda error: unparsed(error).response())
        return app


def _nothing() -> None:
    """What there is to end before an application was made."""


def _listen(host: str, port: int) -> int:
    """A listening socket's descriptor. gunicorn itself would try a taken port for five seconds."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=BACKLOG).detach()
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0]
        raise SettingsError(
            f"cannot listen at {host}, port {port} ({reason}): choose others with --bind and --port"
        ) from None


def _say_ready(worker: Any) -> None:
    """The first worker has loaded the rules and is about to accept; later ones replace it silently."""
    if worker.age == 1:
        host, port = worker.sockets[0].getsockname()[:2]
        sys.stderr.write(f"listening on http://{f'[{host}]' if ':' in host else host}:{port}\n")
        sys.stderr.flush()


def _log_config(level: str, form: str | None) -> dict[str, Any]:
    """gunicorn's own lines, in the form of ours."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"lines": {"()": lines, "form": form}},
        "handlers": {
            "stdout": {"class": "app.logs.Unwaiting", "stream": "ext://sys.stdout", "formatter": "lines"}
        },
        "root": {"level": level, "handlers": ["stdout"]},
        "loggers": {
            # Below, gunicorn writes the requests themselves.
            "gunicorn.error": {
                "level": "INFO" if level == "DEBUG" else level,
                "handlers": [],
                "propagate": True,
            },
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }
