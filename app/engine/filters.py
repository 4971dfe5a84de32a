"""The filters of templates: Jinja2's, but for those that would turn null or a list into text."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

from jinja2 import Undefined
from jinja2.filters import FILTERS as JINJA_FILTERS

from app.errors import TemplateUnfilled

# What each filter is handed: `printed` a text, `given` any value but null, None whatever comes.
FILTER_GUARDS: Mapping[str, str | None] = {
    "default": None,
    "first": "given",
    "float": "given",
    "int": "given",
    "join": "given",
    "last": "given",
    "length": "given",
    "lower": "printed",
    "replace": "printed",
    "round": "given",
    "string": "printed",
    "trim": "printed",
    "truncate": "printed",
    "upper": "printed",
    "urlencode": "printed",
}


def is_null(value: object) -> bool:
    """Whether a value is null or missing."""
    return value is None or isinstance(value, Undefined)


def _given(value: object) -> object:
    if is_null(value):
        raise TemplateUnfilled("a value that a filter needs is null")
    return value


def printed(value: object) -> str:
    """The value as text. Raises TemplateUnfilled for what has none: null, a list or an object."""
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
    raise TemplateUnfilled("a value to be filled in is null, a list or an object")


def _default(value: object, default: object = "", boolean: bool = False) -> object:
    return default if is_null(value) or (boolean and not value) else value


def _join(items: object, separator: str = "") -> str:
    if not isinstance(items, list):
        raise TemplateUnfilled("join needs a list")
    return separator.join(printed(item) for item in items)


def _replace(text: str, old: object, new: object, count: int = -1) -> str:
    return text.replace(printed(old), printed(new), count)


def _integer(value: object, default: object = None) -> object:
    try:
        return int(value) if isinstance(value, int | float) else int(str(value), 10)
    except (ValueError, OverflowError):
        return default


def _float(value: object, default: object = None) -> object:
    try:
        return float(value) if isinstance(value, int | float) else float(str(value))
    except (ValueError, OverflowError):
        return default


def _urlencode(text: str) -> str:
    return text if text.isascii() and text.isalnum() else quote(text, safe="")


FILTERS: Mapping[str, Callable[..., Any]] = {
    **{name: JINJA_FILTERS[name] for name in FILTER_GUARDS},
    "default": _default,
    "float": _float,
    "int": _integer,
    "join": _join,
    "replace": _replace,
    "string": printed,
    "urlencode": _urlencode,
    # The guards' own: no rule can name them, since they are not among FILTER_GUARDS.
    "given": _given,
    "printed": printed,
}
