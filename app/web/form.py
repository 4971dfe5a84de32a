"""The parameters of a form body, as werkzeug's `request.form` has them, in a sixth of its time."""

from urllib.parse import unquote

import werkzeug.urls  # noqa: F401  registers what happens to bytes that are no UTF-8

from app.engine.callback import KNOWN
from app.errors import Unreadable

Params = dict[str, str | list[str]]

MOST = 1_000  # parameters: a callback has some twenty, and each costs time before the signature is known

# What JSON and numbers are full of. None of these is a sign of the form itself, or a part of an escape, so
# they may be read everywhere at once, before the form is taken apart.
COMMON = [(f"%{ord(letter):02X}", letter) for letter in '":,{}[]/ ']
NAMES = {name: name for name in KNOWN}  # those of every callback, once and not with each


def read_params(body: bytes) -> Params:
    """The parameters; a repeated one is a list. Of a body that is not UTF-8 there are none.

    Raises Unreadable where there are too many.
    """
    if body.count(b"&") >= MOST:
        raise Unreadable(f"the form has more than {MOST:,} parameters: a callback has some twenty")
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {}
    text = text.replace("+", " ").replace("%2B", "+")
    for escape, letter in COMMON:
        text = text.replace(escape, letter)
    params: Params = {}
    for pair in text.split("&"):
        if pair:
            name, _, value = pair.partition("=")
            _add(params, NAMES.get(name) or _read(name), _read(value))
    return params


def _read(text: str) -> str:
    return unquote(text, errors="werkzeug.url_quote") if "%" in text else text


def _add(params: Params, name: str, value: str) -> None:
    known = params.get(name)
    if known is None:
        params[name] = value
    elif isinstance(known, list):
        known.append(value)
    else:
        params[name] = [known, value]
