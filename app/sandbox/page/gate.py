"""Who may look at the page and who may do something there: no credentials, and no foreign website.

The page shows personal data and makes tasks, on a port that every website in the same browser can reach. A
website whose name leads to this machine (DNS rebinding) is known by the Host header; one that posts
across origins by Origin and Sec-Fetch-Site, which browsers send and scripts cannot change. Source: "Fetch
Metadata Request Headers", W3C, and RFC 6454.
"""

from ipaddress import ip_address
from urllib.parse import urlsplit

from flask import Response, request

from app.sandbox.page.orders import OrderError

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Gate:
    """Lets a request in, or raises OrderError. `host` is where the sandbox listens."""

    def __init__(self, host: str) -> None:
        self._host = host

    def check(self) -> None:
        """Raise OrderError 403 for a foreign host or origin, 415 for a POST of anything but JSON."""
        # As it was sent: the framework puts the server's own name in place of none.
        host = request.headers.get("Host", "")
        if not self._is_here(host):
            raise OrderError(
                403,
                f"the page is not shown at {host!r}, only at this machine's own addresses: "
                "localhost, 127.0.0.1, or an IP address on which the sandbox listens",
            )
        if request.method == "POST":
            _check_origin(host)
            if request.mimetype != "application/json":
                raise OrderError(415, "the body must be application/json")

    def _is_here(self, host: str) -> bool:
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        # An address is no name, and cannot be led elsewhere.
        return name in {"localhost", self._host} or name.endswith(".localhost") or _is_ip(name)


def protect(answer: Response) -> Response:
    """Add the headers that keep foreign scripts out of the page and the page out of foreign frames."""
    answer.headers.update(_HEADERS)
    return answer


def _check_origin(host: str) -> None:
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "same-origin")
    if site != "same-origin" or (origin is not None and _netloc(origin) != host):
        raise OrderError(403, f"only the page itself may do this, not {origin or 'another website'}")


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _is_ip(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
