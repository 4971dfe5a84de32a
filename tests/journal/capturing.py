"""Captures a week of callbacks of every kind: `python -m tests.journal.capturing FILE COUNT` exports them."""

import json
import logging
import random
import sys
from datetime import timedelta
from pathlib import Path

from app.engine.ruleset import RuleSet
from app.replay.lines import saved_line
from app.rulebook import Rulebook, Standing, read_folder
from app.storage import Callbacks
from tests.builders import MONDAY_NOON, parameters
from tests.conftest import RULES
from tests.delivery.rig import Process, process
from tests.waiting import until

TYPES = ["sales", "support", "billing", "chat", "sms", "whatsapp", "callback", "fax", None, ["support"], 7]
LETTERS = "aä\0☎\U0001f4de\\\"'\n%+& {}"


def sample_rules() -> RuleSet:
    """Those that decide."""
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


def capture(made: Process, rules: RuleSet, count: int) -> None:
    """Answers callbacks over a week, as fast as the journal writes."""
    chance = random.Random(20261123)
    times = [MONDAY_NOON]
    desk = made.desk(Rulebook(Standing(rules)), lambda: times[-1])
    for number in range(count):
        times[-1] += timedelta(seconds=6)
        params, path = answered(chance, number)
        (desk.answer_fallback if path.endswith("fallback") else desk.answer)(params)
        if number % 2_000 == 0:
            until(lambda: not made.journal.waiting)
    until(lambda: not made.journal.waiting)


def main(file: Path, count: int) -> None:
    logging.disable()
    with process("sqlite://", picks_up=False) as made, file.open("wb") as stream:
        capture(made, sample_rules(), count)
        assert made.journal.dropped == 0
        stream.writelines(map(saved_line, Callbacks(made.database).each()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
