"""The rules of this process, as Prometheus metrics.

Each process answers for itself. All of a server take over the same change within a second, so that whichever
of them is asked tells which rules answer callbacks; nothing has to be added up. Reloads are those of the
process that answers, since it began.
"""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from app.rulebook.standing import Failing, Reloads, Rulebook, Standing


class RulesMetrics:
    """A collector that looks at the rulebook when it is asked. Whatever rules come, no series is added."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook

    def collect(self) -> Iterator[Metric]:
        # First what is counted last: no scrape shows a reload without what it brought.
        yield _reloads(self._rulebook.reloads)
        standing = self._rulebook.standing
        yield from _running(standing)
        yield from _failing(standing.failing)


def _running(standing: Standing) -> Iterator[Metric]:
    ruleset = standing.ruleset
    version = GaugeMetricFamily(
        "desk_rules_info", "The version of the rules that run; always 1.", labels=["version"]
    )
    version.add_metric([ruleset.version], 1)
    yield version
    yield GaugeMetricFamily("desk_rules", "How many rules run.", len(ruleset.rules))
    yield GaugeMetricFamily(
        "desk_rules_loaded_timestamp_seconds",
        "Since when the rules run, in Unix time.",
        standing.since.timestamp(),
    )


def _failing(failing: Failing | None) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "desk_rules_failing",
        "1 while what the rules folder holds is refused, else 0.",
        int(bool(failing)),
    )
    # No sample where nothing fails: an age that is reckoned from 0 would be one of decades.
    yield GaugeMetricFamily(
        "desk_rules_failing_since_timestamp_seconds",
        "Since when what the rules folder holds is refused, in Unix time; absent while nothing is.",
        failing.since.timestamp() if failing else None,
    )


def _reloads(reloads: Reloads) -> Metric:
    counted = CounterMetricFamily(
        "desk_rules_reloads",
        "How often this process took over other rules, or refused them.",
        labels=["outcome"],
    )
    counted.add_metric(["taken"], reloads.taken)
    counted.add_metric(["refused"], reloads.refused)
    return counted
