"""What the sample rules decide, at fixed times, and which variables of the environment they take."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from app.engine.decide import decide
from app.model import Decision, Level
from app.rulebook import Reading, read_folder
from tests.builders import CALL_SID, MONDAY_NOON, callback

RULES = Path(__file__).parents[1] / "rules"
UNAVAILABLE = "WA0123456789abcdef0123456789abcdef"
WRAP_UP = "WAfedcba9876543210fedcba9876543210"
ALICE = {"skills": ["vip"], "languages": ["en", "es"], "contact_uri": "client:alice"}
BORIS = {"skills": [], "languages": ["en"], "contact_uri": "+14155550188"}
SAMPLES = read_folder(RULES, {})


def decision(
    task: Mapping[str, object],
    worker: Mapping[str, object] = BORIS,
    at: datetime = MONDAY_NOON,
    rejections: int = 0,
) -> Decision:
    """What the sample rules decide for a call with these attributes."""
    assert SAMPLES.ruleset
    called = callback({"call_sid": CALL_SID, **task}, dict(worker))
    return decide(SAMPLES.ruleset, called, at, rejections)


def fields(decided: Decision) -> Mapping[str, object]:
    """The instruction's fields."""
    assert decided.instruction
    return decided.instruction.fields


def test_the_samples_are_without_problem() -> None:
    """Neither an error nor a warning, with nothing in the environment."""
    assert SAMPLES.problems == ()
    assert SAMPLES.ruleset


@pytest.mark.parametrize(
    ("hour", "minute", "rule"),
    [
        (0, 0, "after-hours"),
        (7, 59, "after-hours"),
        (8, 0, "sales-lead"),
        (17, 59, "sales-lead"),
        (18, 0, "after-hours"),
        (23, 59, "after-hours"),
    ],
)
def test_hours(hour: int, minute: int, rule: str) -> None:
    """Open from 8:00 on, closed from 18:00 on, in UTC."""
    decided = decision({"type": "sales"}, at=MONDAY_NOON.replace(hour=hour, minute=minute))
    assert decided.rule == rule


@pytest.mark.parametrize(
    ("day", "rule"), [(27, "support"), (28, "after-hours"), (29, "after-hours"), (30, "support")]
)
def test_weekends(day: int, rule: str) -> None:
    """Closed on Saturday and Sunday, open on Friday and Monday."""
    assert decision({"type": "support"}, at=datetime(2026, 11, day, 12, tzinfo=UTC)).rule == rule


def test_after_hours_the_caller_hears_so() -> None:
    """The call goes on with another document, and the task is done."""
    decided = decision({"type": "billing"}, at=MONDAY_NOON.replace(hour=20))
    assert fields(decided) == {
        "call_sid": CALL_SID,
        "url": "https://example.com/twiml/closed",
        "accept": True,
    }


def test_chat_has_no_hours() -> None:
    """Only calls are closed."""
    assert decision({"type": "chat"}, at=MONDAY_NOON.replace(hour=3)).rule == "chat"


def test_voicemail_is_chosen_at_any_hour() -> None:
    """The type of the task is safe in the URL."""
    for hour in (3, 12):
        decided = decision({"type": "sales", "wants": "voicemail"}, at=MONDAY_NOON.replace(hour=hour))
        assert decided.rule == "caller-chose-voicemail"
        assert fields(decided)["url"] == "https://example.com/twiml/voicemail?line=sales"


def test_overflow_is_posted_with_a_way_out() -> None:
    """When the call is gone, the worker is freed."""
    decided = decision({"type": "support", "overflow": True})
    assert (decided.rule, decided.mode) == ("overflow", "post")
    assert decided.on_failure
    assert (decided.on_failure.name, decided.on_failure.fields) == ("reject", {"activity_sid": WRAP_UP})


@pytest.mark.parametrize(
    ("task", "rule", "instruction"),
    [
        ({"type": "sales"}, "sales-lead", "conference"),
        ({"type": "sales", "customer_id": None}, "sales-lead", "conference"),
        ({"type": "sales", "customer_id": 0}, "sales-customer", "dequeue"),
        ({"type": "billing"}, "billing", "call"),
        ({"type": "billing", "payment_id": "p/7"}, "billing-payment", "call"),
        ({"type": "sms"}, "message", "accept"),
        ({"type": "whatsapp"}, "message", "accept"),
        ({"type": "callback", "dialler": True}, "callback-by-dialler", "accept"),
        ({"type": "callback", "not_on": ["mon"]}, "callback-not-today", "reject"),
        ({"type": "fax"}, "default", "reject"),
        ({}, "default", "reject"),
    ],
)
def test_who_gets_what(task: Mapping[str, object], rule: str, instruction: str) -> None:
    """One task for each rule, at noon on a Monday."""
    decided = decision(task)
    assert decided.instruction
    assert (decided.rule, decided.instruction.name) == (rule, instruction)


def test_a_payment_is_escaped_in_its_url() -> None:
    """The caller's text ends no path and begins no parameter."""
    decided = decision({"type": "billing", "payment_id": "p/7&x=1"})
    assert fields(decided)["url"] == "https://example.com/twiml/payment?id=p%2F7%26x%3D1"


@pytest.mark.parametrize(
    ("value", "worker", "rule"),
    [
        ("Gold", ALICE, "support-vip"),
        ("gold", ALICE, "support"),
        ("Gold", BORIS, "support"),
        ("Silver", ALICE, "support"),
        ("Gold", {"contact_uri": "client:x"}, "support"),
    ],
)
def test_vip(value: str, worker: Mapping[str, object], rule: str) -> None:
    """Gold customers, with agents of that skill."""
    assert decision({"type": "support", "customer_value": value}, worker).rule == rule


@pytest.mark.parametrize(
    ("language", "worker", "rule"),
    [
        ("es", ALICE, "support"),
        ("es", BORIS, "support-other-language"),
        ("fr", ALICE, "support-other-language"),
        (None, BORIS, "support"),
        ("fr", {"contact_uri": "client:x"}, "support-other-language"),
    ],
)
def test_language(language: str | None, worker: Mapping[str, object], rule: str) -> None:
    """A worker who does not speak it is spared; a caller without one is everybody's."""
    assert decision({"type": "support", "language": language}, worker).rule == rule


@pytest.mark.parametrize(
    ("number", "rule"),
    [
        ("+14155550123", "callback"),
        ("+442071838750", "callback"),
        ("+33123456789", "default"),
        ("sip:bob@example.com", "default"),
        ("client:bob", "callback"),
        ("0800 111", "default"),
        (None, "default"),
    ],
)
def test_callbacks_call_allowed_numbers_alone(number: str | None, rule: str) -> None:
    """What a customer left may not make us call the world."""
    decided = decision({"type": "callback", "callback_number": number})
    assert decided.rule == rule
    assert bool(decided.problems) == (rule == "default")
    assert number is None or number not in str(decided.problems)


def test_a_worker_whom_nobody_can_call_brings_the_default() -> None:
    """With the problem that says what is missing."""
    decided = decision({"type": "support"}, {})
    assert (decided.rule, fields(decided)) == ("default", {"activity_sid": UNAVAILABLE})
    assert [problem.twilio_code for problem in decided.problems] == [40131]


def test_a_task_that_was_rejected_often_is_over() -> None:
    """From the twentieth time on."""
    assert decision({"type": "sales"}, rejections=19).rule == "sales-lead"
    assert decision({"type": "sales"}, rejections=20).rule == "default"


# --- The environment

VARIABLES: Mapping[str, tuple[str, str]] = {
    "SALES_NUMBER": ("+442071838750", "020 7183 8750"),
    "SUPPORT_NUMBER": ("+442071838750", "+0442071838750"),
    "BILLING_NUMBER": ("+442071838750", "sales"),
    "ACTIVITY_UNAVAILABLE": ("WA" + "1" * 32, "WA123"),
    "ACTIVITY_WRAP_UP": ("WA" + "2" * 32, "WK" + "2" * 32),
    "TWIML_URL": ("http://localhost:5000", "example.com/twiml"),
    "EVENTS_URL": ("http://localhost:5000/events", "ftp://example.com"),
}


def with_environment(**environment: str) -> Reading:
    return read_folder(RULES, environment)


@pytest.mark.parametrize("name", VARIABLES)
def test_each_variable_can_be_set(name: str) -> None:
    """The value takes the default's place, which makes it another version."""
    good, _ = VARIABLES[name]
    reading = with_environment(**{name: good})
    assert reading.problems == ()
    assert reading.ruleset
    assert SAMPLES.ruleset
    assert good in reading.ruleset.variables.values()
    assert reading.ruleset.version != SAMPLES.ruleset.version


@pytest.mark.parametrize("name", VARIABLES)
def test_each_variable_is_checked_where_it_is_used(name: str) -> None:
    """Each problem has its place, and the hint names the var."""
    _, wrong = VARIABLES[name]
    reading = with_environment(**{name: wrong})
    assert reading.ruleset is None
    assert reading.problems
    for problem in reading.problems:
        assert problem.level is Level.ERROR
        assert problem.location
        assert Path(problem.location.file).parent == RULES
        assert (problem.location.line, problem.location.column) > (1, 1)
        assert "{{ vars." in str(problem.hint)
        assert wrong not in str(problem)


def test_the_hours_can_be_set() -> None:
    """As the demo does, to be open around the clock."""
    reading = with_environment(OPENS_AT="0", CLOSES_AT="2400", CLOSED_DAYS="none")
    assert reading.ruleset
    called = callback({"type": "sales", "call_sid": CALL_SID}, BORIS)
    sunday = datetime(2026, 11, 29, 23, 59, tzinfo=UTC)
    assert decide(reading.ruleset, called, sunday).rule == "sales-lead"
    closed = replace(reading.ruleset, variables={**reading.ruleset.variables, "closed_days": "Sun"})
    assert decide(closed, called, sunday).rule == "after-hours"
