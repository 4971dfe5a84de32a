"""Parameters as they may have been before something on the way changed the body."""

import re
from collections.abc import Iterator

from app.web.captured import Captured
from app.web.form import Params

MOST = 60  # parameters; a callback has some twenty, and each may be the one that was added
PLUS = re.compile(r'(^|[":, ]) (?=[0-9]{6})')  # a number's + that was decoded twice
LONE_FEED = re.compile(r"(?<!\r)\n")
BOTH = re.compile(r"\r\n")


def bodies(captured: Captured) -> Iterator[tuple[Captured, str]]:
    """The request with other parameters, and what happened to the body then."""
    params = captured.params
    yield captured.holding({}), "the body was no form when Twilio sent it"
    kept = {name: value for name, value in params.items() if value}
    if kept != params:
        yield captured.holding(kept), "empty parameters were added to the body"
    for name in params if len(params) <= MOST else ():
        rest = {each: value for each, value in params.items() if each != name}
        yield captured.holding(rest), f"the parameter {name} was added to the body"
    yield (
        captured.holding(_each(params, PLUS, r"\1+")),
        "the body was decoded twice, so that + became a space",
    )
    for ends, instead in ((LONE_FEED, "\r\n"), (BOTH, "\n")):
        yield captured.holding(_each(params, ends, instead)), "the ends of lines were changed"


def _each(params: Params, pattern: re.Pattern[str], instead: str) -> Params:
    return {
        name: pattern.sub(instead, value)
        if isinstance(value, str)
        else [pattern.sub(instead, each) for each in value]
        for name, value in params.items()
    }
