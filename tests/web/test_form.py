"""Form bodies are read as werkzeug reads them, and signed as the twilio library signs them."""

from urllib.parse import quote_plus

from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import HMAC_SHA1, HMAC_SHA256, RequestValidator
from werkzeug.datastructures import MultiDict
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request

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
            "%",
            "%4",
            "%zz",
            "%ff",
            "%C3%28",
            "a",
            "A",
            "=&",
            "%00",
            ";",
            "%2B",
            "%22",
            "2",
            "é",
        ]
    ),
)
FORMS = st.lists(PIECES, max_size=12).map(lambda pieces: "".join(pieces).encode())
BODIES = FORMS | st.binary(max_size=30)


def of_werkzeug(body: bytes) -> dict[str, str | list[str]]:
    form = Request(EnvironBuilder(method="POST", data=body, content_type=FORM).get_environ()).form
    return {name: values[0] if len(values) == 1 else values for name, values in form.lists()}


@given(BODIES)
def test_a_body_is_read_as_werkzeug_reads_it(body: bytes) -> None:
    """Whatever stands in it."""
    assert read_params(body) == of_werkzeug(body)


@given(st.dictionaries(TEXT, st.one_of(TEXT, st.lists(TEXT, min_size=2, max_size=4)), max_size=6), TEXT)
def test_parameters_are_signed_as_the_library_signs_them(
    params: dict[str, str | list[str]], secret: str
) -> None:
    """With either algorithm; a repeated parameter counts once for each of its values."""
    url = "https://desk.example.com/assignment?a=b"
    for algorithm, digest in ((HMAC_SHA1, "sha1"), (HMAC_SHA256, "sha256")):
        expected = RequestValidator(secret).compute_signature(url, MultiDict(params), algorithm)
        assert signature_of(secret.encode(), url + signed_text(params), digest).decode() == expected
