"""clock: ours goes with Twilio's.

A callback that is older than the reservation timeout is refused as one that was sent before, so a clock that
is fast by more than that refuses every one. By less, deliveries are given up sooner, or go on for longer,
than the reservation lasts. Twilio's time is that of its last answer, in whole seconds.
"""

from collections.abc import Iterator

from app.doctor.deployment import Deployment
from app.doctor.findings import Finding, Verdict

NAME = "clock"
NOTICED = 5  # seconds
USUAL_TIMEOUT = 120  # seconds, where the environment cannot be used
REMEDY = "let the system keep it by NTP: timedatectl set-ntp true"


def find(deployment: Deployment) -> Iterator[Finding]:
    """How far the two are apart, where an answer told the time."""
    ahead = deployment.ahead
    if ahead is None:
        yield Finding(NAME, Verdict.SKIPPED, "Twilio did not tell its time")
        return
    timeout = deployment.settings.reservation_timeout if deployment.settings else USUAL_TIMEOUT
    yield _found(ahead, timeout)


def _found(ahead: float, timeout: int) -> Finding:
    apart = abs(ahead)
    if apart < NOTICED:
        return Finding(NAME, Verdict.OK, f"it goes with Twilio's, within {NOTICED} s")
    what = f"it is {apart:.0f} s {'ahead of' if ahead > 0 else 'behind'} Twilio's"
    if apart <= timeout:
        return Finding(NAME, Verdict.WARNING, what, remedy=REMEDY)
    return Finding(NAME, Verdict.ERROR, f"{what}, more than a reservation lasts", remedy=REMEDY)
