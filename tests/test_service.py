"""The use cases: what is answered, what is remembered, what is refused, what is logged."""

import logging
import socket
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from types import FrameType

import pytest

from app.engine.wire import Form
from app.errors import ForeignAccount, Stale, Unreadable
from app.model import Instruction, State
from app.rulebook import Rulebook, Standing
from app.service import Answer, Desk
from tests.builders import ACCOUNT, CALL_SID, MONDAY_NOON, OFFLINE, PARAMS, parameters, ruleset
from tests.delivery.deliveries import refused
from tests.delivery.rig import Process, Twilio, process
from tests.waiting import until

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


@pytest.fixture
def twilio() -> Twilio:
    return Twilio()


@pytest.fixture
def times() -> list[datetime]:
    """The last of these is now."""
    return [MONDAY_NOON]


@pytest.fixture
def delivering(tmp_path: Path, twilio: Twilio) -> Iterator[Process]:
    """What delivers for the desks of a test."""
    with process(f"sqlite:///{tmp_path}/desk.db", twilio) as made:
        yield made


@pytest.fixture
def make(delivering: Process, times: list[datetime]) -> Callable[..., Desk]:
    """Makes a desk with these rules."""

    def make(rules: str | Rulebook, delivering: Process = delivering, timeout: int = 120) -> Desk:
        book = rules if isinstance(rules, Rulebook) else rulebook(rules)
        return delivering.desk(book, lambda: times[-1], timeout)

    return make


@pytest.fixture
def without_database(tmp_path: Path) -> Iterator[Process]:
    """The same, with a database that cannot be reached."""
    (tmp_path / "file").touch()
    with process(f"sqlite:///{tmp_path}/file/desk.db", picks_up=False) as made:
        yield made


def test_a_post_is_answered_before_it_is_sent(
    make: Callable[..., Desk], twilio: Twilio, delivering: Process
) -> None:
    """The callback's answer never waits for Twilio's REST API; the ledger has the delivery by then."""
    twilio.open.clear()
    answer = make(POSTED).answer(parameters(CALL))
    assert answer.form == {}
    found = delivering.find(PARAMS["ReservationSid"])
    assert (found.state, twilio.sent) == (State.PENDING, [])
    answer.then()
    twilio.wait_until_sent(1)


def test_what_is_promised(make: Callable[..., Desk], delivering: Process) -> None:
    """The instruction and what follows its failure, as long as the rule says, else the reservation lives."""
    make(POSTED).answer(parameters({**CALL, "worker_call_sid": "CA1"}))
    promise = delivering.find(PARAMS["ReservationSid"]).promise
    assert promise.call.instruction.fields["call_sid"] == CALL_SID
    assert promise.on_failure == Instruction("reject", {"activity_sid": OFFLINE})
    assert (promise.rule, promise.telling) == ("redirected", "CA1")
    lifetime = timedelta(seconds=120)
    assert (promise.arrived, promise.deadline, promise.expires) == (
        MONDAY_NOON,
        MONDAY_NOON + lifetime,
        MONDAY_NOON + lifetime,
    )
    make(POSTED.replace("        on_failure", "        retry_for: 30s\n        on_failure")).answer(
        parameters(CALL, ReservationSid="WR" + "e" * 32)
    )
    promise = delivering.find("WR" + "e" * 32).promise
    assert promise.deadline == MONDAY_NOON + timedelta(seconds=30)


def test_on_failure_is_sent_when_a_post_fails(
    make: Callable[..., Desk], twilio: Twilio, delivering: Process
) -> None:
    """What the rule says for a failure goes the same way as the instruction."""
    twilio.outcomes = [refused(400, 40120)]
    form(make(POSTED).answer(parameters(CALL)))
    delivering.ended(PARAMS["ReservationSid"])
    assert [call.instruction.name for call in twilio.sent] == ["redirect", "reject"]
    assert twilio.sent[1].instruction.fields == {"activity_sid": OFFLINE}


@pytest.mark.parametrize("again", ["answer", "answer_fallback"])
def test_a_post_that_is_under_way_or_done_is_not_answered_inline(
    again: str, make: Callable[..., Desk], twilio: Twilio, delivering: Process
) -> None:
    """Neither to a repeated callback nor at the fallback, by whichever process, whatever the rules say."""
    for desk in (
        make(POSTED),
        make(POSTED),
        make(BY_THE_HOUR) if again == "answer_fallback" else make(POSTED),
    ):
        assert form(getattr(desk, again if twilio.sent else "answer")(parameters(CALL))) == {}
        delivering.ended(PARAMS["ReservationSid"])
    assert len(twilio.sent) == 1


@pytest.mark.parametrize("again", ["answer", "answer_fallback"])
def test_a_dead_delivery_is_answered_inline(
    again: str, make: Callable[..., Desk], twilio: Twilio, delivering: Process
) -> None:
    """The instruction itself is a last try."""
    twilio.outcomes = [refused(400, 40120), refused(400, 40100)]
    desk = make(POSTED)
    form(desk.answer(parameters(CALL)))
    assert delivering.ended(PARAMS["ReservationSid"]).state is State.DEAD
    assert form(getattr(desk, again)(parameters(CALL)))["instruction"] == "redirect"
    assert len(twilio.sent) == 2


def test_what_the_fallback_gave_inline_is_not_sent(
    make: Callable[..., Desk], twilio: Twilio, delivering: Process
) -> None:
    """Nor when the primary callback comes to another process later."""
    assert form(make(POSTED).answer_fallback(parameters(CALL)))["instruction"] == "redirect"
    assert form(make(POSTED).answer(parameters(CALL)))["instruction"] == "redirect"
    assert delivering.find(PARAMS["ReservationSid"]).state is State.INLINE
    assert twilio.sent == []


def test_without_a_database_a_post_is_answered_inline(
    make: Callable[..., Desk], without_database: Process, caplog: pytest.LogCaptureFixture
) -> None:
    """At either URL, and however often; the log says so."""
    desk = make(POSTED, without_database)
    with caplog.at_level(logging.INFO):
        for answer in (desk.answer, desk.answer, desk.answer_fallback):
            assert form(answer(parameters(CALL)))["instruction"] == "redirect"
    decided = [vars(each)["fields"] for each in caplog.records if each.getMessage() == "decided"]
    assert [(each["mode"], each["answered"]) for each in decided] == [("post", "inline")] * 3
    assert "answered without the ledger" in caplog.messages
    assert without_database.twilio.sent == []


def test_a_database_that_never_answers_costs_less_than_a_second(make: Callable[..., Desk]) -> None:
    """A server that takes a connection and says nothing; the next callback does not even wait for it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"postgresql://desk@127.0.0.1:{silent.getsockname()[1]}/desk"
        with process(address, picks_up=False) as hanging:
            desk = make(POSTED, hanging)
            for limit in (1, 0.1):
                began = perf_counter()
                assert form(desk.answer(parameters(CALL)))["instruction"] == "redirect"
                assert perf_counter() - began < limit


def test_a_database_that_is_lost_takes_back_no_promise(
    make: Callable[..., Desk], without_database: Process
) -> None:
    """The process that answered `{}` remembers: the POST is under way."""
    desk = make(POSTED)
    assert form(desk.answer(parameters(CALL))) == {}
    desk._promises = without_database.promises
    assert form(desk.answer_fallback(parameters(CALL))) == {}
    assert form(desk.answer(parameters(CALL))) == {}


def test_what_was_answered_inline_without_a_database_stays_inline(
    make: Callable[..., Desk], delivering: Process, without_database: Process
) -> None:
    """The database is back, and the callback comes again: no phone rings a second time."""
    desk = make(POSTED, without_database)
    assert form(desk.answer(parameters(CALL)))["instruction"] == "redirect"
    desk._promises = delivering.promises
    assert form(desk.answer(parameters(CALL)))["instruction"] == "redirect"
    assert delivering.find(PARAMS["ReservationSid"]).state is State.INLINE


def test_what_a_rate_limit_would_hold_back_too_long_is_answered_inline(
    make: Callable[..., Desk], delivering: Process, twilio: Twilio
) -> None:
    """Twilio refuses everything until the reservation has timed out: a promise could not be kept."""
    twilio.outcomes = [refused(429, 20429, retry_after=3600)]
    desk = make(POSTED)
    answer = desk.answer(parameters(CALL))
    assert answer.form == {}
    answer.then()
    until(lambda: delivering.worker.holds_back(MONDAY_NOON + timedelta(seconds=120)))
    other = desk.answer(parameters(CALL, ReservationSid="WR" + "2" * 32))
    assert other.form["instruction"] == "redirect"
    assert delivering.find("WR" + "2" * 32).state is State.INLINE


def test_a_secret_that_cannot_be_kept_is_answered_inline(make: Callable[..., Desk], twilio: Twilio) -> None:
    """It came with the call: the ledger has no place for it."""
    rules = """
    rules:
      - name: only
        post: {instruction: conference, from: "+18005550100", to: "sip:a@example.com",
               sip_auth_username: desk, sip_auth_password: "{{ task.password }}"}
    """
    answer = form(make(rules).answer(parameters({**CALL, "password": "hunter2hunter2"})))
    assert answer["sip_auth_password"] == "hunter2hunter2"
    assert twilio.sent == []


def test_a_reply_needs_no_database(make: Callable[..., Desk], without_database: Process) -> None:
    """Inline replies go on untouched."""
    assert form(make(BY_THE_HOUR, without_database).answer(parameters())) == {"instruction": "accept"}


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


def test_a_rehearsal_is_decided_at_the_time_of_the_callback(delivering: Process) -> None:
    """Whichever day that is; what is promised is promised by the clock."""
    rehearsing = delivering.desk(rulebook(BY_THE_HOUR), lambda: MONDAY_NOON, by_timestamp=True)
    for written, instruction in (
        ("2030-01-07T12:59:00Z", {"instruction": "accept"}),
        ("2020-01-06T12:59:00Z", {"instruction": "accept"}),
        ("2030-01-07T13:00:00Z", {}),
    ):
        given = parameters(Timestamp=written, ReservationSid=f"WR{hash(written) % 16**32:032x}")
        assert form(rehearsing.answer(given)) == instruction
    posting = delivering.desk(rulebook(POSTED), lambda: MONDAY_NOON, by_timestamp=True)
    posting.answer(parameters(CALL, Timestamp="2030-01-07T12:00:00Z"))
    promise = delivering.find(PARAMS["ReservationSid"]).promise
    assert (promise.arrived, promise.deadline) == (MONDAY_NOON, MONDAY_NOON + timedelta(seconds=120))


def test_whether_the_database_answers(make: Callable[..., Desk], without_database: Process) -> None:
    """A database that cannot be reached is told, not raised."""
    assert make(BY_THE_HOUR).database_answers()
    assert not make(BY_THE_HOUR, without_database).database_answers()


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


def test_times_are_told_in_utc_by_default(delivering: Process) -> None:
    """Without a clock of its own a desk takes the time of day: a callback of now is not stale."""
    desk = Desk(
        rulebook=rulebook(""),
        database=delivering.database,
        promises=delivering.promises,
        deliver=delivering.worker.deliver,
        holds_back=delivering.worker.holds_back,
        rejected=delivering.rejected,
        journal=delivering.journal,
        account_sid=ACCOUNT,
    )
    now = datetime.now(UTC)
    assert form(desk.answer(parameters(Timestamp=now.isoformat()))) == {}
    with pytest.raises(Stale):
        form(desk.answer(parameters(Timestamp=(now - timedelta(minutes=4)).isoformat())))


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


def test_rejections_of_other_processes_count(
    make: Callable[..., Desk], delivering: Process, tmp_path: Path
) -> None:
    """They are told within a second or so; the default decides whichever process is asked."""
    desk = make(REJECTING)
    with process(f"sqlite:///{tmp_path}/desk.db", owner="two") as other:
        elsewhere = make(REJECTING, other)
        for digit in "ab":
            form(elsewhere.answer(parameters(ReservationSid="WR" + digit * 32)))
        until(lambda: delivering.rejected.count(PARAMS["TaskSid"], "") == 2)
        assert form(desk.answer(parameters(ReservationSid="WR" + "c" * 32))) == {}


def test_without_a_database_a_process_counts_its_own_rejections(
    make: Callable[..., Desk], without_database: Process
) -> None:
    """Which is enough to end a loop."""
    desk = make(REJECTING, without_database)
    without_database.rejected.exchange()
    given = [form(desk.answer(parameters(ReservationSid="WR" + digit * 32))) for digit in "abc"]
    assert [each.get("instruction") for each in given] == ["reject", "reject", None]


def test_a_request_parses_and_connects_nothing(make: Callable[..., Desk]) -> None:
    """No YAML, no expression, no template is read for a callback; a reply leaves the database alone."""
    desk = make(BY_THE_HOUR)
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
