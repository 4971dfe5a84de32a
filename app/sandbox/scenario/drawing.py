"""What differs from task to task and from worker to worker, and is the same in every run with one seed.

In attributes, a mapping with one of these keys alone is drawn anew for each task:

    {any_of: {de: 3, en: 1}}    de three times as often as en; a list draws each as often
    {any_between: [1, 5]}           a whole number, both ends included
    {any_phone: "+49301234"}        a phone number that begins so
    {any_sid: CA}                   a SID of this kind
"""

import random
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

LONGEST_PHONE = 12
"""Characters of a drawn phone number, the + included."""

T = TypeVar("T")

_KIND = re.compile(r"[A-Z]{2}")


def chance_of(seed: int, *what: object) -> random.Random:
    """Return what draws for one thing, whatever is drawn for others."""
    return random.Random(" ".join(map(str, (seed, *what))))  # noqa: S311 - repeatable on purpose


def draw(value: Any, chance: random.Random) -> Any:
    """Return a value with everything in it drawn."""
    if isinstance(value, Mapping):
        if len(value) == 1 and (key := next(iter(value))) in DRAWN:
            return DRAWN[key](value[key], chance)
        return {key: draw(each, chance) for key, each in value.items()}
    return [draw(each, chance) for each in value] if isinstance(value, list) else value


def pick(things: Sequence[T], shares: Sequence[float], chance: random.Random) -> T:
    """Return one of some things, each as often as its share says."""
    return chance.choices(things, weights=shares)[0]


def numbered(value: Any, number: int) -> Any:
    """Return a worker's attributes, with `{number}` in texts replaced."""
    if isinstance(value, Mapping):
        return {key: numbered(each, number) for key, each in value.items()}
    if isinstance(value, list):
        return [numbered(each, number) for each in value]
    return value.replace("{number}", str(number)) if isinstance(value, str) else value


def mistake_in(value: Any) -> str:
    """Return what is wrong with attributes, or nothing: what is drawn, and what JSON cannot hold."""
    if isinstance(value, str):
        return "" if _is_unicode(value) else "a text that is no Unicode cannot be sent"
    if isinstance(value, list):
        return _first_mistake(value)
    if not isinstance(value, Mapping):
        return ""
    if len(value) == 1 and (key := next(iter(value))) in DRAWN:
        given = value[key]
        if not _FITS[key](given):
            return f"{key} {_WANTED[key]}"
        return _first_mistake(given) if key == "any_of" else ""
    if wrong := [key for key in value if not isinstance(key, str)]:
        return f"the name {wrong[0]!r} must stand in quotes: attributes are named by text"
    return _first_mistake([*value, *value.values()])


def _first_mistake(values: Iterable[Any]) -> str:
    return next(filter(None, map(mistake_in, values)), "")


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _one_of(values: Any, chance: random.Random) -> Any:
    if isinstance(values, list):
        return draw(chance.choice(values), chance)
    return pick(list(values), list(values.values()), chance)


def _phone(begins: str, chance: random.Random) -> str:
    return begins + "".join(str(chance.randrange(10)) for _ in range(LONGEST_PHONE - len(begins)))


DRAWN: Mapping[str, Callable[[Any, random.Random], Any]] = {
    "any_of": _one_of,
    "any_between": lambda limits, chance: chance.randint(*limits),
    "any_phone": _phone,
    "any_sid": lambda kind, chance: f"{kind}{chance.getrandbits(128):032x}",
}

_WANTED: Mapping[str, str] = {
    "any_of": "wants a list of values, or values with shares above 0",
    "any_between": "wants two whole numbers, the lower first: [1, 5]",
    "any_phone": f'wants how a number begins, such as "+49301234", in less than {LONGEST_PHONE} characters',
    "any_sid": "wants two capital letters, such as CA",
}


def _are_shares(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value)
    return (
        isinstance(value, Mapping)
        and bool(value)
        and all(_is_number(share) and share >= 0 for share in value.values())
        and sum(value.values()) > 0
    )


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


_FITS: Mapping[str, Callable[[Any], bool]] = {
    "any_of": _are_shares,
    "any_between": lambda value: (
        isinstance(value, list)
        and len(value) == 2
        and all(isinstance(each, int) and not isinstance(each, bool) for each in value)
        and value[0] <= value[1]
    ),
    "any_phone": lambda value: (
        isinstance(value, str)
        and value.startswith("+")
        and value[1:].isdecimal()
        and value.isascii()
        and len(value) < LONGEST_PHONE
    ),
    "any_sid": lambda value: isinstance(value, str) and bool(_KIND.fullmatch(value)),
}
