"""A scenario's YAML, read into a Scenario, or into all that is wrong with it.

    name: A small shop
    time_zone: Europe/Berlin           # UTC without one
    day: 2027-01-04                    # the next Monday without one
    from: "08:00"                      # 00:00 to 24:00 without
    until: "18:00"
    reservation_timeout: 30            # seconds that a worker has to answer
    activities: [{name: Break, available: false, sid: WA…}]
    queues:
      - {name: Sales, workers: "skills HAS 'sales'", sid: WQ…}
    workflow: exported.json            # what Twilio's console exports, or the same here, queues by name
    tasks:
      by_hour: {8: 20, 9: 60}          # how many come in these hours
      kinds:
        - {name: order, share: 3, attributes: {type: sales}, priority: 0, patience: 300, talk: 120}
    workers:
      - {name: "Seller {number}", count: 4, attributes: {skills: [sales]},
         shifts: ["08:00-12:00", "12:30-17:00"],
         accepts_after: 5, misses: 0.02, talk: {any_between: [60, 240]}, wrap_up: 15, returns_after: 300}
    calls: {ringing: 6, busy: 0.02, no_answer: 0.05, failed: 0.001}
    faults:
      - {from: "09:30", until: "10:15", rate_limited: 0.3, callback_late: 0.05}

Every time that is no time of the day is in seconds: a number, or `{any_between: [lowest, highest]}`.
"""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson
from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from app.sandbox.configuration import ConfigurationError, read_configuration
from app.sandbox.faults import SCRIPTS, Faults
from app.sandbox.habits import Habits
from app.sandbox.legs import Legs
from app.sandbox.scenario.fields import (
    Attributes,
    Day,
    ExpressionField,
    Minute,
    SecondsField,
    SpanField,
    Zone,
)
from app.sandbox.scenario.model import (
    DAY,
    ActivitySpec,
    Kind,
    Outage,
    QueueSpec,
    Scenario,
    Span,
    Team,
)
from app.sandbox.scenario.naming import with_sids
from app.sandbox.scenario.yaml import Document, YamlBroken
from app.sandbox.sids import is_sid

MOST_WORKERS = 5_000
MOST_TASKS = 2_000_000

ReadFile = Callable[[str], str]
"""Returns the text of a file beside the scenario. Raises OSError."""


class Mistake(NamedTuple):
    """One thing that is wrong: the line, the keys that lead there, and a sentence."""

    line: int
    where: str
    sentence: str


class ScenarioBroken(Exception):
    """A scenario that cannot be played; `mistakes` are all of them, in the order of lines."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("; ".join(f"line {each.line}: {each.sentence}" for each in mistakes))
        self.mistakes = mistakes


def read_scenario(text: str, read_file: ReadFile) -> Scenario:
    """Read a scenario. Raises ScenarioBroken with every mistake."""
    try:
        document = Document(text)
    except YamlBroken as broken:
        raise ScenarioBroken([Mistake(broken.line, "", broken.reason)]) from None
    if not isinstance(document.value, dict):
        raise ScenarioBroken([Mistake(1, "", "a scenario is a mapping with keys such as tasks and workers")])
    try:
        scenario: Scenario = _ScenarioSchema(read_file).load(document.value)
    except ValidationError as error:
        found = [
            Mistake(document.line_of(path), _written(path), sentence)
            for path, sentence in _flat(error.messages, ())
        ]
        raise ScenarioBroken(sorted(found)) from None
    return scenario


class _Strict(Schema):
    class Meta:
        unknown = RAISE

    @post_load
    def _make(self, given: dict[str, Any], **kwargs: Any) -> Any:
        return self.made_of(given)

    def made_of(self, given: dict[str, Any]) -> Any:
        return given


OURS = frozenset({"Idle", "Busy", "Offline"})
"""The activities that every workspace of the sandbox begins with."""

_NAMED = validate.Length(1, 100)
_SHARE = validate.Range(0, 1)


def _sid(kind: str) -> Callable[[str], None]:
    def check(value: str) -> None:
        if not is_sid(kind, value):
            raise ValidationError(f"a SID here is {kind} and 32 hexadecimal digits")

    return check


class _ActivitySchema(_Strict):
    name = fields.String(required=True, validate=_NAMED)
    available = fields.Boolean(load_default=False, truthy={True}, falsy={False})
    sid = fields.String(validate=_sid("WA"))

    def made_of(self, given: dict[str, Any]) -> ActivitySpec:
        return ActivitySpec(**given)


class _QueueSchema(_Strict):
    name = fields.String(required=True, validate=_NAMED)
    workers = ExpressionField(load_default="1==1")
    sid = fields.String(validate=_sid("WQ"))
    max_reserved_workers = fields.Integer(strict=True, validate=validate.Range(1, 50))
    task_order = fields.String(validate=validate.OneOf(["FIFO", "LIFO"]))

    def made_of(self, given: dict[str, Any]) -> QueueSpec:
        return QueueSpec(**given)


class _KindSchema(_Strict):
    name = fields.String(load_default="")
    share = fields.Float(load_default=1.0, validate=validate.Range(0, 1_000_000))
    attributes = Attributes(required=True)
    priority = fields.Integer(strict=True, validate=validate.Range(0, 2**31 - 1))
    patience = SecondsField()
    talk = SecondsField()

    def made_of(self, given: dict[str, Any]) -> Kind:
        return Kind(**given)


class _TasksSchema(_Strict):
    by_hour = fields.Dict(
        keys=fields.Integer(strict=True, validate=validate.Range(0, 23)),
        values=fields.Integer(strict=True, validate=validate.Range(0, 1_000_000)),
        required=True,
    )
    kinds = fields.List(fields.Nested(_KindSchema), required=True, validate=validate.Length(1))

    @validates_schema
    def _has_shares(self, given: dict[str, Any], **kwargs: Any) -> None:
        if not any(kind.share for kind in given.get("kinds", ())):
            raise ValidationError("at least one kind needs a share above 0", "kinds")
        if sum(given.get("by_hour", {}).values()) > MOST_TASKS:
            raise ValidationError(f"more than {MOST_TASKS} tasks in a day", "by_hour")


class _TeamSchema(_Strict):
    name = fields.String(required=True, validate=_NAMED)
    count = fields.Integer(strict=True, load_default=1, validate=validate.Range(1, MOST_WORKERS))
    attributes = Attributes(load_default=dict)
    shifts = fields.List(SpanField(), load_default=lambda: [Span(0, DAY)])
    accepts_after = SecondsField()
    misses = fields.Float(validate=_SHARE)
    talk = SecondsField(load_default=180.0)
    wrap_up = SecondsField()
    returns_after = SecondsField()

    def made_of(self, given: dict[str, Any]) -> Team:
        names = {each.name for each in dataclasses.fields(Habits)}
        habits = Habits(**{name: value for name, value in given.items() if name in names})
        return Team(habits=habits, **{name: value for name, value in given.items() if name not in names})


class _CallsSchema(_Strict):
    ringing = fields.Float(load_default=5.0, validate=validate.Range(0, 600))
    busy = fields.Float(load_default=0.0, validate=_SHARE)
    no_answer = fields.Float(load_default=0.0, validate=_SHARE)
    failed = fields.Float(load_default=0.0, validate=_SHARE)

    @validates_schema(skip_on_field_errors=True)
    def _add_up(self, given: dict[str, Any], **kwargs: Any) -> None:
        if given["busy"] + given["no_answer"] + given["failed"] > 1:
            raise ValidationError("busy, no_answer and failed are together at most 1", "busy")


_FAULTS = frozenset(each.name for each in dataclasses.fields(Faults)) - {*SCRIPTS, "seed"}


_WHOLE = {"retry_after"}


class _OutageSchema(
    _Strict,
    Schema.from_dict(  # type: ignore[misc]
        {name: fields.Integer(strict=True) if name in _WHOLE else fields.Float() for name in _FAULTS}
    ),
):
    begins = Minute(required=True, data_key="from")
    ends = Minute(required=True, data_key="until")

    def made_of(self, given: dict[str, Any]) -> Outage:
        span = Span(given.pop("begins"), given.pop("ends"))
        if span.begins >= span.ends:
            raise ValidationError("an outage begins before it ends, on one day", "from")
        try:
            return Outage(span, Faults(**given))
        except ValueError as error:
            raise ValidationError(str(error), "from") from None


class _ScenarioSchema(_Strict):
    def __init__(self, read_file: ReadFile) -> None:
        super().__init__()
        self._read_file = read_file

    name = fields.String(required=True, validate=_NAMED)
    zone = Zone(data_key="time_zone", load_default=ZoneInfo("UTC"))
    day = Day(load_default=None)
    begins = Minute(data_key="from", load_default=0)
    ends = Minute(data_key="until", load_default=DAY)
    reservation_timeout = fields.Integer(strict=True, load_default=120, validate=validate.Range(1, 86_400))
    activities = fields.List(fields.Nested(_ActivitySchema), load_default=list)
    queues = fields.List(fields.Nested(_QueueSchema), load_default=list)
    workflow = fields.Raw(load_default=None)
    tasks = fields.Nested(_TasksSchema, required=True)
    workers = fields.List(fields.Nested(_TeamSchema), required=True, validate=validate.Length(1))
    calls = fields.Nested(_CallsSchema, load_default=lambda: _CallsSchema().load({}))
    faults = fields.List(fields.Nested(_OutageSchema), load_default=list)

    @validates_schema(skip_on_field_errors=True)
    def _fits_together(self, given: dict[str, Any], **kwargs: Any) -> None:
        if given["begins"] >= given["ends"]:
            raise ValidationError("a scenario begins before it ends, on one day", "from")
        for key in ("queues", "activities"):
            names = [each.name for each in given[key]]
            if twice := next((name for name in names if names.count(name) > 1), None):
                raise ValidationError(f"there are two {key} named {twice!r}", key)
        for key in ("queues", "activities"):
            sids = [each.sid for each in given[key] if each.sid]
            if twice := next((sid for sid in sids if sids.count(sid) > 1), None):
                raise ValidationError(f"there are two {key} with the SID {twice}", key)
        if ours := next((each.name for each in given["activities"] if each.name in OURS), None):
            raise ValidationError(f"{ours} is there already, beside these", "activities")
        outages = sorted(each.span for each in given["faults"])
        if any(one.ends > other.begins for one, other in pairwise(outages)):
            raise ValidationError("two outages overlap: give the time that they share its own", "faults")
        if sum(team.count for team in given["workers"]) > MOST_WORKERS:
            raise ValidationError(f"there are more than {MOST_WORKERS} workers", "workers")
        named = Counter(name for team in given["workers"] for name in team.names)
        if twice := next((name for name, count in named.items() if count > 1), None):
            raise ValidationError(f"there are two workers named {twice!r}", "workers")

    def made_of(self, given: dict[str, Any]) -> Scenario:
        tasks, calls = given.pop("tasks"), given.pop("calls")
        span = Span(given.pop("begins"), given.pop("ends"))
        return Scenario(
            span=span,
            by_hour=tasks["by_hour"],
            kinds=tasks["kinds"],
            teams=given.pop("workers"),
            outages=given.pop("faults"),
            ringing=calls.pop("ringing"),
            legs=Legs(**calls),
            workflow=self._workflow(given.pop("workflow"), given["queues"]),
            **given,
        )

    def _workflow(self, value: Any, queues: list[QueueSpec]) -> Mapping[str, Any] | None:
        if value is None:
            return None
        try:
            return read_workflow(self._read_file(value) if isinstance(value, str) else value, queues)
        except OSError as error:
            sentence = f"{value} cannot be read: {error.strerror or error}"
        except UnicodeDecodeError:
            sentence = f"{value} is not UTF-8 text"
        except ValueError:  # of a name that no file can have
            sentence = f"{value!r} is no name of a file"
        except ConfigurationError as error:
            sentence = str(error)
        raise ValidationError(sentence, "workflow")


def read_workflow(given: Any, queues: Sequence[QueueSpec]) -> Mapping[str, Any]:
    """Read a Workflow's configuration, JSON text or the object itself, in which queues may stand by name.

    Raises ConfigurationError at the first mistake.
    """
    try:
        configuration = orjson.loads(given) if isinstance(given, str) else given
    except orjson.JSONDecodeError as error:
        raise ConfigurationError(f"it is not JSON: {error}") from None
    trial = {queue.name: queue.sid or f"WQ{number:032x}" for number, queue in enumerate(queues)}
    try:
        text = orjson.dumps(with_sids(configuration, trial)).decode()
    except TypeError as error:
        raise ConfigurationError(f"it is not JSON: {error}") from None
    read_configuration(text)
    found: Mapping[str, Any] = configuration
    return found


def _flat(messages: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """The sentences of marshmallow's nested messages, each with the keys that lead to it."""
    if isinstance(messages, dict):
        for key, below in messages.items():
            # Of a mapping's own keys and values marshmallow tells which of both is wrong.
            step = () if key in {"_schema", "key", "value"} else (key,)
            yield from _flat(below, (*path, *step))
    else:
        for message in messages:
            yield path, _sentence(message, path)


def _sentence(message: str, path: tuple[str | int, ...]) -> str:
    name = path[-1] if path else ""
    if message == "Unknown field.":
        close = get_close_matches(str(name), _KEYS, n=1)
        return f"{name!r} is not known here" + (f"; did you mean {close[0]!r}?" if close else "")
    if message == "Missing data for required field.":
        return f"{name!r} is missing"
    return message


def _written(path: tuple[str | int, ...]) -> str:
    steps = (f"[{step}]" if isinstance(step, int) else f".{step}" for step in path)
    return "".join(steps).removeprefix(".")


_KEYS = sorted(
    {
        field.data_key or name
        for schema in (
            _ScenarioSchema,
            _TasksSchema,
            _KindSchema,
            _TeamSchema,
            _CallsSchema,
            _OutageSchema,
            _QueueSchema,
            _ActivitySchema,
        )
        for name, field in schema._declared_fields.items()
    }
)
