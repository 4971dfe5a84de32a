"""From what to what, as a matrix: old names down, new names across, and only those with traffic."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from math import log
from typing import NamedTuple, TypeAlias

from app.model import Mode
from app.replay.tally import Choice, Pair, Tally

MOST = 18  # names beside each other; more are summed
SHADES = 5
DEFERRED = "defer"  # what stands for an instruction where there is none
UNKNOWN = "not recorded"

# What a choice is counted by.
Naming: TypeAlias = Callable[[Choice], str]
# A name, or None for all the others together.
Name: TypeAlias = str | None


class Cell(NamedTuple):
    """Callbacks, and how many of them are decided otherwise. `shade` is 0 for none to 5 for the most."""

    callbacks: int
    changed: int
    shade: int


@dataclass(frozen=True, slots=True)
class Matrix:
    """`others` is how many names are summed in the last row and column, the one of None."""

    down: tuple[Name, ...]
    across: tuple[Name, ...]
    cells: Mapping[tuple[Name, Name], Cell]
    others: int

    def cell(self, before: Name, after: Name) -> Cell:
        return self.cells.get((before, after), NOTHING)

    def row_total(self, before: Name) -> int:
        return sum(self.cell(before, after).callbacks for after in self.across)

    def column_total(self, after: Name) -> int:
        return sum(self.cell(before, after).callbacks for before in self.down)


NOTHING = Cell(0, 0, 0)


def rule_of(choice: Choice) -> str:
    return choice.rule


def instruction_of(choice: Choice) -> str:
    """The instruction; where there is none, why."""
    return choice.instruction or (DEFERRED if choice.mode == Mode.DEFER else UNKNOWN)


def moves_of(pairs: Mapping[Pair, int], naming: Naming) -> Counter[tuple[str, str]]:
    """How many callbacks go from which name to which."""
    moves: Counter[tuple[str, str]] = Counter()
    for pair, number in pairs.items():
        moves[naming(pair.before), naming(pair.after)] += number
    return moves


def matrix_of(tally: Tally, naming: Naming, most: int = MOST) -> Matrix:
    """Of all that was compared. First stand the names with most changes, then those with most callbacks."""
    pairs, changes = moves_of(tally.pairs, naming), moves_of(tally.changes, naming)
    names = ranked(changes, pairs)
    kept = names[:most]
    left = len(names) - len(kept)
    return _matrix(_summed(pairs, set(kept)), _summed(changes, set(kept)), (*kept, None), left)


def ranked(*counted: Mapping[tuple[str, str], int]) -> list[str]:
    """Every name, those first that the first of the sums holds most of; then the second decides."""
    weights: dict[str, list[int]] = {}
    for place, moves in enumerate(counted):
        for move, number in moves.items():
            for name in set(move):
                weights.setdefault(name, [0] * len(counted))[place] -= number
    return sorted(weights, key=lambda name: (weights[name], name))


def _summed(moves: Mapping[tuple[str, str], int], kept: set[str]) -> Counter[tuple[Name, Name]]:
    sums: Counter[tuple[Name, Name]] = Counter()
    for (before, after), number in moves.items():
        sums[before if before in kept else None, after if after in kept else None] += number
    return sums


def _matrix(
    pairs: Mapping[tuple[Name, Name], int],
    changes: Mapping[tuple[Name, Name], int],
    names: Iterable[Name],
    others: int,
) -> Matrix:
    ordered = tuple(names)
    befores, afters = {before for before, _ in pairs}, {after for _, after in pairs}
    most = max(pairs.values(), default=1)
    return Matrix(
        tuple(name for name in ordered if name in befores),
        tuple(name for name in ordered if name in afters),
        {move: Cell(number, changes.get(move, 0), _shade(number, most)) for move, number in pairs.items()},
        others,
    )


def _shade(number: int, most: int) -> int:
    """By magnitude, so that ten callbacks are seen beside a million."""
    return max(1, round(SHADES * log(1 + number) / log(1 + most)))
