"""What rules name is compared with what Twilio has, and told at its place."""

from textwrap import dedent

import pytest

from app.engine.catalogue import Check
from app.engine.loading import read_rules
from app.engine.source import SourceFile
from app.engine.workspace import Activity, Worker, Workspace
from app.model import Level, Problem
from tests.builders import OFFLINE

GONE = "WA" + "9" * 32
IDLE = "WA" + "8" * 32
ACTIVITIES = {
    OFFLINE: Activity(OFFLINE, "Offline", is_available=False),
    IDLE: Activity(IDLE, "Idle", is_available=True),
}
WORKSPACE = Workspace(ACTIVITIES, (), frozenset({"+18005550100"}))
REACHABLE = Worker("WK" + "1" * 32, "sip:alice@example.com")


def found(text: str, workspace: Workspace = WORKSPACE) -> list[Problem]:
    """What is said of these rules beside what needs no workspace."""
    files = [SourceFile("rules.yaml", dedent(text))]
    told = read_rules(files, {}, workspace=workspace)[1]
    alone = {problem.check for problem in read_rules(files, {})[1]}
    return [problem for problem in told if problem.check not in alone]


def places(text: str, workspace: Workspace = WORKSPACE) -> list[str]:
    return [f"{each.location} {each.check} {each.rule}" for each in found(text, workspace)]


def test_a_sid_is_told_where_it_stands() -> None:
    """At the value, with the rule and with what there is instead."""
    [problem] = found(
        f"""\
        default: {{defer: later}}
        rules:
          - name: turned-away
            reply: {{instruction: reject, activity_sid: {GONE}}}
        """
    )
    assert f"{problem.location} {problem.check} {problem.rule}" == "rules.yaml:4:48 R080 turned-away"
    assert problem.message == "`activity_sid` names an activity that the workspace does not have"
    assert problem.hint == f"write one of Offline ({OFFLINE}), Idle ({IDLE})"


def test_a_var_is_told_once_and_at_the_var() -> None:
    """However many rules use it."""
    text = f"""\
    vars:
      gone: {GONE}
    default: {{defer: later}}
    rules:
      - name: one
        task_type: a
        reply: {{instruction: reject, activity_sid: "{{{{ vars.gone }}}}"}}
      - name: two
        task_type: b
        reply: {{instruction: reject, activity_sid: "{{{{ vars.gone }}}}"}}
    """
    [problem] = found(text)
    assert f"{problem.location} {problem.check} {problem.rule}" == "rules.yaml:2:3 R080 None"
    assert problem.message.startswith("the var 'gone' names an activity")


def test_a_text_made_of_a_var_is_told_where_it_is_made() -> None:
    """The var holds a part of it alone."""
    text = f"""\
    vars:
      end: {"9" * 32}
    default: {{defer: later}}
    rules:
      - name: one
        reply: {{instruction: reject, activity_sid: "WA{{{{ vars.end }}}}"}}
    """
    assert places(text) == ["rules.yaml:6:48 R080 one"]


def test_what_each_call_fills_in_is_not_compared() -> None:
    """Nobody knows yet what it will be."""
    text = """\
    default: {defer: later}
    rules:
      - name: one
        when: task.break != null
        reply: {instruction: reject, activity_sid: "{{ task.break }}"}
    """
    assert places(text) == []


def test_every_place_of_an_activity_is_looked_at() -> None:
    """That of an `on_failure`, of the default, and of the work's end, where an available one is right."""
    text = f"""\
    default:
      reply: {{instruction: reject, activity_sid: {IDLE}}}
    rules:
      - name: one
        task_type: a
        post: {{instruction: dequeue, from: "+18005550100", to: "client:a", post_work_activity_sid: {GONE}}}
        on_failure: {{instruction: reject, activity_sid: {GONE}}}
      - name: two
        task_type: b
        reply: {{instruction: dequeue, to: "client:a", post_work_activity_sid: {IDLE}}}
    """
    assert places(text) == [
        "rules.yaml:2:46 R081 default",
        "rules.yaml:6:96 R080 one",
        "rules.yaml:7:53 R080 one",
    ]


@pytest.mark.parametrize(
    ("to", "numbers", "told"),
    [
        ('"+14155551212"', frozenset({"+18005550100"}), True),
        ('"{{ task.phone }}"', frozenset({"+18005550100"}), True),
        ("client:alice", frozenset({"+18005550100"}), False),
        ("sip:alice@example.com", frozenset({"+18005550100"}), False),
        ('"+14155551212"', frozenset({"+18005550199"}), False),
        ('"+14155551212"', None, False),
    ],
)
def test_a_number_matters_where_a_phone_is_called(
    to: str, numbers: frozenset[str] | None, told: bool
) -> None:
    """And where the account's numbers are known."""
    text = f"""\
    default: {{defer: later}}
    allowed_numbers: ["+1"]
    rules:
      - name: one
        when: task.phone != null
        reply: {{instruction: dequeue, to: {to}, from: "+18005550199"}}
    """
    checks = [problem.check for problem in found(text, Workspace({}, (), numbers))]
    assert checks == ([Check.FOREIGN_NUMBER] if told else [])


WITHOUT_TO = """\
default: {defer: later}
rules:
  - name: one
    when: worker.skills HAS "vip"
    reply: {instruction: dequeue}
"""


@pytest.mark.parametrize(
    ("contacts", "said"),
    [
        (["client:alice", "+14155551212"], None),
        ([], None),
        ([None, "client:alice"], "1 of 3 workers (WK0) has no contact_uri that can be called"),
        (["alice", 5, "", "+0"], "4 of 5 workers (WK0, WK1, WK2 and 1 more) have no contact_uri"),
    ],
)
def test_workers_who_cannot_be_called(contacts: list[object], said: str | None) -> None:
    """They are counted, and a few are named by SID, never by name."""
    workers = [Worker(f"WK{number}", contact) for number, contact in enumerate(contacts)]
    messages = [each.message for each in found(WITHOUT_TO, Workspace({}, (*workers, REACHABLE)))]
    assert [said] if said else [message[: len(said or "")] for message in messages] == []
    assert len(messages) == bool(said)
    assert all(message.startswith(said or "") for message in messages)


def test_who_asks_for_a_contact_uri_is_told_nothing() -> None:
    """Such a rule takes care of them."""
    silent = Workspace({}, (Worker("WK1", None),))
    assert places(WITHOUT_TO, silent) == ["rules.yaml:5:26 R083 one"]
    asking = WITHOUT_TO.replace('worker.skills HAS "vip"', "worker.contact_uri != null")
    assert places(asking, silent) == []
    assert places(WITHOUT_TO.replace("dequeue}", "dequeue, to: client:a}"), silent) == []
    assert places(WITHOUT_TO.replace("dequeue}", "accept}"), silent) == []


def test_a_comment_silences_what_is_compared() -> None:
    """It waits, where nothing was compared; and errors cannot be silenced."""
    text = WITHOUT_TO.replace("dequeue}", "dequeue}  # desk: ignore[R083]")
    files = [SourceFile("rules.yaml", text)]
    assert read_rules(files, {})[1] == ()
    assert read_rules(files, {}, workspace=Workspace({}, (Worker("WK1", None),)))[1] == ()
    [left] = read_rules(files, {}, workspace=Workspace({}, ()))[1]
    assert (left.check, left.message) == (Check.IGNORES_NOTHING, "nothing here is R083")
    text = f"default: {{reply: {{instruction: reject, activity_sid: {GONE}}}}}  # desk: ignore[R080]\n"
    told = read_rules([SourceFile("rules.yaml", text)], {}, workspace=WORKSPACE)[1]
    assert [(each.check, each.level) for each in told] == [
        (Check.UNKNOWN_ACTIVITY, Level.ERROR),
        (Check.IGNORES_NOTHING, Level.WARNING),
    ]
