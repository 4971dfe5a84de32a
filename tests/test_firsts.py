"""What was taken first of each reservation."""

from datetime import timedelta

from app.firsts import REMEMBERED, Firsts
from app.journal import Taken
from tests.builders import MONDAY_NOON as NOW
from tests.builders import callback, ruleset

RULES = ruleset("default: {defer: nobody knows}")
OTHERS = ruleset("default: {defer: nobody knows yet}")
ONE, OTHER = "WR" + "1" * 32, "WR" + "2" * 32


def taken(reservation: str, n: object = "Łukasz 😀", rules: object = RULES, seconds: int = 0) -> Taken:
    made = callback({"n": n}, {"languages": ["pl"]}, ReservationSid=reservation)
    assert rules in (RULES, OTHERS)
    return Taken(RULES if rules is RULES else OTHERS, made, NOW + timedelta(seconds=seconds), seconds, NOW)


def test_the_first_is_itself() -> None:
    """Each reservation has its own."""
    firsts = Firsts()
    for reservation in (ONE, OTHER):
        assert firsts.first(taken(reservation)) == taken(reservation)


def test_a_later_one_is_decided_from_the_first() -> None:
    """Whether it says the same or something else: rules, time and rejections are those of then, too."""
    firsts = Firsts()
    first = taken(ONE)
    firsts.first(first)
    assert firsts.first(taken(ONE, rules=OTHERS, seconds=1)) == first
    assert firsts.first(taken(ONE, "another", OTHERS, 2)) == first
    assert firsts.first(taken(OTHER, "another")) == taken(OTHER, "another")


def test_the_oldest_is_forgotten() -> None:
    """When too many came after it."""
    firsts = Firsts()
    first, later = taken(ONE), taken(ONE, seconds=1)
    firsts.first(first)
    for number in range(REMEMBERED - 1):
        firsts.first(taken(OTHER)._replace(callback=callback(ReservationSid=f"WR{number:032x}")))
    assert firsts.first(later) == first
    firsts.first(taken(OTHER))
    assert firsts.first(later) == later
