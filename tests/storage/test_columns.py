"""Whatever a rule or a caller wrote is read back as it was."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from app.errors import StoreError
from app.model import Call, Ending, Instruction, Outcome
from app.storage import Database, Ledger
from app.storage.columns import Instructed, Moment, Written
from tests.builders import MONDAY_NOON as NOW
from tests.builders import promise
from tests.conftest import Opening
from tests.storage.deliveries import LEASE, OURS, attempt, record

ODD = "später \0 \ud83d ☎ \U0001f4de \\u0000 \\ \" ' \n"
FIELDS = {
    "events": ("initiated", "ringing"),
    "list": [1, [2.5, None], ("nested", ["deep"])],
    "object": {"()": [1], "more": {"()": {"()": ("a",)}}},
    "large": 10**40,
    "small": -(2**63),
    "float": 0.1 + 0.2,
    "flags": [True, False, None],
    "empty": [(), [], {}, ""],
    ODD: ODD,
}
DIALECT = sqlite.dialect()
# Half of a pair is a letter as well, but both halves are one letter to whoever reads JSON.
TEXTS = st.text(st.characters(codec=None, exclude_categories=[])).map(
    lambda text: text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: (
        st.lists(inner)
        | st.lists(inner).map(tuple)
        | st.dictionaries(st.sampled_from(["()", "(", "a"]), inner)
    ),
)


def test_an_instruction_is_read_back_as_it_was(ledger: Ledger) -> None:
    """Tuples as tuples and lists as lists, large numbers whole, odd text letter for letter."""
    call = Call("WS1", "WT1", "WR1", Instruction("conference", FIELDS))
    made = promise(call=call, on_failure=Instruction("reject", {"activity_sid": "WA1"}))
    ledger.open(made, OURS, NOW, LEASE)
    found = ledger.find("WR1")
    assert found
    assert found.promise == made
    assert repr(found.promise.call.instruction.fields) == repr(FIELDS)


def test_an_instruction_is_readable_json(ours: Database, ledger: Ledger) -> None:
    """For people who look into the database."""
    call = Call("WS1", "WT1", "WR1", Instruction("call", {"url": "https://example.com/ä"}))
    ledger.open(promise(call=call), OURS, NOW, LEASE)
    with ours.reading() as connection:
        stored = connection.exec_driver_sql("SELECT instruction FROM deliveries").scalar()
    assert stored == '{"name": "call", "fields": {"url": "https://example.com/ä"}}'


def test_odd_text_is_read_back_as_it_was(ledger: Ledger) -> None:
    """Where a rule, a task or an answer has it; a rule is still found by its name."""
    made = promise(rule=ODD, telling=ODD)
    delivery, _ = ledger.open(made, ODD, NOW, LEASE)
    outcome = Outcome(Ending.REFUSED, ODD, 503, 20001, 0.25)
    assert record(ledger, delivery, attempt(1, outcome, ODD), owner=ODD, outcome=outcome)
    [found] = ledger.list(rule=ODD)
    assert (found.promise, found.outcome) == (made, outcome)
    assert ledger.history(delivery.id) == (attempt(1, outcome, ODD),)


def test_what_no_json_can_hold_is_refused(ledger: Ledger) -> None:
    """Nothing of it is stored."""
    call = Call("WS1", "WT1", "WR1", Instruction("call", {"url": object()}))
    with pytest.raises(StoreError):
        ledger.open(promise(call=call), OURS, NOW, LEASE)
    assert ledger.find("WR1") is None


@given(st.dictionaries(TEXTS, VALUES))
def test_any_json_value_survives(fields: dict[str, object]) -> None:
    """What is stored is JSON, and can be written in UTF-8 without a NUL."""
    kind = Instructed()
    stored = kind.process_bind_param(Instruction("call", fields), DIALECT)
    assert stored is not None
    assert b"\0" not in stored.encode()
    json.loads(stored)
    read = kind.process_result_value(stored, DIALECT)
    assert read is not None
    assert repr(read.fields) == repr(fields)


@given(TEXTS)
def test_any_text_survives(written: str) -> None:
    """And can be written in UTF-8 without a NUL."""
    stored = Written().process_bind_param(written, DIALECT)
    assert stored is not None
    assert b"\0" not in stored.encode()
    assert Written().process_result_value(stored, DIALECT) == written


@given(st.datetimes(timezones=st.timezones()))
def test_any_instant_survives(time: datetime) -> None:
    """To the microsecond, in UTC; a later one is a larger number."""
    stored = Moment().process_bind_param(time, DIALECT)
    assert stored is not None
    read = Moment().process_result_value(stored, DIALECT)
    assert read == time.astimezone(UTC)


@given(st.datetimes(timezones=st.just(UTC)), st.datetimes(timezones=st.just(UTC)))
def test_times_compare_as_their_numbers(one: datetime, other: datetime) -> None:
    """On both databases alike."""
    numbers = [Moment().process_bind_param(time, DIALECT) or 0 for time in (one, other)]
    assert (one < other) == (numbers[0] < numbers[1])


def test_a_state_that_a_later_release_made_is_a_sentence(
    ours: Database, ledger: Ledger, address: str, opened: Opening
) -> None:
    """While a release is rolled out the one before it still runs."""
    ledger.open(promise(), OURS, NOW, LEASE)
    with ours.writing() as connection:
        connection.exec_driver_sql("UPDATE deliveries SET state = 'paused'")
    with pytest.raises(StoreError, match="ValueError"):
        Ledger(opened(address)).find("WR1")
