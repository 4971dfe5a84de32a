"""YAML that means what it looks like, with lines."""

from __future__ import annotations

import pytest

from app.sandbox.scenario.yaml import Document, YamlBroken


def test_words_are_what_they_look_like() -> None:
    """A time of the day, a date and `on` are text; numbers, true and null are not."""
    text = "{a: 12:30, b: 2027-01-04, c: on, d: 08, e: 8, f: 1.5, g: true, h: null, i: ~, j: -3, k: '8'}"
    assert Document(text).value == {
        "a": "12:30",
        "b": "2027-01-04",
        "c": "on",
        "d": "08",
        "e": 8,
        "f": 1.5,
        "g": True,
        "h": None,
        "i": None,
        "j": -3,
        "k": "8",
    }


def test_an_empty_text_holds_nothing() -> None:
    """No value, and its first line."""
    document = Document("# nothing\n")
    assert (document.value, document.line_of(["a"])) == (None, 1)


def test_where_things_stand() -> None:
    """A key's line, an item's, and that of as much as there is."""
    document = Document("a: 1\nb:\n  - c: 2\n\n  - d: 3\n8: x\n")
    paths: tuple[list[str | int], ...] = (["a"], ["b", 1], ["b", 1, "d"], ["b", 7], ["b", "c"], [8])
    found = [document.line_of(path) for path in paths]
    assert found == [1, 5, 5, 2, 2, 6]
    assert document.line_of([]) == document.line_of(["z"]) == 1


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("a: 1\nb: [1, 2", 2, "expected ',' or ']'"),
        ("a: 1\nb: 2\na: 3", 3, "'a' stands here twice"),
        ("a: &x 1\nb: *x", 2, "aliases"),
        ("a: 1\n---\nb: 2", 2, "another document"),
        ("a: !!python/object:os.system 1", 1, "tags"),
        ("a: \x00", 1, "unacceptable character"),
        ("[" * 60 + "]" * 60, 1, "nested more than 50 deep"),
        ("a" * 1_100_000, 1, "longer than"),
        ("? [a, b]\n: 1", 1, "a key is a name or a number"),
    ],
)
def test_what_is_no_yaml_is_refused(text: str, line: int, reason: str) -> None:
    """With its line."""
    with pytest.raises(YamlBroken, match=reason) as broken:
        Document(text)
    assert broken.value.line == line
