"""address: PUBLIC_URL leads to this service.

/healthz is fetched there, from this machine. An address that leads elsewhere, or redirects, is no address
for callbacks: Twilio follows a redirect with another request, which loses the signature. Some networks do
not let a machine reach its own public address; then only another one can tell.
"""

from collections.abc import Iterator
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.error import HTTPError
from urllib.parse import urljoin, urlsplit
from urllib.request import HTTPRedirectHandler, ProxyHandler, Request, build_opener

from app.doctor.deployment import Deployment
from app.doctor.findings import Finding, Verdict

NAME = "address"
VARIABLE = "PUBLIC_URL"
PATIENCE = 5.0  # seconds
OURS = b'{"status":"alive"}'
REDIRECTS = frozenset({301, 302, 303, 307, 308})
SOME = 1024  # bytes


def find(deployment: Deployment) -> Iterator[Finding]:
    """What answers there, where the variable is set."""
    url = deployment.settings.public_url if deployment.settings else None
    if url is None:
        yield Finding(NAME, Verdict.SKIPPED, f"{VARIABLE} is not set")
        return
    try:
        yield _found(url)
    except HTTPError as error:
        error.close()
        yield _elsewhere(url, _answer(error))
    except (OSError, HTTPException, ValueError) as error:
        reason = type(getattr(error, "reason", error)).__name__
        yield _elsewhere(url, f"cannot be reached from here ({reason})")


class _Staying(HTTPRedirectHandler):
    """Follows no redirect: it is an answer."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


def _found(url: str) -> Finding:
    # Without the proxies of the environment.
    opener = build_opener(ProxyHandler({}), _Staying)
    with opener.open(f"{url}/healthz", timeout=PATIENCE) as answer:
        if answer.read(SOME) != OURS:
            return _elsewhere(url, "is answered by another program")
    return Finding(NAME, Verdict.OK, f"{url} leads to this service, or to one like it", VARIABLE)


def _answer(error: HTTPError) -> str:
    """What it answered: of a redirect the place that it leads to, which urllib has read already."""
    if error.code not in REDIRECTS:
        return f"answers {error.code}"
    there = urlsplit(urljoin(error.url, error.headers.get("Location", "")))
    return f"redirects to {there.scheme}://{there.netloc.rpartition('@')[2]}{there.path}"


def _elsewhere(url: str, what: str) -> Finding:
    remedy = "look at the proxy, and at where the Workflow leads"
    return Finding(NAME, Verdict.WARNING, f"{url}/healthz {what}", VARIABLE, remedy)
