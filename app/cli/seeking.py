"""The options that say which saved callbacks are meant, shared by all commands that search them."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import click

from app.cli.periods import SinceType
from app.engine.search import Search, read_search
from app.errors import ExpressionError
from app.model import Mode, Saved
from app.storage import Sought

# --rule, --mode and --task-type may be repeated: one of several is enough.
C = TypeVar("C", bound=Callable[..., Any])


class SearchType(click.ParamType[Search]):
    """An expression in the language of rules."""

    name = "EXPR"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Search:
        try:
            return read_search(str(value).encode(errors="replace").decode())
        except ExpressionError as error:
            hint = f"; {error.hint}" if error.hint else ""
            self.fail(f"at character {error.at + 1}: {error}{hint}", param, ctx)


OPTIONS = (
    click.option("--since", type=SinceType(), help="Only those that came since then: 7d, 2h or a time."),
    click.option("--until", type=SinceType(), help="Only those that came before: 7d, 2h or a time."),
    click.option(
        "--rule",
        "decided_by",
        multiple=True,
        metavar="NAME",
        help="Only those that this rule decided.",
    ),
    click.option(
        "--mode",
        "modes",
        type=click.Choice([mode.value for mode in Mode]),
        multiple=True,
        help="Only those that were decided so.",
    ),
    click.option(
        "--task-type",
        "task_types",
        multiple=True,
        metavar="TYPE",
        help="Only those of this type.",
    ),
    click.option("--task", "task_sid", metavar="WT…", help="Only those of this task."),
    click.option("--worker", "worker_sid", metavar="WK…", help="Only those for this worker."),
    click.option("--reservation", "reservation_sid", metavar="WR…", help="Only those of this reservation."),
    click.option("--where", type=SearchType(), help="Only those of which this holds, written as in `when`."),
)


@dataclass(frozen=True, slots=True)
class Seeking:
    """What was asked for: what the database finds, and what is looked for in each."""

    sought: Sought
    where: Search | None = None

    @property
    def is_all(self) -> bool:
        return self.where is None and self.sought == Sought()

    def among(self, found: Iterable[Saved]) -> Iterator[Saved]:
        """Those of which `where` holds at the time at which they came."""
        where = self.where
        for each in found:
            if where is None or (each.received_at and where(each, each.received_at)):
                yield each


def seeking_options(command: C) -> C:
    """Gives a command the options; `seeking` takes their values."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def seeking(options: Mapping[str, Any]) -> Seeking:
    """What the values of the options ask for."""
    return Seeking(
        Sought(
            since=options["since"],
            until=options["until"],
            rules=options["decided_by"],
            modes=tuple(map(Mode, options["modes"])),
            task_types=options["task_types"],
            task_sid=options["task_sid"],
            worker_sid=options["worker_sid"],
            reservation_sid=options["reservation_sid"],
        ),
        options["where"],
    )
