"""The application that gunicorn and `flask --app app.wsgi` load."""

import atexit
import sys

from flask import Flask

from app.assembly import assemble
from app.errors import DeskError
from app.logs import log_to_stdout
from app.settings import process_environment, read_settings


def _app() -> Flask:
    environment = process_environment()
    try:
        settings = read_settings(environment)
        log_to_stdout(settings.log_level, settings.log_format)
        assembly = assemble(settings, environment)
    except DeskError as error:
        sys.exit(f"desk: {error}")
    atexit.register(assembly.stop)
    return assembly.app


app = _app()
