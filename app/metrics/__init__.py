"""What Prometheus is told: the metrics on one page, and how the processes of a server count together."""

from app.metrics.metric import Metric, counter, gauge, histogram
from app.metrics.tally import Note, Tally, unnoted

__all__ = ["Metric", "Note", "Tally", "counter", "gauge", "histogram", "unnoted"]
