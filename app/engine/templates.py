"""Values with {{ … }}: texts and fragments of Jinja2's expressions, without its statements.

What is allowed is checked when rules are loaded. A fragment that stands in many templates is compiled once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from jinja2 import TemplateSyntaxError

from app.engine.filters import is_null, printed
from app.engine.fragments import ENVIRONMENT, Fragment, Keys, read_fragment, unreadable
from app.engine.scope import Scope
from app.errors import TemplateError, TemplateUnfilled

MARKS = ("{{", "{%", "{#")
# A text in which nothing but {{ … }} means anything, and in those neither a text nor Jinja's {{- and -}}.
SIMPLE = re.compile(r"[^{}\r]*(?:\{\{(?![-+])[^{}'\"\r]*(?<![-+])\}\}[^{}\r]*)*")
BRACES = re.compile(r"\{\{|\}\}")
STATEMENTS = frozenset({"block_begin", "comment_begin", "raw_begin"})  # Jinja's names for such tokens

Part: TypeAlias = str | Fragment


def is_template(text: str) -> bool:
    """Whether a text holds anything that Jinja would act on."""
    return any(mark in text for mark in MARKS)


@dataclass(frozen=True, slots=True)
class Template:
    """A value to be filled in for each callback.

    `reads` names the roots it uses, `unescaped` those whose text it holds as it came, without `urlencode`;
    `variables` are the paths below `vars`. `only` is the reference, as keys, when the template is nothing but
    that: `{{ vars.password }}` is `("vars", "password")`.
    """

    text: str
    parts: tuple[Part, ...] = field(repr=False, compare=False)
    reads: frozenset[str] = field(init=False)
    unescaped: frozenset[str] = field(init=False)
    variables: frozenset[Keys] = field(init=False)
    only: Keys = field(init=False)

    def __post_init__(self) -> None:
        fragments = [part for part in self.parts if isinstance(part, Fragment)]
        references = [reference for fragment in fragments for reference in fragment.references]
        known = {
            "reads": frozenset(reference[0] for reference in references),
            "unescaped": frozenset(root for fragment in fragments for root in fragment.unescaped),
            "variables": frozenset(reference[1:] for reference in references if reference[0] == "vars"),
            "only": references[0] if len(self.parts) == 1 and fragments and fragments[0].is_reference else (),
        }
        for name, value in known.items():
            object.__setattr__(self, name, value)

    def fill(self, scope: Scope) -> object:
        """The value: typed when the text is one `{{ … }}`, else text. Raises TemplateUnfilled."""
        parts = self.parts
        try:
            if len(parts) == 1 and isinstance(parts[0], Fragment):
                value = parts[0].evaluate(scope)
            else:
                value = "".join(
                    [part if isinstance(part, str) else printed(part.evaluate(scope)) for part in parts]
                )
        except TemplateUnfilled as error:
            raise TemplateUnfilled(f"{self.text}: {error}") from None
        except Exception as error:
            # Comparing what cannot be compared, a filter on the wrong type: the callback's values decide.
            raise TemplateUnfilled(f"{self.text} fails with {type(error).__name__}") from None
        if is_null(value):
            raise TemplateUnfilled(f"{self.text} is null")
        return value


@lru_cache(maxsize=10_000)
def read_template(text: str) -> Template:
    """The template that a text is. Raises TemplateError for whatever is not allowed in one."""
    try:
        return Template(text, tuple(_parts(text)))
    except ValueError:
        raise TemplateError("a number has too many digits") from None  # Python reads 4,300 at most
    except (RecursionError, MemoryError, SyntaxError):
        # Python's own compiler has limits too, and Jinja hands it what it generates.
        raise TemplateError("the template nests too deep: make it simpler") from None


def _parts(text: str) -> Iterator[Part]:
    if not SIMPLE.fullmatch(text):
        yield from _parts_by_jinja(text)
        return
    for number, part in enumerate(BRACES.split(text)):
        if number % 2:
            yield read_fragment(part)
        elif part:
            yield part


def _parts_by_jinja(text: str) -> Iterator[Part]:
    try:
        tokens = list(ENVIRONMENT.lex(text))
    except TemplateSyntaxError as error:
        raise unreadable(error) from None
    if any(kind in STATEMENTS for _, kind, _ in tokens):
        raise TemplateError("only {{ … }} is read: no {% … %} and no {# … #}")
    inside: list[str] | None = None
    for _, kind, value in tokens:
        if kind == "variable_begin":
            inside = []
        elif kind == "variable_end":
            yield read_fragment("".join(inside or ()))
            inside = None
        elif inside is not None:
            inside.append(value)
        else:
            yield value
    if inside is not None:
        raise TemplateError("the template cannot be read: }} is missing")
