"""The parameters of a callback without what is personal: a token for each value that is not kept."""

import json
import re
from collections.abc import Mapping

import orjson

from app.engine.callback import ATTRIBUTES, read_attributes
from app.engine.scope import NUMBERS, WORKER_FALLBACKS
from app.engine.timestamp import read_time
from app.replay.given import Params
from app.replay.reads import Keys
from app.replay.tokens import Tokens

WHOLE = re.compile(r"-?[0-9]{1,19}")
DOCUMENTS: Mapping[str, str] = dict(zip(ATTRIBUTES, ("task", "worker"), strict=True))


class Redaction:
    """Replaces all but what stands at `kept` references, and below them.

    Structure, booleans and null stay, and so do the Timestamp, TaskAge and TaskPriority. Keys stay where they
    are names as programs have them; others become tokens as well.
    """

    def __init__(self, tokens: Tokens, kept: frozenset[Keys]) -> None:
        self._tokens = tokens
        self._kept = kept
        self._named = {step for keys in kept for step in keys}
        fallbacks = {name for key, name in WORKER_FALLBACKS.items() if ("worker", key) in kept}
        self._parameters = fallbacks | {str(keys[1]) for keys in kept if keys[0] == "callback"}

    def params(self, params: Params) -> dict[str, str | list[str]]:
        """The parameters. Raises RecursionError for attributes that nest too deep."""
        return {self._key(name): self._parameter(name, value) for name, value in params.items()}

    def _parameter(self, name: str, value: str | list[str]) -> str | list[str]:
        if name in self._parameters:
            return value
        if isinstance(value, list):
            return [self._tokens.text(each) for each in value]
        if name in DOCUMENTS:
            return self._attributes(DOCUMENTS[name], value)
        return value if _is_impersonal(name, value) else self._tokens.text(value)

    def _attributes(self, root: str, text: str) -> str:
        document = read_attributes(text)
        if document is None:
            return text if text.strip() in {"", "null"} else self._tokens.text(text)
        redacted = self._redacted(document, (root,))
        try:
            return orjson.dumps(redacted).decode()
        except TypeError:  # a number beyond 64 bits that is kept
            return json.dumps(redacted)

    def _redacted(self, value: object, place: Keys) -> object:
        if place in self._kept:
            return value
        match value:
            case str():
                return self._tokens.text(value)
            case bool() | None:
                return value
            case int() | float():
                return self._tokens.number(value)
            case list():
                return [self._redacted(item, (*place, number)) for number, item in enumerate(value)]
            case dict():
                return {self._key(key): self._redacted(item, (*place, key)) for key, item in value.items()}
        raise TypeError("this is no value of JSON")

    def _key(self, key: str) -> str:
        return key if key in self._named else self._tokens.key(key)


def _is_impersonal(name: str, value: str) -> bool:
    """How urgent a task is and when it was offered tell of nobody."""
    if name == "Timestamp":
        return read_time(value) is not None
    return name in NUMBERS and WHOLE.fullmatch(value) is not None
