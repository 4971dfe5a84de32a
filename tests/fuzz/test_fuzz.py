"""Bytes that nobody foresaw, at every door: half a minute of them, or as much as `--fuzz-seconds` says."""

import logging
from collections.abc import Iterator, Mapping
from time import monotonic, process_time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzz.targets import NAMES, Target, endpoints, targets

AT_MOST = 3.0  # seconds of the processor for one input; each takes some milliseconds
TOKENS = (
    *(bytes([each]) for each in b"()[]{}<>%&='\\\"#@|*?!,;.:-+~09 \n\t\0\xff"),
    *b"{{ }} {% %ff \\ud800 \\u0000 !! .. - && <<: &a *a == != >= [] {} '' ? -0 0x1 1e999".split(),
    *b"NOT( AND OR IN HAS MATCHES null true None NaN Infinity task. worker. vars. name: rules:".split(),
    *b"client: sip: https:// +1 any_of any_between 2026-11-23T12:00:00Z 00:00-24:00".split(),
    b" AND ", b" OR ", b" IN ", b"\n  ", b"\n- ", b": ", b"\r\n", b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80",
)  # fmt: skip

Splice = tuple[float, int, bytes, int]


@pytest.fixture(scope="module")
def all_targets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Target]]:
    folder = tmp_path_factory.mktemp("fuzz")
    log = logging.getLogger("app")
    before = log.level
    log.setLevel(logging.CRITICAL)  # a hundred thousand refusals would be kept for the report of a failure
    with endpoints(f"sqlite:///{folder}/desk.db") as client:
        yield targets(client)
    log.setLevel(before)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_unforeseen(name: str, all_targets: Mapping[str, Target], fuzz_seconds: float) -> None:
    """Each door answers, or refuses with a sentence; none fails, and none takes long."""
    target = all_targets[name]

    # Each batch is another: under CI hypothesis would begin with the same seed every time.
    @settings(
        max_examples=100,
        deadline=None,
        derandomize=False,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(_inputs(target))
    def batch(fed: bytes) -> None:
        began = process_time()
        target.feed(fed)
        assert process_time() - began < AT_MOST

    ends = monotonic() + fuzz_seconds / len(NAMES)
    while monotonic() < ends:
        batch()


def _inputs(target: Target) -> st.SearchStrategy[bytes]:
    """Something the target understands, with parts of it replaced; or anything."""
    pieces = st.sampled_from(TOKENS) | st.binary(max_size=6)
    splices = st.tuples(
        st.floats(0, 1), st.integers(0, 12), pieces, st.sampled_from([1, 1, 1, 2, 5, 60, 900])
    )
    spliced = st.builds(_spliced, st.sampled_from(target.seeds), st.lists(splices, max_size=4))
    return spliced | st.lists(pieces, max_size=30).map(b"".join) | st.binary(max_size=60)


def _spliced(seed: bytes, splices: list[Splice]) -> bytes:
    for where, removed, piece, times in splices:
        at = int(where * len(seed))
        seed = seed[:at] + piece * times + seed[at + removed :]
    return seed
