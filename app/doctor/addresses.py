"""The URLs that Twilio may have signed for a request which was seen at another, and what mends each."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice, product
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from app.settings import Settings, service_url
from app.web.captured import Captured

MOST_PROXIES = 5
# Strangers write headers as well. Proxies add what they know at the end: the last entries are theirs.
MOST_ENTRIES = 5
MOST_BASES = 200
SCHEMES = ("https", "http")
FORWARDED = re.compile(r'\bhost="?([^";,\s]+)', re.IGNORECASE)  # in the header of RFC 7239
PATHS = ("/assignment", "/assignment/fallback")
# What a reverse proxy may say of the address that it was called at.
HOSTS = ("X-Forwarded-Host", "X-Original-Host", "X-Forwarded-Server")
TARGETS = ("X-Original-Url", "X-Original-Uri", "X-Forwarded-Uri")


class Address(NamedTuple):
    """Settings and a place that make a URL; `remedy` is empty where both are what they are now."""

    captured: Captured
    public_url: str | None
    proxies: int
    remedy: str

    @property
    def url(self) -> str:
        """The URL for people, without a query. With proxies it is what their headers tell."""
        seen = f"{self.captured.scheme}://{self.captured.host}"
        return f"{_shown(self.public_url or seen)}{self.captured.path}"


def addresses(captured: Captured, settings: Settings, told: Iterable[str] = ()) -> Iterator[Address]:
    """Every address worth trying, those that are mended most easily first. `told` are whole URLs to try."""
    now = settings.public_url, settings.trusted_proxies
    yield Address(captured, *now, "")
    for proxies in range(MOST_PROXIES + 1):
        if (None, proxies) != now:
            yield Address(captured, None, proxies, _trusting(proxies, settings))
    guesses = [*islice(_bases(captured, settings), MOST_BASES)]
    told = [*told, *_originals(captured, guesses)]
    for url in filter(str.isascii, told):  # Twilio signs what it sends: other characters are encoded
        yield from _whole(captured, url)
    for base in guesses:
        yield Address(captured, base, 0, f"set PUBLIC_URL={_shown(base)}")
    for (path, remedy), base in product(_paths(captured), guesses):
        yield Address(captured.at(path, captured.query), base, 0, remedy)
    for base in guesses if captured.query else ():
        yield Address(captured.at(captured.path, ""), base, 0, _without_query(captured))


def _trusting(proxies: int, settings: Settings) -> str:
    unset = "unset PUBLIC_URL" if settings.public_url else ""
    trust = f"set TRUSTED_PROXIES={proxies}" if proxies != settings.trusted_proxies else ""
    return " and ".join(filter(None, (unset, trust)))


def _bases(captured: Captured, settings: Settings) -> Iterator[str]:
    """What PUBLIC_URL could be, from all that is known of hosts, ports and prefixes."""
    forwarded = FORWARDED.findall(captured.header("Forwarded"))[-MOST_ENTRIES:]
    headers = [each for name in HOSTS for each in _listed(captured, name)]
    seen = [f"//{host}" for host in (*headers, *forwarded, captured.host)]
    places = [*filter(None, map(_split, (settings.public_url or "", *seen)))]
    hosts = dict.fromkeys(_bracketed(place.hostname or "") for place in places)
    ports = [str(place.port) for place in places if place.port]
    known = (*ports, *_listed(captured, "X-Forwarded-Port"), captured.port)
    ends = dict.fromkeys(f":{port}" for port in known if port.isdecimal() and port not in {"80", "443"})
    ours = urlsplit(settings.public_url or "").path
    prefixes = dict.fromkeys(("", *_listed(captured, "X-Forwarded-Prefix"), ours))
    for host, end, prefix, scheme in product(hosts, ("", *ends), prefixes, SCHEMES):
        yield f"{scheme}://{host}{end}{prefix.rstrip('/')}"


def _originals(captured: Captured, bases: Iterable[str]) -> Iterator[str]:
    """The paths and queries that a proxy says it was called with, at each host."""
    targets = [target for name in TARGETS if (target := captured.header(name)).startswith("/")]
    origins = dict.fromkeys("/".join(base.split("/")[:3]) for base in bases)
    yield from (f"{origin}{target}" for target, origin in product(targets, origins))
    yield from (target for name in TARGETS if (target := captured.header(name)).startswith("http"))


def _whole(captured: Captured, url: str) -> Iterator[Address]:
    """A URL that Twilio may have called, as a PUBLIC_URL where our paths end it."""
    address, _, query = url.partition("?")
    path = next((each for each in reversed(PATHS) if address.endswith(each)), None)
    if path is None:
        yield from _foreign(captured, address, query)
        return
    try:
        base = service_url(address)
    except ValueError:
        return
    remedy = f"set PUBLIC_URL={_shown(base)}"
    if path != captured.path:
        remedy = f"Twilio calls {path}, and the proxy leads it to {captured.path}: mend that"
    if query != captured.query:
        remedy = _other_query(remedy)
    yield Address(captured.at(path, query), base, 0, remedy)


def _foreign(captured: Captured, address: str, query: str) -> Iterator[Address]:
    """A URL that ends otherwise: the proxy leads it to our path, and no setting can know of that."""
    parts = _split(address)
    if parts and parts.scheme in SCHEMES:
        remedy = "let the Workflow's URL end in /assignment, its fallback in /assignment/fallback"
        yield Address(captured.at(parts.path, query), f"{parts.scheme}://{parts.netloc}", 0, remedy)


def _paths(captured: Captured) -> Iterator[tuple[str, str]]:
    """Other paths than the one that was seen."""
    yield f"{captured.path}/", "remove the slash from the end of the Workflow's URL"
    for path in PATHS:
        if path != captured.path:
            yield path, f"Twilio calls {path}, and the proxy leads it to {captured.path}: mend that"


def _without_query(captured: Captured) -> str:
    names = [pair.partition("=")[0] for pair in captured.query.split("&")]
    return f"something on the way adds a query ({', '.join(names)}): let it pass the URL on as it is"


def _other_query(remedy: str) -> str:
    return f"{remedy}, and let the proxy pass the query on as it is"


def _listed(captured: Captured, name: str) -> list[str]:
    """The entries of a header that a proxy may have added."""
    return [text for each in captured.header(name).split(",") if (text := each.strip())][-MOST_ENTRIES:]


def _split(url: str) -> SplitResult | None:
    """The parts of a URL with a host, None where it is no such: anybody may have written it."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    del port  # reading it is what checks it
    return parts if parts.hostname else None


def _shown(url: str) -> str:
    """The URL without a password that it may hold."""
    scheme, separator, rest = url.partition("://")
    user, at, place = rest.rpartition("@")
    return f"{scheme}{separator}{'USER:PASSWORD' if user else ''}{at}{place}"


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
