"""Whether a request comes from Twilio: the public URL, the parameters and the secrets that may sign."""

import json
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
from flask.testing import FlaskClient
from werkzeug.test import EnvironBuilder, TestResponse

from app.errors import Unsigned
from app.service import Desk
from app.settings import Secret
from app.web import create_app
from app.web.signature import Signatures, url_variants
from tests.builders import PARAMS, parameters
from tests.web.conftest import FORM, PUBLIC, TOKEN, post, signature

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parent / "signature_vectors.json").read_text("utf-8")
)
KEY = "webhooks_sharedkey_1"
KEY_SECRET = "the secret of the shared key"

each_vector = pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])


def _send(client: FlaskClient, vector: dict[str, Any]) -> TestResponse:
    address = urlsplit(vector["url"])
    return client.post(
        address.path + (f"?{address.query}" if address.query else ""),
        base_url=f"{address.scheme}://{address.netloc}",
        data=urlencode(vector["params"], doseq=True),
        content_type=FORM,
        headers={"X-Twilio-Signature": vector["signature"]},
    )


@each_vector
def test_what_another_program_signed_is_answered(vector: dict[str, Any], desk: Desk) -> None:
    """The signatures of another implementation hold for the URL that the request shows."""
    client = create_app(desk, Signatures([Secret(vector["token"])])).test_client()
    assert _send(client, vector).status_code == 200


@each_vector
def test_public_url_stands_in_for_what_the_application_sees(vector: dict[str, Any], desk: Desk) -> None:
    """With PUBLIC_URL the same signatures hold however the request came in."""
    address = urlsplit(vector["url"])
    public_url = f"{address.scheme}://{address.netloc}"
    client = create_app(desk, Signatures([Secret(vector["token"])], {}, public_url)).test_client()
    assert (
        _send(client, vector | {"url": f"http://10.0.0.7:8080/assignment?{address.query}"}).status_code == 200
    )


@each_vector
def test_another_token_signs_nothing_of_ours(vector: dict[str, Any], desk: Desk) -> None:
    """The same requests are refused where another auth token is configured."""
    client = create_app(desk, Signatures([Secret("another")])).test_client()
    assert _send(client, vector).status_code == 403


def test_each_tampered_byte_is_refused(client: FlaskClient) -> None:
    """Whatever single byte of the body changes, if that changes a parameter, the request is refused.

    With 400 where what is left is no form.
    """
    params = parameters({"type": "support", "name": "Łukasz & Søn"}, {"contact_uri": "client:alice"})
    body = urlencode(params).encode()
    headers = {"X-Twilio-Signature": signature(f"{PUBLIC}/assignment", params)}
    statuses = set()
    for place in range(len(body)):
        for flipped in (0x01, 0xA0):
            tampered = body[:place] + bytes([body[place] ^ flipped]) + body[place + 1 :]
            if _read(tampered) == _read(body):  # %7B and %7b are the same parameter
                continue
            response = client.post("/assignment", data=tampered, content_type=FORM, headers=headers)
            statuses.add(response.status_code)
    assert statuses == {400, 403}
    assert client.post("/assignment", data=body, content_type=FORM, headers=headers).status_code == 200


def _read(body: bytes) -> list[tuple[str, str]]:
    return parse_qsl(body.decode("latin-1"), keep_blank_values=True)


@pytest.mark.parametrize("place", range(0, 28, 3))
def test_each_tampered_byte_of_the_signature_is_refused(client: FlaskClient, place: int) -> None:
    """A signature is compared as a whole."""
    good = signature(f"{PUBLIC}/assignment", parameters())
    bad = good[:place] + ("A" if good[place] != "A" else "B") + good[place + 1 :]
    assert post(client, parameters(), X_Twilio_Signature=bad).status_code == 403


@pytest.mark.parametrize("value", ["", " ", "é", "x" * 5000, "=", "null"])
def test_what_is_no_signature_is_refused(client: FlaskClient, value: str) -> None:
    """An empty, foreign or overlong header is no signature, and no failure of ours."""
    assert post(client, parameters(), X_Twilio_Signature=value).status_code == 403


def test_a_missing_signature_is_named(client: FlaskClient) -> None:
    """Who tries the URL by hand reads why there is no answer."""
    response = client.post("/assignment", data=parameters())
    assert response.status_code == 403
    assert "X-Twilio-Signature" in response.get_json(force=True)["detail"]


def test_the_query_is_signed_too(client: FlaskClient) -> None:
    """A query string belongs to the URL as it was sent; another one is refused."""
    path = "/assignment?env=a%20b&x=%C5%81&x=+1&empty="
    signed = signature(PUBLIC + path, parameters())
    assert post(client, parameters(), path).status_code == 200
    assert post(client, parameters(), "/assignment?env=b", X_Twilio_Signature=signed).status_code == 403
    assert post(client, parameters(), "/assignment", X_Twilio_Signature=signed).status_code == 403


def test_the_path_is_signed_too(client: FlaskClient) -> None:
    """What was signed for the primary URL does not hold for the fallback."""
    signed = signature(f"{PUBLIC}/assignment", parameters())
    assert post(client, parameters(), "/assignment/fallback", X_Twilio_Signature=signed).status_code == 403


@pytest.mark.parametrize("signed", [f"{PUBLIC}/assignment", f"{PUBLIC}:443/assignment"])
@pytest.mark.parametrize("public_url", [PUBLIC, f"{PUBLIC}:443"])
def test_with_and_without_port(desk: Desk, public_url: str, signed: str) -> None:
    """Twilio signs the default port or leaves it out, whichever way PUBLIC_URL is written."""
    client = create_app(desk, Signatures([Secret(TOKEN)], {}, public_url)).test_client()
    response = post(client, parameters(), X_Twilio_Signature=signature(signed, parameters()))
    assert response.status_code == 200


def test_another_port_is_another_address(client: FlaskClient) -> None:
    """Only the URL's own port may be left out."""
    signed = signature(f"{PUBLIC}:8443/assignment", parameters())
    assert post(client, parameters(), X_Twilio_Signature=signed).status_code == 403


@pytest.mark.parametrize(
    ("url", "variants"),
    [
        ("https://a.com/x", ("https://a.com/x", "https://a.com:443/x")),
        ("http://a.com/x?y=:1", ("http://a.com/x?y=:1", "http://a.com:80/x?y=:1")),
        ("https://a.com:8443/x", ("https://a.com:8443/x", "https://a.com/x")),
        ("https://u:p@a.com/x", ("https://u:p@a.com/x", "https://u:p@a.com:443/x")),
        ("https://[::1]/x", ("https://[::1]/x", "https://[::1]:443/x")),
        ("https://[::1]:1/x", ("https://[::1]:1/x", "https://[::1]/x")),
        ("https://a.com:x/", ("https://a.com:x/",)),
        ("ftp://a.com/x", ("ftp://a.com/x",)),
        ("http://[/x", ("http://[/x",)),
    ],
)
def test_variants_of_a_url(url: str, variants: tuple[str, ...]) -> None:
    """The URL as it is comes first; one that cannot be read stays alone."""
    assert url_variants(url) == variants


def _proxied(client: FlaskClient, **forwarded: str) -> TestResponse:
    headers = {f"X_Forwarded_{name}": value for name, value in forwarded.items()}
    return post(client, parameters(), Host="10.0.0.7:8080", **headers)


def test_proxies_are_not_believed_unless_trusted(reached_as: Callable[..., FlaskClient]) -> None:
    """Without TRUSTED_PROXIES a forwarding header is anybody's word."""
    assert _proxied(reached_as(0), Proto="https", Host="desk.example.com").status_code == 403
    assert _proxied(reached_as(1), Proto="https", Host="desk.example.com").status_code == 200


def test_as_many_proxies_as_are_trusted(reached_as: Callable[..., FlaskClient]) -> None:
    """What stands before the trusted proxies' own entries was written by a stranger."""
    two = {"Proto": "https, http", "Host": "desk.example.com, inner"}
    assert _proxied(reached_as(2), **two).status_code == 200
    assert _proxied(reached_as(1), **two).status_code == 403
    assert _proxied(reached_as(1), Proto="ftp, https", Host="evil, desk.example.com").status_code == 200


def test_port_and_prefix_of_a_proxy(reached_as: Callable[..., FlaskClient]) -> None:
    """A proxy may name the port apart, and cut a prefix off the path."""
    forwarded = {"Proto": "https", "Host": "desk.example.com", "Port": "8443", "Prefix": "/desk"}
    signed = signature("https://desk.example.com:8443/desk/assignment", parameters())
    headers = {f"X_Forwarded_{name}": value for name, value in forwarded.items()}
    assert post(reached_as(1), parameters(), X_Twilio_Signature=signed, **headers).status_code == 200


@pytest.mark.parametrize(
    "forwarded",
    [
        {"Proto": "ftp"},
        {"Proto": "h[t"},
        {"Proto": "a://["},
        {"Host": "["},
        {"Port": "x"},
        {"Port": "99999"},
        {"Prefix": "["},
    ],
    ids=str,
)
def test_nonsense_from_a_proxy_is_refused(
    reached_as: Callable[..., FlaskClient], forwarded: dict[str, str]
) -> None:
    """A proxy passes on what a stranger wrote: that is a wrong signature, not a failure of ours."""
    assert _proxied(reached_as(1), **forwarded).status_code == 403


def test_public_url_outranks_proxies(desk: Desk) -> None:
    """Where PUBLIC_URL is set, no header changes what Twilio signed."""
    client = create_app(desk, Signatures([Secret(TOKEN)], {}, PUBLIC), trusted_proxies=1).test_client()
    assert _proxied(client, Proto="http", Host="evil", Prefix="/evil").status_code == 200


def test_a_path_in_public_url(desk: Desk) -> None:
    """PUBLIC_URL may hold a path in front of ours."""
    client = create_app(desk, Signatures([Secret(TOKEN)], {}, f"{PUBLIC}/desk")).test_client()
    signed = signature(f"{PUBLIC}/desk/assignment", parameters())
    assert post(client, parameters(), X_Twilio_Signature=signed).status_code == 200


@pytest.mark.parametrize("secret", ["old", "new"])
def test_tokens_while_rotating(desk: Desk, secret: str) -> None:
    """While a token is rotated either signs; a third does not."""
    client = create_app(desk, Signatures([Secret("new"), Secret("old")], {}, PUBLIC)).test_client()
    url = f"{PUBLIC}/assignment"
    signed = signature(url, parameters(), secret)
    assert post(client, parameters(), X_Twilio_Signature=signed).status_code == 200
    signed = signature(url, parameters(), "newold")
    assert post(client, parameters(), X_Twilio_Signature=signed).status_code == 403


def _with_key(desk: Desk, said: str, secret: str = KEY_SECRET, algorithm: str = "sha256") -> TestResponse:
    signatures = Signatures([Secret(TOKEN)], {KEY: Secret(KEY_SECRET), "other": Secret("other")}, PUBLIC)
    signed = signature(f"{PUBLIC}/assignment", parameters(), secret, algorithm)
    return post(
        create_app(desk, signatures).test_client(),
        parameters(),
        X_Twilio_Signature=signed,
        X_Twilio_Webhooks_Signature_Settings=said,
    )


@pytest.mark.parametrize(
    "said",
    [
        f"key={KEY},algorithm=HMAC_SHA256",
        f"algorithm=HMAC_SHA256,key={KEY}",
        f" key = {KEY} , algorithm = hmac_sha256",
    ],
)
def test_a_shared_key_signs_with_sha256(desk: Desk, said: str) -> None:
    """HMAC_SHA256 is keyed with the secret of the key that the request names."""
    assert _with_key(desk, said).status_code == 200


@pytest.mark.parametrize(
    ("said", "secret", "algorithm"),
    [
        (f"key={KEY},algorithm=HMAC_SHA256", TOKEN, "sha256"),
        (f"key={KEY},algorithm=HMAC_SHA256", "other", "sha256"),
        ("key=unknown,algorithm=HMAC_SHA256", KEY_SECRET, "sha256"),
        ("algorithm=HMAC_SHA256", KEY_SECRET, "sha256"),
        (f"key={KEY},algorithm=HMAC_SHA512", KEY_SECRET, "sha512"),
        (f"key={KEY},algorithm=HMAC_MD5", KEY_SECRET, "md5"),
        (f"key={KEY},algorithm=HMAC_SHA1", KEY_SECRET, "sha1"),
        (f"key={KEY}", KEY_SECRET, "sha256"),
        ("", TOKEN, "sha256"),
        ("nonsense,=,algorithm=,key", KEY_SECRET, "sha256"),
    ],
)
def test_no_other_pair_of_key_and_algorithm_holds(desk: Desk, said: str, secret: str, algorithm: str) -> None:
    """No secret signs for another, and no other algorithm is known."""
    assert _with_key(desk, said, secret, algorithm).status_code == 403


def test_the_auth_token_signs_with_sha1_where_keys_are_configured(desk: Desk) -> None:
    """Accounts without a shared key go on as before."""
    assert _with_key(desk, "algorithm=HMAC_SHA1", TOKEN, "sha1").status_code == 200


class _Untouchable(bytes):
    """Bytes that fail whatever could tell by its time how far they are right, but for reading them whole."""

    def _no(self, *_: object) -> NoReturn:
        raise AssertionError("only hmac.compare_digest may look at a signature")

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __getitem__ = __iter__ = _no
    startswith = endswith = find = index = strip = split = partition = replace = _no  # type: ignore[assignment]
    __hash__ = _no


class _UntouchableText(str):
    """The same as the text of a header, which may be encoded and nothing else."""

    __slots__ = ()

    def _no(self, *_: object) -> NoReturn:
        raise AssertionError("only hmac.compare_digest may look at a signature")

    def encode(self, *given: Any) -> bytes:
        return _Untouchable(super().encode(*given))

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __getitem__ = __iter__ = _no
    startswith = endswith = find = index = strip = split = partition = replace = _no  # type: ignore[assignment]
    __hash__ = _no


@pytest.mark.parametrize("wrong_at", [None, 0, 27])
def test_a_signature_is_compared_in_constant_time(wrong_at: int | None) -> None:
    """Nothing that stops at the first difference touches it: what is left is `hmac.compare_digest`."""
    good = signature(f"{PUBLIC}/assignment", PARAMS)
    sent = good if wrong_at is None else f"{good[:wrong_at]}!{good[wrong_at + 1 :]}"
    environ = EnvironBuilder("/assignment", PUBLIC, method="POST").get_environ()
    environ["HTTP_X_TWILIO_SIGNATURE"] = _UntouchableText(sent)
    with nullcontext() if wrong_at is None else pytest.raises(Unsigned):
        Signatures([Secret("another"), Secret(TOKEN)]).check(environ, urlencode(PARAMS).encode())
