"""What a scrape shows."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from tests.web.conftest import samples


class Families:
    """A collector of families that are there already."""

    def __init__(self, families: Iterable[Metric]) -> None:
        self._families = list(families)

    def collect(self) -> Iterable[Metric]:
        return self._families


def shown(families: Iterable[Metric]) -> dict[str, float]:
    """The samples as the text has them: `name{label="value"}`, with labels in their order."""
    return samples(text(families))


def text(families: Iterable[Metric]) -> str:
    registry = CollectorRegistry()
    registry.register(Families(families))
    written = generate_latest(registry).decode()
    assert all(family.documentation for family in text_string_to_metric_families(written))
    return written
