"""The assignment callback: its parameters, its signature, and one POST within TaskRouter's time limit.

Sources: "Handling Assignment Callbacks" and "Webhooks security" of Twilio's documentation.
"""

import base64
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from urllib.parse import urldefrag, urlencode

import requests

from app.sandbox.resources import Answer
from app.sandbox.wire import is_json

LIMIT = 5.0
"""Seconds until TaskRouter ignores an answer and turns to the fallback URL."""

_MOST_BYTES = 64 * 1024
_AGENT = "TwilioProxy/1.1"


@dataclass(frozen=True, slots=True)
class WebhookKey:
    """A shared key for HMAC_SHA256 signatures: the name for the header, and the secret that signs."""

    name: str
    secret: str


def sign(secret: str, url: str, parameters: Mapping[str, str], digest: str = "sha1") -> str:
    """Return the base64 HMAC of the URL without fragment and each name and value, in the order of names."""
    text = urldefrag(url).url + "".join(name + parameters[name] for name in sorted(parameters))
    return base64.b64encode(hmac.digest(secret.encode(), text.encode(), digest)).decode()


def signature_headers(key: str | WebhookKey, url: str, parameters: Mapping[str, str]) -> dict[str, str]:
    """Return the headers of a signature: by an auth token (HMAC_SHA1) or by a named key (HMAC_SHA256)."""
    if isinstance(key, str):
        return {"X-Twilio-Signature": sign(key, url, parameters)}
    return {
        "X-Twilio-Signature": sign(key.secret, url, parameters, "sha256"),
        "X-Twilio-Webhooks-Signature-Settings": f"key={key.name},algorithm=HMAC_SHA256",
    }


def send(url: str, parameters: Mapping[str, str], key: str | WebhookKey, limit: float = LIMIT) -> Answer:
    """POST the signed callback and wait at most `limit` seconds for the whole answer.

    Never raises for an address that is wrong or silent: the answer says so.
    """
    started = perf_counter()
    try:
        status, content_type, body = _post(url, parameters, key, limit)
    except (requests.RequestException, ValueError) as error:
        # An answer that stops halfway is a lost connection to the library, whatever the time.
        late = isinstance(error, requests.Timeout) or perf_counter() - started >= limit
        failure = f"no answer within {limit:g} s" if late else f"no connection: {type(error).__name__}"
        return Answer(url, None, "", b"", _since(started), failure)
    return Answer(url, status, content_type, body, _since(started))


def is_usable(answer: Answer) -> bool:
    """Tell whether TaskRouter reads this answer, instead of asking the fallback URL."""
    return answer.status == 200 and is_json(answer.content_type)


def _post(
    url: str, parameters: Mapping[str, str], key: str | WebhookKey, limit: float
) -> tuple[int, str, bytes]:
    headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8", "User-Agent": _AGENT}
    headers |= signature_headers(key, url, parameters)
    deadline = perf_counter() + limit
    with requests.Session() as session:
        # The endpoint is the user's own machine: a proxy of the environment must not come between.
        session.trust_env = False
        with session.post(
            url,
            data=urlencode(parameters).encode(),
            headers=headers,
            timeout=limit,
            stream=True,
            allow_redirects=False,
        ) as response:
            return response.status_code, response.headers.get("Content-Type", ""), _read(response, deadline)


def _read(response: requests.Response, deadline: float) -> bytes:
    body = b""
    # Piece by piece: the limit of the library is one between two pieces, ours is one for the whole answer.
    for piece in response.iter_content(chunk_size=None):
        body += piece
        if perf_counter() > deadline:
            raise requests.Timeout
        if len(body) > _MOST_BYTES:
            break
    return body[:_MOST_BYTES]


def _since(started: float) -> float:
    return (perf_counter() - started) * 1000
