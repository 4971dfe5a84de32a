"""Form bodies are read as werkzeug reads them, and signed as the twilio library signs them."""

from contextlib import suppress
from time import perf_counter
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

from app.errors import Unreadable
from app.web.form import read_params
from app.web.signature import signature_of, signed_text
from tests.web.conftest import FORM

TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
PIECES = st.one_of(
    TEXT.map(quote_plus),
    st.sampled_from(
        [
            "",
            "=",
            "&",
            "+",
            "a",
            "A",
            "=&",
            "%00",
            "%0d%0A",
            "\r\n",
            " \n",
            ";",
            "%2B",
            "%22",
            "%3d",
            "2",
            "é",
        ]
    ),
)
FORMS = st.lists(PIECES, max_size=12).map("".join)
ODD = ["%", "%4", "%zz", "%4z", "%\n", "%=41", "%ff", "%C3%28", "%C3&=%A9", "%ED%A0%80"]


def of_werkzeug(body: bytes) -> dict[str, str | list[str]]:
    form = Request(EnvironBuilder(method="POST", data=body, content_type=FORM).get_environ()).form
    return {name: values[0] if len(values) == 1 else values for name, values in form.lists()}


@given(FORMS)
def test_a_body_is_read_as_werkzeug_reads_it(form: str) -> None:
    """Whatever stands in it."""
    assert read_params(form.encode()) == of_werkzeug(form.encode())


@given(FORMS, st.sampled_from(ODD), FORMS)
def test_a_body_that_is_no_form_is_refused(before: str, odd: str, after: str) -> None:
    """It is not UTF-8, or a percent sign begins no escape: nothing is guessed."""
    with pytest.raises(Unreadable, match=r"UTF-8|two hexadecimal digits"):
        read_params(f"{before}&{odd}&{after}".encode())


@given(st.binary(max_size=30))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    """And nothing else comes of them."""
    with suppress(Unreadable):
        assert read_params(body) == of_werkzeug(body)


@pytest.mark.parametrize("odd", ["%ff", "%ffa", "%41", "%E2%82%AC", "&", "&%ff=%ff", "=", "%", "+", "%2B="])
def test_no_body_takes_long_to_be_read(odd: str) -> None:
    """It is read before anybody knows whether it was signed; no body takes far longer than a plain one."""
    body = (b"a=" + odd.encode() * 64 * 1024)[: 64 * 1024]

    def seconds(read: bytes) -> float:
        began = perf_counter()
        with suppress(Unreadable):
            read_params(read)
        return perf_counter() - began

    plain = min(seconds(b"&".join([b"name=" + b"x" * 255] * 250)) for _ in range(20))
    assert min(seconds(body) for _ in range(20)) < 10 * plain


@given(st.dictionaries(TEXT, st.one_of(TEXT, st.lists(TEXT, min_size=2, max_size=4)), max_size=6), TEXT)
def test_parameters_are_signed_as_the_library_signs_them(
    params: dict[str, str | list[str]], secret: str
) -> None:
    """With either algorithm; a repeated parameter counts once for each of its values."""
    url = "https://desk.example.com/assignment?a=b"
    for algorithm, digest in ((HMAC_SHA1, "sha1"), (HMAC_SHA256, "sha256")):
        expected = RequestValidator(secret).compute_signature(url, MultiDict(params), algorithm)
        assert signature_of(secret.encode(), url + signed_text(params), digest).decode() == expected
