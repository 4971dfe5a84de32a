"""Values with {{ … }}: Jinja2's expressions, without its statements, calls, tests and arithmetic.

What is allowed is checked when rules are loaded, on Jinja's own syntax tree. A missing value is null, and
null cannot be filled in: neither printed, nor joined, nor handed to any filter but `default`.
"""

import marshal
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from inspect import signature
from math import isfinite
from types import CodeType
from typing import Any

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.environment import TemplateExpression
from jinja2.visitor import NodeTransformer

from app.engine.filters import FILTER_GUARDS, FILTERS, is_null
from app.engine.scope import Scope, lookup
from app.errors import TemplateError, TemplateUnfilled

ROOTS = ("task", "worker", "callback", "reservation", "vars")
HARMLESS = frozenset({"urlencode", "length", "int", "float", "round"})  # filters whose text is safe in a URL
MARKS = ("{{", "{%", "{#")
STATEMENTS = frozenset({"block_begin", "comment_begin", "raw_begin"})  # Jinja's names for such tokens

ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Const,
    nodes.Name,
    nodes.Getattr,
    nodes.Getitem,
    nodes.Filter,
    nodes.Keyword,
    nodes.Concat,
    nodes.Or,
    nodes.And,
    nodes.Not,
    nodes.Compare,
    nodes.Operand,
    nodes.CondExpr,
)

REFUSED: Mapping[type[nodes.Node], str] = {
    nodes.Call: "a call",
    nodes.Test: "a test with `is`: compare with == none, or use the filter default",
    nodes.Neg: "arithmetic",
    nodes.Pos: "arithmetic",
    nodes.BinExpr: "arithmetic: join texts with ~",
    nodes.List: "a list",
    nodes.Tuple: "a list",
    nodes.Dict: "an object",
    nodes.Slice: "a slice",
}


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
    reads: frozenset[str]
    unescaped: frozenset[str]
    variables: frozenset[tuple[str, ...]]
    only: tuple[str, ...]
    code: CodeType = field(repr=False, compare=False)
    _evaluate: Callable[[Scope], object] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_evaluate", _evaluating(self.code))

    def __reduce__(self) -> tuple[Any, ...]:
        """What goes to another process: compiled, since reading a template anew costs fifty times more."""
        given = (self.text, self.reads, self.unescaped, self.variables, self.only)
        return _restored, (*given, marshal.dumps(self.code))

    def fill(self, scope: Scope) -> object:
        """The value: typed when the text is one `{{ … }}`, else text. Raises TemplateUnfilled."""
        try:
            value = self._evaluate(scope)
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
        return _read(text)
    except ValueError:
        raise TemplateError("a number has too many digits") from None  # Python reads 4,300 at most
    except (RecursionError, MemoryError, SyntaxError):
        # Python's own compiler has limits too, and Jinja hands it what it generates.
        raise TemplateError("the template nests too deep: make it simpler") from None


def _read(text: str) -> Template:
    try:
        tokens = [kind for _, kind, _ in _ENVIRONMENT.lex(text)]
        tree = _ENVIRONMENT.parse(text)
    except TemplateSyntaxError as error:
        raise TemplateError(
            f"the template cannot be read: {(error.message or 'syntax').rstrip('.')}"
        ) from None
    if STATEMENTS.intersection(tokens):
        raise TemplateError("only {{ … }} is read: no {% … %} and no {# … #}")
    parts = [part for output in tree.find_all(nodes.Output) for part in output.nodes]
    expressions = [part for part in parts if not isinstance(part, nodes.TemplateData)]
    references = [reference for expression in expressions for reference in _references(expression)]
    whole = expressions[0] if len(parts) == 1 and expressions else _joined(parts)
    return Template(
        text=text,
        reads=frozenset(reference[0] for reference in references),
        unescaped=frozenset(root for expression in expressions for root in _unescaped(expression)),
        variables=frozenset(reference[1:] for reference in references if reference[0] == "vars"),
        only=references[0] if len(parts) == 1 and isinstance(whole, nodes.Getattr | nodes.Getitem) else (),
        code=_code(whole),
    )


def _joined(parts: list[Any]) -> nodes.Expr:
    return nodes.Concat(
        [nodes.Const(part.data) if isinstance(part, nodes.TemplateData) else part for part in parts], lineno=1
    )


def _references(node: nodes.Node) -> Iterator[tuple[str, ...]]:
    """The references below a node, each as its keys. Raises TemplateError for whatever is forbidden."""
    if not isinstance(node, ALLOWED):
        name = next((name for refused, name in REFUSED.items() if isinstance(node, refused)), "this")
        raise TemplateError(f"a template cannot hold {name}")
    if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
        yield _reference(node)
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, float) and not isfinite(node.value):
        raise TemplateError("a number is too large")
    if isinstance(node, nodes.Filter):
        _check_filter(node)
    for child in node.iter_child_nodes():
        yield from _references(child)


def _check_filter(node: nodes.Filter) -> None:
    if node.name not in FILTER_GUARDS:
        raise TemplateError(f"there is no filter {node.name!r}: use {', '.join(FILTER_GUARDS)}")
    if node.dyn_args or node.dyn_kwargs:
        raise TemplateError("a template cannot hold * or ** before what a filter is given")
    function = _ENVIRONMENT.filters[node.name]
    # Jinja hands some of its filters their environment first.
    first = ["environment"] if hasattr(function, "jinja_pass_arg") else []
    try:
        signature(function).bind(
            *first, "value", *node.args, **{str(given.key): given for given in node.kwargs}
        )
    except TypeError as error:
        raise TemplateError(f"the filter {node.name}: {error}") from None


def _reference(node: nodes.Node) -> tuple[str, ...]:
    keys: list[str] = []
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        keys.append(_key(node))
        node = node.node
    if not isinstance(node, nodes.Name):
        raise TemplateError("a template can look into task, worker, callback, reservation and vars alone")
    reference = (node.name, *reversed(keys))
    for name in reference:
        if name.startswith("_"):
            raise TemplateError(f"a name cannot begin with an underscore: {name}")
    if node.name not in ROOTS:
        raise TemplateError(f"unknown name {node.name!r}: a reference begins with {', '.join(ROOTS)}")
    if len(reference) == 1:
        raise TemplateError(f"{node.name} alone is no value: write {node.name}.NAME")
    if node.name == "reservation" and reference != ("reservation", "sid"):
        raise TemplateError("of the reservation only reservation.sid is known")
    return reference


def _key(node: nodes.Getattr | nodes.Getitem) -> str:
    if isinstance(node, nodes.Getattr):
        return node.attr
    if isinstance(node.arg, nodes.Const) and type(node.arg.value) in {int, str}:
        return str(node.arg.value)
    raise TemplateError("an index is a constant: [0] or ['key']")


def _unescaped(node: nodes.Node | None) -> Iterator[str]:
    """The roots of references whose text is a part of what the node gives."""
    match node:
        case nodes.Name() | nodes.Getattr() | nodes.Getitem():
            yield _reference(node)[0]
        case nodes.Filter() if node.name in HARMLESS:
            return
        case nodes.CondExpr():
            yield from (*_unescaped(node.expr1), *_unescaped(node.expr2))
        case nodes.Compare() | nodes.Not() | None:
            return
        case _:
            for child in node.iter_child_nodes():
                yield from _unescaped(child)


def _code(expression: nodes.Expr) -> CodeType:
    guarded = _Guard().visit(expression)
    body: list[nodes.Node] = [nodes.Assign(nodes.Name("result", "store"), guarded, lineno=1)]
    tree = nodes.Template(body, lineno=1)
    tree.set_environment(_ENVIRONMENT)
    return _ENVIRONMENT.compile(tree)


def _evaluating(code: CodeType) -> Callable[[Scope], object]:
    template = _ENVIRONMENT.template_class.from_code(_ENVIRONMENT, code, _ENVIRONMENT.make_globals(None))
    evaluate = TemplateExpression(template, undefined_to_none=True)
    return lambda scope: evaluate(
        task=scope.task,
        worker=scope.worker,
        callback=scope.callback,
        vars=scope.variables,
        reservation={"sid": scope.callback.get("ReservationSid")},
    )


def _restored(*given: Any) -> Template:
    text, reads, unescaped, variables, only, code = given
    return Template(text, reads, unescaped, variables, only, marshal.loads(code))  # noqa: S302  ours


class _Guard(NodeTransformer):
    """Puts a check for null before every filter but `default`, and before all that is joined."""

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:  # noqa: N802  the name that Jinja calls
        self.generic_visit(node)
        guard = FILTER_GUARDS[node.name]
        if guard:
            node.node = _filter(node.node, guard)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.nodes = [
            part
            if isinstance(part, nodes.Const) and isinstance(part.value, str)
            else _filter(part, "printed")
            for part in node.nodes
        ]
        return node


def _filter(node: nodes.Expr | None, name: str) -> nodes.Expr:
    return nodes.Filter(node, name, [], [], None, None, lineno=1)


class _KeysOnly(Environment):
    """Looks up keys and indexes of JSON documents, never attributes of Python objects."""

    def getattr(self, obj: object, attribute: str) -> Any:
        return lookup(obj, (attribute,))

    def getitem(self, obj: object, argument: object) -> Any:
        return lookup(obj, (argument,)) if isinstance(argument, int | str) else None


def _environment() -> Environment:
    environment = _KeysOnly(keep_trailing_newline=True, autoescape=False)
    environment.globals.clear()
    environment.tests.clear()
    environment.filters = dict(FILTERS)
    return environment


_ENVIRONMENT = _environment()
