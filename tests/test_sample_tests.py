"""The tests of the sample rules: they pass, they leave nothing out, and each of them can fail."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from app.engine.cases import Run, run
from app.engine.source import SourceFile
from app.rulebook import read_folder
from app.settings import rules_folder

RULES = Path(__file__).parents[1] / rules_folder({})
READING = read_folder(RULES, {})
OTHERWISE = {
    "SALES_NUMBER": "+442071838750",
    "SUPPORT_NUMBER": "+442071838750",
    "BILLING_NUMBER": "+442071838750",
    "ACTIVITY_UNAVAILABLE": "WA" + "1" * 32,
    "ACTIVITY_WRAP_UP": "WA" + "2" * 32,
    "TWIML_URL": "http://localhost:5000",
    "EVENTS_URL": "http://localhost:5000/events",
    "OPENS_AT": "1400",
    "CLOSES_AT": "1500",
    "CLOSED_DAYS": "Mon",
}


def tried(environment: Mapping[str, str], files: tuple[SourceFile, ...] = READING.files) -> Run:
    return run(files, environment, str(RULES))


@pytest.mark.parametrize("environment", [{}, OTHERWISE], ids=["defaults", "otherwise"])
def test_they_pass_and_leave_nothing_out(environment: Mapping[str, str]) -> None:
    """Whatever the environment says: what a test asks of it stands in the test."""
    ran = tried(environment)
    assert [(result.case.name, result.lines) for result in ran.results if not result.passed] == []
    assert ran.coverage.unseen == ()
    assert ran.coverage.percent == 100


def test_each_rule_is_expected_somewhere() -> None:
    """And so is the default."""
    assert READING.ruleset
    expected = {result.case.expected.rule for result in tried({}).results}
    assert expected == {"default", *(rule.name for rule in READING.ruleset.rules)}


def test_they_show_what_a_test_can_hold() -> None:
    """Each key once at least, for whoever copies them."""
    text = "".join(file.text for file in READING.files if file.holds_tests)
    keys = (
        "at:",
        "env:",
        "rejections:",
        "callback:",
        "problem: D0",
        "problem: 40",
        ": null",
        "defer:",
        "post:",
    )
    assert [key for key in keys if key not in text] == []


@pytest.mark.parametrize(
    ("line", "instead"),
    [
        ('when: wants == "voicemail"', 'when: wants == "voice mail"'),
        ("taskrouter.currentTime < vars.opens", "taskrouter.currentTime <= vars.opens"),
        ("taskrouter.currentTime >= vars.closes", "taskrouter.currentTime > vars.closes"),
        ("when: overflow == true", "when: overflow == false"),
        ("when: customer_id == null", "when: customer_id != null"),
        ("task.language != null", "task.language == null"),
        ("task.language NOT IN worker.languages", "task.language IN worker.languages"),
        ('customer_value == "Gold"', 'customer_value == "Silver"'),
        ('worker.skills HAS "vip"', 'worker.skills HAS "VIP"'),
        ("when: payment_id != null", "when: payment_id == null"),
        ("conference_record: record-from-start", "conference_record: do-not-record"),
        ("end_conference_on_customer_exit: true", "end_conference_on_customer_exit: false"),
        ("task_type: [sms, whatsapp]", "task_type: [sms]"),
        ("when: dialler == true", 'when: dialler == "true"'),
        ("taskrouter.dayOfWeek IN task.not_on", "taskrouter.dayOfWeek NOT IN task.not_on"),
        ('to: "{{ task.callback_number }}"', 'to: "{{ task.number }}"'),
        ('allowed_numbers: ["+1", "+44"]', 'allowed_numbers: ["+1", "+33"]'),
        ("max_rejections: 20", "max_rejections: 21"),
    ],
)
def test_they_notice_a_mistake(line: str, instead: str) -> None:
    """One character or word that is wrong in a rule makes a test fail."""
    changed = tuple(
        file if file.holds_tests else SourceFile(file.name, file.text.replace(line, instead))
        for file in READING.files
    )
    assert changed != READING.files
    assert tried({}, changed).failed
