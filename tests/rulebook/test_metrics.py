"""The rules of a process as metrics: what stands in the text for each standing."""

from dataclasses import replace
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families

from app.metrics import Tally
from app.rulebook import Failing, Rulebook, Standing
from app.rulebook.metrics import RulesMetrics, tell_of_reloads
from tests.builders import ruleset
from tests.metrics.scraped import shown
from tests.rulebook.conftest import DEFAULT, NOW, rule

UNIX_NOW = 1_795_435_200  # NOW, by `date -u -d 2026-11-23T12:00 +%s`
OUTCOMES = ("taken", "refused")
STANDING = Standing(ruleset(DEFAULT + rule("only")), since=NOW)


class Scraped:
    """A rulebook, and a registry that knows it."""

    def __init__(self, standing: Standing = STANDING) -> None:
        self.rulebook = Rulebook(standing)
        self.registry = CollectorRegistry()
        self.registry.register(RulesMetrics(self.rulebook))

    def samples(self) -> dict[str, list[tuple[dict[str, str], float]]]:
        """Labels and value of each series, by name; a name without series has none."""
        families = text_string_to_metric_families(generate_latest(self.registry).decode())
        found: dict[str, list[tuple[dict[str, str], float]]] = {}
        for family in families:
            found.setdefault(family.name, [])
            for sample in family.samples:
                found.setdefault(sample.name, []).append((sample.labels, sample.value))
        return found


def test_rules_that_run() -> None:
    """Version, count and since when; nothing fails."""
    assert Scraped().samples() == {
        "desk_rules_info": [({"version": STANDING.ruleset.version}, 1)],
        "desk_rules": [({}, 1)],
        "desk_rules_last_reload_success_timestamp_seconds": [({}, UNIX_NOW)],
        "desk_rules_last_reload_success": [({}, 1)],
        "desk_rules_failing_since_timestamp_seconds": [],
    }


def test_rules_that_are_refused() -> None:
    """Since when is added, whatever zone it is told in; of why nothing is said."""
    since = (NOW + timedelta(minutes=1)).astimezone(timezone(timedelta(hours=2)))
    scraped = Scraped(replace(STANDING, failing=Failing(since, "secret", ("a.yaml:1:1 secret",))))
    samples = scraped.samples()
    assert samples["desk_rules_last_reload_success"] == [({}, 0)]
    assert samples["desk_rules_failing_since_timestamp_seconds"] == [({}, UNIX_NOW + 60)]
    assert samples["desk_rules_last_reload_success_timestamp_seconds"] == [({}, UNIX_NOW)]
    assert b"secret" not in generate_latest(scraped.registry)


@pytest.mark.parametrize("outcome", OUTCOMES)
def test_reloads(outcome: str, tmp_path: Path) -> None:
    """Each outcome has a series of its own, which grows."""
    rulebook, tally = Rulebook(STANDING), Tally(tmp_path)
    tell_of_reloads(tally, rulebook)
    for count in (1, 2):
        setattr(rulebook.reloads, outcome, count)
        found = shown(tally.collect())
        totals = {each: found[f'desk_rules_reloads_total{{outcome="{each}"}}'] for each in OUTCOMES}
        assert totals == dict.fromkeys(OUTCOMES, 0) | {outcome: count}
    tally.stop()


def test_the_series_stay_as_many() -> None:
    """However many versions come by, the last scraped is the only one."""
    scraped = Scraped()
    names = {name: len(series) for name, series in scraped.samples().items()}
    for number in range(5):
        newer = ruleset(DEFAULT + rule(f"rule-{number}"))
        scraped.rulebook.standing = Standing(newer, since=NOW)
        samples = scraped.samples()
        assert samples["desk_rules_info"] == [({"version": newer.version}, 1)]
        assert {name: len(series) for name, series in samples.items()} == names


def test_each_metric_says_what_it_is() -> None:
    """Every name begins with the desk's own, and each has a sentence and a type."""
    text = generate_latest(Scraped().registry).decode()
    families = list(text_string_to_metric_families(text))
    assert {family.name.partition("_")[0] for family in families} == {"desk"}
    assert all(family.documentation for family in families)
    assert {family.type for family in families} == {"gauge"}
