"""`desk explain`: why a saved callback is decided as it is."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app.cli import main
from tests.builders import CALL_SID, parameters

RULES = """\
vars: {offline: WA0123456789abcdef0123456789abcdef, password: "${SIP_PASSWORD}"}
default: {reply: {instruction: reject, activity_sid: "{{ vars.offline }}"}}
rules:
  - name: night
    when: taskrouter.currentHour >= 22 OR NOT (taskrouter.currentHour >= 6)
    defer: nobody is there
  - name: sales
    task_type: [sales]
    when: task.size > 3
    defer: x
  - name: vip
    task_type: support
    when:
      - task.value == "Gold" AND task.note == null
      - worker.skills HAS "vip"
    post:
      instruction: conference
      from: "+18001231234"
      muted: false
      status_callback_event: [answered, completed]
      sip_auth_password: "{{ vars.password }}"
    on_failure: {instruction: reject}
  - name: support
    task_type: support
    reply: {instruction: dequeue}
  - {name: chat, task_type: chat, post: {instruction: reject}}
  - {name: others, task_type: other, defer: x}
"""
SECRET = "correct-horse"
TASK = {"type": "support", "value": "Gold", "call_sid": CALL_SID}
WORKER = {"skills": ["en"], "contact_uri": "client:alice"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rules folder."""
    made = tmp_path / "rules"
    made.mkdir()
    (made / "a.yaml").write_text(RULES)
    return made


def explain(folder: Path, text: str, *arguments: str, path: str = "-") -> Result:
    """The command, off a terminal, with the text as standard input."""
    environment = {"RULES_DIR": str(folder), "SIP_PASSWORD": SECRET}
    return CliRunner().invoke(main, ["explain", path, *arguments], env=environment, input=text)


def saved(task: object = TASK, worker: object = WORKER, **more: Any) -> str:
    """A line of saved callbacks."""
    return json.dumps({"params": parameters(task, worker), **more}) + "\n"


def document(ended: Result) -> dict[str, Any]:
    assert (ended.exit_code, ended.stderr) == (0, "")
    read = json.loads(ended.stdout)
    assert isinstance(read, dict)
    return read


def test_the_whole_explanation(folder: Path) -> None:
    """Circumstances, each rule with its terms, the nearest miss, the decision and both forms."""
    ended = explain(folder, saved(received_at="2026-11-23T12:00:00Z"))
    assert (ended.exit_code, ended.stderr) == (0, "")
    lines = ended.stdout.splitlines()
    assert lines.pop(1).startswith("rules: ")
    assert lines == [
        "standard input:1: reservation WR00000000000000000000000000000001",
        "time: Mon 2026-11-23T12:00:00Z (received_at)",
        'task type: "support"',
        "",
        f"night: failed   {folder}/a.yaml:4:5",
        "  fails  one of",
        "      fails  taskrouter.currentHour >= 22   taskrouter.currentHour is 12",
        "      fails  not",
        "          holds  taskrouter.currentHour >= 6   taskrouter.currentHour is 12",
        "1 rule looks at tasks of other types",
        f"vip: failed   {folder}/a.yaml:11:5",
        '  holds  task.value == "Gold"   task.value is "Gold"',
        "  holds  task.note == null   task.note is missing",
        '  fails  worker.skills HAS "vip"   worker.skills is ["en"]',
        f"support: matched   {folder}/a.yaml:23:5",
        "2 rules were not reached",
        "",
        'nearest miss: vip, if worker.skills HAS "vip" would hold',
        "decision: support: reply   the first rule that matched",
        "",
        'answer: {"instruction": "dequeue"}',
        "the same over REST: not possible: dequeue needs from there",
    ]


def test_a_post_is_shown_as_it_goes_out(folder: Path) -> None:
    """Wire names and values, a repeated parameter on lines of its own, and no secret."""
    ended = explain(folder, saved(), "--set", 'worker.skills=["vip"]')
    lines = ended.stdout.splitlines()

    assert 'changed: worker.skills = ["vip"]' in lines
    assert lines[lines.index("decision: vip: post   the first rule that matched") :] == [
        "decision: vip: post   the first rule that matched",
        "",
        "answer: {}",
        "then over REST:",
        "  Instruction=conference",
        "  From=+18001231234",
        "  Muted=false",
        "  StatusCallbackEvent=answered",
        "  StatusCallbackEvent=completed",
        "  SipAuthPassword=***",
        "if that fails:",
        "  ReservationStatus=rejected",
        'at the fallback URL: {"instruction": "conference", "from": "+18001231234", "muted": false, '
        '"status_callback_event": "answered,completed", "sip_auth_password": "***"}',
    ]


def test_a_post_that_the_fallback_url_cannot_give(folder: Path) -> None:
    """The default takes its place there, and the reason is said."""
    ended = explain(folder, saved({"type": "chat"}))
    activity = "WA0123456789abcdef0123456789abcdef"

    assert ended.stdout.splitlines()[-2:] == [
        f'at the fallback URL: {{"instruction": "reject", "activity_sid": "{activity}"}}',
        "at the fallback URL: default decides: chat: inline, reject needs activity_sid (would be 40100); "
        "write activity_sid [D007]",
    ]


def test_a_rule_that_cannot_be_carried_out(folder: Path) -> None:
    """The default decides, and the problem says why; that is no failure of the command."""
    ended = explain(folder, saved(TASK | {"call_sid": None}))

    assert ended.exit_code == 0
    assert f"support: matched   {folder}/a.yaml:23:5" in ended.stdout
    assert "decision: default: reply   support cannot be carried out\n" in ended.stdout
    assert "\nproblem: support: the task has no call_sid" in ended.stdout
    assert "\nthe same over REST:\n  ReservationStatus=rejected\n  WorkerActivitySid=WA" in ended.stdout


def test_a_defer_shows_its_reason(folder: Path) -> None:
    """And the answer, which is all there is."""
    ended = explain(folder, saved(), "--at", "2026-11-23T23:00:00Z")

    assert ended.stdout.endswith("\ndecision: night: defer   nobody is there\n\nanswer: {}\n")
    assert "5 rules were not reached\n" in ended.stdout


def test_rules_of_other_types_are_shown_when_asked_for(folder: Path) -> None:
    """With their types and terms."""
    ended = explain(folder, saved({"type": "mail", "size": 2}), "--all")

    assert f"sales: other type (looks at sales)   {folder}/a.yaml:7:5\n" in ended.stdout
    assert "  fails  task.size > 3   task.size is 2\n" in ended.stdout
    assert "other types" not in ended.stdout
    assert "nearest miss: night, if" in ended.stdout


def test_where_only_the_type_is_wrong_it_says_so(tmp_path: Path) -> None:
    """The nearest miss is of another type where no rule looks at this one."""
    (tmp_path / "a.yaml").write_text(
        "default: {defer: x}\nrules: [{name: r, task_type: [a, b], when: c == 1, defer: x}]\n"
    )
    ended = explain(tmp_path, saved({"type": "A"}))

    assert "nearest miss: r, if the task's type would be a, b and task.c == 1 would hold\n" in ended.stdout


def test_attributes_that_are_no_json(folder: Path) -> None:
    """Why everything is missing is said first."""
    ended = explain(folder, json.dumps(parameters() | {"TaskAttributes": "{broken"}))

    assert "TaskAttributes: no JSON object, so every attribute is missing\ntask type: none\n" in ended.stdout
    assert "WorkerAttributes" not in ended.stdout


def test_what_a_terminal_would_act_on_is_not_printed(folder: Path) -> None:
    """An attribute cannot forge lines or colours."""
    ended = explain(folder, saved(TASK | {"value": "\x1b[31mred\nnight: matched"}))

    assert "\x1b" not in ended.stdout
    assert 'task.value is " [31mred night: matched"' in ended.stdout


# The time, the rejections, and what was decided then.


@pytest.mark.parametrize(
    ("line", "arguments", "said"),
    [
        (saved(received_at="2026-11-24T07:00:00+01:00"), (), "Tue 2026-11-24T06:00:00Z (received_at)"),
        (saved(), (), "Mon 2026-11-23T12:00:00Z (the callback's Timestamp)"),
        (saved(), ("--at", "2026-11-25T00:30:00"), "Wed 2026-11-25T00:30:00Z (--at)"),
        (
            saved(received_at="2026-11-24T06:00:00Z"),
            ("--at", "1795455000"),
            "Mon 2026-11-23T17:30:00Z (--at)",
        ),
    ],
)
def test_where_the_time_comes_from(folder: Path, line: str, arguments: tuple[str, ...], said: str) -> None:
    """--at, else when it was received, else its Timestamp."""
    assert f"\ntime: {said}\n" in explain(folder, line, *arguments).stdout


@pytest.mark.parametrize("arguments", [(), ("--at", "now")])
def test_without_any_time_it_is_now(folder: Path, arguments: tuple[str, ...]) -> None:
    """As it is where that is asked for."""
    params = parameters(TASK) | {"Timestamp": "soon"}
    ended = explain(folder, json.dumps(params), *arguments)

    assert f"Z ({'--at' if arguments else 'now'})\n" in ended.stdout
    assert "2026-11-23T12:00:00Z" not in ended.stdout


def test_rejections_are_those_of_then(folder: Path) -> None:
    """Saved with the decision; an option overrides them."""
    line = saved(decision={"rule": "support", "rejections": 20})

    assert "rejections: 20 of this task before\n" in explain(folder, line).stdout
    assert "decision: default: reply   the task was rejected 20 times\n" in explain(folder, line).stdout
    assert "decision: support: reply" in explain(folder, line, "--rejections", "3").stdout
    assert "rejections: " not in explain(folder, saved(decision={"rejections": "20"})).stdout


def test_another_decision_than_then_is_said(folder: Path) -> None:
    """With the rules of then, where they are known; the same decision is not mentioned."""
    then = saved(decision={"rule": "vip", "rules_version": "0123456789ab"})

    assert "\nsaved: then it was decided by vip, under rules 0123456789ab\n" in explain(folder, then).stdout
    assert "\nsaved: then it was decided by vip\n" in explain(folder, saved(decision={"rule": "vip"})).stdout
    assert "saved:" not in explain(folder, saved(decision={"rule": "support"})).stdout


# For programs.


def test_json_has_the_documented_keys(folder: Path) -> None:
    """And some more; every rule is a step."""
    found = document(explain(folder, saved(decision={"rule": "vip"}), "--format", "json"))

    assert {"rule", "mode", "instruction", "inline", "rest", "problems", "steps"} <= found.keys()
    assert (found["rule"], found["mode"]) == ("support", "reply")
    assert found["instruction"] == found["inline"] == {"instruction": "dequeue"}
    assert (found["rest"], found["not_over_rest"]) == (None, ["dequeue needs from there"])
    assert found["nearest_miss"] == {
        "rule": "vip",
        "outcome": "failed",
        "changes": [{"comparison": 'worker.skills HAS "vip"', "held": False}],
    }
    assert (found["line"], found["at"], found["decided_then"]) == (1, "2026-11-23T12:00:00Z", "vip")
    assert [step["outcome"] for step in found["steps"]] == [
        "failed",
        "other type",
        "failed",
        "matched",
        "not reached",
        "not reached",
    ]
    assert found["steps"][2] == {
        "rule": "vip",
        "file": f"{folder}/a.yaml",
        "line": 11,
        "column": 5,
        "task_types": ["support"],
        "outcome": "failed",
        "terms": [
            {
                "all_of": [
                    {
                        "comparison": 'task.value == "Gold"',
                        "held": True,
                        "values": [{"reference": "task.value", "value": "Gold", "missing": False}],
                    },
                    {
                        "comparison": "task.note == null",
                        "held": True,
                        "values": [{"reference": "task.note", "value": None, "missing": True}],
                    },
                ],
                "held": True,
            },
            {
                "comparison": 'worker.skills HAS "vip"',
                "held": False,
                "values": [{"reference": "worker.skills", "value": ["en"], "missing": False}],
            },
        ],
    }


def test_json_of_a_post_and_of_a_problem(folder: Path) -> None:
    """`rest` holds Twilio's names, `instruction` the rules' own; problems are as `check` has them."""
    found = document(explain(folder, saved(), "--set", "worker.skills[0]=vip", "--format", "json"))
    assert found["instruction"]["status_callback_event"] == ["answered", "completed"]
    assert found["inline"]["status_callback_event"] == "answered,completed"
    assert found["rest"] == {
        "Instruction": "conference",
        "From": "+18001231234",
        "Muted": False,
        "StatusCallbackEvent": ["answered", "completed"],
        "SipAuthPassword": "***",
    }
    assert (found["on_failure"], found["problems"]) == ({"ReservationStatus": "rejected"}, [])

    found = document(explain(folder, saved(), "--set", "task.call_sid=null", "--format", "json"))
    assert [(each["rule"], each["twilio_code"]) for each in found["problems"]] == [("support", 40140)]

    found = document(explain(folder, saved(), "--rejections", "20", "--format", "json"))
    assert (found["nearest_miss"], found["rejections"]) == (None, 20)


def test_the_secret_is_nowhere(folder: Path) -> None:
    """In no format, even where the call holds it."""
    line = saved(TASK | {"value": SECRET}, {"skills": ["vip", SECRET], "contact_uri": "client:a"})
    for arguments in ((), ("--all",), ("--format", "json"), ("--set", "task.value=Gold")):
        ended = explain(folder, line, *arguments)
        assert ended.exit_code == 0
        assert SECRET not in ended.output
        assert "***" in ended.output


def test_values_that_json_cannot_hold(folder: Path) -> None:
    """Huge numbers, documents that nest deep, and halves of an emoji are shown all the same."""
    text = '{"type": "support", "value": [1e999, ' + "9" * 40 + ', "\\ud83d", ' + "[" * 500 + "]" * 500 + "]}"
    params = json.dumps(parameters() | {"TaskAttributes": text})

    found = document(explain(folder, params, "--format", "json"))
    [value] = found["steps"][2]["terms"][0]["all_of"][0]["values"]
    assert value["value"][:3] == ["Infinity", int("9" * 40), "?"]
    assert explain(folder, params).exit_code == 0


# Files.


def test_one_line_of_several(folder: Path, tmp_path: Path) -> None:
    """It is named; the place is shown."""
    file = tmp_path / "saved.jsonl"
    file.write_text(saved() + "\n" + saved({"type": "chat"}))

    ended = explain(folder, "", "--line", "3", path=str(file))
    assert ended.stdout.startswith(f"{file}:3: reservation WR")
    assert "decision: chat: post" in ended.stdout


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("", (), "standard input holds no callback: save"),
        (saved() * 3, (), "standard input holds 3 callbacks: choose one with --line"),
        (saved() * 2 + "x\n", (), "holds 2 callbacks and 1 broken line: choose one with --line"),
        (saved() + "x\ny\n", (), "holds 1 callback and 2 broken lines: choose one with --line"),
        (saved() * 1_000, (), "standard input holds very many lines: choose one with --line"),
        (saved() * 3, ("--line", "4"), "standard input holds no callback at line 4"),
        (saved() + "hello\n", ("--line", "2"), "standard input:2: this is neither a JSON object nor a body"),
        ("hello\n", (), "standard input:1: this is neither a JSON object nor a body"),
        ("hello\nworld\n", (), "standard input:1: this is neither a JSON object nor a body"),
        ("TaskSid=WT1", (), "standard input:1: the parameter WorkspaceSid is missing"),
        ('{"EventType": "task.created"}', (), "standard input:1: this is an event callback"),
        (saved(), ("--set", "vars.offline=1"), "edit the rules"),
        (saved(), ("--set", "task.type.x=1"), "task.type is no object"),
        (saved(), ("--set", "callback.TaskSid=WT1"), "the parameter TaskSid must be a SID"),
        (saved(), ("--at", "tomorrow"), "'tomorrow' is no time: write 2026-11-23T17:30:00Z, or now"),
        (saved(), ("--line", "0"), "--line"),
        (saved(), ("--rules", "/nowhere"), "there is no folder /nowhere"),
    ],
)
def test_wrong_usage_and_unreadable_input(
    folder: Path, text: str, arguments: tuple[str, ...], said: str
) -> None:
    """Status 2, a sentence on standard error, nothing on standard output."""
    ended = explain(folder, text, *arguments)

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert isinstance(ended.exception, SystemExit)


@pytest.mark.parametrize("name", ["missing.jsonl", "rules"])
def test_a_file_that_cannot_be_opened(folder: Path, name: str) -> None:
    """Status 2, and its name."""
    path = str(folder.parent / name)
    ended = explain(folder, "", path=path)

    assert (ended.exit_code, ended.stdout) == (2, "")
    assert path in ended.stderr


def test_rules_with_errors(folder: Path) -> None:
    """Their problems, as `check` has them; status 1."""
    (folder / "a.yaml").write_text("ruels: []\n")
    ended = explain(folder, saved())

    assert (ended.exit_code, ended.stdout) == (1, "")
    assert f"{folder}/a.yaml:1:1: error: unknown key 'ruels'" in ended.stderr
    assert ended.stderr.endswith("hold errors: see desk check\n")


def on_terminal(folder: Path, file: Path) -> str:
    """What the command prints on a terminal."""
    controller, terminal = pty.openpty()
    subprocess.run(
        [sys.executable, "-m", "app.cli", "explain", str(file), "--rules", str(folder)],
        cwd=Path(__file__).parents[2],
        env=os.environ | {"SIP_PASSWORD": SECRET},
        stdout=terminal,
        check=True,
    )
    os.close(terminal)
    shown = os.read(controller, 65536).decode()
    os.close(controller)
    return shown


def test_a_terminal_has_colours_and_shorter_values(folder: Path, tmp_path: Path) -> None:
    """Elsewhere nothing is shortened."""
    file = tmp_path / "saved.jsonl"
    file.write_text(saved(TASK | {"value": "long " * 40}))
    shown = on_terminal(folder, file)

    assert "night: \x1b[31m\x1b[1mfailed\x1b[0m" in shown
    assert "support: \x1b[32m\x1b[1mmatched\x1b[0m" in shown
    assert f'task.value is "{"long " * 11}lon…' in shown
    assert f'task.value is "{"long " * 40}"' in explain(folder, "", path=str(file)).stdout


def test_a_repeat_is_explained_as_it_was_decided(folder: Path) -> None:
    """Its decision says from which parameters and when: those of the first one."""
    decision = {
        "rule": "night",
        "decided_from": parameters({"type": "chat"}, WORKER),
        "decided_at": "2026-11-23T23:00:00Z",
    }
    read = document(
        explain(folder, saved(received_at="2026-11-23T12:00:00Z", decision=decision), "--format", "json")
    )
    assert (read["task_type"], read["at"]) == ("chat", "2026-11-23T23:00:00Z")
    assert (read["at_from"], read["rule"]) == ("the decision", "night")


@pytest.mark.parametrize("odd", [{"decided_from": 5}, {"decided_at": "some day"}])
def test_an_odd_decision(folder: Path, odd: dict[str, object]) -> None:
    """It is named with its line."""
    ended = explain(folder, saved(decision=odd))
    assert ended.exit_code == 2
    assert f"standard input:1: `decision.{next(iter(odd))}`" in ended.stderr
