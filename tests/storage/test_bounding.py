"""Operations that are given up after a time."""

import logging
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from time import perf_counter

import pytest

from app.errors import StoreError
from app.storage.bounding import PAUSE, THREADS, Bounds, Circuit
from tests.waiting import until

T = "a result"


@pytest.fixture
def gate() -> Iterator[threading.Event]:
    """What an operation that hangs waits for."""
    gate = threading.Event()
    yield gate
    gate.set()


@pytest.fixture
def bounds() -> Iterator[Bounds]:
    """With a circuit whose clock stands still: what was found lost stays so until it is mended."""
    bounds = Bounds(Circuit(clock=lambda: 0.0))
    yield bounds
    bounds.close()


@pytest.fixture
def patient() -> Iterator[Bounds]:
    """With a circuit whose clock runs so fast that everything is tried."""
    ticks = iter(range(0, 1_000_000, 10))
    bounds = Bounds(Circuit(clock=lambda: float(next(ticks))))
    yield bounds
    bounds.close()


def threads() -> int:
    return sum(thread.name == "database" for thread in threading.enumerate())


def hang(bounds: Bounds, gate: threading.Event, undo: Callable[[object], object] | None = None) -> None:
    with pytest.raises(StoreError, match=r"the database did not answer within 0\.02 s"):
        bounds.within(0.02, gate.wait, undo)


# --- the circuit


def test_a_circuit_admits_one_at_a_time_after_a_failure() -> None:
    """None for half a second, then one in each half second until it is mended."""
    times = [0.0]
    circuit = Circuit(clock=lambda: times[-1])
    assert [circuit.admits() for _ in range(3)] == [True] * 3
    circuit.trip()
    assert not circuit.admits()
    times.append(PAUSE - 0.001)
    assert not circuit.admits()
    times.append(PAUSE)
    assert [circuit.admits() for _ in range(3)] == [True, False, False]
    times.append(2 * PAUSE)
    assert circuit.admits()
    circuit.mend()
    assert [circuit.admits() for _ in range(3)] == [True] * 3


def test_a_failure_while_it_is_tried_again_begins_a_new_pause() -> None:
    """Counted from the failure."""
    times = [0.0]
    circuit = Circuit(clock=lambda: times[-1])
    circuit.trip()
    times.append(PAUSE)
    assert circuit.admits()
    times.append(PAUSE + 0.3)
    circuit.trip()
    times.append(2 * PAUSE + 0.2)
    assert not circuit.admits()
    times.append(2 * PAUSE + 0.3)
    assert circuit.admits()


# --- the threads


def test_a_result_is_handed_over(bounds: Bounds) -> None:
    """It comes from another thread, and nothing is undone."""
    undone: list[object] = []
    assert bounds.within(5, lambda: T, undone.append) is T
    assert bounds.within(5, threading.get_ident) != threading.get_ident()
    assert undone == []


def test_an_error_is_handed_over(bounds: Bounds) -> None:
    """Ours and any other, as it was raised."""

    def fail(error: Exception) -> None:
        raise error

    for error in (StoreError("full"), KeyError("x")):
        with pytest.raises(type(error)) as caught:
            bounds.within(5, lambda error=error: fail(error))  # type: ignore[misc]
        assert caught.value is error
    assert bounds.within(5, lambda: T) is T


def test_whoever_waits_is_let_go_in_time(bounds: Bounds, gate: threading.Event) -> None:
    """And the next ones are told at once: nothing is queued behind what hangs."""
    hang(bounds, gate)
    began = perf_counter()
    for _ in range(100):
        with pytest.raises(StoreError, match="did not answer a moment ago"):
            bounds.within(5, lambda: T)
    assert perf_counter() - began < 0.5


def test_a_late_result_is_undone(bounds: Bounds, gate: threading.Event) -> None:
    """Once; what came in time is not."""
    undone: list[object] = []
    hang(bounds, gate, undone.append)
    assert undone == []
    gate.set()
    assert until(lambda: undone) == [True]


def test_a_late_failure_has_nothing_to_undo(patient: Bounds, gate: threading.Event) -> None:
    """The thread goes on to the next one."""
    undone: list[object] = []

    def fail() -> None:
        gate.wait()
        raise StoreError("lost")

    with pytest.raises(StoreError, match="within"):
        patient.within(0.02, fail, undone.append)
    gate.set()
    assert patient.within(5, lambda: T) is T
    assert undone == []


@pytest.mark.parametrize("error", [StoreError("lost"), KeyError("x")])
def test_what_cannot_be_undone_is_logged(
    patient: Bounds, gate: threading.Event, error: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """And the thread goes on."""

    def fail(_: object) -> None:
        raise error

    with caplog.at_level(logging.WARNING):
        hang(patient, gate, fail)
        gate.set()
        until(lambda: caplog.records)
    assert [record.getMessage() for record in caplog.records] == ["not undone"]
    assert patient.within(5, lambda: T) is T


def test_what_was_not_begun_in_time_never_begins(patient: Bounds, gate: threading.Event) -> None:
    """All threads are busy: it waits in the queue, and is dropped from there."""
    begun = threading.Semaphore(0)
    results: list[bool] = []
    never: list[object] = []

    def work() -> bool:
        begun.release()
        return gate.wait()

    callers = [
        threading.Thread(target=lambda: results.append(patient.within(20, work))) for _ in range(THREADS)
    ]
    for caller in callers:
        caller.start()
    for _ in callers:
        assert begun.acquire(timeout=20)
    with pytest.raises(StoreError, match="within"):
        patient.within(0.02, lambda: never.append(1), never.append)
    gate.set()
    for caller in callers:
        caller.join()
    assert results == [True] * THREADS
    assert [patient.within(5, lambda: T) for _ in range(2 * THREADS)] == [T] * 2 * THREADS
    assert never == []


def test_where_every_thread_hangs_nothing_is_taken_on(patient: Bounds, gate: threading.Event) -> None:
    """Until one of them comes back."""
    for _ in range(THREADS):
        hang(patient, gate)
    with pytest.raises(StoreError, match="too much waits for it already"):
        patient.within(5, lambda: T)
    gate.set()

    def tried() -> object:
        try:
            return patient.within(5, lambda: T)
        except StoreError:
            return None

    assert until(tried) is T


def test_threads_begin_with_the_first_operation_and_end_with_a_close() -> None:
    """A process may fork before and after; the next operation begins new ones."""
    bounds = Bounds(Circuit())
    assert threads() == 0
    for _ in range(2):
        assert [bounds.within(5, lambda: T) for _ in range(3)] == [T] * 3
        assert 1 <= threads() <= THREADS
        bounds.close()
        assert threads() == 0


def test_what_hangs_keeps_no_process_alive() -> None:
    """It ends as soon as its own work is done."""
    program = """
import threading
from app.errors import StoreError
from app.storage import Database
try:
    Database("sqlite://").within(0.05, threading.Event().wait)
except StoreError as error:
    print(error)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=20
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout == "the database did not answer within 0.05 s\n"
