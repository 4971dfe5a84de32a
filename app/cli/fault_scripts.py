"""The order of faults as an option of a command: `--fault-script updates=rate_limited,ok*2,cut_after`."""

from collections.abc import Iterator

import click

from app.engine.suggest import did_you_mean
from app.sandbox.faults import SCRIPTS

MOST_TIMES = 10_000
"""How often a fault can be repeated by `*`."""

_LIKE = "write it like updates=rate_limited,ok*2,cut_after"


def read_scripts(
    _context: click.Context, _option: click.Parameter, given: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Read the option's values into faults by group, each group once. Raises BadParameter."""
    scripts: dict[str, tuple[str, ...]] = {}
    for one in given:
        group, equals, steps = one.partition("=")
        group = group.strip()
        if not equals:
            raise click.BadParameter(f"{one!r} does not say what it is for; {_LIKE}")
        if group not in SCRIPTS:
            raise click.BadParameter(f"there is no script for {group!r}; {did_you_mean(group, SCRIPTS)}")
        if group in scripts:
            raise click.BadParameter(f"{group} is given twice; write all its faults in one, with commas")
        scripts[group] = tuple(_faults(group, steps))
    return scripts


def _faults(group: str, steps: str) -> Iterator[str]:
    for step in steps.split(","):
        kind, star, times = (part.strip() for part in step.partition("*"))
        if not kind:
            raise click.BadParameter(f"{group} has a place without a fault; {_LIKE}")
        if kind not in SCRIPTS[group]:
            hint = did_you_mean(kind, SCRIPTS[group])
            raise click.BadParameter(f"{kind!r} is no fault of {group}; {hint}")
        yield from [kind] * (_count(step.strip(), times) if star else 1)


def _count(step: str, times: str) -> int:
    # Not isdigit: int does not read each of those, a raised 2 for one.
    count = int(times) if times.isdecimal() and len(times) <= len(str(MOST_TIMES)) else 0
    if not 1 <= count <= MOST_TIMES:
        raise click.BadParameter(f"{step!r} repeats it no number of times from 1 to {MOST_TIMES}")
    return count
