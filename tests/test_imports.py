"""Imports point one way. Read from the text of each module, so that nothing has to be imported."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

APP = Path(__file__).parents[1] / "app"

# Lowest first. A module belongs to the longest of these names that begins its own.
LAYERS = (
    ("app.model", "app.logs", "app.recent"),
    ("app.errors",),
    ("app.metrics",),
    ("app.settings",),
    ("app.engine",),
    ("app.rulebook", "app.storage", "app.delivery"),
    ("app.replay", "app.journal"),
    ("app.service",),
    ("app.web", "app.tracing"),
    ("app.doctor",),
    ("app.assembly",),
    ("app.wsgi", "app.cli"),
)
RANKS = {name: rank for rank, names in enumerate(LAYERS) for name in names}

# Third-party packages and the modules in which they are at home.
HOMES = {
    "alembic": ("app.storage.upgrading", "app.storage.migrations"),
    "click": ("app.cli",),
    "flask": ("app.web", "app.sandbox", "app.assembly", "app.wsgi", "app.cli.serve"),
    "gunicorn": (
        "app.web.arbiter",
        "app.web.server",
        "app.web.worker",
        "app.web.connection",
        "app.web.refusals",
    ),
    "jinja2": ("app.engine.templates", "app.engine.fragments", "app.engine.filters", "app.replay.report"),
    "marshmallow": ("app.engine", "app.sandbox.scenario.fields", "app.sandbox.scenario.reading"),
    "opentelemetry": ("app.tracing", "app.assembly"),
    "plotly": ("app.replay.plotting",),
    "prometheus_client": (
        "app.metrics",
        "app.rulebook.metrics",
        "app.delivery.metrics",
        "app.web",
        "app.assembly",
    ),
    "psycopg": ("app.storage.postgresql",),
    "re2": ("app.engine.expressions", "app.engine.conditions"),
    "requests": ("app.replay.sending", "app.delivery.client", "app.delivery.outcomes", "app.sandbox"),
    "rich": ("app.cli",),
    "sqlalchemy": ("app.storage",),
    "twilio": (
        "app.replay.sending",
        "app.delivery.client",
        "app.delivery.outcomes",
        "app.web.signature",
        "app.sandbox",
    ),
    "urllib3": ("app.delivery.client", "app.delivery.outcomes"),
    "watchfiles": ("app.rulebook.watching",),
    "werkzeug": ("app.web", "app.sandbox", "app.replay.sending"),
    "yaml": ("app.engine.source", "app.replay.as_test", "app.sandbox.scenario.yaml"),
}

# What a pure engine has no use for. A PurePath is a name: it touches no disk.
IMPURE = {"os", "socket", "pathlib.Path", "time", "random", "subprocess", "threading", "logging", "io", "sys"}


def module_name(path: Path) -> str:
    parts = path.relative_to(APP.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


TREES = {module_name(path): ast.parse(path.read_text("utf-8")) for path in sorted(APP.rglob("*.py"))}


def imported(tree: ast.AST) -> Iterator[str]:
    """Every name that is imported: `a.b` for both `import a.b` and `from a import b`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, "relative imports are not read here"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def modules_of(name: str) -> Iterator[str]:
    """The modules of ours that an imported name means: itself, or the one that holds it."""
    parent = name.rpartition(".")[0]
    yield from [each for each in (name, parent) if each in TREES][:1]


IMPORTS = {
    module: {found for name in imported(tree) for found in modules_of(name)} - {module}
    for module, tree in TREES.items()
}


def is_under(module: str, home: str) -> bool:
    return module == home or module.startswith(home + ".")


def rank(module: str) -> int | None:
    found = [name for name in RANKS if is_under(module, name)]
    return RANKS[max(found, key=len)] if found else None


def test_there_is_something_to_read() -> None:
    """A wrong folder would let all the others pass."""
    assert {"app", "app.engine.decide", "app.cli.demo", "app.sandbox.rest"} <= TREES.keys()
    assert "app.errors" in IMPORTS["app.rulebook.folder"]


def test_every_module_has_a_layer() -> None:
    """A new module is put into the list at the top, and into the docstring of `app`."""
    outside = [each for each in TREES if rank(each) is None and not is_under(each, "app.sandbox")]
    assert outside == ["app"]


def test_no_layer_reaches_up() -> None:
    """A module imports from its own layer and from those below."""
    wrong = [
        (module, other)
        for module, others in IMPORTS.items()
        for other in others
        if (above := rank(other)) is not None and (own := rank(module)) is not None and above > own
    ]
    assert wrong == []


def test_the_sandbox_stands_beside() -> None:
    """It imports nothing of ours, and only the command line imports it: that keeps the double honest."""
    out = [
        (module, other)
        for module, others in IMPORTS.items()
        for other in others
        if is_under(module, "app.sandbox") != is_under(other, "app.sandbox")
    ]
    assert {other for module, other in out if is_under(module, "app.sandbox")} == set()
    assert {module for module, _ in out if not is_under(module, "app.cli")} == set()


def test_no_two_modules_import_each_other() -> None:
    """Neither directly nor by a round trip."""
    done: set[str] = set()

    def visit(module: str, way: tuple[str, ...]) -> None:
        assert module not in way, " -> ".join((*way[way.index(module) :], module))
        if module in done:
            return
        for other in sorted(IMPORTS[module]):
            visit(other, (*way, module))
        done.add(module)

    for module in TREES:
        # A package that gathers its modules' names is imported by nobody inside it.
        visit(module, ())


def test_no_import_stands_inside_a_function() -> None:
    """If one seems needed, a module sits in the wrong layer."""
    inside = [
        (module, node.name)
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and any(True for _ in imported(node))
    ]
    # gunicorn reads WEB_CONCURRENCY when it is imported, and that has to be right by then.
    assert inside == [("app.cli.serve", "serve")]


def test_the_engine_is_pure() -> None:
    """No disk, no network, no clock, no log."""
    found = [
        (module, name)
        for module, tree in TREES.items()
        if is_under(module, "app.engine")
        for name in imported(tree)
        if any(is_under(name, impure) for impure in IMPURE)
    ]
    assert found == []


def test_the_engine_asks_no_clock() -> None:
    """The time is an argument of a decision."""
    asked = [
        (module, node.attr)
        for module, tree in TREES.items()
        if is_under(module, "app.engine")
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and node.attr in {"now", "utcnow", "today"}
        # `scope.now` and `self.now` are the time that was handed over.
        and not (isinstance(node.value, ast.Name) and node.value.id in {"scope", "self"})
    ]
    assert asked == []


@pytest.mark.parametrize("package", HOMES)
def test_a_package_is_imported_at_its_home_alone(package: str) -> None:
    """So that replacing one touches one place."""
    where = {module for module, tree in TREES.items() if any(is_under(n, package) for n in imported(tree))}
    assert where
    assert {module for module in where if not any(is_under(module, home) for home in HOMES[package])} == set()


def test_only_the_settings_read_the_environment() -> None:
    """`os.environ` has one reader; serve writes what gunicorn reads."""
    readers = {
        module
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and ast.unparse(node) in {"os.environ", "os.getenv"}
    }
    assert readers - {"app.cli.serve"} == {"app.settings"}
