"""workflows: the Workflows lead here, and know the same timeout.

One that leads here has PUBLIC_URL and /assignment as its AssignmentCallbackUrl, /assignment/fallback as its
fallback, and RESERVATION_TIMEOUT as its TaskReservationTimeout. Where they have several timeouts, the longest
is to be RESERVATION_TIMEOUT. Twilio signs the very URL that the Workflow has, so http:// for https:// or a
slash at the end are errors. A Workflow of another service is passed over, but one must lead here. Without
PUBLIC_URL only the paths are compared.
"""

from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from app.doctor.account import Workflow
from app.doctor.deployment import UNUSABLE, Deployment
from app.doctor.findings import Finding, Verdict
from app.errors import AccountError
from app.settings import Settings

NAME = "workflows"
PATH = "/assignment"
FALLBACK = "/assignment/fallback"
PORTS = {"http": 80, "https": 443}


def find(deployment: Deployment) -> Iterator[Finding]:
    """What is wrong with each Workflow that is meant to lead here."""
    settings, account = deployment.settings, deployment.account
    if deployment.closed or account is None or settings is None:
        yield Finding(NAME, Verdict.SKIPPED, deployment.closed or UNUSABLE)
        return
    try:
        found = [each for sid in deployment.workspaces for each in account.workflows(sid)]
    except AccountError as error:
        what, _, remedy = str(error).partition(": ")
        yield Finding(NAME, Verdict.ERROR, what, remedy=remedy)
        return
    yield from _compared(found, settings)


def _compared(workflows: list[Workflow], settings: Settings) -> Iterator[Finding]:
    ours = [each for each in workflows if _is_meant(each.callback_url, settings)]
    if not ours:
        what = f"none of {len(workflows)} Workflows leads here"
        yield Finding(
            NAME, Verdict.ERROR, what, remedy=f"set the AssignmentCallbackUrl of one to {_url(settings)}"
        )
    longest = max(ours, key=lambda each: each.reservation_timeout, default=None)
    for workflow in ours:
        wrong = [
            *_primary(workflow, settings),
            *_fallback(workflow, settings),
            *_timeout(workflow, settings, is_longest=workflow is longest),
        ]
        yield from wrong
        if not wrong:
            yield Finding(NAME, Verdict.OK, f"{workflow} leads here", workflow.sid)
    others = len(workflows) - len(ours)
    if ours and others:
        yield Finding(
            NAME, Verdict.SKIPPED, f"{others} other Workflow{'s lead' if others > 1 else ' leads'} elsewhere"
        )


def _is_meant(url: str | None, settings: Settings) -> bool:
    """Whether it is ours, or all but: the host is, or the path where the host is not known."""
    there = urlsplit(url or "")
    if settings.public_url:
        return there.hostname == urlsplit(settings.public_url).hostname
    return there.path.rstrip("/").endswith(PATH)


def _primary(workflow: Workflow, settings: Settings) -> Iterator[Finding]:
    if not _is_same(workflow.callback_url, PATH, settings):
        what = f"the AssignmentCallbackUrl of {workflow} is {_shown(workflow.callback_url)}"
        yield Finding(NAME, Verdict.ERROR, what, workflow.sid, f"set it to {_url(settings)}")


def _fallback(workflow: Workflow, settings: Settings) -> Iterator[Finding]:
    url, remedy = workflow.fallback_url, f"set it to {_url(settings, FALLBACK)}"
    if not url:
        what = f"{workflow} has no FallbackAssignmentCallbackUrl: a lost answer waits for the timeout"
        yield Finding(NAME, Verdict.WARNING, what, workflow.sid, remedy)
    elif _is_same(url, PATH, settings):
        what = f"the fallback of {workflow} is {PATH}, which may answer {{}} and post once more"
        yield Finding(NAME, Verdict.WARNING, what, workflow.sid, remedy)
    elif _is_meant(url, settings) and not _is_same(url, FALLBACK, settings):
        what = f"the fallback of {workflow} is {_shown(url)}"
        yield Finding(NAME, Verdict.ERROR, what, workflow.sid, remedy)


def _timeout(workflow: Workflow, settings: Settings, *, is_longest: bool) -> Iterator[Finding]:
    """There is one RESERVATION_TIMEOUT for all: the longest is right, since it decides what is too old."""
    theirs, ours = workflow.reservation_timeout, settings.reservation_timeout
    if theirs != ours:
        what = f"the TaskReservationTimeout of {workflow} is {theirs} s, and RESERVATION_TIMEOUT {ours} s"
        remedy = "set the Workflow's to the same"
        if is_longest:
            remedy = f"set RESERVATION_TIMEOUT={theirs}, or the Workflow's to {ours}"
        yield Finding(NAME, Verdict.WARNING, what, workflow.sid, remedy)


def _is_same(url: str | None, path: str, settings: Settings) -> bool:
    there, here = urlsplit(url or ""), urlsplit(settings.public_url or "")
    if not settings.public_url:
        return there.path.endswith(path)
    return there.path == here.path + path and _origin(there) == _origin(here)


def _origin(parts: SplitResult) -> tuple[str, str | None, int | None]:
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)


def _url(settings: Settings, path: str = PATH) -> str:
    return f"{settings.public_url or 'https://…'}{path}"


def _shown(url: str | None) -> str:
    """A URL without the password and the query that it may hold."""
    parts = urlsplit(url or "")
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
