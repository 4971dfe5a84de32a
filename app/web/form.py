"""The parameters of a form body, as werkzeug's `request.form` has them, in a tenth of its time.

Whoever sends one makes us read it, signed or not: no body takes much longer than another of its size.
"""

import re
from binascii import a2b_qp

from app.engine.callback import KNOWN
from app.errors import Unreadable

Params = dict[str, str | list[str]]

MOST = 250  # parameters; a callback has some twenty
NAMES = {name.encode(): name for name in KNOWN}  # those of every callback, once and not with each
NO_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")


def read_params(body: bytes) -> Params:
    """The parameters; a repeated one is a list. Raises Unreadable."""
    if body.count(b"&") >= MOST:
        raise Unreadable(f"the form has more than {MOST} parameters: a callback has some twenty")
    if NO_ESCAPE.search(body):
        raise Unreadable("the form holds a % without two hexadecimal digits: %25 stands for the sign itself")
    params: Params = {}
    try:
        for pair in body.replace(b"+", b" ").split(b"&"):
            if pair:
                name, _, value = pair.partition(b"=")
                _add(params, NAMES.get(name) or _read(name), _read(value))
    except UnicodeDecodeError:
        raise Unreadable("the form is not UTF-8") from None
    return params


def _read(text: bytes) -> str:
    if b"%" in text:
        # Quoted-printable is the same but for its sign, and there is a reader of it that was compiled.
        text = a2b_qp(text.replace(b"=", b"=3D").replace(b"%", b"="))
    return text.decode()


def _add(params: Params, name: str, value: str) -> None:
    known = params.get(name)
    if known is None:
        params[name] = value
    elif isinstance(known, list):
        known.append(value)
    else:
        params[name] = [known, value]
