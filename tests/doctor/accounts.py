"""Twilio for the tests of `desk doctor`: the sandbox, with the numbers of an account beside it."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType

from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from app.sandbox import TaskRouter, create_app
from tests.builders import ACCOUNT

TOKEN = "0123456789abcdef" * 2
KEY_SID = "SK" + "5" * 32
KEY_SECRET = "the secret of an API key"
PAGES: Mapping[str, str] = MappingProxyType(
    {"IncomingPhoneNumbers": "incoming_phone_numbers", "OutgoingCallerIds": "outgoing_caller_ids"}
)


def taskrouter(**settings: object) -> TaskRouter:
    """The account of these tests, which knows a token and an API key."""
    known = {"account_sid": ACCOUNT, "auth_tokens": (TOKEN,), "api_keys": {KEY_SID: KEY_SECRET}}
    return TaskRouter(**{**known, **settings})  # type: ignore[arg-type]


def environment(base: str, **more: str) -> dict[str, str]:
    """What a deployment with that account sets."""
    known = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "TWILIO_API_BASE": base}
    return {**known, **more}


@contextmanager
def with_numbers(twilio: TaskRouter, own: Sequence[str], verified: Sequence[str] = ()) -> Iterator[str]:
    """The address of the sandbox with numbers and verified caller IDs, as api.twilio.com lists them."""
    app = create_app(twilio)
    for (path, key), numbers in zip(PAGES.items(), (own, verified), strict=True):
        _add_numbers(app, path, key, numbers)
    with served(app) as address:
        yield address


def _add_numbers(app: Flask, path: str, key: str, numbers: Sequence[str]) -> None:
    page = {key: [{"phone_number": number} for number in numbers], "next_page_uri": None, "page": 0}
    address = f"/2010-04-01/Accounts/{ACCOUNT}/{path}.json"
    app.add_url_rule(address, path, lambda: page)


class _Quiet(WSGIRequestHandler):
    def log(self, *_: object) -> None:
        pass


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of an application that stands for Twilio."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
