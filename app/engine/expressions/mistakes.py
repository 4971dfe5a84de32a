"""What to say of an expression that does not parse: each mistake people make has its own sentence."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from app.errors import ExpressionError

OPERATORS = "==, !=, <, <=, >, >=, CONTAINS, HAS, IN, NOT IN or MATCHES"

VALUES = "write a name, a quoted text, a number or a [list]"

VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|-?\w+(?:[.+-]\w+|\[[0-9]+\])*)"""


class Expected(Enum):
    """What could stand where the parser stopped."""

    OPERAND = auto()
    OPERATOR = auto()  # behind the left operand
    FIRST_ITEM = auto()  # of a list
    ITEM = auto()
    COMMA = auto()  # behind an item
    CONJUNCTION = auto()  # behind a whole comparison


@dataclass(frozen=True, slots=True)
class Place:
    """Where the parser stopped, and what could stand there; `inside` tells of an open parenthesis."""

    text: str
    at: int
    expected: Expected
    inside: bool = False

    @property
    def before(self) -> str:
        return self.text[: self.at]

    @property
    def rest(self) -> str:
        return self.text[self.at :]

    @property
    def word(self) -> str:
        match = re.match(rf"{VALUE}|[=!<>]+|.", self.rest, re.DOTALL)
        return match[0] if match else ""


Explanation = tuple[str, str]


def explain(place: Place) -> ExpressionError:
    """What to say where the parser stopped."""
    for mistake in MISTAKES:
        found = mistake(place)
        if found is not None:
            message, hint = found
            return ExpressionError(message, place.at, hint)
    return ExpressionError(f"{place.word!r} stands where a value is wanted", place.at, VALUES)


def empty(place: Place) -> Explanation | None:
    if place.text.strip():
        return None
    return (
        "the expression is empty",
        "write a comparison, or leave `when` out so that the rule always matches",
    )


def unclosed_quote(place: Place) -> Explanation | None:
    if place.rest[:1] not in {'"', "'"} or not place.rest:
        return None
    if re.match(VALUE, place.rest):
        return None
    return f"the quote {place.rest[0]} is never closed", "close it with the same quote"


def typographic_quote(place: Place) -> Explanation | None:
    if place.rest[:1] not in set("“”„‘’‚«»`"):
        return None
    return f"{place.rest[0]} is no quote of this language", "write \" or '"


def split_operator(place: Place) -> Explanation | None:
    match = re.match(r"([!<>=])\s+=", place.rest)
    if match:
        return f"{match[0]!r} is split by white space", f"write {match[1]}= in one piece"
    if place.rest[:1] == "=" and re.search(r"[!<>=]\s+$", place.before):
        operator = place.before.rstrip()[-1]
        return f"{operator!r} and '=' are split by white space", f"write {operator}= in one piece"
    return None


def foreign_operator(place: Place) -> Explanation | None:
    for foreign, ours in (("&&", "AND"), ("||", "OR"), ("===", "=="), ("<>", "!="), ("=~", "MATCHES")):
        if place.rest.startswith(foreign) or (place.before + place.rest[:1]).endswith(foreign):
            return f"{foreign} is no operator of this language", f"write {ours}"
    return None


def exclamation_mark(place: Place) -> Explanation | None:
    if place.rest[:1] != "!":
        return None
    return "! negates nothing here", "write NOT (…), or compare with != or == false"


def zoned_clock(place: Place) -> Explanation | None:
    if not re.search(r"\btaskrouter\.in\s*$", place.before, re.IGNORECASE) or place.rest[:1] != "(":
        return None
    return "a time zone stands in quotes, and a name of the clock follows", (
        'write taskrouter.in("America/New_York").currentTime'
    )


def star(place: Place) -> Explanation | None:
    if place.rest[:1] != "*":
        return None
    return "a stray *", "there are no wildcards: leave `when` out to match always, or use CONTAINS for a part"


def hyphen(place: Place) -> Explanation | None:
    if not (place.rest[:1] == "-" and re.search(r"\w$", place.before)):
        return None
    name = re.findall(r"[\w.]+$", place.before)[0] + re.findall(r"^[\w.-]+", place.rest)[0]
    return f"a name cannot hold a hyphen: {name}", "rename the attribute, for instance with an underscore"


def comma_list(place: Place) -> Explanation | None:
    match = re.search(rf"(==?|!=)\s*{VALUE}\s*$", place.before)
    if place.rest[:1] != "," or not match:
        return None
    operator = "NOT IN" if match[1] == "!=" else "IN"
    return f"several values after {match[1]}", f"write {operator} [..., ...]"


def list_without_brackets(place: Place) -> Explanation | None:
    match = re.search(r"(?<![\w.])((?:NOT\s+)?IN)\s*$", place.before, re.IGNORECASE)
    if place.rest[:1] != "(" or not match:
        return None
    return "a list stands in square brackets", f"write {match[1].upper()} [...]"


def reference_in_list(place: Place) -> Explanation | None:
    name = re.match(r"\w+(?:\.\w+|\[\d+\])*", place.rest)
    if not name or place.expected not in {Expected.FIRST_ITEM, Expected.ITEM}:
        return None
    return f"a list holds constants, and {name[0]} is a name", f'write "{name[0]}" if it is text'


def missing_comma(place: Place) -> Explanation | None:
    if place.expected is not Expected.COMMA or not place.rest.strip():
        return None
    return f"{place.word!r} follows a value of the list", "write , between values and ] behind the last"


def unclosed_list(place: Place) -> Explanation | None:
    if place.rest.strip() or place.expected not in {Expected.FIRST_ITEM, Expected.COMMA}:
        return None
    return "the list is never closed", "close it with ]"


def unclosed_parenthesis(place: Place) -> Explanation | None:
    if place.rest.strip() or place.expected is not Expected.CONJUNCTION or not place.inside:
        return None
    return "a parenthesis is never closed", "close it with )"


def surplus_parenthesis(place: Place) -> Explanation | None:
    if place.rest[:1] != ")" or place.expected is not Expected.CONJUNCTION:
        return None
    return "this ) closes nothing", "remove it, or open a ( before"


def no_comparison(place: Place) -> Explanation | None:
    if place.expected is not Expected.OPERATOR:
        return None
    operand = re.search(rf"({VALUE})\s*$", place.before)
    shown = operand[1] if operand else "a list"
    if shown.lower() in {"and", "or"}:
        return f"{shown} stands where a value is wanted", f"{VALUES} before {shown}"
    if shown.lower() == "not":
        message = f"NOT stands before {place.word!r}" if place.word else "NOT stands alone"
        return message, "write NOT (…), or turn the comparison round"
    if shown.lower() in {"true", "false"}:
        return f"{shown} alone is no comparison", "leave `when` out to match always, or set `enabled: false`"
    if re.match(r"(and\b|or\b|\)|$)", place.rest.strip(), re.IGNORECASE):
        hint = f"write {shown} == true" if operand else "write name IN [...]"
        return f"{shown} alone is no comparison", hint
    return f"{place.word!r} is no operator", f"write {OPERATORS} after {shown}"


def pasted_text(place: Place) -> Explanation | None:
    if place.expected is not Expected.CONJUNCTION or not place.rest.strip():
        return None
    return f"{place.word!r} follows a complete comparison", "join comparisons with AND or OR"


def ends_early(place: Place) -> Explanation | None:
    if place.rest.strip():
        return None
    return "the expression ends where a value is wanted", VALUES


# Tried in this order: the particular ones first.
MISTAKES: tuple[Callable[[Place], Explanation | None], ...] = (
    empty,
    unclosed_quote,
    typographic_quote,
    foreign_operator,
    split_operator,
    exclamation_mark,
    zoned_clock,
    star,
    hyphen,
    comma_list,
    list_without_brackets,
    reference_in_list,
    missing_comma,
    unclosed_list,
    unclosed_parenthesis,
    surplus_parenthesis,
    no_comparison,
    pasted_text,
    ends_early,
)
