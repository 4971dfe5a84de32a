"""The rules of this process, as Prometheus metrics.

Each process answers for itself. All of a server take over the same change within a second, so that whichever
of them is asked tells which rules answer callbacks. Their reloads alone are added up.
"""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from app.metrics import Tally
from app.metrics.catalogue import RELOADS
from app.rulebook.standing import Failing, Rulebook, Standing


class RulesMetrics:
    """A collector that looks at the rulebook when it is asked. Whatever rules come, no series is added."""

    def __init__(self, rulebook: Rulebook) -> None:
        self._rulebook = rulebook

    def collect(self) -> Iterator[Metric]:
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
        "desk_rules_last_reload_success_timestamp_seconds",
        "Since when the rules run, in Unix time.",
        standing.since.timestamp(),
    )


def _failing(failing: Failing | None) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "desk_rules_last_reload_success",
        "1 where the rules run that the rules folder holds, 0 while what it holds is refused.",
        int(not failing),
    )
    # No sample where nothing fails: an age that is reckoned from 0 would be one of decades.
    yield GaugeMetricFamily(
        "desk_rules_failing_since_timestamp_seconds",
        "Since when what the rules folder holds is refused, in Unix time; absent while nothing is.",
        failing.since.timestamp() if failing else None,
    )


def tell_of_reloads(tally: Tally, rulebook: Rulebook) -> None:
    """Has the reloads looked at whenever values are written down."""
    tally.poll(RELOADS, lambda: rulebook.reloads.taken, ("taken",))
    tally.poll(RELOADS, lambda: rulebook.reloads.refused, ("refused",))
