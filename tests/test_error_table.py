"""Twilio's errors of assignment instructions: each that can be prevented never reaches TaskRouter.

Source: the codes 40100 to 40159, 14233 and 55555 of Twilio's error dictionary, and 40000 to 40005 for the
answer itself. The sandbox judges what would have been sent, so that the codes here are no invention of the
checks.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest
from flask.testing import FlaskClient

from app.engine.decide import decide
from app.model import Decision, Level, Problem
from app.rulebook import Rulebook, Standing
from app.sandbox.errors import InstructionError
from app.sandbox.judge import judge
from app.sandbox.wire import read_inline, read_update
from app.settings import Secret
from app.web import create_app
from app.web.signature import Signatures
from tests.builders import CALL_SID, MONDAY_NOON, OFFLINE, callback, parameters, problems, ruleset
from tests.delivery.rig import process
from tests.web.conftest import PUBLIC, TOKEN, post

# Code, cause, and how it is prevented. The others of the range concern calls that failed, reservations that
# are no longer pending, and transfers: only TaskRouter can know of those.
PREVENTABLE: Mapping[int, tuple[str, str]] = {
    40000: ("the answer's content type", "always"),
    40001: ("the answer is not JSON", "always"),
    40005: ("the answer has no instruction", "always"),
    55555: ("unknown instruction", "check"),
    40100: ("reject: activity_sid missing or invalid", "check, decision"),
    40110: ("call: to missing or invalid", "check, decision, call"),
    40111: ("call: from missing or invalid", "check, decision"),
    40112: ("call: url missing or invalid", "check, decision"),
    40120: ("redirect: url missing or invalid", "check, decision"),
    40121: ("redirect: call_sid missing or invalid", "check, decision"),
    40130: ("dequeue: activity invalid", "check, decision"),
    40131: ("dequeue: to missing or invalid", "check, decision, call"),
    40132: ("dequeue: from missing or invalid", "check, decision"),
    40134: ("dequeue: status_callback_events invalid", "check, decision"),
    40137: ("conference: to missing or invalid", "check, decision, call"),
    40138: ("conference: from missing", "check, decision"),
    40139: ("conference: activity invalid", "check, decision"),
    40140: ("dequeue on a task without call_sid", "call"),
    40141: ("conference: from invalid", "check, decision"),
    40142: ("conference on a task without call_sid or outbound_to", "call"),
    40143: ("conference: activity invalid", "check, decision"),
    40157: ("dequeue: status_callback_url invalid", "check, decision"),
    40158: ("call: status_callback_url invalid", "check, decision"),
    40159: ("conference: a status callback URL invalid", "check, decision"),
    14233: ("conference: timeout invalid", "check, decision"),
}
ALIKE = {40143: 40139}  # the same cause: one is reported by our checks, the other by the sandbox

NUMBER, URL, SID = "+14155551212", "https://example.com/twiml", OFFLINE
MISSING = object()
ALICE = {"contact_uri": "client:alice"}
BASES: Mapping[str, Mapping[str, object]] = {
    "reject": {"activity_sid": SID},
    "call": {"from": NUMBER, "url": URL, "accept": True},
    "redirect": {"call_sid": CALL_SID, "url": URL, "accept": True},
    "dequeue": {"from": NUMBER},
    "conference": {"from": NUMBER},
}


class Mistake(NamedTuple):
    """One value of an instruction that is wrong, or missing."""

    code: int
    name: str
    key: str
    value: object = MISSING
    action: str = "reply"

    @property
    def instruction(self) -> dict[str, object]:
        """As a rule would have it, and as it would be sent inline."""
        whole = {"instruction": self.name, **BASES[self.name], self.key: self.value}
        return {key: value for key, value in whole.items() if value is not MISSING}

    @property
    def templated(self) -> dict[str, object]:
        """The same, with the value an attribute of the task."""
        return {"instruction": self.name, **BASES[self.name], self.key: "{{ task.given }}"}

    @property
    def task(self) -> dict[str, object]:
        given = {} if self.value is MISSING else {"given": self.value}
        return {"call_sid": CALL_SID, **given}


MISTAKES = (
    Mistake(40100, "reject", "activity_sid"),
    Mistake(40100, "reject", "activity_sid", "WA12"),
    Mistake(40110, "call", "to", "alice"),
    Mistake(40111, "call", "from"),
    Mistake(40111, "call", "from", "bob"),
    Mistake(40112, "call", "url"),
    Mistake(40112, "call", "url", "ftp://example.com/twiml"),
    Mistake(40112, "call", "url", "https://example.com/two words"),
    Mistake(40120, "redirect", "url"),
    Mistake(40120, "redirect", "url", "twiml"),
    Mistake(40121, "redirect", "call_sid"),
    Mistake(40121, "redirect", "call_sid", "CA12"),
    Mistake(40130, "dequeue", "post_work_activity_sid", "WK" + "0" * 32),
    Mistake(40131, "dequeue", "to", "4155551212"),
    Mistake(40132, "dequeue", "from", "4155551212"),
    Mistake(40132, "dequeue", "from", action="post"),
    Mistake(40134, "dequeue", "status_callback_events", "answered,hungup"),
    Mistake(40157, "dequeue", "status_callback_url", ""),
    Mistake(40157, "dequeue", "status_callback_url", "events"),
    Mistake(40137, "conference", "to", "alice"),
    Mistake(40138, "conference", "from"),
    Mistake(40139, "conference", "post_work_activity_sid", "WA12"),
    Mistake(40141, "conference", "from", "bob"),
    Mistake(40159, "conference", "status_callback", "/events"),
    Mistake(40159, "conference", "conference_status_callback", ""),
    Mistake(40158, "call", "status_callback_url", ""),
    Mistake(14233, "conference", "timeout", 1000),
    Mistake(14233, "conference", "timeout", 0),
)


class Unfit(NamedTuple):
    """A call that cannot get an instruction which is whole."""

    code: int
    name: str
    task: Mapping[str, object]
    worker: Mapping[str, object]

    @property
    def instruction(self) -> dict[str, object]:
        return {"instruction": self.name, **BASES[self.name]}


INBOUND = {"call_sid": CALL_SID}
UNFIT = (
    Unfit(40110, "call", INBOUND, {}),
    Unfit(40110, "call", INBOUND, {"contact_uri": "alice"}),
    Unfit(40131, "dequeue", INBOUND, {}),
    Unfit(40131, "dequeue", INBOUND, {"contact_uri": 7}),
    Unfit(40137, "conference", INBOUND, {}),
    Unfit(40140, "dequeue", {}, ALICE),
    Unfit(40140, "dequeue", {"call_sid": None}, ALICE),
    Unfit(40142, "conference", {}, ALICE),
    Unfit(40142, "conference", {"call_sid": ""}, ALICE),
)

DEFAULT = f"default: {{reply: {{instruction: reject, activity_sid: {SID}}}}}\n"


def rules(*actions: tuple[str, Mapping[str, object]]) -> str:
    """A rule for each action, on tasks of a type of its own: `type-0` and so on. JSON is YAML, too."""
    lines = [
        f"- {{name: rule-{n}, task_type: type-{n}, {action}: {json.dumps(instruction)}}}"
        for n, (action, instruction) in enumerate(actions)
    ]
    return DEFAULT + 'allowed_numbers: ["+1"]\nrules:\n' + "\n".join(lines)


def codes(found: Sequence[Problem]) -> list[int | None]:
    """What TaskRouter would have reported, of errors."""
    return [problem.twilio_code for problem in found if problem.level is Level.ERROR]


def code_of(instruction: Mapping[str, object], task: Any, worker: Any) -> int:
    """What TaskRouter, as the sandbox has it, says of an answer; 0 where it takes it."""
    try:
        order = read_inline("application/json", orjson.dumps(instruction))
        assert order is not None
        judge(order, task, worker)
    except InstructionError as error:
        return ALIKE.get(error.code, error.code)
    return 0


# --- check


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_constant_is_found_when_rules_are_checked(mistake: Mistake) -> None:
    """One error, with the code that TaskRouter would have reported; the same rules without it have none."""
    found = problems(rules((mistake.action, mistake.instruction)))
    assert codes(found) == [mistake.code]
    right = {"instruction": mistake.name, **BASES[mistake.name]}
    assert codes(problems(rules((mistake.action, right)))) == []


@pytest.mark.parametrize("name", ["transfer", "", "{{ task.instruction }}", 7])
def test_an_instruction_is_known_when_rules_are_checked(name: object) -> None:
    """55555; a template cannot stand in its place."""
    found = problems(rules(("reply", {"instruction": name})))
    assert codes(found) == [55555]
    assert code_of({"instruction": name}, INBOUND, ALICE) == 55555


def test_an_instruction_is_there_when_rules_are_checked() -> None:
    """40005 is found where it is written, too."""
    assert codes(problems(rules(("reply", {"activity_sid": SID})))) == [40005]
    assert code_of({"activity_sid": SID}, INBOUND, ALICE) == 40005


# --- decision


def decided(mistake: Mistake) -> Decision:
    rule = rules((mistake.action, mistake.templated))
    return decide(ruleset(rule), callback({"type": "type-0", **mistake.task}, ALICE), MONDAY_NOON)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_what_depends_on_the_call_is_found_when_it_is_decided(mistake: Mistake) -> None:
    """The default decides, and the problem has the code and not the value."""
    decision = decided(mistake)
    assert decision.rule == "default"
    assert decision.instruction
    assert decision.instruction.name == "reject"
    (problem,) = decision.problems
    assert (problem.rule, problem.twilio_code) == ("rule-0", mistake.code)
    if isinstance(mistake.value, str) and mistake.value:
        assert mistake.value not in str(problem)


# --- call


@pytest.mark.parametrize("unfit", UNFIT)
def test_what_the_call_lacks_is_found_when_it_is_decided(unfit: Unfit) -> None:
    """The default decides, and the problem has the code; the sandbox agrees."""
    task = {"type": "type-0", **unfit.task}
    decision = decide(ruleset(rules(("reply", unfit.instruction))), callback(task, unfit.worker), MONDAY_NOON)
    assert decision.rule == "default"
    assert [problem.twilio_code for problem in decision.problems] == [unfit.code]
    assert code_of(unfit.instruction, task, unfit.worker) == unfit.code


# --- TaskRouter


@pytest.mark.parametrize("mistake", MISTAKES)
def test_the_sandbox_reports_the_same_code(mistake: Mistake) -> None:
    """Of what would have been sent."""
    if mistake.action == "reply":
        assert code_of(mistake.instruction, INBOUND, ALICE) == mistake.code
    else:
        with pytest.raises(InstructionError) as raised:
            judge(read_update({"Instruction": [mistake.name]}), INBOUND, ALICE)
        assert raised.value.code == mistake.code


# --- always


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    """An application whose rules hold every mistake, and a post, a defer and an accept."""
    actions = [(each.action, each.templated) for each in MISTAKES] + [
        ("reply", each.instruction) for each in UNFIT
    ]
    more = (
        "\n- {name: post, task_type: post, post: {instruction: accept}}"
        "\n- {name: defer, task_type: defer, defer: somebody else does}"
        "\n- {name: accept, task_type: accept, reply: {instruction: accept}}"
    )
    rulebook = Rulebook(Standing(ruleset(rules(*actions) + more)))
    with process(f"sqlite:///{tmp_path}/desk.db") as delivering:
        desk = delivering.desk(rulebook)
        yield create_app(desk, Signatures([Secret(TOKEN)], {}, PUBLIC)).test_client()


def requests() -> Iterator[dict[str, str]]:
    """A request for each mistake and each action, and requests whose attributes are of no use."""
    for n, mistake in enumerate(MISTAKES):
        yield parameters({"type": f"type-{n}", **mistake.task}, ALICE)
    for n, unfit in enumerate(UNFIT, len(MISTAKES)):
        yield parameters({"type": f"type-{n}", **unfit.task}, unfit.worker)
    for name in ("post", "defer", "accept", "unheard of"):
        yield parameters({"type": name, **INBOUND}, ALICE)
    for attributes in ("", "null", "[]", "{", "\x00", '{"type": {"type": []}}'):
        yield parameters(TaskAttributes=attributes, WorkerAttributes=attributes)


def test_the_answer_is_always_one_that_taskrouter_reads(client: FlaskClient) -> None:
    """200, application/json, an instruction that the sandbox takes or {}: at both URLs, for every request."""
    answers = []
    for number, (params, path) in enumerate(product(requests(), ("/assignment", "/assignment/fallback"))):
        params |= {"ReservationSid": f"WR{number:032}", "TaskSid": f"WT{number:032}"}
        response = post(client, params, path)
        assert response.status_code == 200
        order = read_inline(response.content_type, response.data)  # raises 40000, 40001 and 40005
        if order is not None:
            judge(order, {}, {})  # raises all others
        answers.append(order.instruction if order else "")
    assert set(answers) == {"reject", "accept", ""}


def test_a_default_that_cannot_be_carried_out_is_answered_with_nothing() -> None:
    """Rather than with an instruction that is known to be wrong."""
    text = f'default: {{reply: {{instruction: conference, from: "{NUMBER}"}}}}'
    decision = decide(ruleset(text), callback({"type": "fax"}, {}), MONDAY_NOON)
    assert (decision.rule, decision.mode, decision.instruction) == ("default", "defer", None)
    assert {problem.twilio_code for problem in decision.problems} == {40137, 40142}


# --- the table


def test_every_preventable_code_has_its_rows() -> None:
    """In each column that says how it is prevented."""
    rows = {
        "check": {mistake.code for mistake in MISTAKES} | {55555},
        "decision": {mistake.code for mistake in MISTAKES},
        "call": {unfit.code for unfit in UNFIT},
        "always": {40000, 40001, 40005},
    }
    for column, covered in rows.items():
        wanted = {ALIKE.get(code, code) for code, (_, how) in PREVENTABLE.items() if column in how}
        assert covered == wanted, column
