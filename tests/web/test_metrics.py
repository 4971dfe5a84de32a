"""What Prometheus reads, and who may read it."""

import json
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from prometheus_client import CollectorRegistry
from werkzeug.test import TestResponse

from app.rulebook import Rulebook
from app.rulebook.metrics import RulesMetrics
from app.service import Desk
from app.settings import Secret
from app.web import create_app
from app.web.signature import Signatures
from tests.web.conftest import TOKEN, samples

METRICS_TOKEN = "dGhlIG1ldHJpY3M=-._~+/"
ELSEWHERE = "203.0.113.9"

Scrape = Callable[..., TestResponse]


@pytest.fixture
def scrape(desk: Desk, rulebook: Rulebook) -> Scrape:
    """Asks for the metrics from an address, with headers, of a desk with this token and these proxies."""
    registry = CollectorRegistry()
    registry.register(RulesMetrics(rulebook))

    def ask(
        address: str = "127.0.0.1",
        token: str | None = None,
        trusted_proxies: int = 0,
        method: str = "GET",
        **headers: str,
    ) -> TestResponse:
        app = create_app(
            desk,
            Signatures([Secret(TOKEN)]),
            trusted_proxies=trusted_proxies,
            registry=registry,
            metrics_token=Secret(token) if token else None,
        )
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return app.test_client().open(
            "/metrics", method=method, headers=sent, environ_base={"REMOTE_ADDR": address}
        )

    return ask


def refusal(response: TestResponse) -> tuple[int, str]:
    """The status and the end of the type of a problem document."""
    assert response.content_type == "application/problem+json"
    return response.status_code, response.get_json()["type"].rpartition(":")[2]


def test_the_text_format(scrape: Scrape, rulebook: Rulebook) -> None:
    """Prometheus text 0.0.4, whatever the client would rather have: every scraper reads that."""
    response = scrape(Accept="application/openmetrics-text; version=1.0.0")
    assert response.status_code == 200
    assert response.content_type == "text/plain; version=0.0.4; charset=utf-8"
    found = samples(response.text)
    assert found[f'desk_rules_info{{version="{rulebook.ruleset.version}"}}'] == 1
    assert found["desk_rules"] == 3


def test_nothing_is_shown_that_was_not_handed_over(client: FlaskClient) -> None:
    """No metric of another part of the process slips in."""
    response = client.get("/metrics")
    assert (response.status_code, response.text) == (200, "")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_another_method(scrape: Scrape, method: str) -> None:
    """405 and what is allowed."""
    response = scrape(method=method)
    assert refusal(response) == (405, "http-405")
    assert {name.strip() for name in response.headers["Allow"].split(",")} == {"GET", "HEAD"}
    assert "GET" in response.get_json()["detail"]


# --- Without a token


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.8.9.1", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1", "::ffff:7f00:1"]
)
def test_this_machine_needs_no_token(scrape: Scrape, address: str) -> None:
    """However its loopback address is written."""
    assert scrape(address).status_code == 200


@pytest.mark.parametrize(
    "address",
    [
        ELSEWHERE,
        "10.0.0.1",
        "0.0.0.0",
        "128.0.0.1",
        "::",
        "::2",
        "fe80::1",
        "::ffff:10.0.0.1",
        "::127.0.0.1",
        "localhost",
        "127.1",
        "",
    ],
)
def test_another_machine_is_refused(scrape: Scrape, address: str) -> None:
    """A private network is another machine, too; so is what is no address. The way out is named."""
    response = scrape(address)
    assert refusal(response) == (403, "not-local")
    assert "METRICS_TOKEN" in response.get_json()["detail"]
    assert address == "" or address not in response.text
    assert "WWW-Authenticate" not in response.headers


@pytest.mark.parametrize(
    "header",
    [
        {"X_Forwarded_For": ELSEWHERE},
        {"X_Forwarded_For": "127.0.0.1"},
        {"X_Forwarded_For": ""},
        {"x_forwarded_for": "::1"},
        {"X_Forwarded_Proto": "https"},
        {"X_Forwarded_Host": "desk.example.com"},
        {"Forwarded": "for=127.0.0.1"},
        {"X_Real_IP": "127.0.0.1"},
        {"Via": "1.1 proxy"},
    ],
)
@pytest.mark.parametrize("trusted_proxies", [0, 1, 2])
@pytest.mark.parametrize("address", ["127.0.0.1", ELSEWHERE])
def test_what_came_through_a_proxy_is_refused(
    scrape: Scrape, address: str, trusted_proxies: int, header: dict[str, str]
) -> None:
    """A proxy on this machine makes every client a local one; and whom a header makes local is not."""
    assert refusal(scrape(address, trusted_proxies=trusted_proxies, **header)) == (403, "not-local")


def test_this_machine_needs_no_token_beside_a_trusted_proxy(scrape: Scrape) -> None:
    """A scraper that does not come through it is seen where it is."""
    assert scrape(trusted_proxies=1).status_code == 200
    assert refusal(scrape(ELSEWHERE, trusted_proxies=1)) == (403, "not-local")


def test_a_token_that_nobody_asks_for(scrape: Scrape) -> None:
    """Where none is set, none that is sent opens anything."""
    assert refusal(scrape(ELSEWHERE, Authorization=f"Bearer {METRICS_TOKEN}")) == (403, "not-local")
    assert refusal(scrape(ELSEWHERE, Authorization="Bearer ")) == (403, "not-local")


# --- With a token


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER  "])
@pytest.mark.parametrize("address", ["127.0.0.1", ELSEWHERE])
def test_the_token_opens_from_anywhere(scrape: Scrape, address: str, scheme: str) -> None:
    """Through a proxy, too."""
    authorization = {"Authorization": scheme + METRICS_TOKEN}
    assert scrape(address, METRICS_TOKEN, **authorization).status_code == 200
    proxied = scrape(address, METRICS_TOKEN, 1, X_Forwarded_For=ELSEWHERE, Via="1.1 proxy", **authorization)
    assert proxied.status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        METRICS_TOKEN,
        f"Basic {METRICS_TOKEN}",
        f"Bearer {METRICS_TOKEN[:-1]}",
        f"Bearer {METRICS_TOKEN}x",
        f"Bearer {METRICS_TOKEN.upper()}",
        f"Bearer {METRICS_TOKEN}, Bearer {METRICS_TOKEN}",
        "Bearer grüße",
    ],
)
def test_without_the_token_nobody_is_answered(scrape: Scrape, authorization: str | None) -> None:
    """Not even this machine: 401, with what to send, and nothing of either token."""
    headers = {} if authorization is None else {"Authorization": authorization}
    response = scrape(token=METRICS_TOKEN, **headers)
    assert refusal(response) == (401, "wrong-token")
    assert response.headers["WWW-Authenticate"] == 'Bearer realm="metrics"'
    assert "METRICS_TOKEN" in response.get_json()["detail"]
    assert METRICS_TOKEN[:-1] not in response.text


def test_a_refused_token_is_not_logged(scrape: Scrape, log_lines: list[str]) -> None:
    """The log says that it was refused, and neither token."""
    scrape(token=METRICS_TOKEN, Authorization="Bearer quackenbush")
    [line] = log_lines
    assert json.loads(line)["status"] == 401
    assert "quackenbush" not in line
    assert METRICS_TOKEN not in line
