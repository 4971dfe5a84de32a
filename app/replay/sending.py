"""Saved callbacks sent again, to a service that runs: real requests, freshly signed, and their answers."""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from itertools import count
from time import monotonic, sleep
from urllib.parse import urlsplit

import orjson
import requests
from requests.adapters import HTTPAdapter
from twilio.request_validator import SIGNATURE_HEADER, RequestValidator
from werkzeug.datastructures import MultiDict

from app.engine.decide import decide
from app.engine.masking import MASK
from app.engine.ruleset import RuleSet
from app.engine.wire import Form, inline_form
from app.errors import Unreadable
from app.model import Mode, Saved
from app.replay.again import Clock, again
from app.settings import Secret, is_here

PATHS = ("/assignment", "/assignment/fallback")
IN_TIME = 5.0  # seconds that Twilio waits for an answer
THREADS = 32  # requests at once
NOBODY = "no answer within five seconds"

Params = Mapping[str, str | list[str]]


class Verdict(StrEnum):
    """What an answer is, beside the one that was recorded."""

    SAME = "same"
    CLOCK = "clock"  # another, as today's rules have it at this time of day
    DIFFERENT = "different"
    UNKNOWN = "unknown"  # nothing was recorded
    REFUSED = "refused"  # with another status than 200
    FAILED = "failed"  # no answer came


FAULTS = frozenset({Verdict.REFUSED, Verdict.FAILED})


@dataclass(frozen=True, slots=True)
class Sent:
    """A callback that was sent. `why` says what differs, or why there is no answer, without any value."""

    line: int
    reservation_sid: str
    verdict: Verdict
    milliseconds: float
    why: str = ""


@dataclass(slots=True)
class Answers:
    """What many of them came to; `examples` are the first that were not the same."""

    keep: int
    verdicts: Counter[Verdict] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    examples: list[Sent] = field(default_factory=list)

    def add(self, sent: Sent) -> None:
        self.verdicts[sent.verdict] += 1
        if sent.verdict is not Verdict.FAILED:
            self.milliseconds.append(sent.milliseconds)
        if sent.verdict not in {Verdict.SAME, Verdict.UNKNOWN} and len(self.examples) < self.keep:
            self.examples.append(sent)

    def percentile(self, share: float) -> float:
        """The milliseconds within which that share was answered; 0 without any answer."""
        taken = sorted(self.milliseconds)
        return taken[min(len(taken) - 1, int(share * len(taken)))] if taken else 0.0


def reached_from_outside(url: str, rest_base: str | None) -> str:
    """What sending to a service would reach beside this machine; empty where it is nothing.

    `rest_base` is its TWILIO_API_BASE, where posts go.
    """
    if not is_here(url):
        return f"{urlsplit(url).hostname} is another machine"
    if rest_base is None:
        return "what the service posts would go to Twilio, since TWILIO_API_BASE is not set"
    return "" if is_here(rest_base) else f"what the service posts would go to {urlsplit(rest_base).hostname}"


class Sender:
    """Sends to the service at an address, as Twilio would for the account. `rules` are those of this machine,
    which tell what comes from the clock alone.
    """

    def __init__(
        self,
        url: str,
        account_sid: str,
        token: Secret,
        rules: RuleSet,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._url = url.rstrip("/")
        self._account_sid = account_sid
        self._validator = RequestValidator(token.reveal())
        self._rules = rules
        self._clock = clock
        self._session = requests.Session()
        self._session.trust_env = False
        for scheme in ("http://", "https://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=THREADS))

    def send(self, saved: Saved) -> Sent:
        """Sends one, and compares its answer with the recorded one. Never raises for what is answered."""
        now, began = self._clock(), monotonic()
        try:
            response = self._post(saved, now)
        except requests.RequestException as error:
            late = isinstance(error, requests.Timeout)
            why = NOBODY if late else f"no connection ({type(error).__name__})"
            return Sent(saved.line, _sid(saved), Verdict.FAILED, 0.0, why)
        taken = (monotonic() - began) * 1000
        if response.status_code != 200:
            why = f"{response.status_code} {_problem(response.content)}".strip()
            return Sent(saved.line, _sid(saved), Verdict.REFUSED, taken, why)
        return Sent(saved.line, _sid(saved), *self._judged(saved, _form(response.content), now, taken))

    def _post(self, saved: Saved, now: datetime) -> requests.Response:
        url = self._url + (saved.path if saved.path in PATHS else PATHS[0])
        params = self._today(saved.params, now)
        signature = self._validator.compute_signature(url, MultiDict(params))
        return self._session.post(
            url,
            data=params,
            headers={SIGNATURE_HEADER: str(signature)},
            timeout=IN_TIME,
            allow_redirects=False,
        )

    def _today(self, params: Params, now: datetime) -> dict[str, str | list[str]]:
        """The parameters as Twilio would send them now, for the account of the service."""
        changed = {"Timestamp": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "AccountSid": self._account_sid}
        return {**params, **{name: value for name, value in changed.items() if name in params}}

    def _judged(
        self, saved: Saved, answer: Form | None, now: datetime, taken: float
    ) -> tuple[Verdict, float, str]:
        expected = expected_answer(saved)
        if answer is None:
            return Verdict.REFUSED, taken, "the answer is no JSON object"
        if expected is None:
            return Verdict.UNKNOWN, taken, ""
        keys = _differing(expected, answer)
        if not keys:
            return Verdict.SAME, taken, ""
        verdict = Verdict.CLOCK if self._is_of_the_clock(saved, answer, now) else Verdict.DIFFERENT
        return verdict, taken, f"differs in {', '.join(keys)}"

    def _is_of_the_clock(self, saved: Saved, answer: Form, now: datetime) -> bool:
        """Whether the rules of this machine give that answer now, and gave another at the callback's time."""
        own, other = (self._answer(saved, Clock(now, fixed)) for fixed in (None, now))
        return own != other and other is not None and not _differing(other, answer)

    def _answer(self, saved: Saved, clock: Clock) -> Form | None:
        try:
            asked = again(saved, clock, self._rules.variables)
        except Unreadable:
            return None
        is_inline = bool(saved.decision and saved.decision.get("answered"))
        decision = decide(self._rules, asked.callback, asked.at, asked.rejections, inline=is_inline)
        is_reply = decision.mode is Mode.REPLY and decision.instruction
        return inline_form(is_reply) if is_reply else {}


def expected_answer(saved: Saved) -> Form | None:
    """The JSON object that was answered, as far as it was recorded; None where nothing was."""
    decision = saved.decision or {}
    mode, instruction = decision.get("mode"), decision.get("instruction")
    if mode not in set(Mode):
        return None
    is_given = mode == Mode.REPLY or decision.get("answered") == "inline"
    if not is_given or not isinstance(instruction, dict):
        return {}
    return {key: ",".join(value) if isinstance(value, list) else value for key, value in instruction.items()}


def sent_all(
    saved: Iterable[Saved],
    send: Callable[[Saved], Sent],
    pace: Callable[[Saved], float],
    pause: Callable[[float], None] = sleep,
    now: Callable[[], float] = monotonic,
) -> Iterator[Sent]:
    """Sends each when its time has come, several at once. `pace` gives the seconds since the first."""
    began = now()
    under_way: deque[Future[Sent]] = deque()
    with ThreadPoolExecutor(THREADS) as threads:
        for each in saved:
            while under_way and (under_way[0].done() or len(under_way) >= THREADS):
                yield under_way.popleft().result()
            if (early := began + pace(each) - now()) > 0:
                pause(early)
            under_way.append(threads.submit(send, each))
        while under_way:
            yield under_way.popleft().result()


def steady(rate: float) -> Callable[[Saved], float]:
    """So many a second."""
    numbers = count()
    return lambda _: next(numbers) / rate


def in_rhythm(speed: float) -> Callable[[Saved], float]:
    """As they came, so many times as fast; one without a time follows at once."""
    first: list[datetime] = []

    def pace(saved: Saved) -> float:
        if saved.received_at is None:
            return 0.0
        first.append(saved.received_at) if not first else None
        return (saved.received_at - first[0]).total_seconds() / speed

    return pace


def _differing(expected: Form, answer: Form) -> list[str]:
    """The keys of which the values differ; what was masked is not compared."""
    keys = {*expected, *answer}
    return sorted(
        key for key in keys if MASK not in str(expected.get(key, "")) and expected.get(key) != answer.get(key)
    )


def _form(body: bytes) -> Form | None:
    try:
        read = orjson.loads(body)
    except orjson.JSONDecodeError:
        return None
    return read if isinstance(read, dict) else None


def _problem(body: bytes) -> str:
    """The sentence of a problem document."""
    return str((_form(body) or {}).get("detail", ""))


def _sid(saved: Saved) -> str:
    sid = saved.params.get("ReservationSid", "")
    return sid if isinstance(sid, str) else ""
