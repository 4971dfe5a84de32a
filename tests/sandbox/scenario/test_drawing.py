"""What differs from task to task."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from app.sandbox.scenario.drawing import chance_of, draw, mistake_in, numbered


def drawn(value: Any, count: int = 1_000) -> list[Any]:
    return [draw(value, chance_of(1, "task", number)) for number in range(count)]


def test_the_same_is_drawn_for_the_same_task() -> None:
    """Whatever else is drawn; another seed draws something else."""
    value = {"from": {"any_phone": "+49301234"}}
    assert drawn(value) == drawn(value)
    assert draw(value, chance_of(1, "task", 5)) != draw(value, chance_of(2, "task", 5))


def test_shares_are_kept() -> None:
    """Three times as often; what has no share never comes."""
    counts = Counter(drawn({"any_of": {"de": 3, "en": 1, "fr": 0}}))
    assert 700 < counts["de"] < 800
    assert counts["de"] + counts["en"] == 1_000
    assert set(Counter(drawn({"any_of": ["a", {"any_between": [1, 2]}]}))) == {"a", 1, 2}


def test_numbers_phones_and_sids() -> None:
    """Of the right form, wherever they stand."""
    for task in drawn({"level": {"any_between": [1, 3]}, "calls": [{"any_sid": "CA"}], "x": [1, None]}, 50):
        assert task["level"] in {1, 2, 3}
        assert task["calls"][0][:2] == "CA"
        assert len(task["calls"][0]) == 34
        assert task["x"] == [1, None]
    phones = set(drawn({"any_phone": "+1415"}))
    assert len(phones) > 990
    assert all(phone.startswith("+1415") and len(phone) == 12 for phone in phones)


def test_a_mapping_with_more_keys_is_what_it_is() -> None:
    """Only one key alone means that something is drawn."""
    value = {"any_sid": "CA", "other": 1}
    assert draw(value, chance_of(1)) == value


def test_workers_have_numbers() -> None:
    """In every text of their attributes."""
    given = {
        "contact_uri": "client:agent-{number}",
        "also": ["{number}"],
        "level": 3,
        "in": {"a": "{number}"},
    }
    expected = {"contact_uri": "client:agent-7", "also": ["7"], "level": 3, "in": {"a": "7"}}
    assert numbered(given, 7) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"any_of": {}},
        {"any_of": []},
        {"any_of": {"a": -1, "b": 2}},
        {"any_of": {"a": 0}},
        {"any_of": {"a": "x"}},
        {"any_of": "a"},
        {"any_between": [5, 1]},
        {"any_between": [1]},
        {"any_between": [1, 2.5]},
        {"any_between": [True, 2]},
        {"any_phone": "030"},
        {"any_phone": "+abc"},
        {"any_phone": "+1234567890123"},
        {"any_sid": "ca"},
        {"any_sid": 5},
        {"a": [1, {"b": {"any_sid": "CAT"}}]},
    ],
)
def test_what_cannot_be_drawn_is_told(wrong: dict[str, Any]) -> None:
    """With what is wanted instead."""
    assert " wants " in mistake_in(wrong)


@pytest.mark.parametrize(
    "right", [{"a": [{"any_sid": "CA"}, 5]}, {"any_of": {"a": 0.5}}, {"any_between": [2, 2]}, "x", None, []]
)
def test_what_can_be_drawn_is_no_mistake(right: Any) -> None:
    """However it is nested."""
    assert mistake_in(right) == ""
