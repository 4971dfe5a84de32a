"""The Workflows, and what they say of this service."""

import pytest

from app.doctor.examinations import workflows as examination
from app.sandbox import TaskRouter, serving
from tests.builders import ACCOUNT
from tests.delivery.listening import closed_port
from tests.doctor.accounts import environment, taskrouter
from tests.doctor.examined import examined

BASE = "https://desk.example.com"
PRIMARY, FALLBACK = f"{BASE}/assignment", f"{BASE}/assignment/fallback"


def found(twilio: TaskRouter, **more: str) -> list[tuple[str, str, str]]:
    with serving(twilio) as served:
        return examined(examination, environment(served.address, **{"PUBLIC_URL": BASE, **more}))


def name(twilio: TaskRouter) -> str:
    return f"Workflow {twilio.workflow.name} ({twilio.workflow.sid})"


@pytest.mark.parametrize(
    ("primary", "fallback", "public_url"),
    [
        (PRIMARY, FALLBACK, BASE),
        (f"{BASE}:443/assignment?env=a", FALLBACK, f"{BASE}/assignment"),
        (PRIMARY, "https://static.example.com/reject.json", BASE),
        ("https://any.example.com/x/assignment", "https://any.example.com/x/assignment/fallback", ""),
    ],
)
def test_one_that_leads_here(primary: str, fallback: str, public_url: str) -> None:
    """Its port may be written or not, and the fallback may be somebody else's."""
    twilio = taskrouter(callback_url=primary, fallback_url=fallback)
    assert found(twilio, PUBLIC_URL=public_url) == [("ok", f"{name(twilio)} leads here", "")]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("http://desk.example.com/assignment", "http://desk.example.com/assignment"),
        (f"{BASE}/assignment/", f"{BASE}/assignment/"),
        (f"{BASE}/assigment", f"{BASE}/assigment"),
        (f"{BASE}:8443/assignment", f"{BASE}:8443/assignment"),
        ("https://user:hunter2@desk.example.com/x?y=hunter2", f"{BASE}/x"),
    ],
)
def test_one_that_is_meant_to_lead_here(url: str, shown: str) -> None:
    """The host is ours, and the rest is not what Twilio would have to sign."""
    twilio = taskrouter(callback_url=url, fallback_url=FALLBACK)
    said = ("error", f"the AssignmentCallbackUrl of {name(twilio)} is {shown}", f"set it to {PRIMARY}")
    assert found(twilio) == [said]


@pytest.mark.parametrize(
    ("url", "verdict", "said"),
    [
        ("", "warning", "{} has no FallbackAssignmentCallbackUrl: a lost answer waits for the timeout"),
        (PRIMARY, "warning", "the fallback of {} is /assignment, which may answer {{}} and post once more"),
        (f"{FALLBACK}s", "error", f"the fallback of {{}} is {FALLBACK}s"),
    ],
)
def test_the_fallback(url: str, verdict: str, said: str) -> None:
    """It is where the answer holds the instruction."""
    twilio = taskrouter(callback_url=PRIMARY, fallback_url=url)
    assert found(twilio) == [(verdict, said.format(name(twilio)), f"set it to {FALLBACK}")]


def test_the_timeouts() -> None:
    """They are the same, or one is changed."""
    twilio = taskrouter(callback_url=PRIMARY, fallback_url=FALLBACK, reservation_timeout=60)
    assert found(twilio) == [
        (
            "warning",
            f"the TaskReservationTimeout of {name(twilio)} is 60 s, and RESERVATION_TIMEOUT 120 s",
            "set RESERVATION_TIMEOUT=60, or the Workflow's to 120",
        )
    ]
    assert found(twilio, RESERVATION_TIMEOUT="60")[0][0] == "ok"


@pytest.mark.parametrize("first", [60, 300])
def test_timeouts_of_several(first: int) -> None:
    """There is one setting for all: the longest is named once, and with it nothing else is said to set it."""
    twilio = taskrouter(callback_url=PRIMARY, fallback_url=FALLBACK, reservation_timeout=first)
    twilio.add_workflow(
        "Other",
        twilio.workflow.configuration,
        callback_url=PRIMARY,
        fallback_url=FALLBACK,
        reservation_timeout=360 - first,
    )
    remedies = [remedy for _, _, remedy in found(twilio)]
    same, longest = "set the Workflow's to the same", "set RESERVATION_TIMEOUT=300, or the Workflow's to 120"
    assert remedies == ([same, longest] if first == 60 else [longest, same])
    assert sorted(remedy for _, _, remedy in found(twilio, RESERVATION_TIMEOUT="300")) == ["", same]


def test_others_are_passed_over() -> None:
    """As long as one leads here."""
    twilio = taskrouter(callback_url=PRIMARY, fallback_url=FALLBACK)
    for number in range(2):
        configuration = twilio.workflow.configuration
        twilio.add_workflow(f"Other {number}", configuration, callback_url="https://example.com/assignment")
    first, second = found(twilio)
    assert first[0] == "ok"
    assert second == ("skipped", "2 other Workflows lead elsewhere", "")


@pytest.mark.parametrize(("public_url", "remedy"), [(BASE, PRIMARY), ("", "https://…/assignment")])
def test_none_leads_here(public_url: str, remedy: str) -> None:
    """No callback will ever come."""
    twilio = taskrouter(callback_url="https://example.com/other")
    assert found(twilio, PUBLIC_URL=public_url) == [
        ("error", "none of 1 Workflows leads here", f"set the AssignmentCallbackUrl of one to {remedy}")
    ]


def test_a_workspace_that_is_not_there() -> None:
    """It was named at the command line."""
    with serving(taskrouter()) as served:
        [(verdict, what, _)] = examined(examination, environment(served.address), "WS" + "9" * 32)
    assert (verdict, what) == ("error", "Twilio answered 404 with error 20404")


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, "no credentials are set that can be used"),
        (environment(f"http://127.0.0.1:{closed_port()}"), "Twilio did not answer as it should"),
    ],
)
def test_where_nobody_can_be_asked(given: dict[str, str], why: str) -> None:
    """It is not known, and that is said."""
    assert examined(examination, given) == [("skipped", why, "")]


def test_an_environment_that_cannot_be_used() -> None:
    """There is nothing to compare with."""
    with serving(taskrouter()) as served:
        given = environment(served.address, PORT="x", TWILIO_ACCOUNT_SID=ACCOUNT)
        assert examined(examination, given) == [("skipped", "the environment is not in order", "")]
