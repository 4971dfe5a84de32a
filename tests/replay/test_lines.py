"""Saved callbacks as JSON Lines."""

import io

import orjson
from hypothesis import given
from hypothesis import strategies as st

from app.model import Saved
from app.replay.lines import saved_line, saved_object
from app.replay.saved import read_saved
from tests.builders import MONDAY_NOON, parameters

# With halves of surrogate pairs, which a cut emoji leaves.
TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=10)
FLOATS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | FLOATS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)
SAVED = st.builds(
    Saved,
    st.just(1),
    st.dictionaries(TEXTS, TEXTS | st.lists(TEXTS, min_size=2, max_size=3), min_size=1),
    st.none() | st.datetimes(timezones=st.just(MONDAY_NOON.tzinfo)).filter(lambda at: 2 < at.year < 9998),
    st.sampled_from(["", "/assignment"]),
    st.none() | st.dictionaries(TEXTS, JSON),
)


@given(st.lists(SAVED, min_size=1, max_size=3))
def test_what_is_written_is_read_back(many: list[Saved]) -> None:
    """Equal but for the line's number, whatever text it holds."""
    read = list(read_saved(io.BytesIO(b"".join(map(saved_line, many)))))
    assert [each.line for each in read] == list(range(1, len(many) + 1))
    assert [saved_object(each) for each in read if isinstance(each, Saved)] == list(map(saved_object, many))


def test_a_line_has_the_keys_of_the_format() -> None:
    """In their order, on one line; what was not kept is left out."""
    whole = Saved(7, parameters(), MONDAY_NOON, "/assignment", {"rule": "night"})
    line = saved_line(whole)
    assert line.endswith(b"}\n")
    assert line.count(b"\n") == 1
    assert list(orjson.loads(line)) == ["received_at", "path", "params", "decision"]
    assert orjson.loads(line)["received_at"] == "2026-11-23T12:00:00Z"
    assert list(orjson.loads(saved_line(Saved(1, {"a": "b"})))) == ["params"]
