"""The scenarios that come with the package."""

from collections.abc import Mapping
from importlib.resources import files

from app.sandbox.scenario.model import Scenario
from app.sandbox.scenario.reading import read_scenario

SHIPPED: Mapping[str, str] = {
    "small-shop": "a shop with six people, a quiet Monday",
    "support-centre": "forty agents of three teams, a busy Monday",
    "outage-morning": "the same centre, and Twilio fails from half past nine",
}
"""Their names, and what each is about."""


def shipped_text(name: str) -> str:
    """Return the YAML of one of them. Raises KeyError for another name."""
    if name not in SHIPPED:
        raise KeyError(name)
    return files(__name__).joinpath(f"{name}.yaml").read_text("utf-8")


def shipped_scenario(name: str) -> Scenario:
    """Return one of them. Raises KeyError for another name."""
    return read_scenario(shipped_text(name), _no_file)


def _no_file(name: str) -> str:
    raise FileNotFoundError(name)
