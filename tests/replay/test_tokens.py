"""Tokens: what stands for a personal value."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.replay.tokens import Tokens

KEY = b"k" * 32
TOKENS = Tokens(("+1415", "+44", "sip:pbx.example.org"), KEY)


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("+33123456789", r"\+3\d{10}"),
        ("+14155550123", r"\+1415\d{7}"),
        ("+447700900123", r"\+44\d{10}"),
        ("+12", r"\+1\d"),
        ("client:alice", r"client:x[0-9a-f]{12}"),
        ("client:+33123456789", r"client:\+3\d{10}"),
        ("sip:alice@pbx.example.org:5061;transport=tls", r"sip:x[0-9a-f]{12}@pbx\.example\.org"),
        ("SIP:+33123456789@home.example.net", r"SIP:\+3\d{10}@x[0-9a-f]{12}\.example\.com"),
        ("whatsapp:+33123456789", r"whatsapp:\+3\d{10}"),
        ("alice@example.org", r"x[0-9a-f]{12}@example\.com"),
        ("https://crm.example.org/alice?id=7", r"https://example\.com/x[0-9a-f]{12}"),
        ("CA0123456789abcdef0123456789ABCDEF", r"CA[0-9a-f]{32}"),
        ("0049", r"\d{4}"),
        ("7", r"\d"),
        ("Alice Müller", r"x[0-9a-f]{12}"),
        ("half \ud83d", r"x[0-9a-f]{12}"),
        ("9" * 31, r"x[0-9a-f]{12}"),
    ],
)
def test_a_token_is_of_the_same_kind(text: str, shape: str) -> None:
    """And another text, the same each time with one key, and another with another key."""
    token = TOKENS.text(text)
    assert re.fullmatch(shape, token)
    assert token != text
    assert Tokens(("+1415", "+44", "sip:pbx.example.org"), KEY).text(text) == token
    if len(text) > 7:
        assert Tokens(("+1415", "+44"), b"other").text(text) != token


def test_a_key_is_made_for_each_export() -> None:
    """So nobody can look up what a token stands for."""
    assert Tokens().text("+14155550123") != Tokens().text("+14155550123")


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_text_remains(text: str) -> None:
    """There is nothing in it."""
    assert TOKENS.text(text) == text


def test_a_number_that_stands_in_the_rules_remains() -> None:
    """`allowed_numbers` may hold whole numbers."""
    assert Tokens(("+18005550100",)).text("+18005550100") == "+18005550100"


@given(st.from_regex(r"\+[1-9][0-9]{3,14}", fullmatch=True))
def test_a_number_is_allowed_where_it_was(number: str) -> None:
    """By the longest prefix that allows it, and by none where none did; the length stays."""
    token = TOKENS.text(number)
    assert len(token) == len(number)
    for prefix in ("+1415", "+44"):
        assert token.startswith(prefix) is number.startswith(prefix)


@given(st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False))
def test_a_number_remains_a_number(number: float) -> None:
    """Whole or not, and of the same sign; equal ones remain equal."""
    token = TOKENS.number(number)
    assert type(token) is type(number)
    assert float(token).is_integer() is float(number).is_integer()
    assert (token < 0) is (number < 0)
    if abs(number) < 2**53 and float(number).is_integer():
        assert TOKENS.number(int(number)) == TOKENS.number(float(number))


@pytest.mark.parametrize(
    "key",
    [
        "+14155550123",
        "0171 555-0123",
        "(415) 555-0123",
        "client:alice",
        "tel:0171",
        "alice@example.org",
        "https://example.org/",
        "WK" + "0" * 32,
        "Bob Smith",
        "call +14155550123 now",
        "customer_4155550123",
        "Zoë",
        "x" * 65,
    ],
)
def test_a_key_that_may_be_personal_becomes_a_token(key: str) -> None:
    """The one that stands for it elsewhere."""
    assert TOKENS.key(key) == TOKENS.text(key) != key


@pytest.mark.parametrize("key", ["customer_value", "", "line-2", "2026", "url", "task.type", "$ref"])
def test_any_other_key_remains(key: str) -> None:
    """A name as programs have them: it is the task's structure."""
    assert TOKENS.key(key) == key
