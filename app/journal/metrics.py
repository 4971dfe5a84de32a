"""The journal of this process, as Prometheus metrics."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from app.journal.journal import Journal


class JournalMetrics:
    """A collector that looks at the journal when it is asked."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal

    def collect(self) -> Iterator[Metric]:
        yield GaugeMetricFamily(
            "desk_journal_waiting", "How many callbacks are not saved yet.", self._journal.waiting
        )
        dropped = CounterMetricFamily(
            "desk_journal_dropped", "How many callbacks this process did not save, since it began."
        )
        dropped.add_metric([], self._journal.dropped)
        yield dropped
