"""`desk rules`: what the rules did."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from app.cli import main
from app.model import Saved, State
from app.storage import Callbacks, Ledger
from tests.builders import OFFLINE, parameters
from tests.cli.test_callbacks import sid
from tests.cli.test_deliveries import ended, typed
from tests.conftest import Opening

RULES = f"""\
default: {{reply: {{instruction: reject, activity_sid: {OFFLINE}}}}}
rules:
  - name: vip
    task_type: support
    when: customer_value == "Gold"
    reply: {{instruction: accept}}
  - name: unused
    task_type: fax
    reply: {{instruction: accept}}
  - name: bridged
    task_type: sales
    reply: {{instruction: dequeue}}
"""
HOUR = timedelta(hours=1)
NOW = datetime.now(UTC).replace(microsecond=0)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text(RULES)
    return tmp_path / "rules"


@pytest.fixture
def journal(address: str, opened: Opening) -> Callbacks:
    return Callbacks(opened(address))


@pytest.fixture
def ledger(address: str, opened: Opening) -> Ledger:
    return Ledger(opened(address))


def made(rule: str, hours: int = 1, task: object = None, **more: object) -> Saved:
    """The callback that came so many hours ago."""
    rejected = {"instruction": "reject", "activity_sid": OFFLINE}
    instruction = rejected if rule == "default" else {"instruction": "accept"}
    decision = {"rule": rule, "mode": "reply", "task_type": "", "instruction": instruction, **more}
    return Saved(0, parameters(task), NOW - hours * HOUR, "/assignment", decision)


def desk(address: str, folder: Path, *words: str) -> Result:
    """What `desk rules stats` says."""
    environment = {"DATABASE_URL": address, "RULES_DIR": str(folder)}
    said = CliRunner(env=environment).invoke(main, ["rules", "stats", *words])
    assert said.exception is None or isinstance(said.exception, SystemExit), said.exception
    return said


def several(journal: Callbacks, ledger: Ledger) -> None:
    journal.add_all(
        [
            *(made("vip", hours, {"type": "support", "customer_value": "Gold"}) for hours in (4, 3, 2)),
            made("old", 30),
            *(made("default", 1, {"type": "support"}) for _ in range(2)),
            made("default", 1, {"type": "sales"}),
            made("default", 1, {"type": "support", "customer_value": "Gold"}),
            made("default", 1, {"type": "support"}, rejections=20),
            made("vip", 24 * 8),
        ]
    )
    ended(ledger, State.DEAD, 1, rule="vip", arrived=NOW - HOUR)
    ended(ledger, State.AMBIGUOUS, 2, rule="vip", arrived=NOW - HOUR)
    ended(ledger, State.DELIVERED, 3, rule="vip", arrived=NOW - HOUR)
    ended(ledger, State.DEAD, 4, rule="older", arrived=NOW - HOUR)


def iso(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def test_a_table_has_a_line_for_each_rule(
    address: str, journal: Callbacks, ledger: Ledger, folder: Path
) -> None:
    """The most frequent first; then what rules lacked for those that got the default."""
    several(journal, ledger)
    said = desk(address, folder)
    assert (said.exit_code, said.stderr) == (0, "")
    head, *lines = [re.split(r" {2,}", line) for line in said.stdout.splitlines() if line]
    assert head[0].startswith("9 callbacks since ")
    assert lines == [
        ["rule", "hits", "share", "last hit", "rejections", "failed deliveries"],
        ["default", "5", "55.6%", iso(NOW - HOUR), "5", "0"],
        ["vip", "3", "33.3%", iso(NOW - 2 * HOUR), "0", "2"],
        ["old", "1", "11.1%", iso(NOW - 30 * HOUR), "0", "0", "no longer in the folder"],
        ["older", "0", "0.0%", "–", "0", "1", "no longer in the folder"],
        ["nearest miss", "times", "mostly for want of"],
        ["vip", "2", 'task.customer_value == "Gold" (2 times)'],
        ["never hit: unused, bridged"],
        ["bridged matched and could not be carried out: 1 time"],
        ["rejected too often, so that the default decided: 1 callback"],
        ["got the default, and would be decided by a rule now: 1 callback"],
    ]


def test_all_of_it_for_programs(address: str, journal: Callbacks, ledger: Ledger, folder: Path) -> None:
    """Shares are between 0 and 1, times in UTC."""
    several(journal, ledger)
    shown = orjson.loads(desk(address, folder, "--format", "json", "--since", iso(NOW - 9 * HOUR)).stdout)
    version = shown.pop("rules_version")
    assert re.fullmatch("[0-9a-f]{12,}", version)
    assert shown["rules"][1] == {
        "rule": "vip",
        "hits": 3,
        "share": 0.375,
        "last_hit": iso(NOW - 2 * HOUR),
        "rejections": 0,
        "failed_deliveries": 2,
        "in_folder": True,
    }
    assert shown["rules"][2]["last_hit"] is None
    del shown["rules"]
    assert shown == {
        "since": iso(NOW - 9 * HOUR),
        "until": None,
        "callbacks": 8,
        "never_hit": ["unused", "bridged"],
        "gone": ["older"],
        "nearest_misses": [{"rule": "vip", "count": 2, "lacking": {'task.customer_value == "Gold"': 2}}],
        "not_carried_out": [{"rule": "bridged", "count": 1}],
        "given_up": 1,
        "decided_now": 1,
        "defaults_looked_at": 5,
    }


def test_nothing_was_saved(address: str, folder: Path) -> None:
    """Every rule is one that was never hit, the default among them."""
    said = desk(address, folder, "--until", "2026-01-02T00:00:00Z", "--since", "2026-01-01T00:00:00Z")
    assert said.stdout == (
        "0 callbacks since 2026-01-01T00:00:00Z until 2026-01-02T00:00:00Z\n\n"
        "never hit: vip, unused, bridged, default\n"
    )


def test_every_rule_was_hit(address: str, journal: Callbacks, folder: Path) -> None:
    """Then nothing is named below the table."""
    journal.add_all([made(rule) for rule in ("vip", "unused", "bridged", "default")])
    said = desk(address, folder).stdout
    assert "4 callbacks" in said
    assert "never hit" not in said


def test_until_bounds_both(address: str, journal: Callbacks, ledger: Ledger, folder: Path) -> None:
    """Callbacks and deliveries, and the defaults that are looked at."""
    several(journal, ledger)
    shown = orjson.loads(desk(address, folder, "--until", iso(NOW - 3 * HOUR), "--format", "json").stdout)
    assert (shown["callbacks"], shown["defaults_looked_at"]) == (2, 0)
    assert all(not each["failed_deliveries"] for each in shown["rules"])


def test_rules_that_hold_an_error(folder: Path) -> None:
    """Status 1, and the error."""
    (folder / "a.yaml").write_text("rules: 3\n")
    said = desk("sqlite://", folder)
    assert said.exit_code == 1
    assert "a.yaml:1:" in said.stderr


def test_rules_that_are_not_there(folder: Path) -> None:
    """Status 2."""
    assert desk("sqlite://", folder, "--rules", str(folder / "none")).exit_code == 2


def test_a_terminal_gets_a_bar(address: str, journal: Callbacks, folder: Path) -> None:
    """While the defaults are looked at; it is gone afterwards."""
    journal.add_all([made("default", task={"type": "support"}, ReservationSid=sid("WR", 1))])
    status, shown = typed(address, "", "stats", family="rules", RULES_DIR=str(folder))
    assert status == 0
    assert "nearest misses" in shown
    assert "mostly for want of" in shown
