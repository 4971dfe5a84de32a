"""The blocks of a run, shared among processes. What comes out is in order, whatever their number."""

import gc
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import chain
from multiprocessing import get_context
from typing import NamedTuple

from app.replay.blocks import Block, read_block
from app.replay.running import Part, Run

SMALL = 2**25  # bytes that are decided before other processes would have begun


class Done(NamedTuple):
    """What came of a block, and its bytes."""

    part: Part
    size: int


def parts_of(run: Run, blocks: Iterable[Block], jobs: int, small: int = SMALL) -> Iterator[Done]:
    """What comes of each block, in order; `jobs` processes share the work where it is more than `small`."""
    coming = iter(blocks)
    first = list(_few(coming, small)) if jobs > 1 else []
    following = next(coming, None) if jobs > 1 else None
    if following is None:
        for block in chain(first, coming):
            yield Done(_part(run, block), block.size)
    else:
        yield from _shared(run, chain(first, [following], coming), jobs)


def _few(blocks: Iterator[Block], small: int) -> Iterator[Block]:
    size = 0
    for block in blocks:
        yield block
        size += block.size
        if size >= small:
            return


def _part(run: Run, block: Block) -> Part:
    return run.part(block.source, read_block(block))


def _shared(run: Run, blocks: Iterable[Block], jobs: int) -> Iterator[Done]:
    waiting: deque[tuple[Block, Future[Part]]] = deque()
    # Not a fork: a child would hold all that the parent does, and its threads' locks.
    with ProcessPoolExecutor(jobs, get_context("spawn"), _begin, (run,)) as pool:
        try:
            for block in blocks:
                waiting.append((block, pool.submit(_part_here, block)))
                if len(waiting) > 2 * jobs:
                    yield _ended(waiting)
            while waiting:
                yield _ended(waiting)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def _ended(waiting: deque[tuple[Block, Future[Part]]]) -> Done:
    block, future = waiting.popleft()
    return Done(future.result(), block.size)


_RUNS: list[Run] = []  # of a process that others gave its work: one


def _begin(run: Run) -> None:
    _RUNS.append(run)
    gc.freeze()


def _part_here(block: Block) -> Part:
    return _part(_RUNS[0], block)
