"""Brings the tables to the version of this release, with alembic."""

from pathlib import Path
from threading import Lock

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

STEPS = Path(__file__).with_name("migrations")

_one_at_a_time = Lock()  # the steps speak to the one connection that alembic knows in a process


def take_steps(connection: Connection) -> None:
    """Takes every step that is missing, inside the transaction that the connection is in."""
    config = Config()
    config.set_main_option("script_location", str(STEPS).replace("%", "%%"))  # % begins a reference there
    config.attributes["connection"] = connection
    with _one_at_a_time:
        command.upgrade(config, "head")
