"""A replay as one page of HTML that needs nothing else, for whoever answers for the rules.

Charts are drawn by plotly.js, which stands in the page. It asks for nothing over the network, and forbids
itself to.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from pathlib import Path
from pkgutil import resolve_name

from jinja2 import Environment, StrictUndefined, Template
from markupsafe import Markup

from app.errors import SettingsError
from app.replay.tally import Choice, Pair, Tally

ACROSS = 10  # rules beside each other in a matrix; the others are summed
LINKS = 40  # of a flow chart
BARS = 8  # rules that have a colour of their own in the timeline
DAILY = timedelta(days=4)  # from there on a day is a bar
OTHERS = "all others"
DEFERRED = "defer"
# Colours that people tell apart whatever they see of red and green (Okabe and Ito).
COLOURS = ("#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#b8a600", "#7a5195")
GREY = "#9aa0a6"

Moves = Mapping[tuple[str, str], int]
Figure = dict[str, object]


@dataclass(frozen=True, slots=True)
class About:
    """What was replayed: rules with their version, and what they were compared with, as people call it."""

    folder: str
    version: str
    against: str
    sources: Sequence[str]
    made: datetime


@dataclass(frozen=True, slots=True)
class Cell:
    """A field of a matrix: how many, as a share of the largest, and whether the two are different."""

    number: int
    weight: float
    is_changed: bool


@dataclass(frozen=True, slots=True)
class Matrix:
    """From the names in the rows to those in the columns."""

    across: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]


def html_report(tally: Tally, about: About) -> str:
    """The page. Raises SettingsError where the charts' library is missing."""
    moved = {pair: number for pair, number in _moves(tally.changes, _rule).items() if pair[0] != pair[1]}
    decided = Counter[str]()
    for choice, number in tally.decided.items():
        decided[choice.rule] += number
    colours = dict(zip((name for name, _ in decided.most_common(BARS)), COLOURS, strict=False))
    return _template().render(
        tally=tally,
        about=about,
        decided=decided.most_common(),
        period=_period(tally),
        share=100 * tally.changed / tally.compared if tally.compared else 0.0,
        moved=sum(moved.values()),
        moves=sorted(moved.items(), key=lambda item: -item[1])[:ACROSS],
        by_rule=_matrix(_moves(tally.pairs, _rule)),
        by_instruction=_matrix(_moves(tally.pairs, _instruction)),
        flow=_flow(moved, colours) if moved else None,
        timeline=_timeline(tally, colours) if tally.hours else None,
        plotly=Markup(_plotly()),  # noqa: S704  the library's own script
    )


def _template() -> Template:
    """The page's template, which escapes whatever is filled in."""
    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters |= {"count": "{:,}".format, "said": said}
    return environment.from_string(Path(__file__).with_name("report.html").read_text("utf-8"))


def _plotly() -> str:
    """The charts' library as a script."""
    try:
        # By name, since it is an extra.
        script: Callable[[], str] = resolve_name("plotly.offline:get_plotlyjs")
    except ImportError:
        raise SettingsError("the report's charts need a library: pip install 'desk[report]'") from None
    return script()


def said(choice: Choice) -> str:
    """What was decided, in a few words."""
    return f"{choice.rule} ({' '.join(filter(None, (choice.mode, choice.instruction)))})"


def _rule(choice: Choice) -> str:
    return choice.rule


def _instruction(choice: Choice) -> str:
    return choice.instruction or DEFERRED


def _moves(pairs: Mapping[Pair, int], name: Callable[[Choice], str]) -> Counter[tuple[str, str]]:
    moves = Counter[tuple[str, str]]()
    for (before, after), number in pairs.items():
        moves[name(before), name(after)] += number
    return moves


def _matrix(moves: Moves) -> Matrix:
    """In one order down and across, so that what stays is on the diagonal; what is too much is summed."""
    order = _order(moves)
    shown = frozenset(order[:ACROSS])
    summed = Counter[tuple[str, str]]()
    for (before, after), number in moves.items():
        summed[before if before in shown else OTHERS, after if after in shown else OTHERS] += number
    names = [*order[:ACROSS], OTHERS]
    down = [name for name in names if any(before == name for before, _ in summed)]
    across = [name for name in names if any(after == name for _, after in summed)]
    most = max(summed.values(), default=1)
    return Matrix(across, [(name, _cells(name, across, summed, most)) for name in down])


def _cells(
    before: str, across: Sequence[str], summed: Mapping[tuple[str, str], int], most: int
) -> list[Cell]:
    numbers = [summed.get((before, after), 0) for after in across]
    return [
        Cell(number, (number / most) ** 0.5, bool(number) and before != after)
        for after, number in zip(across, numbers, strict=True)
    ]


def _order(moves: Moves) -> list[str]:
    """Those with most changes first, then those with most callbacks."""
    changed, every = Counter[str](), Counter[str]()
    for pair, number in moves.items():
        for name in set(pair):
            every[name] += number
            changed[name] += number if pair[0] != pair[1] else 0
    return sorted(every, key=lambda name: (-changed[name], -every[name], name))


def _flow(moved: Moves, colours: Mapping[str, str]) -> Figure:
    """What went from which rule to which: only what went."""
    links = sorted(moved.items(), key=lambda item: -item[1])[:LINKS]
    left = list(dict.fromkeys(before for (before, _), _ in links))
    right = list(dict.fromkeys(after for (_, after), _ in links))
    sankey = {
        "type": "sankey",
        "orientation": "h",
        "node": {
            "label": [escape(name) for name in (*left, *right)],
            "color": [colours.get(name, GREY) for name in (*left, *right)],
            "pad": 18,
            "thickness": 16,
            "line": {"width": 0},
        },
        "link": {
            "source": [left.index(before) for (before, _), _ in links],
            "target": [len(left) + right.index(after) for (_, after), _ in links],
            "value": [number for _, number in links],
            "color": [_faint(colours.get(before, GREY)) for (before, _), _ in links],
        },
    }
    height = 120 + 42 * max(len(left), len(right))
    return {"data": [sankey], "layout": {"height": height, "margin": {"l": 8, "r": 8, "t": 8, "b": 8}}}


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.45)"


def _timeline(tally: Tally, colours: Mapping[str, str]) -> Figure:
    """Decisions by rule, in bars of an hour or of a day."""
    times = [at for at, _ in tally.hours]
    is_daily = tally.span > 1 or max(times) - min(times) >= DAILY
    bars: dict[str, Counter[datetime]] = {}
    for (at, rule), number in tally.hours.items():
        name = rule if rule in colours else OTHERS
        bars.setdefault(name, Counter())[at.replace(hour=0) if is_daily else at] += number
    order = [*(name for name in colours if name in bars), *([OTHERS] if OTHERS in bars else [])]
    traces = [_bar(name, bars[name], colours.get(name, GREY), is_daily=is_daily) for name in order]
    layout = {
        "barmode": "stack",
        "height": 340,
        "bargap": 0.15,
        "margin": {"l": 48, "r": 8, "t": 8, "b": 40},
        "legend": {"orientation": "h", "y": -0.2},
        "xaxis": {"type": "date"},
        "yaxis": {"rangemode": "tozero", "tickformat": ",d"},
    }
    return {"data": traces, "layout": layout}


def _bar(name: str, numbers: Mapping[datetime, int], colour: str, *, is_daily: bool) -> Figure:
    times = sorted(numbers)
    return {
        "type": "bar",
        "name": escape(name),
        "x": [f"{at:%Y-%m-%d}" if is_daily else f"{at:%Y-%m-%d %H:00}" for at in times],
        "y": [numbers[at] for at in times],
        "marker": {"color": colour},
    }


def _period(tally: Tally) -> str:
    """The days of the callbacks, as people say it."""
    times = [at for at, _ in tally.hours]
    if not times:
        return ""
    first, last = (f"{at.day} {at:%B %Y}" for at in (min(times), max(times)))
    return f"of {first}" if first == last else f"from {first} to {last}"
