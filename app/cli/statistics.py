"""What rules did, as lines for people and as an object for programs: pure functions."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from app.cli.output import count, iso, one_line
from app.engine.ruleset import DEFAULT
from app.replay.misses import Misses
from app.storage import Hits

COLUMNS = ("rule", "hits", "share", "last hit", "rejections", "failed deliveries", "")
MISS_COLUMNS = ("nearest miss", "times", "mostly for want of")
NOTHING = "–"


@dataclass(frozen=True, slots=True)
class Summary:
    """All that is said. `rules` are the names in the folder, in order."""

    since: datetime
    until: datetime | None
    rules: Sequence[str]
    rules_version: str
    hits: Mapping[str, Hits]
    failures: Mapping[str, int]
    misses: Misses

    @property
    def callbacks(self) -> int:
        return sum(each.hits for each in self.hits.values())

    @property
    def never_hit(self) -> list[str]:
        """Rules of the folder, and the default, that decided nothing."""
        return [rule for rule in (*self.rules, DEFAULT) if rule not in self.hits]

    @property
    def gone(self) -> list[str]:
        """Rules that decided or promised something, and are no longer in the folder."""
        return sorted({*self.hits, *self.failures} - {*self.rules, DEFAULT})

    @property
    def seen(self) -> list[str]:
        """Rules that there is something to say of, the most frequent first."""
        seen = {*self.hits, *self.failures}
        return sorted(seen, key=lambda rule: (-self.hits[rule].hits if rule in self.hits else 0, rule))

    def share(self, rule: str) -> float:
        """Which part of all callbacks it decided."""
        return self.hits[rule].hits / self.callbacks if rule in self.hits else 0.0


def rule_cells(summary: Summary, rule: str) -> list[str]:
    """A rule in a line, by COLUMNS."""
    hits = summary.hits.get(rule)
    return [
        one_line(rule),
        str(hits.hits if hits else 0),
        f"{summary.share(rule):.1%}",
        iso(hits.last, "seconds") if hits else NOTHING,
        str(hits.rejections if hits else 0),
        str(summary.failures.get(rule, 0)),
        "no longer in the folder" if rule in summary.gone else "",
    ]


def miss_cells(misses: Misses) -> Iterator[list[str]]:
    """A nearest miss in a line, by MISS_COLUMNS, the most frequent first."""
    for rule, times in misses.nearest.most_common():
        [(lacking, often)] = misses.lacking[rule].most_common(1)
        yield [one_line(rule), str(times), one_line(f"{lacking} ({count(often, 'time')})")]


def sentences(summary: Summary) -> Iterator[str]:
    """What the tables do not say."""
    misses = summary.misses
    if summary.never_hit:
        yield one_line(f"never hit: {', '.join(summary.never_hit)}")
    for rule, times in misses.failed.most_common():
        yield one_line(f"{rule} matched and could not be carried out: {count(times, 'time')}")
    if misses.given_up:
        yield f"rejected too often, so that the default decided: {count(misses.given_up, 'callback')}"
    if misses.decided:
        yield f"got the default, and would be decided by a rule now: {count(misses.decided, 'callback')}"


def statistics_object(summary: Summary) -> dict[str, object]:
    """All of it for programs; shares are between 0 and 1."""
    misses = summary.misses
    return {
        "since": iso(summary.since),
        "until": iso(summary.until) if summary.until else None,
        "callbacks": summary.callbacks,
        "rules": [_rule_object(summary, rule) for rule in summary.seen],
        "never_hit": summary.never_hit,
        "gone": summary.gone,
        "nearest_misses": [
            {"rule": rule, "count": times, "lacking": dict(misses.lacking[rule].most_common())}
            for rule, times in misses.nearest.most_common()
        ],
        "not_carried_out": [{"rule": rule, "count": n} for rule, n in misses.failed.most_common()],
        "given_up": misses.given_up,
        "decided_now": misses.decided,
        "defaults_looked_at": misses.looked_at,
        "rules_version": summary.rules_version,
    }


def _rule_object(summary: Summary, rule: str) -> dict[str, object]:
    hits = summary.hits.get(rule)
    return {
        "rule": rule,
        "hits": hits.hits if hits else 0,
        "share": summary.share(rule),
        "last_hit": iso(hits.last) if hits else None,
        "rejections": hits.rejections if hits else 0,
        "failed_deliveries": summary.failures.get(rule, 0),
        "in_folder": rule not in summary.gone,
    }
