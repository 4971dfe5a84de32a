"""The application that gunicorn and `flask --app app.wsgi` load."""

from app.assembly import assemble
from app.logs import log_to_stdout
from app.settings import process_environment, read_settings

_environment = process_environment()
_settings = read_settings(_environment)
log_to_stdout(_settings.log_level)

app = assemble(_settings, _environment)
