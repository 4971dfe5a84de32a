"""What Prometheus reads, and who may read it."""

import hmac
from ipaddress import IPv6Address, ip_address

from flask import Blueprint, Request, Response, request
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4, CollectorRegistry, generate_latest

from app.errors import NotLocal, WrongToken
from app.settings import Secret

PROXY_HEADERS = ("forwarded", "via", "x-real-ip", "x-forwarded-")  # what their names begin with


def metrics_routes(registry: CollectorRegistry, token: Secret | None) -> Blueprint:
    """The metrics of this process, as text; `registry` is asked at each scrape."""
    routes = Blueprint("metrics", __name__)

    @routes.get("/metrics")
    def metrics() -> Response:
        check_reader(request, token)
        return Response(generate_latest(registry), content_type=CONTENT_TYPE_PLAIN_0_0_4)

    return routes


def check_reader(request: Request, token: Secret | None) -> None:
    """Nothing, if the request has the token or, where there is none, comes from this machine.

    Raises WrongToken or NotLocal.
    """
    if token:
        _check_token(request, token)
    # A proxy on this machine would make every client a local one. With TRUSTED_PROXIES the address is what a
    # header says, which anybody writes who reaches us without the proxy: so none is believed here.
    elif _came_through_a_proxy(request) or not _is_loopback(request.remote_addr or ""):
        raise NotLocal(
            "without a token the metrics are for clients on this machine, and not through a proxy: "
            "set METRICS_TOKEN"
        )


def _check_token(request: Request, token: Secret) -> None:
    # Not werkzeug's reading of the header, which takes a token with = in it for parameters.
    scheme, _, sent = request.headers.get("Authorization", "").partition(" ")
    fits = hmac.compare_digest(sent.strip().encode(), token.reveal().encode())
    if scheme.lower() != "bearer" or not fits:
        raise WrongToken("the metrics need a token: send Authorization: Bearer with that of METRICS_TOKEN")


def _came_through_a_proxy(request: Request) -> bool:
    return any(name.lower().startswith(PROXY_HEADERS) for name, _ in request.headers)


def _is_loopback(address: str) -> bool:
    try:
        parsed = ip_address(address)
    except ValueError:  # of a Unix socket there is none
        return False
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return (mapped or parsed).is_loopback
