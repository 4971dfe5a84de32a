"""A request that `desk serve --capture-rejected` kept, tried again with other settings."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson

from app.errors import Unsigned
from app.settings import Secret
from app.web.form import MOST, Params
from app.web.proxies import believing
from app.web.signature import Signatures, key_name

LATIN_1 = "\xff"  # the last character of what a WSGI server takes HTTP's bytes for
TEXTS = ("scheme", "host", "port", "path", "query")


@dataclass(frozen=True, slots=True)
class Captured:
    """The request as it was seen: `host` with its port where it had one, `headers` by name in title case.

    `body` is that of the parameters, made once since thousands of guesses are tried with it. `received_at` is
    None where the line does not tell.
    """

    scheme: str
    host: str
    port: str
    path: str
    query: str
    headers: Mapping[str, str]
    params: Params
    body: bytes
    received_at: datetime | None = None

    def header(self, name: str) -> str:
        """A header, empty where it was not there."""
        return self.headers.get(name.title(), "")

    @property
    def signature(self) -> str:
        return self.header("X-Twilio-Signature")

    @property
    def signature_settings(self) -> str:
        return self.header("X-Twilio-Webhooks-Signature-Settings")

    @property
    def key(self) -> str:
        """The webhook key that signed, empty where an auth token did."""
        return key_name(self.signature_settings)

    def at(self, path: str, query: str) -> "Captured":
        """The same at another place."""
        return replace(self, path=path, query=query)

    def holding(self, params: Params) -> "Captured":
        """The same with other parameters."""
        return replace(self, params=params, body=_body(params))

    def fits(self, secret: Secret, public_url: str | None = None, proxies: int = 0) -> bool:
        """Whether the service would take it with this as token and as key, and with these settings."""
        try:
            Signatures([secret], {self.key: secret}, public_url).check(self._environ(proxies), self.body)
        except Unsigned:
            return False
        return True

    def _environ(self, proxies: int) -> dict[str, Any]:
        environ: dict[str, Any] = {
            "REQUEST_METHOD": "POST",
            "wsgi.url_scheme": self.scheme,
            "SERVER_NAME": self.host,
            "SERVER_PORT": self.port,
            "SCRIPT_NAME": "",
            "PATH_INFO": self.path,
            "QUERY_STRING": self.query,
            **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in self.headers.items()},
            "HTTP_HOST": self.host,
        }
        if proxies:
            believing(lambda *_: [], proxies)(environ, lambda *_: lambda _: None)
        return environ


def read_captured(line: bytes) -> Captured:
    """The request of a line. Raises ValueError, which says what is wrong and repeats nothing of it."""
    try:
        document = orjson.loads(line)
    except orjson.JSONDecodeError:
        raise ValueError("it is not JSON") from None
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")  # noqa: TRY004  bad input, not a wrong type of ours
    texts: dict[str, Any] = {name: document.get(name) for name in TEXTS}
    wrong = [name for name, value in texts.items() if not isinstance(value, str)]
    wrong += [name for name in ("headers", "params") if not isinstance(document.get(name), dict)]
    if wrong:
        raise ValueError(f"it has no `{wrong[0]}` as desk serve --capture-rejected writes it")
    headers = _headers(document["headers"])
    if any(max(text, default="") > LATIN_1 for text in (*texts.values(), *headers, *headers.values())):
        raise ValueError("it holds characters that no HTTP request has outside its parameters")
    params = _params(document["params"])
    if sum(1 if isinstance(value, str) else len(value) for value in params.values()) > MOST:
        raise ValueError(f"it holds more than {MOST} parameters, which desk serve does not keep")
    came = _time(document.get("received_at"))
    return Captured(**texts, headers=headers, params=params, body=_body(params), received_at=came)


def _headers(given: Mapping[str, object]) -> dict[str, str]:
    return {name.title(): str(value) for name, value in given.items()}


def _body(params: Params) -> bytes:
    return urlencode(params, doseq=True).encode()


def _time(given: object) -> datetime | None:
    try:
        return datetime.fromisoformat(str(given))
    except ValueError:
        return None


def _params(given: Mapping[str, object]) -> Params:
    return {
        name: [str(each) for each in value] if isinstance(value, list) else str(value)
        for name, value in given.items()
    }
