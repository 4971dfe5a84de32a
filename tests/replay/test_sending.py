"""Saved callbacks that are sent again to a service that runs."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from threading import Lock, Thread

import pytest

from app.model import Saved
from app.replay.sending import (
    Answers,
    Sender,
    Sent,
    Verdict,
    expected_answer,
    in_rhythm,
    reached_from_outside,
    sent_all,
    steady,
)
from app.settings import Secret
from tests.builders import ACCOUNT, CALL_SID, MONDAY_NOON, OFFLINE, parameters, ruleset
from tests.web.conftest import TOKEN
from tests.web.serving import Serve, started, write_rules

RULES = f"""
default:
  reply: {{instruction: reject, activity_sid: {OFFLINE}}}
rules:
  - name: support
    task_type: support
    reply: {{instruction: dequeue, from: "+18005550100"}}
  - name: billing
    task_type: billing
    post:
      instruction: conference
      from: "+18005550100"
      conference_status_callback: https://example.com/
      conference_status_callback_event: [start, end]
  - name: by-day
    task_type: hours
    when: taskrouter.dayOfWeek == "{{day}}"
    reply: {{instruction: accept}}
"""
DEQUEUE: dict[str, object] = {"instruction": "dequeue", "from": "+18005550100"}
ELSEWHERE = "AC" + "9" * 32


@pytest.fixture(scope="module")
def rules() -> str:
    """Rules of which one holds today alone."""
    return RULES.replace("{day}", f"{datetime.now(UTC):%a}")


@pytest.fixture(scope="module")
def serve(tmp_path_factory: pytest.TempPathFactory, rules: str) -> Iterator[Serve]:
    folder = write_rules(tmp_path_factory.mktemp("sending") / "rules", rules)
    with started(folder, TWILIO_API_BASE="http://127.0.0.1:1") as serve:
        yield serve


@pytest.fixture
def sender(serve: Serve, rules: str) -> Sender:
    return Sender(serve.url, ACCOUNT, Secret(TOKEN), ruleset(rules))


NUMBERS = count(1)


def saved(task_type: str, decision: dict[str, object] | None = None, path: str = "/assignment") -> Saved:
    """A callback of another account, of a Monday that is long over."""
    task = {"type": task_type, "call_sid": CALL_SID}
    number = next(NUMBERS)
    params = parameters(task, {"contact_uri": "client:alice"}, AccountSid=ELSEWHERE)
    given: dict[str, str | list[str]] = {**params, "ReservationSid": f"WR{number:032}", "More": ["b", "a"]}
    return Saved(number, given, MONDAY_NOON - timedelta(days=700), path, decision)


def replied(instruction: dict[str, object] | None, mode: str = "reply", **more: object) -> dict[str, object]:
    return {"rule": "x", "mode": mode, "instruction": instruction, **more}


def test_an_answer_as_recorded(sender: Sender) -> None:
    """Signed anew, at a time of now, for the account of the service: it is no replayed request."""
    sent = sender.send(saved("support", replied(DEQUEUE)))
    assert (sent.verdict, sent.why) == (Verdict.SAME, "")
    assert sent.milliseconds > 0


def test_what_differs_is_named(sender: Sender) -> None:
    """By its keys alone."""
    other = replied({**DEQUEUE, "from": "+18005550199", "record": "record-from-answer"})
    sent = sender.send(saved("support", other))
    assert (sent.verdict, sent.why) == (Verdict.DIFFERENT, "differs in from, record")


def test_what_was_masked_is_not_compared(sender: Sender) -> None:
    """Nobody knows what it was."""
    assert sender.send(saved("support", replied({**DEQUEUE, "from": "***"}))).verdict is Verdict.SAME


def test_a_post_is_answered_with_nothing(sender: Sender) -> None:
    """The instruction goes out over REST, to where the service is told to send it."""
    assert (
        sender.send(saved("billing", replied({"instruction": "conference"}, "post"))).verdict is Verdict.SAME
    )


def test_a_post_that_was_given_inline(sender: Sender) -> None:
    """At the fallback URL: several events are one text there."""
    events = {"conference_status_callback_event": ["start", "end"]}
    more = {"from": "+18005550100", "conference_status_callback": "https://example.com/", **events}
    decision = replied({"instruction": "conference", **more}, "post", answered="inline")
    assert sender.send(saved("billing", decision, "/assignment/fallback")).verdict is Verdict.SAME


def test_what_comes_from_the_clock_is_marked(sender: Sender) -> None:
    """The callback came on another day, when the default decided."""
    rejected = replied({"instruction": "reject", "activity_sid": OFFLINE})
    another_day = saved("hours", rejected)._replace(received_at=datetime.now(UTC) - timedelta(days=3))
    assert sender.send(another_day).verdict is Verdict.CLOCK
    today = another_day._replace(received_at=datetime.now(UTC))
    assert sender.send(today).verdict is Verdict.DIFFERENT


def test_without_a_recorded_decision_nothing_is_compared(sender: Sender) -> None:
    """Neither with one of another form."""
    odd: list[dict[str, object] | None] = [None, {}, {"mode": "shout"}]
    for decision in odd:
        assert sender.send(saved("support", decision)).verdict is Verdict.UNKNOWN


def test_a_refusal_is_told_with_its_reason(serve: Serve, sender: Sender, rules: str) -> None:
    """That of the service."""
    wrong = Sender(serve.url, ACCOUNT, Secret("another token"), ruleset(rules))
    sent = wrong.send(saved("support", replied(DEQUEUE)))
    assert sent.verdict is Verdict.REFUSED
    assert sent.why.startswith("403 the signature does not fit")
    broken = saved("support")._replace(params={"TaskSid": "WT1"})
    assert sender.send(broken).why.startswith("400 the parameter WorkspaceSid is missing")


def test_no_answer(rules: str) -> None:
    """Nobody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    sent = Sender(f"http://127.0.0.1:{port}", ACCOUNT, Secret(TOKEN), ruleset(rules)).send(saved("support"))
    assert (sent.verdict, sent.why) == (Verdict.FAILED, "no connection (ConnectionError)")


@pytest.mark.parametrize(
    ("answer", "why"), [(b"<p>", "the answer is no JSON object"), (b"[1]", "the answer is no JSON object")]
)
def test_what_is_no_answer(answer: bytes, why: str, rules: str) -> None:
    """Another server stands there."""
    with answering(answer) as url:
        sent = Sender(url, ACCOUNT, Secret(TOKEN), ruleset(rules)).send(saved("support", replied(DEQUEUE)))
    assert (sent.verdict, sent.why) == (Verdict.REFUSED, why)


@contextmanager
def answering(body: bytes) -> Iterator[str]:
    """A server that gives one answer to one request."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

        thread = Thread(target=answer)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(10)


@pytest.mark.parametrize(
    ("decision", "answer"),
    [
        (None, None),
        (replied(None, "defer"), {}),
        (replied(DEQUEUE, "post"), {}),
        (replied(DEQUEUE), DEQUEUE),
        (replied({"instruction": "call", "e": ["a", "b"]}), {"instruction": "call", "e": "a,b"}),
        (replied(DEQUEUE, "post", answered="inline"), DEQUEUE),
    ],
)
def test_what_was_answered(decision: dict[str, object] | None, answer: object) -> None:
    """As Twilio got it."""
    assert expected_answer(Saved(1, {}, decision=decision)) == answer


@pytest.mark.parametrize(
    ("url", "rest", "reached"),
    [
        ("http://127.0.0.1:80", "http://localhost:81", ""),
        ("http://[::1]:80", "http://desk.localhost", ""),
        ("http://127.8.8.8", "http://127.0.0.1", ""),
        ("https://desk.example.com", "http://127.0.0.1", "desk.example.com is another machine"),
        ("http://10.0.0.1", "http://127.0.0.1", "10.0.0.1 is another machine"),
        ("http://127.0.0.1", None, "since TWILIO_API_BASE is not set"),
        ("http://127.0.0.1", "https://api.example.com", "would go to api.example.com"),
    ],
)
def test_what_is_reached_elsewhere(url: str, rest: str | None, reached: str) -> None:
    """The service itself, or what it posts to."""
    assert reached in reached_from_outside(url, rest)
    assert bool(reached) == bool(reached_from_outside(url, rest))


class Time:
    """A clock that moves on when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def pause(self, seconds: float) -> None:
        self.now += seconds


def sent_at(items: list[Saved], pace: object) -> list[float]:
    """The seconds, since the first, at which each is sent."""
    time, times, lock = Time(), {}, Lock()
    order = iter(items)

    def send(item: Saved) -> Sent:
        with lock:
            times[item.line] = True
        return Sent(item.line, "", Verdict.SAME, 1.0)

    begun: list[float] = []

    def paced(item: Saved) -> float:
        seconds: float = pace(item)  # type: ignore[operator]
        begun.append(max(seconds, time.now - 100.0))
        return seconds

    sent = list(sent_all(order, send, paced, time.pause, lambda: time.now))
    assert [each.line for each in sent] == [each.line for each in items]
    assert times.keys() == {each.line for each in items}
    return begun


def test_a_steady_rate() -> None:
    """So many a second, in order."""
    assert sent_at([Saved(n, {}) for n in range(4)], steady(2)) == [0, 0.5, 1, 1.5]


def test_the_rhythm_in_which_they_came() -> None:
    """Ten times as fast; one without a time, or that came earlier, follows at once."""
    at = [MONDAY_NOON + timedelta(seconds=n) for n in (0, 20, 10, 40)]
    items = [Saved(n, {}, time) for n, time in enumerate(at)]
    assert sent_at([*items, Saved(9, {})], in_rhythm(10)) == [0, 2, 2, 4, 4]


def test_many_are_sent_at_once_and_told_in_order(sender: Sender) -> None:
    """A slow answer holds none up but in the report."""
    items = [saved("support", replied(DEQUEUE)) for _ in range(100)]
    sent = list(sent_all(items, sender.send, steady(10_000)))
    assert [each.line for each in sent] == [each.line for each in items]
    assert {each.verdict for each in sent} == {Verdict.SAME}


def test_the_sums() -> None:
    """Times are of what was answered; examples are of what was not the same."""
    answers = Answers(keep=2)
    verdicts = [Verdict.SAME, Verdict.DIFFERENT, Verdict.FAILED, Verdict.CLOCK, Verdict.UNKNOWN]
    for number, verdict in enumerate(verdicts, start=1):
        answers.add(Sent(number, "", verdict, number * 10.0))
    assert answers.verdicts.total() == 5
    assert [each.line for each in answers.examples] == [2, 3]
    assert [answers.percentile(share) for share in (0.0, 0.5, 1.0)] == [10, 40, 50]
    assert Answers(1).percentile(0.5) == 0
