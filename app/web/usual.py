"""A callback's request as it usually comes, read at once.

A POST of HTTP/1.1 whose target, headers and body leave nothing to interpret. Of whatever else comes this
says nothing, and gunicorn's parser is asked: it makes the same of what this reads, but takes far longer.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from io import BytesIO
from typing import Any

MOST_HEAD = 4094  # bytes: no line of it can be too long for gunicorn
MOST_FIELDS = 50

# No percent sign, no second slash, no fragment; no folded line, no tab, no empty value, no underscore.
HEAD = re.compile(
    rb"POST ((?:/[A-Za-z0-9.~-]++)++)(?:\?([!\"$-~]*+))? HTTP/1\.1\r\n"
    rb"((?:[A-Za-z0-9-]++:[ ]*+(?:[!-~]++[ ]*+)++\r\n)++)\r\n"
)
# Where one of these is, it matters what it says.
ODD = frozenset({"HTTP_TRANSFER_ENCODING", "HTTP_EXPECT", "HTTP_UPGRADE", "HTTP_HTTP2_SETTINGS"})
LASTING = frozenset({"close", "keep-alive"})  # what CONNECTION may say
LENGTH = re.compile(r"[0-9]{1,8}")


def read_usual(received: bytes | bytearray, origin: Mapping[str, Any]) -> dict[str, Any] | None:
    """The WSGI environment of a request, if this is one and no more; None where that is not certain.

    `origin` holds what is known of the connection. Some whole requests get None, too.
    """
    head = HEAD.match(received, 0, MOST_HEAD)
    if head is None:
        return None
    path, query, fields = head.groups(b"")
    lines = fields.decode("ascii").split("\r\n")
    if len(lines) - 1 > MOST_FIELDS:  # the last one is empty
        return None
    environ = dict(origin)
    for line in lines[:-1]:
        name, _, value = line.partition(":")
        key = _key(name)
        if key in environ:
            return None
        environ[key] = value.strip(" ")
    length, start = environ.get("CONTENT_LENGTH", ""), head.end()
    if not LENGTH.fullmatch(length) or int(length) != len(received) - start:
        return None
    if not ODD.isdisjoint(environ) or environ.get("HTTP_CONNECTION", "close").lower() not in LASTING:
        return None
    environ["REQUEST_METHOD"] = "POST"
    environ["PATH_INFO"] = path.decode("ascii")
    environ["QUERY_STRING"] = query.decode("ascii")
    environ["RAW_URI"] = environ["PATH_INFO"] + (f"?{environ['QUERY_STRING']}" if head[2] is not None else "")
    environ["wsgi.input"] = BytesIO(received[start:])
    return environ


def lasts(environ: Mapping[str, Any]) -> bool:
    """Whether the client of such a request wants to keep its connection."""
    return str(environ.get("HTTP_CONNECTION", "")).lower() != "close"


@lru_cache(maxsize=1024)
def _key(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"
