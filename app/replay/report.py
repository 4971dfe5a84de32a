"""A replay as one page that a supervisor can read: self-contained, and asking nobody for anything."""

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pkgutil import resolve_name

from jinja2 import Environment, StrictUndefined, Template

from app.errors import SettingsError
from app.replay.charts import NAMELESS, Figure, bars, colours_of, others_label, sankey, visible
from app.replay.matrix import Matrix, Naming, instruction_of, matrix_of, moves_of, ranked, rule_of
from app.replay.phrases import FILTERS, headline, sources, verdict
from app.replay.replayed import Replayed
from app.replay.tally import Tally
from app.replay.timeline import timeline_of

PAGE = files("app.replay") / "page"
LISTED = 100  # rules in the table of decisions; more are summed


@dataclass(frozen=True, slots=True)
class View:
    """What changed, counted by one property of the decisions."""

    noun: str
    matrix: Matrix
    moves: Sequence[tuple[str, str, int]]
    chart: Figure | None

    @property
    def stays(self) -> bool:
        """Whether anything changed that stays with its name."""
        return any(before == after for before, after, _ in self.moves)

    @property
    def partly(self) -> bool:
        return any(0 < cell.changed < cell.callbacks for cell in self.matrix.cells.values())


@dataclass(frozen=True, slots=True)
class Decided:
    """How many callbacks a rule decides now and, of those compared, then; None for all the other rules."""

    rule: str | None
    now: int
    share: float
    compared: int
    before: int


def report(replayed: Replayed) -> str:
    """The page. Raises SettingsError where what draws the charts is not installed."""
    tally = replayed.tally
    names = _rules(tally)
    colours = colours_of(names)
    timeline = timeline_of(tally, tuple(colours))
    scripts = [charting(), _script(_read("report.js"))]
    return _template().render(
        replayed=replayed,
        tally=tally,
        headline=headline(tally),
        verdict=verdict(replayed),
        sources=sources(replayed.sources),
        views=_views(tally, colours) if tally.compared else [],
        decided=_decided(tally, names),
        others=others_label(max(len(names) - LISTED, 0), "rule"),
        timeline=timeline,
        bars=bars(timeline, colours) if len(timeline.starts) > 1 else None,
        colours=colours,
        style=_read("report.css"),
        scripts=scripts,
        hashes=[_hash(script) for script in scripts],
    )


@cache
def charting() -> str:
    """The script that draws. Raises SettingsError where it is not installed."""
    try:
        # By name, since it is an extra that no other command needs.
        return _script(resolve_name("app.replay.plotting:source")())
    except ImportError:
        message = "an HTML report is drawn by plotly, which is missing: pip install 'desk[report]'"
        raise SettingsError(message) from None


def _rules(tally: Tally) -> list[str]:
    """Every rule that decides now or did then, those with most callbacks first."""
    now: Counter[tuple[str, str]] = Counter()
    for choice, number in tally.decided.items():
        now[choice.rule, choice.rule] += number
    return ranked(now, moves_of(tally.pairs, rule_of))


def _views(tally: Tally, colours: Mapping[str, str]) -> list[View]:
    kinds = colours_of(ranked(moves_of(tally.pairs, instruction_of)))
    return [_view(tally, "rule", rule_of, colours), _view(tally, "instruction", instruction_of, kinds)]


def _view(tally: Tally, noun: str, naming: Naming, colours: Mapping[str, str]) -> View:
    moves = moves_of(tally.changes, naming)
    listed = [(*move, number) for move, number in moves.most_common()]
    return View(noun, matrix_of(tally, naming), listed, sankey(moves, colours, noun) if moves else None)


def _decided(tally: Tally, names: Sequence[str]) -> list[Decided]:
    """The first rules, and a line for the rest."""
    sums: dict[str | None, list[int]] = {}
    listed = frozenset(names[:LISTED])
    for choice, number in tally.decided.items():
        _row(sums, choice.rule, listed)[0] += number
    for pair, number in tally.pairs.items():
        _row(sums, pair.after.rule, listed)[1] += number
        _row(sums, pair.before.rule, listed)[2] += number
    rows = [Decided(rule, now, now / tally.callbacks, then, was) for rule, (now, then, was) in sums.items()]
    return sorted(rows, key=lambda row: (row.rule is None, -row.now, -row.before, row.rule or ""))


def _row(sums: dict[str | None, list[int]], rule: str, listed: frozenset[str]) -> list[int]:
    return sums.setdefault(rule if rule in listed else None, [0, 0, 0])


@cache
def _template() -> Template:
    page = Environment(autoescape=True, undefined=StrictUndefined, finalize=_visible)
    page.trim_blocks = page.lstrip_blocks = True
    page.filters.update(FILTERS, named=lambda name: name or NAMELESS)
    return page.from_string(_read("report.html"))


def _visible(value: object) -> object:
    """What is text: the style, the scripts and their values are marked as safe."""
    return visible(value) if type(value) is str else value


def _read(name: str) -> str:
    return (PAGE / name).read_text("utf-8")


def _script(text: str) -> str:
    """A script as it may stand in a page: nothing in it ends it, and no line end is read otherwise."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return text.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _hash(script: str) -> str:
    """How a Content-Security-Policy names a script: https://www.w3.org/TR/CSP3/#grammardef-hash-source"""
    digest = hashlib.sha256(script.encode()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
