"""The nearest known word to one that is not known."""

import re
from collections.abc import Collection
from difflib import get_close_matches


def nearest(word: str, known: Collection[str]) -> str | None:
    """The known word that was probably meant, None where none is near.

    A camelCase word is read as snake_case; a known word that ends it counts as near (`callTo`: `to`).
    """
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", word).lower().replace("-", "_")
    if snake in known:
        return snake
    close = get_close_matches(snake, known, n=1, cutoff=0.7)
    if close:
        return close[0]
    by_case = {name.lower(): name for name in known}
    close = get_close_matches(word.lower(), by_case, n=1, cutoff=0.7)
    if close:
        return by_case[close[0]]
    _, _, tail = snake.partition("_")
    return tail if tail in known else None


def did_you_mean(word: str, known: Collection[str]) -> str:
    """A hint: the nearest known word, or all that are known."""
    near = nearest(word, known)
    return f"did you mean {near!r}?" if near else f"known are {', '.join(sorted(known))}"
