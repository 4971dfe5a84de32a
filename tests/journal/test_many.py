"""What was captured is decided again as it was, byte for byte: a hundred thousand callbacks of every kind."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import orjson
import pytest

from app.engine.masking import secrets_of
from app.engine.record import record_of
from app.engine.ruleset import RuleSet
from app.model import Mode, Saved
from app.replay.again import Clock, again
from app.replay.comparing import Recorded
from app.replay.running import Run
from app.replay.saved import read_saved
from tests.journal.capturing import sample_rules

MANY = 100_000
CLOCK = Clock(datetime(1999, 1, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    """The sample rules."""
    return sample_rules()


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What another process captured, as it is exported: without measuring coverage it takes less time."""
    file = tmp_path_factory.mktemp("many") / "callbacks.jsonl"
    unmeasured = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    command = [sys.executable, "-m", "tests.journal.capturing", str(file), str(MANY)]
    subprocess.run(command, env=unmeasured, check=True)
    return file


def items(file: Path) -> Iterator[Saved]:
    with file.open("rb") as stream:
        for item in read_saved(stream):
            assert isinstance(item, Saved)
            yield item


def test_every_record_is_the_same_byte_for_byte(exported: Path, rules: RuleSet) -> None:
    """From nothing but its own line; every mode is among them, repeats, fallbacks and problems."""
    secrets, number = secrets_of(rules), 0
    modes: set[object] = set()
    kinds: set[object] = set()
    for saved in items(exported):
        number += 1
        asked = again(saved, CLOCK, rules.variables)
        record = record_of(asked.decided(rules), rules.task_type(asked.scope), asked.rejections, secrets)
        then = saved.decision or {}
        more = {key: then[key] for key in then if key not in record}
        assert orjson.dumps(record | more) == orjson.dumps(then)
        modes.add(record["mode"])
        kinds.update(more, [bool(record["problems"])])
    assert number == MANY
    assert modes == set(Mode)
    assert kinds == {"answered", "decided_at", "decided_from", True, False}


def test_a_replay_finds_no_change(exported: Path, rules: RuleSet) -> None:
    """Of all that it compares."""
    run = Run(rules, Recorded(rules), CLOCK, keep=1)
    tally = run.part("all", items(exported)).tally
    assert (tally.callbacks, tally.compared, tally.changed, tally.bad_lines) == (MANY, MANY, 0, 0)
