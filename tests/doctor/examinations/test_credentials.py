"""Credentials: what REST uses, and each token that may sign."""

from flask import Flask, request

from app.doctor.examinations import credentials as examination
from app.sandbox import serving
from tests.builders import ACCOUNT
from tests.delivery.listening import closed_port
from tests.doctor.accounts import KEY_SECRET, KEY_SID, TOKEN, environment, served, taskrouter
from tests.doctor.examined import examined

KEY = {"TWILIO_API_KEY": KEY_SID, "TWILIO_API_SECRET": KEY_SECRET}
OTHER = "f" * 32


def found(base: str, **more: str) -> list[tuple[str, str, str]]:
    return examined(examination, environment(base, **more))


def test_the_token_is_taken() -> None:
    """One request tells."""
    with serving(taskrouter()) as here:
        assert found(here.address) == [("ok", f"Twilio takes TWILIO_AUTH_TOKEN of {ACCOUNT}", "")]


def test_an_api_key_is_used_and_the_token_is_tried_too() -> None:
    """The key signs no callback."""
    with serving(taskrouter()) as here:
        assert found(here.address, **KEY) == [
            ("ok", f"Twilio takes TWILIO_API_KEY of {ACCOUNT}", ""),
            ("ok", "TWILIO_AUTH_TOKEN is the account's", ""),
        ]
        said = found(here.address, **KEY, TWILIO_AUTH_TOKEN=OTHER)[1]
    assert said == (
        "error",
        "TWILIO_AUTH_TOKEN is not the account's, or no longer: no signature fits it",
        "copy the Auth Token from the Twilio Console",
    )


def test_each_of_several_tokens_is_tried() -> None:
    """While they are rotated one may be over."""
    with serving(taskrouter()) as here:
        first, second = found(here.address, TWILIO_AUTH_TOKEN=f"{TOKEN},{OTHER}")
    assert first[0] == "ok"
    assert second == (
        "warning",
        "number 2 of TWILIO_AUTH_TOKEN is not the account's, or no longer: no signature fits it",
        "remove it, or copy it from the Twilio Console",
    )


def test_a_wrong_token() -> None:
    """Which variables to look at."""
    with serving(taskrouter()) as here:
        assert found(here.address, TWILIO_AUTH_TOKEN=OTHER) == [
            (
                "error",
                "with TWILIO_AUTH_TOKEN: Twilio answered 401 with error 20003",
                "check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN",
            )
        ]


def test_a_key_without_permission() -> None:
    """The token is tried too, and of one that could not be nothing is known."""
    twilio = Flask("twilio")

    @twilio.get("/v1/Workspaces")
    def workspaces() -> tuple[dict[str, int], int]:
        has_key = request.authorization and request.authorization.username == KEY_SID
        return {"code": 20003}, 403 if has_key else 503

    with served(twilio) as address:
        first, second = found(address, **KEY)
    assert first[0] == "error"
    assert first[2].startswith("TWILIO_API_KEY and TWILIO_API_SECRET may not do that")
    assert second[:2] == (
        "skipped",
        "TWILIO_AUTH_TOKEN could not be tried: Twilio answered 503 with error 20003",
    )


def test_nobody_answers() -> None:
    """Nothing more is tried."""
    [(verdict, what, remedy)] = found(f"http://127.0.0.1:{closed_port()}", **KEY)
    assert verdict == "error"
    assert what.startswith("with TWILIO_API_KEY: Twilio cannot be reached")
    assert "TWILIO_API_BASE" in remedy


def test_without_credentials() -> None:
    """There is nothing to try."""
    said = ("skipped", "no credentials are set that can be used", "")
    assert examined(examination, {}) == [said]
