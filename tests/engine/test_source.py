"""YAML text to nodes that know their place, and hostile text to a problem."""

from time import perf_counter

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from app.engine.source import (
    MAX_BYTES,
    MAX_DEPTH,
    Mapping,
    Node,
    Scalar,
    Sequence,
    SourceFile,
    plain,
    read_source,
    scalar_value,
    too_large,
)
from app.model import Location, Problem


def read(text: str) -> tuple[Node | None, list[Problem]]:
    return read_source(SourceFile("r.yaml", text))


def value_of(text: str) -> object:
    node, problems = read(text)
    assert problems == []
    assert node is not None
    return plain(node)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("", None),
        ("0", 0),
        ("-12", -12),
        ("1.50", 1.5),
        ("-0.5", -0.5),
        ("9" * 299, int("9" * 299)),
        ("9" * 300, "9" * 300),
        ("9" * 5_000, "9" * 5_000),
        ("9" * 5_000 + ".0", "9" * 5_000 + ".0"),
        ("+15550100", "+15550100"),
        ("0800", "0800"),
        ("no", "no"),
        ("Yes", "Yes"),
        ("True", "True"),
        ("~", "~"),
        ("12:30:45", "12:30:45"),
        ("2026-11-23", "2026-11-23"),
        ("0x10", "0x10"),
        ("1e3", "1e3"),
        (".5", ".5"),
        ("5.", "5."),
        (".inf", ".inf"),
        ("1_000", "1_000"),
        ("٣", "٣"),
    ],
)
def test_scalars(text: str, value: object) -> None:
    """Only true, false, null and plain decimal numbers are anything but text."""
    assert scalar_value(text) == value
    assert type(scalar_value(text)) is type(value)
    assert value_of(f"a: {text}") == {"a": value}
    assert value_of(f"a: '{text}'") == {"a": text}


def test_places() -> None:
    """Each node and each key knows its line and column, each scalar its text in the file."""
    node, problems = read('a: 1\nb:\n  - "x y"\n  - {c: z}\n')
    assert problems == []
    assert isinstance(node, Mapping)
    assert node.location == Location("r.yaml", 1, 1)
    assert node.keys == {"a": Location("r.yaml", 1, 1), "b": Location("r.yaml", 2, 1)}
    items = node.entries["b"]
    assert isinstance(items, Sequence)
    assert items.location == Location("r.yaml", 3, 3)
    first, second = items.items
    assert isinstance(first, Scalar)
    assert (first.location, first.raw, first.text, first.quoted) == (
        Location("r.yaml", 3, 5),
        '"x y"',
        "x y",
        True,
    )
    assert isinstance(second, Mapping)
    assert second.keys["c"] == Location("r.yaml", 4, 6)
    assert '"x y"' not in repr(first)
    assert plain(node) == {"a": 1, "b": ["x y", {"c": "z"}]}


@pytest.mark.parametrize("text", ["", " \n\n", "# only a comment\n", "---\n", "null", "\ufeff"])
def test_empty_files(text: str) -> None:
    """A file without a value is no node and no problem."""
    assert read(text) == (None, [])


def test_a_byte_order_mark() -> None:
    """A byte order mark changes no place."""
    node, problems = read("\ufeffa: 'b'")
    assert problems == []
    assert isinstance(node, Mapping)
    scalar = node.entries["a"]
    assert isinstance(scalar, Scalar)
    assert (scalar.raw, scalar.location) == ("'b'", Location("r.yaml", 1, 4))


def test_aliases_and_merge_keys() -> None:
    """An alias repeats a value; a merge key is a key like any other."""
    assert value_of("a: &x [1]\nb: *x\n") == {"a": [1], "b": [1]}
    assert value_of("a: &x k\n*x : 1\n") == {"a": "k", "k": 1}
    assert value_of("a: &x {k: 1}\nb:\n  <<: *x\n") == {"a": {"k": 1}, "b": {"<<": {"k": 1}}}


BOMB = "a0: &a0 x\n" + "".join(
    f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]\n" for level in range(1, 30)
)


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        (BOMB, (7, 15), "aliases make this larger than 300,000 values", "write fewer aliases"),
        ("- " * 100_000, (1, 103), "nested more than 50 deep", "five levels"),
        ("".join(f"{' ' * n}a:\n" for n in range(1_000)), (51, 51), "nested more than 50 deep", "five"),
        ("a:\n\tb: 1", (2, 1), "cannot start any token", "indent with spaces, not with tabs"),
        ("\ta: 1", (1, 1), "cannot start any token", "indent with spaces, not with tabs"),
        ("a: 1\n\tb: 2", (2, 1), "found a tab character", "indent with spaces, not with tabs"),
        ("a: @x", (1, 4), "cannot start any token", "check the indentation"),
        ("a: 1\nb: \0x", (2, 4), "the character U+0000 is not allowed", "remove the character"),
        ("\0", (1, 1), "the character U+0000 is not allowed", "remove the character"),
        ("é: 1\r\né: é\x07", (2, 5), "the character U+0007 is not allowed", "remove"),
        ("\ufeffa: 1\n\ufeffb: 2", (2, 1), "the character U+FEFF is not allowed", "remove"),
        ("a: \ud800", (1, 4), "the character U+D800 is not allowed", "remove"),
        ("a: !!python/object:os.system x", (1, 4), "python/object:os.system are not read", "quote"),
        ("a: !x 1", (1, 4), "tags such as !x are not read", "quote the value"),
        ("!!map {a: 1}", (1, 1), "tags such as tag:yaml.org,2002:map", "quote the value"),
        ("a: *x", (1, 4), "no value with &x ends before *x", "write the value out"),
        ("&a [*a]", (1, 5), "no value with &a ends before *a", "write the value out"),
        ("&a {b: *a}", (1, 8), "no value with &a ends before *a", "write the value out"),
        ("a: 1\n---\nb: 2", (2, 1), "a second document begins here", "a file of its own"),
        ("---\n---\na: 1", (2, 1), "a second document begins here", "a file of its own"),
        ("? [a]\n: 1", (1, 3), "a key is a list or an object", "write a name"),
        ("{{a: b}: 1}", (1, 2), "a key is a list or an object", "write a name"),
        ('a: "x', (1, 6), "unexpected end of stream", "quotes and brackets"),
        ("a: [1", (2, 1), "did not find expected ',' or ']'", "quotes and brackets"),
        ("a: b: c", (1, 5), "mapping values are not allowed", "check the indentation"),
        ("a:\n  b: 1\n c: 2", (3, 2), "did not find expected key", "check the indentation"),
        ('a: "\\q"', (1, 5), "unknown escape character", "check"),
        ("%YAML 9.9\n---\na: 1", (1, 1), "incompatible YAML document", "check"),
        ("x" * 2_000 + ": 1", (1, 2001), "mapping values are not allowed", "check"),
        ("a" * (MAX_BYTES + 1), (1, 1), "the file is larger than 16 MB", "split it into several"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_hostile_text(text: str, place: tuple[int, int], message: str, hint: str) -> None:
    """What cannot be read is one problem with a place and a sentence, found quickly."""
    begun = perf_counter()
    node, (problem,) = read(text)
    assert perf_counter() - begun < 2
    assert node is None
    assert problem.location == Location("r.yaml", *place)
    assert message in problem.message
    assert hint in (problem.hint or "")


@pytest.mark.parametrize("text", ["[" * 100_000, "[" * 100_000 + "]" * 100_000, "{" * 100_000])
def test_brackets_in_brackets(text: str) -> None:
    """They are refused by us, or earlier by libyaml, whose newer releases have a limit of their own."""
    node, (problem,) = read(text)
    assert node is None
    assert problem.message == f"nested more than {MAX_DEPTH} deep"
    assert problem.location in {Location("r.yaml", 1, MAX_DEPTH + 2), Location("r.yaml", 1, 1001)}


def test_depth() -> None:
    """Fifty levels are read."""
    node, problems = read("[" * MAX_DEPTH + "1" + "]" * MAX_DEPTH)
    assert problems == []
    assert isinstance(node, Sequence)
    assert node.size == MAX_DEPTH + 1


def test_duplicate_keys() -> None:
    """A key that stands twice is a problem at its second place; the first value stays, the rest is read."""
    node, problems = read('a: 1\n"a": 2\nb: 3\na: 4')
    assert node is not None
    assert plain(node) == {"a": 1, "b": 3}
    assert [str(problem.location) for problem in problems] == ["r.yaml:2:1", "r.yaml:4:1"]
    assert problems[0].message == "the key 'a' stands here a second time; first in line 1"


def test_duplicate_keys_before_a_syntax_error() -> None:
    """What was found before the reading stopped is not lost."""
    node, problems = read("a: 1\na: 2\nb: [")
    assert node is None
    assert [problem.check for problem in problems] == ["R002", "R001"]


def test_a_file_too_large() -> None:
    """A file can be refused by its size alone."""
    assert too_large("r.yaml").location == Location("r.yaml")


LOCATED = [
    ("a: type == X", (1, 12)),
    ("a: é😀名 == X", (1, 11)),
    ("a: 'it''s X'", (1, 11)),
    ("a: '''X'''", (1, 7)),
    ('a: "type == \\"X\\""', (1, 15)),
    ('a: "n\\nnn\\n X"', (1, 13)),
    ('a: "\\\\\\\\X"', (1, 9)),
    ('a: "\\x62\\u0062\\U00000062 X"', (1, 26)),
    ('a: "b\\x20\\t\\_\\N\\LX"', (1, 18)),
    ('a: "\\e\\0X"', (1, 9)),
    ('a: "b \\\n   c X"', (2, 6)),
    ('a: "b\n\n  c X"', (3, 5)),
    ("a: b\n  c X", (2, 5)),
    ("a: >-\n  b\n  c X\n", (3, 5)),
    ("a: |\n  b\n    c X\n", (3, 7)),
    ("a: |2-  # a comment with an X\n  b\n  X\n", (3, 3)),
    ("a: |\n\n\n  b X\n", (4, 5)),
    ("a: |\r\n  b\r\n  c X\r\n", (3, 5)),
    ("a: 'b\r\n  c X'\r\n", (2, 5)),
    ("a: |\x85  b X", (2, 5)),
    ("a: |\r  b\r  X\r", (3, 3)),
    ('a: "b\u2028X"', (2, 1)),
    ("a: &bX b X", (1, 10)),
    ("a: &b 'b X'", (1, 10)),
    ("a: &b?|X!", (1, 8)),
    ("a: &b |\n  b X\n", (2, 5)),
    ("a: &b # X\n  'b X'\n", (2, 6)),
    ("\ufeffa: b X", (1, 6)),
    ("- X", (1, 3)),
    ("[b, X]", (1, 5)),
]


def scalars(node: Node | None) -> list[Scalar]:
    match node:
        case Scalar():
            return [node]
        case Sequence():
            return [found for item in node.items for found in scalars(item)]
        case Mapping():
            return [found for item in node.entries.values() for found in scalars(item)]
    return []


@pytest.mark.parametrize(("text", "place"), LOCATED)
def test_locate(text: str, place: tuple[int, int]) -> None:
    """The X of a value is found at its place in the file, however the value is written."""
    node, problems = read(text)
    assert problems == []
    scalar = next(found for found in scalars(node) if "X" in found.text)
    assert scalar.locate(scalar.text.index("X")) == Location("r.yaml", *place)


def test_locate_the_end_and_white_space() -> None:
    """White space and the end of a text are placed behind the character before."""
    node, _ = read("a: 'b  c '\nd: |\n  e f\n\ng: ''")
    b_c, e_f, empty = scalars(node)
    assert [b_c.locate(offset).column for offset in range(6)] == [5, 6, 6, 8, 9, 9]
    assert [e_f.locate(offset) for offset in (3, 4)] == [Location("r.yaml", 3, 6)] * 2
    assert empty.locate(0) == Location("r.yaml", 5, 5)


LETTERS = st.text(alphabet="abnxu01 \n\t'\"\\:#|>&*-é名😀\u2028\x85\xa0", max_size=15)
WRITTEN = st.tuples(
    LETTERS,
    LETTERS,
    st.sampled_from([None, "'", '"', "|", ">"]),
    st.booleans(),
    st.sampled_from(["\n", "\r\n"]),
)


@settings(deadline=None, max_examples=80)
@given(WRITTEN)
def test_locate_what_yaml_writes(written: tuple[str, str, str | None, bool, str]) -> None:
    """In whatever style a text is written, a character that is there once is found at its place."""
    before, after, style, unicode, line_break = written
    text = yaml.safe_dump(
        {"key": [f"{before}X{after}"]},
        default_style=style,
        allow_unicode=unicode,
        width=12,
        line_break=line_break,
    )
    node, problems = read(text)
    assert problems == []
    (scalar,) = scalars(node)
    found = scalar.locate(scalar.text.index("X"))
    assert text.splitlines()[found.line - 1][found.column - 1] == "X"
    for offset in range(len(scalar.text) + 1):
        assert scalar.locate(offset).line <= len(text.splitlines()) + 1


@settings(deadline=None, max_examples=150)
@given(
    st.text(max_size=40) | st.text(alphabet="ab:-?[]{}&*!|>'\"%@`#, \n\t\r\\0<\ufeff\x00\ud800", max_size=40)
)
def test_any_text_is_read_or_explained(text: str) -> None:
    """Any text gives a node, nothing, or problems with a place; every scalar can be located."""
    node, problems = read(text)
    for problem in problems:
        assert problem.message
        assert problem.hint
        assert problem.location is not None
        assert problem.location.line >= 1
        assert problem.location.column >= 1
    for scalar in scalars(node):
        for offset in range(len(scalar.text) + 1):
            assert scalar.locate(offset).line >= scalar.location.line
