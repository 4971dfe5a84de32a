"""Resources as JSON: field names as in Twilio's OpenAPI document, URLs those of the sandbox."""

from datetime import datetime
from typing import Any

import orjson
from flask import Response

Representation = dict[str, Any]


def as_json(body: Representation, status: int = 200, version: int | None = None) -> Response:
    """Return a JSON response, with the version as its ETag when there is one."""
    response = Response(orjson.dumps(body), status, mimetype="application/json")
    if version is not None:
        response.set_etag(str(version))
    return response


def timestamp(moment: datetime) -> str:
    """Return a time as Twilio writes it, in whole seconds."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def json_text(value: object) -> str:
    """Return JSON inside a string, as Twilio has attributes."""
    return orjson.dumps(value).decode()
