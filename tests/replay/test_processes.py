"""A run comes to the same, whatever the number of processes."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.replay.blocks import blocks_of
from app.replay.comparing import OtherRules
from app.replay.processes import Done, parts_of
from app.replay.running import Run
from app.replay.tally import Tally
from tests.builders import ruleset
from tests.replay.lines import RULES, recorded, run, saved, written

NOW = RULES.replace("size > 3", "size > 7")


def lines(seed: int, number: int) -> bytes:
    """A file of callbacks with and without decisions, and bad lines."""
    chance, rules = random.Random(seed), ruleset(RULES)
    made = []
    for _ in range(number):
        task = {"tier": "gold", "size": chance.randint(0, 9), "type": chance.choice(["support", "chat"])}
        one = saved({**task, "call_sid": "CA1"})
        kinds = (written(one), written(recorded(one, rules)), b"garbage\n", b"\n")
        made.append(chance.choices(kinds, (3, 6, 1, 1))[0])
    return b"".join(made)


def done(run: Run, path: Path, jobs: int, size: int, small: int) -> list[Done]:
    with path.open("rb") as stream:
        return list(parts_of(run, blocks_of("x", stream, str(path), size), jobs, small))


def total(parts: list[Done]) -> tuple[Tally, str]:
    tally = Tally(keep=5)
    for each in parts:
        tally.add(each.part.tally)
    return tally, "".join(each.part.rows for each in parts)


@pytest.mark.parametrize("with_rules", [True, False])
def test_several_processes(tmp_path: Path, with_rules: bool) -> None:
    """Sums, examples, bad lines and rows are those of one process, in order."""
    path, now = tmp_path / "x", ruleset(NOW)
    path.write_bytes(lines(1, 400))
    more = {"against": OtherRules(ruleset(RULES), now)} if with_rules else {}
    shared = run(now, keep=5, with_rows=True, **more)
    one = done(shared, path, 1, 2**22, 0)
    several = done(shared, path, 3, 20_000, 0)
    assert (len(one), len(several) > 7) == (1, True)
    assert total(one) == total(several)
    tally, rows = total(one)
    assert tally.bad_lines > 20
    assert len(tally.examples) == 5
    assert rows.count("\n") == tally.callbacks
    assert sum(each.size for each in several) == path.stat().st_size


@settings(deadline=None, max_examples=40)
@given(st.integers(), st.integers(0, 40), st.integers(1, 5_000))
def test_whatever_the_blocks(tmp_path_factory: pytest.TempPathFactory, seed: int, n: int, size: int) -> None:
    """Where a file is cut makes no difference."""
    path = tmp_path_factory.mktemp("cut") / "x"
    path.write_bytes(lines(seed, n))
    shared = run(ruleset(NOW), keep=5, with_rows=True)
    assert total(done(shared, path, 1, size, 0)) == total(done(shared, path, 2, 2**22, 2**22))


def test_little_stays_here(tmp_path: Path) -> None:
    """For few bytes no process is begun: then a run need not be one that can be sent."""
    path = tmp_path / "x"
    path.write_bytes(lines(2, 20))
    unsendable = run(ruleset(NOW), against=_Unsendable())
    assert total(done(unsendable, path, 2, 1_000, 2**20))[0].callbacks > 0
    with pytest.raises(TypeError, match="cannot be sent"):
        done(unsendable, path, 2, 1_000, 0)


class _Unsendable:
    """What compares nothing, and cannot go to another process."""

    def before(self, *_: object) -> None:
        return None

    def record(self, *_: object) -> dict[str, object]:
        return {}

    def __reduce__(self) -> str:
        raise TypeError("cannot be sent")
