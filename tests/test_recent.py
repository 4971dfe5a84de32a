"""A bounded memory of what was seen last."""

from concurrent.futures import ThreadPoolExecutor

from app.recent import Recent


def test_what_was_set_is_known() -> None:
    """The last value that was set counts; what was never set is None."""
    recent: Recent[str, int] = Recent(2)
    recent.set("a", 1)
    recent.set("a", 2)
    assert (recent.get("a"), recent.get("b")) == (2, None)


def test_the_first_value_stays() -> None:
    """`first` keeps what is there, and gives it."""
    recent: Recent[str, int] = Recent(2)
    assert recent.first("a", 1) == 1
    assert recent.first("a", 2) == 1
    assert recent.get("a") == 1


def test_the_oldest_goes() -> None:
    """Beyond the size the key that came first is forgotten, whichever way the new one came."""
    recent: Recent[str, int] = Recent(2)
    recent.first("a", 1)
    recent.set("b", 2)
    recent.set("c", 3)
    assert [recent.get(key) for key in "abc"] == [None, 2, 3]
    recent.first("d", 4)
    assert [recent.get(key) for key in "bcd"] == [None, 3, 4]


def test_a_known_key_makes_nothing_go() -> None:
    """Setting a key again needs no room."""
    recent: Recent[str, int] = Recent(2)
    for key, value in (("a", 1), ("b", 2), ("b", 3), ("a", 4)):
        recent.set(key, value)
    assert (recent.get("a"), recent.get("b")) == (4, 3)


def test_threads_agree_on_the_first() -> None:
    """Of many threads exactly one is the first."""
    recent: Recent[str, int] = Recent(10)
    with ThreadPoolExecutor(8) as threads:
        firsts = set(threads.map(lambda number: recent.first("key", number), range(200)))
    assert firsts == {recent.get("key")}
