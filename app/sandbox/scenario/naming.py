"""Queues by name, where a Workflow's configuration of Twilio's has their SIDs."""

from collections.abc import Iterator, Mapping
from typing import Any

from app.sandbox.sids import is_sid


def with_sids(configuration: Any, sids: Mapping[str, str]) -> Any:
    """Return a configuration in which each queue that `sids` knows by name has its SID."""
    if isinstance(configuration, list):
        return [with_sids(each, sids) for each in configuration]
    if not isinstance(configuration, Mapping):
        return configuration
    return {
        key: sids.get(value, value) if key == "queue" and isinstance(value, str) else with_sids(value, sids)
        for key, value in configuration.items()
    }


def queue_sids(configuration: Any) -> Iterator[str]:
    """Yield each SID of a queue in a configuration, as often as it stands there."""
    if isinstance(configuration, Mapping):
        for key, value in configuration.items():
            if key == "queue" and is_sid("WQ", value):
                yield value
            else:
                yield from queue_sids(value)
    elif isinstance(configuration, list):
        for each in configuration:
            yield from queue_sids(each)
