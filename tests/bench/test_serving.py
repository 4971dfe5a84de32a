"""What the benchmark of the endpoint compares: each handler answers what it should."""

import shutil

import pytest

from tests.bench.handlers import make_quickstart
from tests.bench.serving import CALLBACKS, callbacks, main, requests
from tests.conftest import missing
from tests.web.conftest import FORM, TOKEN, signature


def test_the_quickstart_answers_signed_callbacks() -> None:
    """And no others."""
    client, params = make_quickstart(TOKEN).test_client(), next(callbacks())
    headers = {"X-Twilio-Signature": signature("http://localhost/assignment", params)}
    answer = client.post("/assignment", data=params, content_type=FORM, headers=headers)
    assert (answer.status_code, answer.json) == (200, {"instruction": "accept"})
    assert client.post("/assignment", data=params, content_type=FORM).status_code == 403


def test_all_callbacks_are_distinct() -> None:
    """As many as are promised."""
    assert len(set(requests("http://127.0.0.1:1"))) == CALLBACKS


def test_the_benchmark_prints_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Each of the servers has its line."""
    if not shutil.which("wrk"):
        missing("wrk")
    main(["--quick", "--memory", "10"])
    said = capsys.readouterr().out
    refused = ("desk serve, unsigned", "desk serve, wrongly signed")
    for name in ("bare WSGI", "Flask", "quickstart", "desk serve", *refused):
        assert f"\n  {name}  " in said
    assert "99 of 100 within" in said
    assert "answered and not saved: " in said
    assert "memory of the worker over " in said
