"""Takes over what changes in the rules folder, between two requests."""

import atexit
import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from app.engine.ruleset import RuleSet
from app.rulebook.checking import Finding
from app.rulebook.folder import Fingerprint, changed_at, fingerprint
from app.rulebook.outside import Outside
from app.rulebook.standing import Failing, Rulebook, Standing
from app.rulebook.starting import Memory, keep
from app.rulebook.watching import ticks

log = logging.getLogger(__name__)

CALM = 0.1  # seconds without a change, after which what is there is taken for whole
WAITS = 10  # times that calm is waited for
CHECKS = 3  # of a folder that changes meanwhile, after which what was found is used all the same
RETRY = 30  # seconds until a check is made again that did not come to its end


class Reloader:
    """Keeps a rulebook at what its folder holds. `seen` is the folder's fingerprint before it was read.

    It begins in the process that uses the rulebook, since a thread does not outlive a fork. `retry` is in
    seconds.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        folder: Path,
        environment: Mapping[str, str],
        memory: Memory,
        seen: Fingerprint,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        retry: float = RETRY,
    ) -> None:
        self._rulebook = rulebook
        self._folder = folder
        self._outside = Outside(folder, environment)
        self._memory = memory
        self._seen = seen
        self._clock = clock
        self._retry = retry
        self._again: float | None = None  # when to check again, though nothing has changed
        self._stop = Event()
        self._thread = Thread(target=self._run, name="rules", daemon=True)

    def start(self) -> None:
        """Begins to watch, until the process ends."""
        atexit.register(self.stop)
        self._thread.start()

    def stop(self) -> None:
        """Ends the watching, and a check that is under way."""
        self._stop.set()
        self._outside.stop()
        self._thread.join()
        atexit.unregister(self.stop)

    def _run(self) -> None:
        for _ in ticks(self._folder, self._stop):
            if fingerprint(self._folder) != self._seen or self._is_due():
                self._reload()

    def _is_due(self) -> bool:
        return self._again is not None and monotonic() >= self._again

    def _reload(self) -> None:
        finding = self._finding()
        if self._stop.is_set():
            return
        self._again = None if finding.final else monotonic() + self._retry
        if finding.ruleset is None:
            self._refuse(finding)
        else:
            self._take(Standing(finding.ruleset, finding.files, since=self._since(finding.ruleset)))

    def _since(self, ruleset: RuleSet) -> datetime:
        """Since when this rule set runs, if it is taken: the running one goes on."""
        running = self._rulebook.standing
        return running.since if ruleset.version == running.ruleset.version else self._clock()

    def _finding(self) -> Finding:
        """What the folder holds when it has come to rest; else what it held at some moment."""
        for _ in range(CHECKS):
            self._seen = self._at_rest()
            finding = self._outside.finding(self._rulebook.ruleset)
            if fingerprint(self._folder) == self._seen or self._stop.is_set():
                break
        return finding

    def _at_rest(self) -> Fingerprint:
        before = fingerprint(self._folder)
        for _ in range(WAITS):
            if self._stop.wait(CALM):
                break
            before, now = fingerprint(self._folder), before
            if now == before:
                break
        return before

    def _refuse(self, finding: Finding) -> None:
        standing = self._rulebook.standing
        before = standing.failing
        since = before.since if before else changed_at(self._folder, self._clock())
        failing = Failing(since, finding.error, finding.problems)
        self._rulebook.standing = replace(standing, failing=failing)
        if failing != before:
            self._rulebook.reloads.refused += 1
            fields = {
                "running": standing.ruleset.version,
                "since": failing.since,
                "error": failing.error,
                "problems": failing.problems,
            }
            log.error("rules not reloaded", extra={"fields": fields})

    def _take(self, standing: Standing) -> None:
        before, self._rulebook.standing = self._rulebook.standing, standing
        old, new = before.ruleset.version, standing.ruleset.version
        if new != old or before.failing:
            self._rulebook.reloads.taken += 1
            fields = {"from": old, "to": new, "rules": len(standing.ruleset.rules)}
            log.info("rules reloaded", extra={"fields": fields})
            keep(self._memory, self._folder, new, standing.files, self._clock())
