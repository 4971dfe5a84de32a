"""The use cases: what is answered, what is remembered, what is refused, what is logged."""

import logging
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from types import FrameType

import pytest

from app.delivery.courier import Courier
from app.engine.wire import Form
from app.errors import ForeignAccount, Stale, Unreadable
from app.model import Call, Ending, Outcome
from app.rulebook import Rulebook, Standing
from app.service import Answer, Desk
from app.storage import Database
from tests.builders import ACCOUNT, CALL_SID, MONDAY_NOON, OFFLINE, PARAMS, parameters, ruleset

DEFAULT = """
    default:
      defer: nobody knows
"""
POSTED = """
    rules:
      - name: redirected
        post: {instruction: redirect, call_sid: "{{ task.call_sid }}", url: https://example.com, accept: true}
        on_failure: {instruction: reject, activity_sid: WA0123456789abcdef0123456789abcdef}
"""
BY_THE_HOUR = """
    rules:
      - name: morning
        when: taskrouter.currentHour < 13
        reply: {instruction: accept}
"""
CALL = {"call_sid": CALL_SID}


def form(answer: Answer) -> Form:
    """The object of an answer, when all is done that follows it."""
    answer.then()
    return answer.form


def rulebook(rules: str) -> Rulebook:
    """The rules of a desk: these, and a default."""
    return Rulebook(Standing(ruleset(DEFAULT + rules)))


class Kept:
    """A Transport that keeps each call, and ends it as `endings` says, delivered by default."""

    def __init__(self, *endings: Ending) -> None:
        self.endings = list(endings)
        self.sent: list[Call] = []
        self.go_on = Event()
        self.go_on.set()

    def send(self, call: Call) -> Outcome:
        self.sent.append(call)
        self.go_on.wait(10)
        return Outcome(self.endings.pop(0) if self.endings else Ending.DELIVERED, "as the test has it")


@pytest.fixture
def transport() -> Kept:
    return Kept()


@pytest.fixture
def courier(transport: Kept) -> Iterator[Courier]:
    courier = Courier(transport)
    yield courier
    transport.go_on.set()
    courier.close()


@pytest.fixture
def times() -> list[datetime]:
    """The last of these is now."""
    return [MONDAY_NOON]


@pytest.fixture
def make(tmp_path: Path, courier: Courier, times: list[datetime]) -> Iterator[Callable[..., Desk]]:
    """Makes a desk with these rules."""
    databases = []

    def make(
        rules: str | Rulebook, address: str = f"sqlite:///{tmp_path}/desk.db", timeout: int = 120
    ) -> Desk:
        databases.append(Database(address))
        return Desk(
            rulebook=rules if isinstance(rules, Rulebook) else rulebook(rules),
            database=databases[-1],
            courier=courier,
            account_sid=ACCOUNT,
            reservation_timeout=timeout,
            clock=lambda: times[-1],
        )

    yield make
    for database in databases:
        database.close()


def test_a_post_is_answered_before_it_is_sent(make: Callable[..., Desk], transport: Kept) -> None:
    """The callback's answer never waits for Twilio's REST API."""
    transport.go_on.clear()
    assert form(make(POSTED).answer(parameters(CALL))) == {}
    assert not transport.go_on.is_set()


def test_on_failure_is_sent_when_a_post_fails(
    make: Callable[..., Desk], transport: Kept, courier: Courier
) -> None:
    """What the rule says for a failure goes the same way as the instruction."""
    transport.endings = [Ending.REFUSED, Ending.DELIVERED]
    form(make(POSTED).answer(parameters(CALL)))
    courier.close()
    assert [call.instruction.name for call in transport.sent] == ["redirect", "reject"]
    assert transport.sent[1].instruction.fields == {"activity_sid": OFFLINE}


def test_the_fallback_keeps_the_first_decision(make: Callable[..., Desk], times: list[datetime]) -> None:
    """Between the two requests an hour may strike and new rules be loaded: the first decision stays."""
    book = rulebook(BY_THE_HOUR)
    desk = make(book)
    assert form(desk.answer(parameters())) == {"instruction": "accept"}
    times.append(MONDAY_NOON + timedelta(hours=2))
    book.standing = rulebook("").standing
    late = parameters(Timestamp="")
    assert form(desk.answer_fallback(late)) == {"instruction": "accept"}
    another = parameters(Timestamp="", ReservationSid="WR" + "f" * 32)
    assert form(desk.answer_fallback(another)) == {}


def test_the_fallback_alone_decides_and_remembers(make: Callable[..., Desk], times: list[datetime]) -> None:
    """A reservation whose primary request never came is decided at the fallback, once."""
    desk = make(BY_THE_HOUR)
    first = form(desk.answer_fallback(parameters(Timestamp="")))
    times.append(MONDAY_NOON + timedelta(hours=2))
    assert first == form(desk.answer_fallback(parameters(Timestamp=""))) == {"instruction": "accept"}


def test_an_inline_form_that_would_be_invalid_becomes_the_default(make: Callable[..., Desk]) -> None:
    """Over REST a reject needs no activity, inline it does: the fallback gives the default."""
    rules = """
    rules:
      - name: rejected
        post: {instruction: reject}
    """
    assert form(make(rules).answer_fallback(parameters())) == {}


def test_another_account(make: Callable[..., Desk]) -> None:
    """Only the configured account's callbacks are answered; one that names none was signed by it."""
    desk = make(BY_THE_HOUR)
    for answer in (desk.answer, desk.answer_fallback):
        with pytest.raises(ForeignAccount, match="TWILIO_ACCOUNT_SID"):
            answer(parameters(AccountSid="AC" + "f" * 32))
        assert form(answer(parameters(AccountSid=""))) == {"instruction": "accept"}


def test_an_unreadable_callback(make: Callable[..., Desk]) -> None:
    """What is no assignment callback is refused at either URL."""
    desk = make(BY_THE_HOUR)
    for answer in (desk.answer, desk.answer_fallback):
        with pytest.raises(Unreadable):
            answer({})


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-23T12:00:00Z",
        "2026-11-23T12:00:00.250Z",
        "2026-11-23 12:00:00",
        "2026-11-23T13:00:00+01:00",
        "Mon, 23 Nov 2026 12:00:00 +0000",
        "Mon, 23 Nov 2026 12:00:00 GMT",
        "Mon, 23 Nov 2026 07:00:00 -0500",
        "Mon, 23 Nov 2026 12:00:00 -0000",
        "1795435200",
    ],
)
def test_a_replayed_request(make: Callable[..., Desk], times: list[datetime], written: str) -> None:
    """Older than the timeout and a minute it was sent before, however its time is written."""
    desk = make(BY_THE_HOUR, timeout=600)
    oldest = MONDAY_NOON + timedelta(seconds=660)
    times.append(oldest)
    assert form(desk.answer(parameters(Timestamp=written))) == {"instruction": "accept"}
    times.append(oldest + timedelta(seconds=1))
    with pytest.raises(Stale):
        form(desk.answer(parameters(Timestamp=written)))
    with pytest.raises(Stale):
        form(desk.answer_fallback(parameters(Timestamp=written)))


@pytest.mark.parametrize(
    "written",
    [
        "",
        "yesterday",
        "0",
        "12",
        "٣" * 10,
        "99999999999",
        "1795435200.5",
        "2026-13-45T00:00:00Z",
        "Mon, 99 Foo 2026",
        "\x00",
        "2026-11-23T12:00:00Z" * 500,
        "9999-12-31T23:59:59-23:59",
    ],
)
def test_a_time_that_says_nothing(make: Callable[..., Desk], written: str) -> None:
    """A time that is absent, unreadable or yet to come is no reason to refuse."""
    assert form(make(BY_THE_HOUR).answer(parameters(Timestamp=written))) == {"instruction": "accept"}


@pytest.mark.parametrize(
    "written", ["0001-01-01T00:00:00+23:59", "Mon, 01 Jan 0001 00:00:00 +2359", "000000001"]
)
def test_the_oldest_times(make: Callable[..., Desk], written: str) -> None:
    """The edge of the calendar is old, and no failure."""
    with pytest.raises(Stale):
        form(make(BY_THE_HOUR).answer(parameters(Timestamp=written)))


def test_whether_the_database_answers(make: Callable[..., Desk], tmp_path: Path) -> None:
    """A database that cannot be reached is told, not raised."""
    (tmp_path / "file").touch()
    assert make(BY_THE_HOUR).database_answers()
    assert not make(BY_THE_HOUR, address=f"sqlite:///{tmp_path}/file/desk.db").database_answers()


def _fields(caplog: pytest.LogCaptureFixture) -> tuple[int, dict[str, object]]:
    [record] = [record for record in caplog.records if record.getMessage() == "decided"]
    return record.levelno, record.__dict__["fields"]


def test_one_log_line_for_a_decision(make: Callable[..., Desk], caplog: pytest.LogCaptureFixture) -> None:
    """Reservation, task, rule, mode, instruction, why, the rules' version and how long it took."""
    caplog.set_level(logging.INFO)
    desk = make(BY_THE_HOUR)
    form(desk.answer(parameters()))
    level, fields = _fields(caplog)
    assert level == logging.INFO
    milliseconds = fields.pop("milliseconds")
    assert isinstance(milliseconds, float)
    assert 0 <= milliseconds < 5000
    assert fields == {
        "path": "/assignment",
        "reservation": PARAMS["ReservationSid"],
        "task": PARAMS["TaskSid"],
        "rule": "morning",
        "mode": "reply",
        "instruction": "accept",
        "reason": "the first rule that matched",
        "problems": [],
        "rules": desk.standing.ruleset.version,
    }


def test_a_problem_is_logged_as_a_warning(
    make: Callable[..., Desk], caplog: pytest.LogCaptureFixture
) -> None:
    """A rule that could not be carried out is a warning, with Twilio's code, and the default decides."""
    caplog.set_level(logging.INFO)
    form(make(POSTED).answer_fallback(parameters({"call_sid": "+15558675310"})))
    level, fields = _fields(caplog)
    assert level == logging.WARNING
    assert (fields["path"], fields["rule"], fields["mode"]) == ("/assignment/fallback", "default", "defer")
    assert fields["instruction"] is None
    problems = fields["problems"]
    assert isinstance(problems, list)
    assert [problem["twilio_code"] for problem in problems] == [40121]
    assert "15558675310" not in str(fields)


def test_times_are_told_in_utc_by_default(tmp_path: Path, courier: Courier) -> None:
    """Without a clock of its own a desk takes the time of day: a callback of now is not stale."""
    database = Database(f"sqlite:///{tmp_path}/desk.db")
    desk = Desk(rulebook=rulebook(""), database=database, courier=courier, account_sid=ACCOUNT)
    now = datetime.now(UTC)
    assert form(desk.answer(parameters(Timestamp=now.isoformat()))) == {}
    with pytest.raises(Stale):
        form(desk.answer(parameters(Timestamp=(now - timedelta(minutes=4)).isoformat())))
    database.close()


REJECTING = """
    rules:
      - name: no
        reply: {instruction: reject, activity_sid: WA0123456789abcdef0123456789abcdef}
    max_rejections: 2
"""


def test_a_task_that_is_rejected_often_gets_the_default(make: Callable[..., Desk]) -> None:
    """Each reservation of a task counts once, however often its callback comes."""
    desk = make(REJECTING)
    reject = {"instruction": "reject", "activity_sid": OFFLINE}
    first, second, third = ("WR" + digit * 32 for digit in "abc")
    given = [form(desk.answer(parameters(ReservationSid=sid))) for sid in (first, first, second, third)]
    assert given == [reject, reject, reject, {}]
    another = parameters(ReservationSid="WR" + "d" * 32, TaskSid="WT" + "d" * 32)
    assert form(desk.answer(another)) == reject


def test_a_request_parses_and_connects_nothing(make: Callable[..., Desk]) -> None:
    """No YAML, no expression, no template is read for a callback, and the database is left alone."""
    desk = make(POSTED)
    called: set[str] = set()

    def note(frame: FrameType, _event: str, _: object) -> None:
        called.add(frame.f_globals.get("__name__", ""))

    sys.setprofile(note)
    try:
        form(desk.answer(parameters(CALL)))
    finally:
        sys.setprofile(None)
    assert "app.engine.decide" in called
    compiling = ("yaml", "lark", "jinja2.parser", "jinja2.lexer", "jinja2.compiler", "sqlalchemy", "sqlite3")
    ours = ("app.engine.loading", "app.engine.planning", "app.engine.source", "app.storage")
    assert [name for name in called if name.startswith((*compiling, *ours))] == []
