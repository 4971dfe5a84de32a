"""From what to what."""

from app.replay.matrix import Cell, instruction_of, matrix_of, rule_of
from app.replay.tally import Choice, Tally
from tests.replay.replays import choice, count

A, B, C, D = map(choice, "abcd")


def test_names_with_changes_come_first() -> None:
    """Rows and columns are those with traffic, in one order, so that what stays is on the diagonal."""
    tally = Tally()
    count(tally, A, A, 100)
    count(tally, B, C, 2)
    matrix = matrix_of(tally, rule_of)
    assert (matrix.down, matrix.across, matrix.others) == (("c", "a"), ("b", "a"), 0)
    assert matrix.cell("a", "a") == Cell(100, 0, 5)
    assert matrix.cell("c", "b") == Cell(2, 2, 1)
    assert matrix.cell("c", "a") == Cell(0, 0, 0)


def test_more_than_so_many_names_are_summed() -> None:
    """The sums hold what changed, and no total is wrong."""
    tally = Tally()
    count(tally, B, A, 9)
    for rule in (C, D):
        count(tally, rule, rule, 100)
    count(tally, D, C, 3)
    count(tally, B, D, 1)
    matrix = matrix_of(tally, rule_of, most=2)
    assert (matrix.down, matrix.across, matrix.others) == (("a", None), ("b", None), 2)
    assert matrix.cell(None, None) == Cell(203, 3, 5)
    assert matrix.cell(None, "b") == Cell(1, 1, 1)
    assert [matrix.row_total(name) for name in matrix.down] == [9, 204]
    assert [matrix.column_total(name) for name in matrix.across] == [10, 203]


def test_what_stays_and_changes_in_values_stands_on_the_diagonal() -> None:
    """As a part of the cell."""
    tally = Tally()
    count(tally, A, A, 7)
    count(tally, A, A, 2, changed=True)
    assert matrix_of(tally, rule_of).cell("a", "a") == Cell(9, 2, 5)


def test_no_instruction_has_a_reason() -> None:
    """It was left to others, or a file does not say."""
    choices = Choice("a", "reply", "call"), Choice("a", "defer", ""), Choice("a", "reply", "")
    assert [*map(instruction_of, choices)] == ["call", "defer", "not recorded"]
