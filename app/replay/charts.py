"""The charts of a report, as plotly.js reads them: https://plotly.com/javascript/reference/

Names are other people's text. plotly takes labels for HTML of its own kind, so they are escaped here.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

from app.replay.tally import DAY, HOUR
from app.replay.timeline import Timeline, Unit

Figure: TypeAlias = Mapping[str, Any]

# Told apart on white and on black, and by most who see colours otherwise.
COLOURS = ("#4a7fd4", "#e0872b", "#2a9d8f", "#a06cd5", "#d4577b", "#8f9a2b", "#4fb3d9", "#a87b5b")
GREY = "#8b95a3"
UNSHOWN = "\N{REPLACEMENT CHARACTER}"
NO_BREAK = "\N{NO-BREAK SPACE}"
NAMELESS = "(no name)"  # only a recorded decision can be so
LONGEST = 34  # characters of a label
NODES = 12  # on each side of a Sankey; more are summed
MARGIN = {"l": 8, "r": 8, "t": 12, "b": 12}
HOVER = {"bgcolor": "#1b2430", "bordercolor": "#1b2430", "font": {"color": "#ffffff", "size": 13}}
FONT = {"family": "system-ui, sans-serif", "size": 13}
PLAIN = {"paper_bgcolor": "rgba(0,0,0,0)", "plot_bgcolor": "rgba(0,0,0,0)", "font": FONT, "hoverlabel": HOVER}
PERIODS: Mapping[Unit, object] = {
    Unit.HOUR: HOUR.total_seconds() * 1000,
    Unit.DAY: DAY * HOUR.total_seconds() * 1000,
    Unit.MONTH: "M1",
}

TICKS: Mapping[Unit, str] = {
    Unit.HOUR: "%H:%M\n%-d %b %Y",
    Unit.DAY: "%-d %b\n%Y",
    Unit.MONTH: "%b\n%Y",
}

Colours: TypeAlias = Mapping[str, str]


def colours_of(names: Iterable[str]) -> Colours:
    """The first names get a colour of their own; all others are grey."""
    return dict(zip(islice(names, len(COLOURS)), COLOURS, strict=False))


def visible(text: str) -> str:
    """The text with a sign in the place of what a page would act on, or not show."""
    return "".join(sign if sign.isprintable() or sign == NO_BREAK else UNSHOWN for sign in text)


def label(text: str) -> str:
    """A name as a chart shows it."""
    shown = visible(text or NAMELESS)
    return escape(shown if len(shown) <= LONGEST else f"{shown[: LONGEST - 1]}…", quote=False)


def sankey(moves: Mapping[tuple[str, str], int], colours: Colours, noun: str) -> Figure:
    """What flows from an old name, on the left, to a new one, on the right. `noun` is what the names name."""
    left, right = _side(moves, 0, noun), _side(moves, 1, noun)
    colours = _with_others(colours, (*left.nodes, *right.nodes))
    flows: Counter[tuple[int, int]] = Counter()
    for (before, after), number in moves.items():
        flows[left.number(before), len(left.labels) + right.number(after)] += number
    tones = [*left.tones(colours), *right.tones(colours)]
    node = {
        "label": [*left.labels, *right.labels],
        "color": tones,
        "pad": 18,
        "thickness": 14,
        "line": {"width": 0},
        "hovertemplate": "%{label}: %{value}<extra></extra>",
    }
    link = {
        "source": [before for before, _ in flows],
        "target": [after for _, after in flows],
        "value": [*flows.values()],
        "color": [_faint(tones[before]) for before, _ in flows],
        "hovertemplate": "%{source.label} → %{target.label}: %{value}<extra></extra>",
    }
    drawn = {"type": "sankey", "arrangement": "fixed", "valueformat": ",d", "node": node, "link": link}
    height = 64 + 46 * max(len(left.labels), len(right.labels))
    return {"data": [drawn], "layout": {**PLAIN, "margin": MARGIN, "height": height}}


def _with_others(colours: Colours, names: Sequence[str]) -> Colours:
    """The same, and for names without a colour those that no name of this chart has."""
    used = {colours.get(name) for name in names}
    free = (colour for colour in COLOURS if colour not in used)
    without = (name for name in dict.fromkeys(names) if name not in colours)
    return {**colours, **dict(zip(without, free, strict=False))}


class _Side(NamedTuple):
    """One side of a Sankey: a node for each name that is kept, and one for all the others."""

    nodes: Mapping[str, int]
    labels: Sequence[str]

    def number(self, name: str) -> int:
        return self.nodes.get(name, len(self.nodes))

    def tones(self, colours: Colours) -> list[str]:
        named = [colours.get(name, GREY) for name in self.nodes]
        return [*named, *[GREY] * (len(self.labels) - len(named))]


def _side(moves: Mapping[tuple[str, str], int], side: int, noun: str) -> _Side:
    sums: Counter[str] = Counter()
    for move, number in moves.items():
        sums[move[side]] += number
    ordered = sorted(sums, key=lambda name: (-sums[name], name))
    kept, others = ordered[:NODES], len(ordered[NODES:])
    labels = [*map(label, kept), *([others_label(others, noun)] if others else [])]
    return _Side({name: number for number, name in enumerate(kept)}, labels)


def others_label(number: int, noun: str) -> str:
    """How names are called that are summed."""
    return f"{number} other {noun}{'' if number == 1 else 's'}"


def _faint(colour: str) -> str:
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.42)"


def bars(timeline: Timeline, colours: Colours) -> Figure:
    """Decisions by rule, stacked, in each hour, day or month."""
    starts = [at.isoformat(timespec="minutes").removesuffix("+00:00") for at in timeline.starts]
    return {
        "data": [
            {
                "type": "bar",
                "name": label(series.rule) if series.rule is not None else "other rules",
                "x": starts,
                "y": series.counts,
                "xperiod": PERIODS[timeline.unit],
                "marker": {"color": colours.get(series.rule or "", GREY)},
                "hovertemplate": "%{y:,}",
            }
            for series in timeline.series
        ],
        "layout": {
            **PLAIN,
            "barmode": "stack",
            "bargap": 0.12,
            "height": 380,
            "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
            "hovermode": "x unified",
            "legend": {"orientation": "h", "y": -0.16, "yanchor": "top", "traceorder": "normal"},
            "xaxis": {
                "type": "date",
                "automargin": True,
                "showgrid": False,
                "tickformat": TICKS[timeline.unit],
                "ticklabelmode": "period" if timeline.unit is Unit.MONTH else "instant",
            },
            "yaxis": {"automargin": True, "tickformat": ",", "rangemode": "tozero", "zeroline": False},
        },
    }
