"""Faults as an option of a command, `--fault KIND=PROBABILITY`, and the sentences that go with them."""

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

import click

from app.sandbox import Faults
from app.sandbox.faults import CALLBACK_FAULTS, REQUEST_FAULTS

KINDS: Mapping[str, str] = dict((*REQUEST_FAULTS.items(), *CALLBACK_FAULTS.items()))
"""Every fault with what it does, in the order in which help lists them."""


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
            raise click.BadParameter(f"there is no fault {kind!r}{_suggest(kind)}")
        if kind in shares:
            raise click.BadParameter(f"{kind} is given twice")
        shares[kind] = _number(probability, kind)
    return shares


def read_faults(shares: Mapping[str, float], seed: int, stall: float) -> Faults:
    """Gather the options. Raises BadParameter when the shares are no probabilities, or add up to too much."""
    given: dict[str, Any] = {**shares, "seed": seed, "stall": stall}
    try:
        return Faults(**given)
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="'--fault'") from None


def announce(faults: Faults) -> Iterator[str]:
    """A line for each fault that can happen: its name, how often, and what it does."""
    for kind, meaning in KINDS.items():
        if share := getattr(faults, kind):
            yield f"{kind} in {100 * share:.4g} % of {_drawn_for(kind)}: {meaning}"


def _drawn_for(kind: str) -> str:
    if kind in CALLBACK_FAULTS:
        return "callbacks"
    return "updates" if kind.startswith("stalled") else "updates and fetches"


def _number(text: str, kind: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise click.BadParameter(f"{kind} is a probability from 0 to 1, not {text!r}") from None


def _suggest(kind: str) -> str:
    close = get_close_matches(kind, KINDS, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; it is one of {', '.join(KINDS)}"
