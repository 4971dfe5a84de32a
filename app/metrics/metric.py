"""A metric: its name, what it says, its labels, and how values of several processes become one."""

from bisect import bisect_left
from dataclasses import dataclass
from math import inf

from prometheus_client.mmap_dict import mmap_key

Labels = tuple[str, ...]

COUNTER = "counter"
HISTOGRAM = "histogram"
SUM = "gauge_livesum"
LARGEST = "gauge_livemax"
LASTING = (COUNTER, HISTOGRAM)  # what stays when a process has ended
KINDS = (*LASTING, SUM, LARGEST)
MOST = 1_000  # label sets of one metric that a process adds; the next are counted as OTHER
OTHER = "other"


@dataclass(frozen=True, slots=True, eq=False)
class Metric:
    """One metric. `kind` is prometheus_client's name for a file of such; `bounds` are a histogram's.

    `always` are the label sets that are there from the beginning, so that a first event is an increase.
    """

    kind: str
    name: str
    help: str
    labels: Labels = ()
    bounds: tuple[float, ...] = ()
    always: tuple[Labels, ...] = ()

    def keys(self, labels: Labels) -> tuple[str, ...]:
        """Under what its values are kept: a histogram's sum and then its buckets, else one."""
        if self.kind != HISTOGRAM:
            family = self.name.removesuffix("_total")
            return (mmap_key(family, self.name, [*self.labels], [*labels], self.help),)
        names = [*self.labels, "le"]
        buckets = [
            mmap_key(self.name, f"{self.name}_bucket", names, [*labels, str(bound)], self.help)
            for bound in (*self.bounds, inf)
        ]
        return (mmap_key(self.name, f"{self.name}_sum", [*self.labels], [*labels], self.help), *buckets)

    def add(self, values: list[float], value: float) -> None:
        """Adds one event to the values that `keys` names."""
        values[0] += value
        if self.kind == HISTOGRAM:
            values[1 + bisect_left(self.bounds, value)] += 1


def counter(name: str, help: str, *labels: str, always: tuple[Labels, ...] = ((),)) -> Metric:  # noqa: A002  Prometheus's word
    """Something that is counted, by all processes together."""
    return Metric(COUNTER, name, help, labels, always=always)


def histogram(
    name: str,
    help: str,  # noqa: A002
    *labels: str,
    bounds: tuple[float, ...],
    always: tuple[Labels, ...] = ((),),
) -> Metric:
    """Something that is measured, by all processes together."""
    return Metric(HISTOGRAM, name, help, labels, bounds, always)


def gauge(name: str, help: str, *, largest: bool = False) -> Metric:  # noqa: A002
    """What holds now: the sum over the processes that run, or the largest of them."""
    return Metric(LARGEST if largest else SUM, name, help, always=((),))
