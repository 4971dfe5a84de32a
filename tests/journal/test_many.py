"""What was captured is decided again as it was, byte for byte: a hundred thousand callbacks of every kind."""

import json
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from app.engine.masking import secrets_of
from app.engine.record import record_of
from app.engine.ruleset import RuleSet
from app.model import Mode, Saved
from app.replay.again import Clock, again
from app.replay.comparing import Recorded
from app.replay.lines import saved_line
from app.replay.running import Run
from app.replay.saved import read_saved
from app.rulebook import Rulebook, Standing, read_folder
from app.storage import Callbacks
from tests.builders import MONDAY_NOON, parameters
from tests.conftest import RULES
from tests.delivery.rig import Process, process
from tests.waiting import until

MANY = 100_000
CLOCK = Clock(datetime(1999, 1, 1, tzinfo=UTC))
TYPES = ["sales", "support", "billing", "chat", "sms", "whatsapp", "callback", "fax", None, ["support"], 7]
LETTERS = "aä\0☎\U0001f4de\\\"'\n%+& {}"


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    """The sample rules."""
    made = read_folder(RULES, {}, lint=False).ruleset
    assert made
    return made


def answered(chance: random.Random, number: int) -> tuple[dict[str, str | list[str]], str]:
    """A callback of any kind, and at which URL it comes: the primary one, or its fallback."""
    task = {
        "type": chance.choice(TYPES),
        "call_sid": chance.choice(["CA" + "0" * 32, None, "CA1"]),
        "customer_id": chance.choice([None, 7, "c7"]),
        "customer_value": chance.choice(["Gold", "gold", None]),
        "language": chance.choice(["en", "fr", None]),
        "wants": "voicemail" if chance.random() < 0.1 else None,
        "overflow": chance.random() < 0.02,
        "payment_id": chance.choice([None, None, None, 1]),
        "number": chance.choice(["+14155550188", None, "".join(chance.choices(LETTERS, k=5))]),
        "not_on": chance.choice([["Mon", "Tue"], "Mon", None]),
        "dialler": chance.choice([True, False, "true", None]),
    }
    worker = {
        "contact_uri": chance.choice(["client:alice", "+14155550199", "sip:a@b.example", "x", None]),
        "skills": chance.choice([["vip"], [], "vip", None]),
        "languages": chance.choice([["en"], ["en", "fr"], None]),
    }
    sids = {"ReservationSid": f"WR{chance.randrange(1 + number):032}", "TaskSid": f"WT{number // 3:032}"}
    made: dict[str, str | list[str]] = {**parameters(task, worker, **sids)}
    del made["Timestamp"]
    if chance.random() < 0.05:
        odd = ["", "{", '{"type":"\\ud83d"}', "[]", json.dumps(LETTERS), '{"type":"support","n":1e400}']
        made["TaskAttributes"] = chance.choice(odd)
    if chance.random() < 0.05:
        made["More"] = ["b", LETTERS, "a"]
    return made, "/assignment/fallback" if chance.random() < 0.1 else "/assignment"


def capture(made: Process, rules: RuleSet) -> None:
    """Answers callbacks over a week, as fast as the journal writes."""
    chance = random.Random(20261123)
    times = [MONDAY_NOON]
    desk = made.desk(Rulebook(Standing(rules)), lambda: times[-1])
    for number in range(MANY):
        times[-1] += timedelta(seconds=6)
        params, path = answered(chance, number)
        (desk.answer_fallback if path.endswith("fallback") else desk.answer)(params)
        if number % 2_000 == 0:
            until(lambda: not made.journal.waiting)
    until(lambda: not made.journal.waiting)


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory, rules: RuleSet) -> Path:
    """What was captured, as it is exported."""
    file = tmp_path_factory.mktemp("many") / "callbacks.jsonl"
    with process("sqlite://", picks_up=False) as made, file.open("wb") as stream:
        capture(made, rules)
        assert made.journal.dropped == 0
        stream.writelines(map(saved_line, Callbacks(made.database).each()))
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
