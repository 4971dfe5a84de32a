"""What is kept of a callback until it is saved."""

from hypothesis import given
from hypothesis import strategies as st

from app.engine.callback import read_callback
from app.journal import Taken, pack, unpack
from tests.builders import MONDAY_NOON as NOW
from tests.builders import parameters, ruleset

RULES = ruleset("default: {defer: nobody knows}")
TEXT = st.text(st.characters(exclude_categories=["Cs"]))  # a form holds no half of a pair
NAMES = TEXT.map("More {}".format)


@given(st.dictionaries(NAMES, TEXT | st.lists(TEXT, min_size=2)))
def test_what_was_packed_is_unpacked_whole(odd: dict[str, str | list[str]]) -> None:
    """Whatever came with it."""
    callback = read_callback(parameters({"name": "Łukasz 😀"}) | odd)
    taken = Taken(RULES, callback, NOW, 3, NOW)
    assert unpack(pack(taken)) == taken
