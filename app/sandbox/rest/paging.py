"""Lists in pages, with the meta block of Twilio's OpenAPI document.

A page is asked for by the PageToken that another page gave; `Page` alone is client state.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, TypeVar
from urllib.parse import urlencode

from app.sandbox.errors import INVALID_PARAMETER, RequestError
from app.sandbox.rest.representations import Representation
from app.sandbox.values import whole

DEFAULT_SIZE = 50
LARGEST = 1000

_TOKEN = re.compile(r"P([AB])([0-9]{1,9})")


class Listed(Protocol):
    """Anything with a place in the order of creation."""

    serial: int


Row = TypeVar("Row", bound=Listed)


def page_of(
    key: str,
    rows: Sequence[Row],
    represent: Callable[[Row], Representation],
    url: str,
    query: Mapping[str, list[str]],
    *,
    by: str = "",
) -> Representation:
    """Return one page of the rows. Raises RequestError 400.

    They come in the order of creation, or in another one that `by` names.
    """
    size, number = _limited(query, "PageSize", DEFAULT_SIZE, 1, LARGEST), _limited(query, "Page", 0, 0, 10**9)
    token = query.get("PageToken", [""])[0]
    if number and not token:
        raise RequestError(400, INVALID_PARAMETER, "paging by Page is not supported, follow next_page_url")
    page = _cut_at_position(rows, size, token) if by and token else _cut(rows, size, token)
    filters = {name: value for name, value in query.items() if name not in {"Page", "PageSize", "PageToken"}}

    def link(page_number: int, **token: str) -> str:
        return f"{url}?{urlencode({**filters, 'PageSize': size, 'Page': page_number, **token}, doseq=True)}"

    later = page and page[-1] is not rows[-1]
    earlier = page and page[0] is not rows[0]
    return {
        "meta": {
            "first_page_url": link(0),
            "key": key,
            "next_page_url": link(number + 1, PageToken=f"PA{page[-1].serial}") if later else None,
            "page": number,
            "page_size": size,
            "previous_page_url": link(max(number - 1, 0), PageToken=f"PB{page[0].serial}")
            if earlier
            else None,
            "url": link(number, **({"PageToken": token} if token else {})),
        },
        key: [represent(row) for row in page],
    }


def _cut(rows: Sequence[Row], size: int, token: str) -> Sequence[Row]:
    if not token:
        return rows[:size]
    side, serial = _read_token(token)
    if side == "A":
        return [row for row in rows if row.serial > serial][:size]
    return [row for row in rows if row.serial < serial][-size:]


def _cut_at_position(rows: Sequence[Row], size: int, token: str) -> Sequence[Row]:
    side, serial = _read_token(token)
    position = next((number for number, row in enumerate(rows) if row.serial == serial), None)
    if position is None:
        raise RequestError(
            400, INVALID_PARAMETER, "the list has changed meanwhile: begin with its first page"
        )
    if side == "A":
        return rows[position + 1 :][:size]
    return rows[:position][-size:]


def _read_token(token: str) -> tuple[str, int]:
    match = _TOKEN.fullmatch(token)
    if match is None:
        raise RequestError(400, INVALID_PARAMETER, "PageToken is none that was given out")
    return match[1], int(match[2])


def _limited(query: Mapping[str, list[str]], name: str, default: int, lowest: int, highest: int) -> int:
    number = whole(query.get(name, [default])[0])
    if number is None or not lowest <= number <= highest:
        raise RequestError(
            400, INVALID_PARAMETER, f"{name} must be a whole number from {lowest} to {highest}"
        )
    return number
