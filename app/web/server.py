"""gunicorn, with the settings that suit this service."""

import sys
from collections.abc import Callable
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication

from app.logs import JsonLines, log_to_stdout

THREADS = 16
TIMEOUT = 30  # seconds without a sign of life, after which a worker is replaced
GRACEFUL_TIMEOUT = 25  # Procfile hosts kill a process 30 s after asking it to stop
MAX_HEADER_FIELDS = 50
MAX_HEADER_SIZE = 8190


class Server(BaseApplication):
    """Serves what `make_app` returns in each worker process, until it is told to stop."""

    def __init__(
        self, make_app: Callable[[], Flask], host: str, port: int, workers: int, log_level: str
    ) -> None:
        self._make_app = make_app
        self._log_level = log_level
        self._config: dict[str, Any] = {
            "bind": f"[{host}]:{port}" if ":" in host else f"{host}:{port}",
            "workers": workers,
            "worker_class": "gthread",
            "threads": THREADS,
            "timeout": TIMEOUT,
            "graceful_timeout": GRACEFUL_TIMEOUT,
            "limit_request_fields": MAX_HEADER_FIELDS,
            "limit_request_field_size": MAX_HEADER_SIZE,
            # Proxies are believed by TRUSTED_PROXIES alone.
            "forwarded_allow_ips": "",
            "control_socket_disable": True,
            "logconfig_dict": _log_config(log_level),
            "post_worker_init": _say_ready,
        }
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._config.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        log_to_stdout(self._log_level)
        return self._make_app()


def _say_ready(worker: Any) -> None:
    """The first worker has loaded the rules and is about to accept; later ones replace it silently."""
    if worker.age == 1:
        host, port = worker.sockets[0].getsockname()[:2]
        sys.stderr.write(f"listening on http://{f'[{host}]' if ':' in host else host}:{port}\n")
        sys.stderr.flush()


def _log_config(level: str) -> dict[str, Any]:
    """gunicorn's own lines, in the form of ours."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": JsonLines}},
        "handlers": {
            "stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "json"}
        },
        "root": {"level": level, "handlers": ["stdout"]},
        "loggers": {
            "gunicorn.error": {"level": level, "handlers": [], "propagate": True},
            "gunicorn.access": {"level": "CRITICAL", "handlers": [], "propagate": False},
        },
    }
