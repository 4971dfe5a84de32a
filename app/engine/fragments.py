"""What stands between `{{` and `}}`: a Jinja2 expression, without calls, tests and arithmetic.

What is allowed is checked on Jinja's own syntax tree. A missing value is null, and null cannot be filled in:
neither printed, nor joined, nor handed to any filter but `default`. One reference and filters without
arguments, as most fragments are, is looked up as expressions do it, and needs no Jinja.
"""

import marshal
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from inspect import signature
from math import isfinite
from types import CodeType
from typing import Any, ClassVar, TypeAlias, cast

from jinja2 import Environment, TemplateSyntaxError, nodes
from jinja2.visitor import NodeTransformer

from app.engine.expressions import Reference, compile_reference
from app.engine.filters import FILTER_GUARDS, FILTERS
from app.engine.scope import Scope, lookup
from app.errors import TemplateError

ROOTS = ("task", "worker", "callback", "reservation", "vars")
RESERVATION_SID = Reference("callback", ("ReservationSid",))
HARMLESS = frozenset({"urlencode", "length", "int", "float", "round"})  # filters whose text is safe in a URL

# Filters that need neither an argument nor Jinja's environment.
ALONE = (
    "default",
    "float",
    "int",
    "join",
    "length",
    "lower",
    "round",
    "string",
    "trim",
    "upper",
    "urlencode",
)

# A reference and filters as nearly everybody writes them; what has another form is read by Jinja.
PLAIN = re.compile(
    rf"\s*({'|'.join(ROOTS)})((?:\.[A-Za-z]\w*|\[(?:0|[1-9][0-9]{{0,8}})\])+)"
    rf"\s*((?:\|\s*(?:{'|'.join(ALONE)})\b\s*)*)",
    re.ASCII,
)
STEP = re.compile(r"\w+")

Keys: TypeAlias = tuple[str | int, ...]

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


@dataclass(frozen=True, slots=True)
class Fragment:
    """One `{{ … }}`.

    `references` are those that it reads, each as its keys; `unescaped` the roots of those whose text it holds
    as it came, without `urlencode`. `code` is what Jinja made of it; None where it is one reference, put
    through `filters`.
    """

    references: tuple[Keys, ...]
    unescaped: frozenset[str]
    code: CodeType | None = field(repr=False, compare=False)
    filters: tuple[str, ...] = ()
    evaluate: Callable[[Scope], object] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        evaluate = _evaluating(self.code) if self.code else _filtering(self.references[0], self.filters)
        object.__setattr__(self, "evaluate", evaluate)

    @property
    def is_reference(self) -> bool:
        """Whether it is one reference and nothing more."""
        return self.code is None and not self.filters

    def __reduce__(self) -> tuple[Any, ...]:
        """What goes to another process: compiled, since compiling costs fifty times more than all else."""
        code = marshal.dumps(self.code) if self.code else None
        return _restored, (self.references, self.unescaped, code, self.filters)


@lru_cache(maxsize=10_000)
def read_fragment(text: str) -> Fragment:
    """The fragment that a text between `{{` and `}}` is. Raises TemplateError for whatever is not allowed."""
    if plain := PLAIN.fullmatch(text):
        steps = (int(step) if step.isdigit() else step for step in STEP.findall(plain[2]))
        return _plain((plain[1], *steps), tuple(STEP.findall(plain[3])))
    try:
        tree = ENVIRONMENT.parse("{{" + text + "}}")
    except TemplateSyntaxError as error:
        raise unreadable(error) from None
    [expression] = [part for output in tree.find_all(nodes.Output) for part in output.nodes]
    if isinstance(expression, nodes.Getattr | nodes.Getitem):
        return _plain(_keys(expression))
    references = tuple(_references(expression))
    return Fragment(references, frozenset(_unescaped(expression)), _code(expression))


def _plain(keys: Keys, filters: tuple[str, ...] = ()) -> Fragment:
    unescaped = () if HARMLESS.intersection(filters) else (str(keys[0]),)
    return Fragment((_allowed(keys),), frozenset(unescaped), None, filters)


def _filtering(keys: Keys, filters: tuple[str, ...]) -> Callable[[Scope], object]:
    look_up = _looking_up(keys)
    if not filters:
        return look_up
    steps = [FILTERS[step] for name in filters for step in (FILTER_GUARDS[name], name) if step]

    def evaluate(scope: Scope) -> object:
        value = look_up(scope)
        for step in steps:
            value = step(value)
        return value

    return evaluate


def _looking_up(keys: Keys) -> Callable[[Scope], object]:
    root, *path = keys
    return compile_reference(RESERVATION_SID if root == "reservation" else Reference(str(root), tuple(path)))


def unreadable(error: TemplateSyntaxError) -> TemplateError:
    """Jinja's error as ours."""
    return TemplateError(f"the template cannot be read: {(error.message or 'syntax').rstrip('.')}")


def _references(node: nodes.Node) -> Iterator[Keys]:
    """The references below a node, each as its keys. Raises TemplateError for whatever is forbidden."""
    if not isinstance(node, ALLOWED):
        name = next((name for refused, name in REFUSED.items() if isinstance(node, refused)), "this")
        raise TemplateError(f"a template cannot hold {name}")
    if isinstance(node, nodes.Name | nodes.Getattr | nodes.Getitem):
        yield _allowed(_keys(node))
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
    function = ENVIRONMENT.filters[node.name]
    # Jinja hands some of its filters their environment first.
    first = ["environment"] if hasattr(function, "jinja_pass_arg") else []
    try:
        signature(function).bind(
            *first, "value", *node.args, **{str(given.key): given for given in node.kwargs}
        )
    except TypeError as error:
        raise TemplateError(f"the filter {node.name}: {error}") from None


def _keys(node: nodes.Node) -> Keys:
    keys: list[str | int] = []
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        keys.append(_key(node))
        node = node.node
    if not isinstance(node, nodes.Name):
        raise TemplateError("a template can look into task, worker, callback, reservation and vars alone")
    return (node.name, *reversed(keys))


def _allowed(keys: Keys) -> Keys:
    """The keys, where they are those of a reference. Raises TemplateError."""
    root = keys[0]
    for name in keys:
        if isinstance(name, str) and name.startswith("_"):
            raise TemplateError(f"a name cannot begin with an underscore: {name}")
    if root not in ROOTS:
        raise TemplateError(f"unknown name {root!r}: a reference begins with {', '.join(ROOTS)}")
    if len(keys) == 1:
        raise TemplateError(f"{root} alone is no value: write {root}.NAME")
    if root == "reservation" and keys != ("reservation", "sid"):
        raise TemplateError("of the reservation only reservation.sid is known")
    return keys


def _key(node: nodes.Getattr | nodes.Getitem) -> str | int:
    if isinstance(node, nodes.Getattr):
        return node.attr
    if isinstance(node.arg, nodes.Const) and type(node.arg.value) in {int, str}:
        return cast("str | int", node.arg.value)
    raise TemplateError("an index is a constant: [0] or ['key']")


def _unescaped(node: nodes.Node | None) -> Iterator[str]:
    """The roots of references whose text is a part of what the node gives."""
    match node:
        case nodes.Name() | nodes.Getattr() | nodes.Getitem():
            yield str(_keys(node)[0])
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
    tree.set_environment(ENVIRONMENT)
    return ENVIRONMENT.compile(tree)


def _evaluating(code: CodeType) -> Callable[[Scope], object]:
    template = ENVIRONMENT.template_class.from_code(ENVIRONMENT, code, {})
    run = template.root_render_func
    # Its namespace holds the function itself: a circle, which objects that were frozen are never freed from.
    for name in ("root", "__jinja_template__"):
        run.__globals__.pop(name, None)

    def evaluate(scope: Scope) -> object:
        context = _Context(scope)
        # It asks its context for no more than this one has, and yields nothing.
        next(run(context), None)  # type: ignore[arg-type]
        return context.vars["result"]

    return evaluate


def _restored(
    references: tuple[Keys, ...], unescaped: frozenset[str], code: bytes | None, filters: tuple[str, ...]
) -> Fragment:
    # From a process of ours.
    return Fragment(references, unescaped, marshal.loads(code) if code else None, filters)  # noqa: S302


class _Context:
    """What the code of a template asks for names, and where it leaves its result.

    Making Jinja's own context takes longer than all that most templates do.
    """

    __slots__ = ("_scope", "vars")
    exported_vars: ClassVar[set[str]] = set()  # Jinja's list of the one name that all of them export

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self.vars: dict[str, object] = {}

    def resolve_or_missing(self, name: str) -> object:
        scope = self._scope
        match name:
            case "task":
                return scope.task
            case "worker":
                return scope.worker
            case "vars":
                return scope.variables
            case "callback":
                return scope.callback
        return {"sid": scope.callback.get("ReservationSid")}


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
        return obj.get(attribute) if isinstance(obj, dict) else None

    def getitem(self, obj: object, argument: object) -> Any:
        return lookup(obj, (argument,)) if isinstance(argument, int | str) else None


def _environment() -> Environment:
    environment = _KeysOnly(keep_trailing_newline=True, autoescape=False)
    environment.globals.clear()
    environment.tests.clear()
    environment.filters = dict(FILTERS)
    return environment


ENVIRONMENT = _environment()
