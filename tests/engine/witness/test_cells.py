"""The cells of one reference: no two values of a cell differ in a comparison."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.engine.expressions.meaning import COMPARE, equal
from app.engine.witness.cells import DIGITS, Cells, Source, Uses, fresh_text, possible

NUMBERS = st.sampled_from((0, 1, 2, 2.0, 2.5, -1, -0.5, 1e300, 2**53, 2**53 + 1, 10**400))
TEXTS = st.sampled_from(("", "\0", "a", "a\0", "aa", "b", "5", "other", "é"))
SCALARS = NUMBERS | TEXTS | st.booleans() | st.none()
VALUES = SCALARS | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3)
DOCUMENTS: st.SearchStrategy[object] = st.just({}) | st.lists(SCALARS, max_size=2)


def cells(equals: list[object], orders: list[object], source: Source = Source.ATTRIBUTE, *seen: str) -> Cells:
    """The cells for these constants, and for what else `seen` names: text_inside, lists or objects."""
    uses = Uses()
    for value in equals:
        uses.add(value)
    for value in orders:
        uses.add_order(value)
    for name in seen:
        setattr(uses, name, True)
    return Cells(uses, source)


def held(made: Cells, mask: int) -> list[object]:
    return [value for place, value in enumerate(made.values) if mask >> place & 1]


@given(st.lists(SCALARS), st.lists(NUMBERS | TEXTS), VALUES | DOCUMENTS, st.sampled_from(list(Source)))
@example([], ["", "a"], "\0", Source.NUMBERED)
def test_every_value_has_a_cell_that_answers_for_it(
    equals: list[object], orders: list[object], value: object, source: Source
) -> None:
    """What a cell says of a comparison is so for each value in it, and no possible value is without one."""
    made = cells(equals, orders, source)
    if source is not Source.ATTRIBUTE and not (
        isinstance(value, int | str | list) and possible(source, value)
    ):
        return
    cell = made.cell_of(value)
    assert cell.bit_count() == 1
    for constant in [*equals, *orders, None]:
        assert bool(made.equal_to(constant) & cell) == equal(value, constant)
    for constant in orders:
        for operator in ("<", "<=", ">", ">="):
            assert bool(made.ordered(operator, constant) & cell) == COMPARE[operator](value, constant)


@given(st.lists(SCALARS), st.lists(NUMBERS | TEXTS), st.booleans(), st.sampled_from(list(Source)))
def test_the_value_of_a_cell_lies_in_it(
    equals: list[object], orders: list[object], inside: bool, source: Source
) -> None:
    """Each cell has a value of its own, and one that its source can hold."""
    made = cells(equals, orders, source, "lists", *["text_inside"] * inside)
    for place, value in enumerate(made.values):
        assert made.cell_of(value) == 1 << place
        assert possible(source, value)


def test_the_plainest_first() -> None:
    """Null before numbers in their order, before texts, before whatever else there is."""
    assert cells([5, "a", False, True], []).values == [None, True, False, 5, "a", "other"]
    assert cells([], [5, 10]).values == [None, 0, 5, 6, 10, 11, "other"]
    assert cells([], [0, 1]).values == [None, -1, 0, 0.5, 1, 2, "other"]
    assert cells([], ["b", "b\0"]).values == [None, "", "b", "b\0", "b\0a", 0]
    assert cells([True], ["b", 1]).values == [None, True, 0, 1, 2, "", "b", "ba", False]
    assert cells([True, False], ["", 1], Source.ATTRIBUTE, "objects").values[-2:] == [{}, {}]


def test_parameters() -> None:
    """A parameter is text; TaskAge and TaskPriority are whole numbers, or text that is none."""
    assert cells([5, "5", True], [], Source.PARAMETER).values == [None, "5", "other"]
    assert cells([5, "5", True, 0.5, -1], [], Source.NUMBERED).values == [None, 5, "other"]
    assert cells([], [5.5, 6], Source.NUMBERED).values == [None, 0, 1, 6, 7, 10**DIGITS - 1, "other"]
    assert cells([5, "x"], [], Source.NOWHERE).values == [None]


def test_huge_numbers_have_no_fraction_between() -> None:
    """Nothing lies between neighbours beyond the range of fractions."""
    made = cells([], [10**400, 10**400 + 1])
    assert made.values == [None, 0, 10**400, 10**400 + 1, 10**400 + 2, "other"]


@pytest.mark.parametrize(
    ("texts", "fresh"), [([], "other"), (["other"], "other2"), (["other", "other2"], "other3")]
)
def test_fresh_texts(texts: list[str], fresh: str) -> None:
    """A text that no constant is."""
    assert fresh_text(texts) == fresh


def test_masks_of_cells() -> None:
    """A set of cells is a mask of bits in the order of the values."""
    made = cells(["a"], [5], Source.ATTRIBUTE, "text_inside", "lists")
    assert held(made, made.equal_to("a")) == ["a"]
    assert held(made, made.equal_to(["a"])) == []
    assert held(made, made.ordered(">=", 5)) == [5, 6]
    assert held(made, made.ordered("<", True)) == []
    assert held(made, made.inner) == ["other"]
    assert held(made, made.lists) == [[]]
    assert made.objects == 0
