"""The JSON Schema of the rules format: it refuses what is misspelt, and nothing that `desk check` takes."""

import json
import random
from collections import Counter
from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any, TypeAlias

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from app.engine.editor import rules_schema
from app.engine.fields import (
    CALL_EVENTS,
    CONFERENCE_EVENTS,
    Choice,
    ContactUri,
    Events,
    Flag,
    Parameter,
    PhoneNumber,
    Secret,
    Sid,
    Text,
    Url,
    Whole,
)
from app.engine.format import (
    CaseShape,
    Code,
    DefaultShape,
    Duration,
    ExpectShape,
    Expressions,
    FileShape,
    Items,
    Moment,
    Name,
    Object,
    Prefixes,
    Prose,
    RuleShape,
    TaskTypes,
    Texts,
    schema,
)
from app.engine.instructions import INSTRUCTIONS
from app.engine.loading import read_rules
from app.engine.manual import ABOUT, LEVELS, PARAMETERS
from app.engine.source import SourceFile, plain, read_source
from app.engine.wire import WIRE_NAMES
from app.model import Level
from tests.builders import CALL_SID, OFFLINE

Path_: TypeAlias = tuple[str | int, ...]

SCHEMA = rules_schema()
DEFINITIONS = SCHEMA["definitions"]
VALIDATORS = (Draft202012Validator, Draft7Validator)
FITS = Draft202012Validator(SCHEMA)

SAMPLES = {
    path.name: path.read_text() for path in sorted((Path(__file__).parents[2] / "rules").glob("*.yaml"))
}
VARS = "00-vars.yaml"
MUTATIONS = 1000

# Below these the keys are the operator's own.
OWN_KEYS = {"vars", "task", "worker", "callback", "env"}


def read(text: str) -> Any:
    """A document as rules are read: `no` and `+1` are text."""
    node, problems = read_source(SourceFile("a.yaml", text))
    assert problems == []
    return plain(node) if node else None


def written(document: object) -> str:
    """JSON, which is YAML too."""
    return json.dumps(document, ensure_ascii=False)


def errors(name: str, document: object) -> list[str]:
    """What `desk check` says against a document, beside the vars and the default of the samples."""
    file = SourceFile(name, written(document))
    beside = [SourceFile(VARS, SAMPLES[VARS])] if name in SAMPLES and name != VARS else []
    if file.holds_tests:  # they name rules
        beside = [each for each in map(SourceFile, SAMPLES, SAMPLES.values()) if not each.holds_tests]
    _, found = read_rules([*beside, file], {}, lint=False)
    return [each.message for each in found if each.level is Level.ERROR]


def complete(name: str, without: str = "") -> dict[str, Any]:
    """An instruction with each of its parameters."""
    parameters = INSTRUCTIONS[name].parameters()
    values = {key: read(parameter.example) for key, parameter in parameters.items() if key != without}
    return {"instruction": name, **values}


EVERYTHING: dict[str, Any] = {
    "vars": {"offline": OFFLINE, "from": "+14155551212", "opens": 900},
    "rules": [
        *({"name": f"reply-{name}", "reply": complete(name)} for name in INSTRUCTIONS),
        *({"name": f"post-{name}", "post": complete(name, without="room_name")} for name in INSTRUCTIONS),
        {
            "name": "everything",
            "description": "Each key that a rule may have",
            "task_type": ["support", "billing"],
            "when": ['customer_value == "Gold"', "taskrouter.currentHour >= 9"],
            "enabled": True,
            "post": {
                "instruction": "Redirect",
                "call_sid": CALL_SID,
                "url": "https://example.com/{{ task.x }}",
            },
            "retry_for": "30s",
            "on_failure": {"instruction": "reject", "activity_sid": "{{ vars.offline }}"},
        },
        {"name": "deferred", "task_type": "chat", "when": "x == 1", "defer": "in the browser"},
    ],
    "max_rejections": 20,
    "allowed_numbers": ["+1", "sip:example.com"],
    "task_type_from": ["task.type", "task.kind"],
    "default": {"reply": {"instruction": "reject", "activity_sid": "{{ vars.offline }}"}},
    "tests": [
        {
            "name": "everything",
            "task": {"type": "support"},
            "worker": {"skills": ["vip"]},
            "callback": {"TaskAge": "12"},
            "at": "2026-11-23T17:30:00Z",
            "env": {"NUMBER": "+18005550100"},
            "rejections": 3,
            "expect": {"rule": "default", "reply": {"instruction": "reject"}, "problem": 40140},
        },
        {"name": "posted", "expect": {"post": {"instruction": "reject", "activity_sid": None}}},
        {
            "name": "of one instruction",
            "expect": {"reply": {"instruction": "Redirect", "url": 7, "accept": None}},
        },
        {"name": "of any", "expect": {"reply": {"timeout": None, "conference_record": [], "call_sid": ""}}},
        {"name": "deferred", "expect": {"rule": "deferred", "defer": "in the browser"}},
    ],
}
DOCUMENTS: Mapping[str, Any] = {
    **{name: read(text) for name, text in SAMPLES.items()},
    "everything.yaml": EVERYTHING,
}


def places(value: Any, path: Path_ = ()) -> Iterator[Path_]:
    """The path of every value of a document."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield (*path, key)
        yield from places(below, (*path, key))


def at(document: Any, path: Path_) -> Any:
    for key in path:
        document = document[key]
    return document


def is_own(path: Path_) -> bool:
    """Whether a key is one that the operator chose."""
    return any(key in OWN_KEYS for key in path[:-1])


@pytest.mark.parametrize("validator", VALIDATORS)
def test_it_is_a_json_schema(validator: Any) -> None:
    """In the current draft, and in the one that more editors know."""
    validator.check_schema(SCHEMA)


@pytest.mark.parametrize("validator", VALIDATORS)
@pytest.mark.parametrize("name", DOCUMENTS)
def test_good_rules_fit(name: str, validator: Any) -> None:
    """The samples, and a file with every key that there is; `desk check` finds no error in them either."""
    assert errors(name, DOCUMENTS[name]) == []
    assert [found.message for found in validator(SCHEMA).iter_errors(DOCUMENTS[name])] == []


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "null\n"])
def test_an_empty_file_fits(text: str) -> None:
    """It holds no rule and no mistake."""
    assert FITS.is_valid(read(text))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_misspelt_key_is_refused(name: str) -> None:
    """On every level, by the schema and by `desk check`."""
    unnoticed = []
    for path in places(DOCUMENTS[name]):
        key = path[-1]
        if isinstance(key, int) or is_own(path):
            continue
        document = deepcopy(DOCUMENTS[name])
        level = at(document, path[:-1])
        level[key[:-1]] = level.pop(key)
        if FITS.is_valid(document) or not errors(name, document):
            unnoticed.append(path)
    assert unnoticed == []


def leaves(value: Any) -> Iterator[Any]:
    yield from (inner for path in places(value) if not isinstance(inner := at(value, path), dict))


# What a value may become: of another type, of another kind, a template, or nearly right.
STRANGE: list[Any] = [
    *(None, True, False, -1, 0, 1, 2, 30, 250, 999, 1000, 1001, 86400, 86401, 10**18, 0.5, 30.5),
    *(
        "",
        " ",
        "x",
        "two\nlines",
        "true",
        "True",
        "false",
        "no",
        "1",
        "030",
        "30",
        "0",
        "1.5",
        "30s",
        "24h",
        "25h",
    ),
    *("{{ task.x }}", "{{ vars.offline }}", "{{ vars.twiml }}", "x{{ task.x }}", "https://{{ task.host }}/"),
    *(
        "{{ task.x",
        "}}",
        "{% raw %}",
        "{{ task.x }}\n",
        "WA{{ task.x }}",
        "${HOME}",
        "{{ callback.TaskAge | int }}",
    ),
    *("GET", "get", "onEnter", "start", "start,end", "start , end,", "answered", "mono", "small", "us1"),
    *(
        "+1",
        "+14155551212",
        "14155551212",
        "client:a",
        "SIP:a@b",
        "sip:a",
        "HTTP://e.com",
        "http:e.com",
        "https://e",
    ),
    *(
        "default",
        "reply-accept",
        "Dequeue",
        "ACCEPT",
        "supervise",
        "task.type",
        "x == 1",
        "R001",
        "a,b",
        "a$",
    ),
    *(
        [],
        [""],
        ["x"],
        ["start"],
        ["start", "start"],
        ["x", 1],
        ["+1"],
        [1],
        [None],
        [["start"]],
        {},
        {"a": None},
    ),
    *(leaf for document in DOCUMENTS.values() for leaf in leaves(document)),
]
KEYS = sorted(
    {
        *(key for level in LEVELS.values() for key in level),
        *(key for parameters in PARAMETERS.values() for key in parameters),
    }
)


def mutate(document: Any, chance: random.Random) -> None:
    """Deletes, replaces, moves or adds one value."""
    everywhere = list(places(document))
    if not everywhere:  # the only key was deleted
        return
    path = chance.choice(everywhere)
    level, key = at(document, path[:-1]), path[-1]
    kind = chance.choice(("delete", "replace", "replace", "replace", "wrap", "move", "add"))
    if kind == "delete":
        del level[key]
    elif kind == "replace" or isinstance(key, int):
        level[key] = deepcopy(chance.choice(STRANGE))
    elif kind == "wrap":
        level[key] = [level[key]]
    elif kind == "move":
        level[chance.choice(KEYS)] = level.pop(key)
    else:
        level[chance.choice(KEYS)] = deepcopy(chance.choice(STRANGE))


def test_what_check_takes_fits() -> None:
    """No red line under good rules: files with a change or two, of which many are still without error."""
    chance = random.Random(20261123)  # the same in every run
    counted: Counter[tuple[bool, bool]] = Counter()
    wrong = []
    for name in chance.choices(list(DOCUMENTS), k=MUTATIONS):
        document = deepcopy(DOCUMENTS[name])
        for _ in range(chance.choice((1, 1, 2))):
            mutate(document, chance)
        good, fits = not errors(name, document), FITS.is_valid(read(written(document)))
        counted[good, fits] += 1
        if good and not fits:
            wrong.append(document)
    print({f"check {good}, schema {fits}": times for (good, fits), times in counted.items()})  # noqa: T201  with -s
    assert wrong == []
    assert counted[True, True] > MUTATIONS // 10
    assert counted[False, False] > MUTATIONS // 2
    assert counted[False, False] > 4 * counted[False, True]


KINDS: Mapping[str, Parameter] = {
    "text": Text(),
    "secret": Secret(),
    "phone": PhoneNumber(),
    "contact": ContactUri(),
    "url": Url(),
    "activity": Sid("WA"),
    "timeout": Whole(1, 999),
    "flag": Flag(),
    "beep": Choice("true", "false", "onEnter", "onExit"),
    "record": Choice("record-from-answer", "do-not-record"),
    "events": Events(*CONFERENCE_EVENTS, note="and no `speaker`"),
    "prose": Prose(),
    "moment": Moment(),
    "code": Code(),
    "name": Name(),
    "texts": Texts(),
    "types": TaskTypes(),
    "when": Expressions(),
    "prefixes": Prefixes(),
    "duration": Duration(),
    "object": Object(),
    "items": Items("rule"),
}
GOOD: Mapping[str, list[Any]] = {
    "text": ["a room", " x "],
    "secret": ["p w"],
    "phone": ["+12", "+123456789012345"],
    "contact": ["+14155551212", "client:alice_smith", "sip:a@example.com;transport=tls", "SIP:a@example.com"],
    "url": ["https://example.com:8443/a?b=c#d", "http://127.0.0.1", "HTTPS://example.com", "http://[::1]/"],
    "activity": ["WA" + "aF09" * 8],
    "timeout": [1, 999, "030", "1"],
    "flag": [True, False, "true", "false"],
    "beep": [True, False, "true", "onExit"],
    "record": ["do-not-record"],
    "events": [["start", "end", "start"], "start", "start, end,start", " start ", list(CONFERENCE_EVENTS)],
    "prose": ["a sentence", "two\nlines"],
    "moment": ["2026-11-23T17:30:00Z", 1795455000],
    "code": [40140, "40140", "R001"],
    "name": ["a", "7-up", "default-2", "what-it-does"],
    "texts": ["one", ["one", "another"], "a, b"],
    "types": ["sales", ["sales", "a b"]],
    "when": ["x == 1", ["x == 1", "y IN [1, 2]"]],
    "prefixes": [[], ["+1", "+44", "sip:example.com"]],
    "duration": ["30s", "2m", "24h", "86400", 30, 86400],
    "object": [{}, {"a": 1}],
    "items": [[]],
}
BAD: Mapping[str, list[Any]] = {
    "text": ["", "  ", 7, True, ["x"]],
    "secret": [1234],
    "phone": ["+1", "+0123456", "+1234567890123456", "14155551212", "+1 415 555 1212", "+1415555١٢", True],
    "contact": ["alice", "client:", "client:a b", "sip:alice", "sip:a@b@c", ["client:alice"]],
    "url": [
        "",
        "example.com",
        "/path",
        "ftp://e.com",
        "https://",
        "https://?q",
        "https://e.com/a b",
        {"a": "b"},
    ],
    "activity": ["WA" + "0" * 31, "WA" + "0" * 33, "WA" + "g" * 32, "wa" + "0" * 32, "WW" + "0" * 32, 7],
    "timeout": [0, 1000, -1, True, 30.5, "1e2", "9" * 10, "", "-1"],
    "flag": ["True", "yes", 1, ""],
    "beep": ["onenter", 1, ["true"]],
    "record": [True, "true", ""],
    "events": [
        [],
        "",
        "start,",
        "start end",
        "speaker",
        ["start", "speaker"],
        ["start", ["end"]],
        {"start": 1},
        5,
    ],
    "prose": ["", " \n", 7, ["x"]],
    "moment": ["", " ", 1.5, True, ["x"]],
    "code": [True, 1.5, ["40140"]],
    "name": ["", "default", "A", "-a", "a b", "ä", 7],
    "texts": ["", [], [""], ["a", 1], 7],
    "types": ["a,b", "[a]", ["a", "{b}"], "$a", " ", []],
    "when": ["", ["x == 1", ""], True],
    "prefixes": ["+1", ["1"], ["+"], ["sip:"], ["sip:a@b"], ["client:a"], [None]],
    "duration": ["0s", "30 s", "1d", "-1", "01s", 0, 86401, 1.5, True, ["30s"]],
    "object": [[], "x", 7],
    "items": [{}, "x", 7],
}
# What `desk check` alone knows.
LEFT_OPEN: Mapping[str, list[Any]] = {
    "text": ["zero\u200bwidth"],
    "phone": [14155551212],  # what an editor reads where +14155551212 is written without quotes
    "url": ["https://example.com:99999/", "https://[::1/"],
    "timeout": ["0", "1000"],
    "prefixes": [[1]],
    "duration": ["25h", "1441m", "86401"],
}


def pairs(table: Mapping[str, list[Any]]) -> list[tuple[str, Any]]:
    return [(kind, value) for kind, values in table.items() for value in values]


def fits_kind(kind: str, value: object) -> bool:
    own = KINDS[kind].json_schema() | {"definitions": DEFINITIONS}
    verdicts: set[bool] = {validator(own).is_valid(value) for validator in VALIDATORS}
    assert len(verdicts) == 1
    return verdicts.pop()


@pytest.mark.parametrize(("kind", "value"), pairs(GOOD))
def test_a_value_of_the_kind_fits(kind: str, value: object) -> None:
    """Whatever the kind reads."""
    assert KINDS[kind].read(value) is not None
    assert fits_kind(kind, value)


@pytest.mark.parametrize(("kind", "value"), pairs(BAD))
def test_a_value_of_another_kind_does_not_fit(kind: str, value: object) -> None:
    """What the kind does not read, as far as a schema can say it."""
    assert KINDS[kind].read(value) is None
    assert not fits_kind(kind, value)


@pytest.mark.parametrize(("kind", "value"), pairs(LEFT_OPEN))
def test_some_values_are_left_to_check(kind: str, value: object) -> None:
    """The kind refuses them; the schema cannot, or would refuse good ones as an editor reads them."""
    assert KINDS[kind].read(value) is None
    assert fits_kind(kind, value)


def test_the_tables_know_every_kind() -> None:
    """Of an instruction's parameters, of a file's keys, and no kind twice."""
    shapes = (FileShape, RuleShape, CaseShape, ExpectShape)
    fields = [field for shape in shapes for field in schema(shape).fields.values()]
    parameters = [each for one in INSTRUCTIONS.values() for each in one.parameters().values()]
    assert {type(field) for field in (*fields, *parameters)} == {type(kind) for kind in KINDS.values()}
    assert KINDS.keys() == GOOD.keys() == BAD.keys()


def test_a_kind_says_what_the_schema_shows() -> None:
    """A field class without keywords is in no schema."""
    with pytest.raises(NotImplementedError):
        Parameter().json_schema()


@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_the_parameters_of_an_instruction_are_its_keys(name: str) -> None:
    """Every one of them, and no other."""
    parameters = INSTRUCTIONS[name].parameters()
    assert DEFINITIONS[name]["properties"].keys() == {"instruction", *parameters}
    assert DEFINITIONS[name]["additionalProperties"] is False
    assert PARAMETERS[name].keys() == parameters.keys()


@pytest.mark.parametrize(
    ("level", "shape"),
    [
        ("file", FileShape),
        ("rule", RuleShape),
        ("default", DefaultShape),
        ("test", CaseShape),
        ("expect", ExpectShape),
    ],
)
def test_the_keys_of_a_level_are_those_of_its_shape(level: str, shape: Any) -> None:
    """Each has a text in the manual, and the manual knows no other."""
    keys = (SCHEMA if level == "file" else DEFINITIONS[level])["properties"]
    assert keys.keys() == schema(shape).fields.keys() == LEVELS[level].keys()


def test_everything_is_described() -> None:
    """Each definition, and each key in it, in a sentence that an editor has room for."""
    assert ABOUT.keys() == {"file", *DEFINITIONS}
    keys = [
        described
        for definition in (SCHEMA, *DEFINITIONS.values())
        for name, described in definition.get("properties", {}).items()
        if name != "instruction"
    ]
    texts = [described["description"] for described in (*DEFINITIONS.values(), *keys)]
    assert len(texts) > 90
    assert [text for text in texts if not text.endswith(".") or not 10 < len(text) <= 200] == []


def rule(action: str, **values: object) -> dict[str, Any]:
    return {"rules": [{"name": "a", action: values}]}


@pytest.mark.parametrize(
    ("name", "key"), [(name, key) for name in INSTRUCTIONS for key in INSTRUCTIONS[name].parameters()]
)
@pytest.mark.parametrize("action", ["reply", "post"])
def test_any_value_may_be_a_template(action: str, name: str, key: str) -> None:
    """Of a text, a number, a boolean, a choice or a list; but over REST there is no such key at all."""
    values = complete(name, without="room_name" if action == "post" else "") | {key: "{{ task.x }}"}
    assert FITS.is_valid(rule(action, **values)) == bool(action == "reply" or WIRE_NAMES[name][key])


@pytest.mark.parametrize("name", INSTRUCTIONS)
@pytest.mark.parametrize("mode", ["reply", "post"])
def test_what_an_instruction_needs_must_be_there(mode: str, name: str) -> None:
    """Inline and over REST, by what TaskRouter refuses."""
    whole = complete(name, without="room_name")
    needed = {
        key
        for key in INSTRUCTIONS[name].parameters()
        if not FITS.is_valid(rule(mode, **{other: value for other, value in whole.items() if other != key}))
    }
    parameters = INSTRUCTIONS[name].parameters().items()
    assert needed == {key for key, parameter in parameters if mode in parameter.required_in}


@pytest.mark.parametrize(
    ("written_as", "fits"),
    [("accept", True), ("Accept", True), ("ACCEPT", True), ("accepts", False), ("", False)],
)
def test_an_instruction_is_named_in_any_case(written_as: str, fits: bool) -> None:
    """As `desk check` reads it."""
    assert FITS.is_valid(rule("reply", instruction=written_as)) is fits


def test_an_instruction_in_capitals_has_the_same_keys() -> None:
    """The other keys depend on its name, not on how it is written."""
    assert FITS.is_valid(rule("post", instruction="REJECT", activity_sid=OFFLINE))
    assert not FITS.is_valid(rule("post", instruction="REJECT", activity=OFFLINE))


def expecting(action: str, **values: object) -> dict[str, Any]:
    return {"tests": [{"name": "a test", "expect": {action: values}}]}


@pytest.mark.parametrize("action", ["reply", "post"])
@pytest.mark.parametrize("name", INSTRUCTIONS)
def test_a_test_expects_any_of_an_instructions_keys(name: str, action: str) -> None:
    """With any value, or null for none; and no key that it has not, however its name is written."""
    keys = INSTRUCTIONS[name].parameters()
    for written_as in (name, name.title(), name.upper()):
        for value in (None, "", "x", 0, True, ["x"], {"x": 1}):
            good = expecting(action, instruction=written_as, **dict.fromkeys(keys, value))
            assert FITS.is_valid(good)
            assert errors("everything.yaml", good | {"default": {"defer": "x"}}) == []
        for key in {*KEYS, "urrl", ""} - {*keys}:
            assert not FITS.is_valid(expecting(action, instruction=written_as, **{key: None}))


@pytest.mark.parametrize("action", ["reply", "post"])
@pytest.mark.parametrize(
    ("expected", "fits"),
    [
        ({}, True),
        ({"url": "https://example.com", "room_name": None, "activity_sid": 5}, True),
        ({"instrucxion": "accept"}, False),
        ({"urrl": "https://example.com"}, False),
        ({"instruction": "redirect", "urrl": "https://example.com"}, False),
        ({"instruction": "accept", "url": None}, False),
        ({"instruction": "acept"}, False),
        ({"instruction": None}, False),
        ({"instruction": ["accept"]}, False),
        ({"instruction": ""}, False),
    ],
)
def test_a_test_expects_what_some_instruction_has(
    expected: dict[str, object], fits: bool, action: str
) -> None:
    """The schema and `desk check` agree, with a name and without."""
    document = expecting(action, **expected)
    assert [validator(SCHEMA).is_valid(document) for validator in VALIDATORS] == [fits, fits]
    assert (errors("everything.yaml", document | {"default": {"defer": "x"}}) == []) == fits


@pytest.mark.parametrize(
    "changed",
    [
        {"defer": None},
        {"reply": {"instruction": "accept"}},
        {"defer": None, "retry_for": "30s", "reply": {"instruction": "accept"}},
        {"on_failure": {"instruction": "accept"}},
        {"name": None},
    ],
)
def test_a_rule_does_one_thing(changed: dict[str, Any]) -> None:
    """Exactly one of reply, post and defer; only a post is retried or has a way out; and it has a name."""
    good = {"name": "a", "defer": "x"}
    bad = {key: value for key, value in (good | changed).items() if value is not None}
    assert FITS.is_valid({"rules": [good], "default": {"defer": "x"}})
    assert not FITS.is_valid({"rules": [bad]})


def test_events_are_offered() -> None:
    """An editor completes them by the enumeration."""
    dequeue, conference = DEFINITIONS["dequeue"]["properties"], DEFINITIONS["conference"]["properties"]
    assert tuple(dequeue["status_callback_events"]["items"]["enum"]) == CALL_EVENTS
    assert tuple(conference["conference_status_callback_event"]["items"]["enum"]) == CONFERENCE_EVENTS
