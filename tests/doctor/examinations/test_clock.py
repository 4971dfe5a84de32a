"""Our clock beside Twilio's."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from app.doctor.examinations import clock as examination
from app.sandbox import serving
from tests.delivery.listening import answer, listening
from tests.doctor.accounts import environment, taskrouter
from tests.doctor.examined import examined


def found(ahead: int, **more: str) -> tuple[str, str, str]:
    """What is said of a clock that is so many seconds ahead."""
    date = format_datetime(datetime.now(UTC) - timedelta(seconds=ahead), usegmt=True)
    with listening(answer(401, b"{}", Date=date)) as server:
        [said] = examined(examination, environment(server.address, **more))
    return said


def test_they_go_together() -> None:
    """As on one machine; whatever else the answer said."""
    assert found(1) == ("ok", "it goes with Twilio's, within 5 s", "")
    with serving(taskrouter()) as served:
        [(verdict, *_)] = examined(examination, environment(served.address))
    assert verdict == "ok"


@pytest.mark.parametrize(
    ("ahead", "timeout", "verdict", "said"),
    [
        (30, "120", "warning", r"it is (29|30|31) s ahead of Twilio's"),
        (-30, "120", "warning", r"it is (29|30|31) s behind Twilio's"),
        (30, "20", "error", r"it is (29|30|31) s ahead of Twilio's, more than a reservation lasts"),
        (-500, "120", "error", r"it is (499|500|501) s behind Twilio's, more than a reservation lasts"),
        (500, "x", "error", r"it is (499|500|501) s ahead of Twilio's, more than a reservation lasts"),
    ],
)
def test_they_differ(ahead: int, timeout: str, verdict: str, said: str) -> None:
    """By more than a reservation lasts, every callback is refused, or nothing is delivered."""
    found_verdict, what, remedy = found(ahead, RESERVATION_TIMEOUT=timeout)
    assert found_verdict == verdict
    assert re.fullmatch(said, what)
    assert remedy == "let the system keep it by NTP: timedatectl set-ntp true"


@pytest.mark.parametrize("given", [{}, environment("http://127.0.0.1:9")])
def test_twilio_did_not_tell(given: dict[str, str]) -> None:
    """Without credentials, or an answer."""
    assert examined(examination, given) == [("skipped", "Twilio did not tell its time", "")]
