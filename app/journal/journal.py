"""Saves callbacks on a thread of its own, in groups: no answer waits for it, and none fails with it."""

import logging
from collections import deque
from datetime import datetime
from threading import Event, Lock, Thread
from time import monotonic, sleep

from app.engine.masking import secrets_of
from app.engine.ruleset import RuleSet
from app.errors import StoreError
from app.journal.noted import Noted, saved_of
from app.model import Saved
from app.storage import Callbacks

log = logging.getLogger(__name__)

GATHERING = 0.1  # seconds until a callback is written, with those that came meanwhile
GROUP = 200  # callbacks that are written as soon as they wait
LARGEST = 1_000  # callbacks that are written at once, where many wait: a disk takes long for each group
PAUSE = 0.5  # seconds until the database is tried again
MOST = 7_500  # callbacks that wait for the database, of each about a kilobyte; more are dropped
FAREWELL = 5.0  # seconds for the last ones, when a process is to stop


class Journal:
    """Notes callbacks, and saves them within 200 ms while the database answers.

    `keeps` False saves none; `farewell` is how many seconds `stop` waits for a database that is away.
    """

    def __init__(self, callbacks: Callbacks, *, keeps: bool = True, farewell: float = FAREWELL) -> None:
        self._callbacks = callbacks
        self._farewell = farewell
        self._keeps = keeps
        self._waiting: deque[Noted] = deque()
        self._group: list[Saved] = []  # what is being written
        self._came = Event()
        self._full = Event()
        self._stopping = Event()
        self._thread = Thread(target=self._run, name="journal", daemon=True)
        self._secrets: tuple[RuleSet | None, frozenset[str]] = (None, frozenset())
        self._counting = Lock()
        self._until = 0.0  # when it gives up, once it is to stop
        self._lost = 0  # since the database went, or callbacks first came too fast
        self.dropped = 0

    @property
    def waiting(self) -> int:
        """How many callbacks are not saved yet."""
        return len(self._waiting) + len(self._group)

    @property
    def oldest(self) -> datetime | None:
        """When the oldest callback came that is not saved yet."""
        group = self._group[:1]  # a copy: meanwhile the thread takes what it saves away
        try:
            return group[0].received_at if group else self._waiting[0].arrived.arrived
        except IndexError:
            return None

    def note(self, noted: Noted) -> None:
        """Takes a callback down. Costs the request next to nothing, and never raises."""
        if not self._keeps:
            return
        if len(self._waiting) >= MOST:
            self._drop(1)
            return
        self._waiting.append(noted)
        if not self._came.is_set():
            self._came.set()
        if len(self._waiting) >= GROUP:
            self._full.set()

    def saved(self, noted: Noted) -> Saved | None:
        """What is to be saved of it now, with its promise; None where nothing is, or nothing can be."""
        if not self._keeps:
            return None
        try:
            return saved_of(noted, self._secrets_of(noted.decided.ruleset))
        except Exception as error:  # whatever it is, the callback must be answered
            self._cannot_save(error, 1)
            return None

    def start(self) -> None:
        """Begins to save."""
        self._thread.start()

    def stop(self) -> None:
        """Saves what is left, and ends. What the database does not take in that time is dropped."""
        self._until = monotonic() + self._farewell - PAUSE
        for each in (self._stopping, self._came, self._full):
            each.set()
        self._thread.join(self._farewell)
        if self.waiting:
            log.warning("callbacks not saved", extra={"fields": {"dropped": self.waiting}})

    def write(self) -> bool:
        """Saves all that waits by now; False where the database does not take it, and it goes on waiting.

        What comes meanwhile waits for more: small groups cost a disk as much as large ones. Not called by
        several threads.
        """
        left = len(self._waiting)
        while self._group or left > 0:
            if not self._group:
                left -= self._take_group(left)
            try:
                self._callbacks.add_all(self._group)
            except StoreError as error:
                log.debug("callbacks wait", extra={"fields": {"waiting": self.waiting, "error": str(error)}})
                return False
            except Exception as error:  # the next group may go better, and without this thread there is none
                self._cannot_save(error, len(self._group))
            self._group = []
        if self._lost:
            log.warning("callbacks not saved", extra={"fields": {"dropped": self._lost}})
            self._lost = 0
        return True

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._came.wait()
            self._full.wait(GATHERING)
            self._came.clear()
            self._full.clear()
            if not self.write():
                self._came.set()
                self._stopping.wait(PAUSE)
        while not self.write() and monotonic() < self._until:
            sleep(GATHERING)

    def _take_group(self, most: int) -> int:
        """Takes the next ones: so many."""
        # By number: an iterator fails where more is noted meanwhile.
        noted = [self._waiting[n] for n in range(min(LARGEST, most))]
        self._group = [saved for each in noted if (saved := self.saved(each))]
        for _ in noted:
            self._waiting.popleft()
        return len(noted)

    def _drop(self, number: int) -> None:
        with self._counting:
            begins = not self._lost
            self._lost += number
            self.dropped += number
        if begins:
            log.warning("callbacks are not saved: the database does not take them")

    def _cannot_save(self, error: Exception, number: int) -> None:
        fields = {"error": type(error).__name__, "dropped": number}
        log.error("callbacks cannot be saved", extra={"fields": fields})  # a traceback could repeat values
        with self._counting:
            self.dropped += number

    def _secrets_of(self, ruleset: RuleSet) -> frozenset[str]:
        known, secrets = self._secrets
        if known is not ruleset:
            secrets = secrets_of(ruleset)
            self._secrets = (ruleset, secrets)
        return secrets
