"""The filters of templates: Jinja2's, but for those that would turn null or a list into text."""

from collections.abc import Callable, Mapping
from typing import Any, Literal
from urllib.parse import quote

from jinja2 import Undefined
from jinja2.filters import FILTERS as JINJA_FILTERS
from jinja2.filters import do_round

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

MOST_PLACES = 300  # digits that `round` is asked for; a float has no more
MOST_TEXT = 100_000  # characters that filters make; a body holds two thirds of that


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
    _check_length(len(printed(separator)) * len(items))
    return separator.join(printed(item) for item in items)


def _replace(text: str, old: object, new: object, count: int = -1) -> str:
    old, new = printed(old), printed(new)
    _check_length(text.count(old) * len(new))
    return text.replace(old, new, count)


def _check_length(more: int) -> None:
    """A caller who chose both texts would choose the memory that they take together."""
    if more > MOST_TEXT:
        raise TemplateUnfilled("a text to be filled in becomes too long")


def _round(value: Any, precision: int = 0, method: Literal["common", "ceil", "floor"] = "common") -> float:
    if not -MOST_PLACES <= precision <= MOST_PLACES:  # ten to the power of it is calculated
        raise TemplateUnfilled("round is asked for too many places")
    return do_round(value, precision, method)


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
    "round": _round,
    "string": printed,
    "urlencode": _urlencode,
    # The guards' own: no rule can name them, since they are not among FILTER_GUARDS.
    "given": _given,
    "printed": printed,
}
