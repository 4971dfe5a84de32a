"""What the rules name, in the workspace."""

from pathlib import Path

import pytest

from app.doctor.examinations import workspace as examination
from app.sandbox import serving
from tests.builders import OFFLINE
from tests.doctor.accounts import environment, taskrouter, with_numbers
from tests.doctor.examined import examined

RULES = f"""\
default: {{reply: {{instruction: reject, activity_sid: {OFFLINE}}}}}
rules:
  - name: support
    task_type: support
    reply: {{instruction: dequeue, from: "+18005550199"}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "a.yaml").write_text(RULES)
    return str(tmp_path)


def test_each_problem_is_a_finding(folder: str) -> None:
    """With its place and the way out."""
    twilio = taskrouter()
    twilio.add_worker("Alice", {})
    with with_numbers(twilio, ["+18005550100"]) as address:
        said = examined(examination, environment(address, RULES_DIR=folder))
    assert [(verdict, what.rpartition(" ")[2]) for verdict, what, _ in said] == [
        ("error", "[R080]"),
        ("warning", "[R083]"),
        ("error", "[R082]"),
    ]
    assert said[0][1].startswith(f"{folder}/a.yaml:1:54: default: `activity_sid` names an activity")
    assert said[0][2].startswith("write one of ")


def test_all_is_there(folder: str) -> None:
    """And of a host without numbers that is said."""
    twilio = taskrouter()
    twilio.add_activity("Offline", available=False, sid=OFFLINE)
    with with_numbers(twilio, ["+18005550199"]) as address:
        given = environment(address, RULES_DIR=folder)
        assert examined(examination, given) == [("ok", "what the rules name is there", "")]
    with serving(twilio) as served:
        given = environment(served.address, RULES_DIR=folder)
        assert examined(examination, given) == [
            ("skipped", "numbers could not be compared: the host knows of none", ""),
            ("ok", "what the rules name is there", ""),
        ]


def test_what_keeps_it_from_being_compared(folder: str) -> None:
    """No credentials, no rules, or no such workspace."""
    assert examined(examination, {})[0][0] == "skipped"
    with serving(taskrouter()) as served:
        given = environment(served.address, RULES_DIR=f"{folder}/no")
        assert examined(examination, given) == [("skipped", "there are no rules to compare", "")]
        given = environment(served.address, RULES_DIR=folder)
        assert examined(examination, given, "WS" + "9" * 32)[0][0] == "error"
