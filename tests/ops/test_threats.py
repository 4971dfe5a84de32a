"""Each line of the page of threats names tests, and each of these exists."""

import ast
import re
from importlib.resources import files
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = files("app").joinpath("ops/THREATS.md").read_text("utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")
LINES = re.findall(r"^- .*(?:\n  .*)*", PAGE, re.MULTILINE)
WANTED = (
    "template injection", "url injection", "toll fraud", "replayed", "oversized", "deeply nested",
    "log injection", "redos", "yaml bombs", "time of its comparison", "flood", "half requests",
)  # fmt: skip


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED.findall(PAGE))))
def test_each_test_exists(file: str, name: str) -> None:
    """As a function that pytest collects."""
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    assert name.startswith("test_")
    assert name in {each.name for each in tree.body if isinstance(each, ast.FunctionDef)}


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.split("**")[1][:40])
def test_no_line_is_without_a_test(line: str) -> None:
    """A defence that nothing proves is a hope."""
    assert NAMED.search(line)


def test_every_name_of_a_test_is_whole() -> None:
    """One that is misspelt would be passed over."""
    assert PAGE.count("`tests/") == len(NAMED.findall(PAGE)) + PAGE.count("`tests/ops/test_threats.py`")


@pytest.mark.parametrize("threat", WANTED)
def test_the_known_threats_have_a_line(threat: str) -> None:
    """Those that every service of this kind has."""
    assert any(threat in line.lower() for line in LINES)
