"""address: PUBLIC_URL leads to this service.

/healthz is fetched there, from this machine. An address that leads elsewhere, or redirects, is no address
for callbacks: Twilio follows a redirect with another request, which loses the signature. Some networks do
not let a machine reach its own public address; then only another one can tell.
"""

from collections.abc import Iterator
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import OpenerDirector, ProxyHandler, build_opener

from app.doctor.deployment import Deployment
from app.doctor.findings import Finding, Verdict

NAME = "address"
VARIABLE = "PUBLIC_URL"
PATIENCE = 5.0  # seconds
OURS = b'{"status":"alive"}'
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
        yield _elsewhere(url, f"answers {error.code}")
    except (OSError, ValueError) as error:
        reason = type(getattr(error, "reason", error)).__name__
        yield _elsewhere(url, f"cannot be reached from here ({reason})")


def _found(url: str) -> Finding:
    asked = f"{url}/healthz"
    with _opener().open(asked, timeout=PATIENCE) as answer:
        body, reached = answer.read(SOME), urlsplit(answer.url)
    if answer.url != asked:
        return _elsewhere(url, f"redirects to {reached.scheme}://{reached.netloc.rpartition('@')[2]}")
    if body != OURS:
        return _elsewhere(url, "is answered by another program")
    return Finding(NAME, Verdict.OK, f"{url} leads to this service, or to one like it", VARIABLE)


def _opener() -> OpenerDirector:
    """One without the proxies of the environment."""
    return build_opener(ProxyHandler({}))


def _elsewhere(url: str, what: str) -> Finding:
    remedy = "look at the proxy, and at where the Workflow leads"
    return Finding(NAME, Verdict.WARNING, f"{url}/healthz {what}", VARIABLE, remedy)
