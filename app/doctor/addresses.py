"""The URLs that Twilio may have signed for a request which was seen at another, and what mends each."""

import re
from collections.abc import Iterable, Iterator
from itertools import islice, product
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from app.settings import Settings
from app.web.captured import Captured

MOST_PROXIES = 5
# Strangers write headers as well. Proxies add what they know at the end: the last entries are theirs.
MOST_ENTRIES = 5
MOST_BASES = 150
SCHEMES = ("https", "http")
FORWARDED = re.compile(r'\bhost="?([^";,\s]+)', re.IGNORECASE)  # in the header of RFC 7239
OTHER_QUERY = "let the proxy pass the query on as it is"
PATHS = ("/assignment", "/assignment/fallback")
ENDINGS = [f"{path}{slash}" for slash in ("", "/") for path in reversed(PATHS)]
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
    seen: set[tuple[str, str, str | None, int]] = set()
    for address in _guessed(captured, settings, told):
        key = address.captured.path, address.captured.query, address.public_url, address.proxies
        if key not in seen:
            seen.add(key)
            yield address


def _guessed(captured: Captured, settings: Settings, told: Iterable[str]) -> Iterator[Address]:
    ours = [*_ours(settings)]
    bases = [*islice(_bases(captured, settings), MOST_BASES)]
    guesses = [*ours, *map(_public, bases)]
    here = _Place(captured.path, captured.query)
    yield from _at(captured, [here], guesses)
    told = [*told, *_originals(captured, bases)]
    for url in filter(str.isascii, told):  # Twilio signs what it sends: other characters are encoded
        yield from _whole(captured, url, settings, ours)
    yield from _at(captured, _elsewhere(captured), guesses)
    yield from _at(captured, [here], map(_public, islice(_other_cases(bases), MOST_BASES)))


class _Guess(NamedTuple):
    """Settings, and what sets them."""

    public_url: str | None
    proxies: int
    remedy: str


class _Place(NamedTuple):
    """A path and a query, and what leads them here."""

    path: str
    query: str
    remedy: str = ""


def _at(captured: Captured, places: Iterable[_Place], guesses: Iterable[_Guess]) -> Iterator[Address]:
    """Each place with each guess. What has to be done for both has to be done."""
    for place, guess in product(places, guesses):
        remedy = "; ".join(filter(None, (guess.remedy, place.remedy)))
        yield Address(captured.at(place.path, place.query), guess.public_url, guess.proxies, remedy)


def _ours(settings: Settings) -> Iterator[_Guess]:
    """The settings as they are, and those that believe so many proxies."""
    now = settings.public_url, settings.trusted_proxies
    yield _Guess(*now, "")
    for proxies in range(MOST_PROXIES + 1):
        if (None, proxies) != now:
            yield _Guess(None, proxies, _trusting(proxies, settings))


def _public(base: str) -> _Guess:
    return _Guess(base, 0, f"set PUBLIC_URL={_shown(base)}")


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
    hosts = dict.fromkeys(host for place in places for host in (_host(place), _host(place).lower()))
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


def _whole(captured: Captured, url: str, settings: Settings, ours: Iterable[_Guess]) -> Iterator[Address]:
    """A URL that Twilio may have called: with settings that make it, or another PUBLIC_URL."""
    address, _, query = url.partition("?")
    base = _base_of(address, settings)
    if base is None:
        return
    path = address.removeprefix(base)
    remedies = [_other_path(captured, path), "" if query == captured.query else OTHER_QUERY]
    place = _Place(path, query, "; ".join(filter(None, remedies)))
    yield from _at(captured, [place], [*ours, _public(base)])


def _base_of(address: str, settings: Settings) -> str | None:
    """Of a URL without its query what PUBLIC_URL would be; None where it is no URL."""
    parts = _split(address)
    if parts is None or parts.scheme not in SCHEMES:
        return None
    public = settings.public_url
    path = next((each for each in ENDINGS if address.endswith(each)), "")
    if not path and public and address.startswith(f"{public}/"):
        return public
    return address.removesuffix(path or parts.path)


def _other_path(captured: Captured, path: str) -> str:
    """What is to be done where Twilio calls a path, and the request came in at ours."""
    if path == captured.path:
        return ""
    if path == f"{captured.path}/":
        return "remove the slash from the end of the Workflow's URL"
    if path in PATHS:
        return f"Twilio calls {path}, and the proxy leads it to {captured.path}: mend that"
    # The proxy leads it to our path, and no setting can know of that.
    return "let the Workflow's URL end in /assignment, its fallback in /assignment/fallback"


def _elsewhere(captured: Captured) -> Iterator[_Place]:
    """Other places than the one that was seen."""
    queries = dict.fromkeys((captured.query, ""))
    for query, path in product(queries, (captured.path, f"{captured.path}/", *PATHS)):
        if (path, query) != (captured.path, captured.query):
            added = "" if query == captured.query else _without_query(captured)
            remedies = _other_path(captured, path), added
            yield _Place(path, query, "; ".join(filter(None, remedies)))


def _without_query(captured: Captured) -> str:
    names = [pair.partition("=")[0] for pair in captured.query.split("&")]
    return f"something on the way adds a query ({', '.join(names)}): let it pass the URL on as it is"


def _other_cases(bases: Iterable[str]) -> Iterator[str]:
    """The addresses with hosts as people write them: Twilio signs the letters that the Workflow has."""
    for base in bases:
        scheme, _, rest = base.partition("://")
        host, slash, path = rest.partition("/")
        first, *others = host.split(".")
        named = [first.title(), *(each.title() for each in others[:-1]), *others[-1:]]
        for written in (".".join(named), ".".join([first.title(), *others]), host.title(), host.upper()):
            yield f"{scheme}://{written}{slash}{path}"


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


def _host(place: SplitResult) -> str:
    """The host in its own letters, with the brackets of IPv6."""
    host = place.netloc.rpartition("@")[2]
    return host[: host.index("]") + 1] if "]" in host else host.partition(":")[0]
