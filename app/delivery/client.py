"""The twilio library's client, as every request of ours goes out: where to, as whom, and for how long."""

import re
import ssl
import threading
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from requests.adapters import HTTPAdapter
from twilio.http.http_client import TwilioHttpClient
from twilio.http.response import Response
from twilio.rest import Client
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import NewConnectionError

from app.settings import RestSettings

CONNECT_TIMEOUT = 2.0  # seconds
READ_TIMEOUT = 5.0


class NoTls(NewConnectionError):
    """TLS could not be begun: nothing was sent. A failure later on is another matter."""


class _Connection(HTTPSConnection):
    def connect(self) -> None:
        try:
            super().connect()
        except ssl.SSLError as error:
            raise NoTls(self, str(error.reason)) from error


class _Pool(HTTPSConnectionPool):
    ConnectionCls = _Connection


class _Adapter(HTTPAdapter):
    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        super().init_poolmanager(*given, **named)
        self.poolmanager.pool_classes_by_scheme = {"http": HTTPConnectionPool, "https": _Pool}


class HttpClient(TwilioHttpClient):
    """The library's client with time limits, without proxies from the environment, and to another host.

    Threads may share one: `headers` are those of the thread that asks.
    """

    def __init__(self, base: str | None, timeouts: tuple[float, float]) -> None:
        super().__init__()
        self.timeout: Any = timeouts
        self._base = urlsplit(base) if base else None
        self._answered = threading.local()
        if self.session is not None:
            self.session.trust_env = False
            self.session.mount("https://", _Adapter())

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers of the answer to this thread's last request, by name in any case; none without one.

        The library's exceptions hold no headers, and `Retry-After` comes with an error.
        """
        found: Mapping[str, str] = getattr(self._answered, "headers", {})
        return found

    # Whatever else the library passes on goes on as it is.
    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:  # type: ignore[override]
        self._answered.headers = {}
        response = super().request(method, self._address(url), *args, **kwargs)
        self._answered.headers = response.headers or {}
        return response

    def _address(self, url: str) -> str:
        base, asked = self._base, urlsplit(url)
        if base is None:
            return url
        # The link to a next page may name that other host already.
        is_there = base.netloc == asked.netloc and asked.path.startswith(base.path)
        path = asked.path if is_there else base.path.rstrip("/") + asked.path
        return urlunsplit((base.scheme, base.netloc, path, asked.query, ""))


def make_client(
    settings: RestSettings, connect_timeout: float = CONNECT_TIMEOUT, read_timeout: float = READ_TIMEOUT
) -> tuple[Client, HttpClient]:
    """The library's client for Twilio, or for the host of TWILIO_API_BASE, and what it sends with.

    Timeouts are in seconds.
    """
    http = HttpClient(settings.api_base, (connect_timeout, read_timeout))
    client = Client(
        settings.api_key,
        settings.api_secret.reveal(),
        settings.account_sid,
        region=settings.region,
        edge=settings.edge,
        # The library would read the environment on its own, where this is empty.
        environment={"TWILIO_REGION": ""},
        http_client=http,
    )
    return client, http


def retry_after(headers: Mapping[str, str], now: datetime) -> int | None:
    """The seconds that `Retry-After` asks to wait, None where it says nothing that can be read (RFC 9110)."""
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(r"[0-9]{1,9}", text):
        return int(text)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    # A date without a zone is meant in UTC.
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0, round((aware - now).total_seconds()))
