"""The options with which a command lets a TaskRouter fail, and the sentences that go with them."""

import math
from collections.abc import Callable, Iterator, Mapping
from itertools import groupby
from typing import Any, TypeVar

import click

from app.cli.fault_scripts import read_scripts
from app.engine.suggest import did_you_mean
from app.sandbox import Faults
from app.sandbox.faults import CALLBACK_FAULTS, LARGEST_SKEW, OF_A_FETCH, REQUEST_FAULTS, SCRIPTS

C = TypeVar("C", bound=Callable[..., Any])

KINDS: Mapping[str, str] = dict((*REQUEST_FAULTS.items(), *CALLBACK_FAULTS.items()))
"""Every fault with what it does, in the order in which help lists them."""

_OF_UPDATES_ALONE = {kind for kind, of_a_fetch in OF_A_FETCH.items() if of_a_fetch == "ok"}
_DAY = 86_400


class FaultCommand(click.Command):
    """Shows the faults below its options."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options first, then a section for requests and one for callbacks."""
        super().format_options(ctx, formatter)
        for title, kinds in (("requests", REQUEST_FAULTS), ("callbacks", CALLBACK_FAULTS)):
            with formatter.section(f"Faults of {title}"):
                formatter.write_dl(list(kinds.items()))


class Seconds(click.FloatRange):
    """A number of seconds, within bounds."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Take what the range takes, but not `nan`, which is within all bounds."""
        seconds = float(super().convert(value, param, ctx))
        if math.isnan(seconds):
            self.fail(f"{value!r} is no number of seconds", param, ctx)
        return seconds


def read_shares(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, float]:
    """Read the option's values into probabilities by kind, each kind once. Raises BadParameter."""
    shares: dict[str, float] = {}
    for one in given:
        kind, equals, probability = one.partition("=")
        if not equals:
            raise click.BadParameter(f"{one!r} has no probability; write it like cut_after=0.1")
        if kind not in KINDS:
            raise click.BadParameter(f"there is no fault {kind!r}; {did_you_mean(kind, KINDS)}")
        if kind in shares:
            raise click.BadParameter(f"{kind} is given twice")
        shares[kind] = _number(probability, kind)
    return shares


def _seconds(flag: str, text: str, least: float = 0, most: float = _DAY, **more: Any) -> Callable[[C], C]:
    kind = more.pop("type", Seconds)(least, most)
    return click.option(flag, type=kind, metavar="SECONDS", show_default=True, help=text, **more)


OPTIONS = (
    click.option(
        "--fault",
        "shares",
        metavar="KIND=PROBABILITY",
        multiple=True,
        callback=read_shares,
        help="Lets a share of them go wrong; may be repeated.",
    ),
    click.option(
        "--fault-script",
        "scripts",
        metavar="GROUP=KIND,KIND*N,…",
        multiple=True,
        callback=read_scripts,
        help="Lets the first updates, fetches or callbacks go wrong in this order, `ok` for none; "
        "once for each group.",
    ),
    _seconds("--retry-after", "What 429 and 503 ask to wait.", type=click.IntRange, default=1),
    _seconds("--latency", "How long a slow request takes.", default=1),
    _seconds("--stall", "How long a stalled update takes.", default=30),
    _seconds("--delay", "How long a delayed callback is kept back.", default=2),
    _seconds(
        "--skew",
        "How far the Timestamp of a skewed callback is off; with -600 it seems ten minutes old.",
        least=-LARGEST_SKEW,
        most=LARGEST_SKEW,
        default=300,
    ),
)


def fault_options(command: C) -> C:
    """Gives a command the options; `read_faults` takes their values."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def read_faults(options: Mapping[str, Any], seed: int) -> Faults:
    """Gather the options. Raises BadParameter when the shares are no probabilities, or add up to too much."""
    seconds = {name: options[name] for name in ("retry_after", "latency", "stall", "delay", "skew")}
    try:
        return Faults(**options["shares"], **options["scripts"], **seconds, seed=seed)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--fault'") from None


def announce(faults: Faults) -> Iterator[str]:
    """A line for each script, and one for each fault by chance: its name, how often, and what it does."""
    for group in SCRIPTS:
        if script := getattr(faults, group):
            yield f"script of {group}: {', '.join(_in_short(script))}"
    for kind, meaning in KINDS.items():
        if share := getattr(faults, kind):
            yield f"{kind} in {100 * share:.4g} % of {_drawn_for(kind)}: {meaning}"


def _in_short(script: tuple[str, ...]) -> Iterator[str]:
    for kind, run in groupby(script):
        times = len(list(run))
        yield kind if times == 1 else f"{kind}*{times}"


def _drawn_for(kind: str) -> str:
    if kind in CALLBACK_FAULTS:
        return "callbacks"
    return "updates" if kind in _OF_UPDATES_ALONE else "updates and fetches"


def _number(text: str, kind: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise click.BadParameter(f"{kind} is a probability from 0 to 1, not {text!r}") from None
