"""A bounded memory of what was seen last."""

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Recent(Generic[K, V]):
    """Values by key; beyond `size` the oldest goes. Threads may share it."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._values: OrderedDict[K, V] = OrderedDict()
        self._lock = Lock()

    def get(self, key: K) -> V | None:
        with self._lock:
            return self._values.get(key)

    def set(self, key: K, value: V) -> None:
        with self._lock:
            self._values[key] = value
            self._shrink()

    def first(self, key: K, value: V) -> V:
        """The value of the key: this one, where there was none."""
        with self._lock:
            known = self._values.setdefault(key, value)
            self._shrink()
            return known

    def _shrink(self) -> None:
        if len(self._values) > self._size:
            self._values.popitem(last=False)
