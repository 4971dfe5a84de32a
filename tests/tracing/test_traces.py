"""Traces of a server that runs, and when there are none."""

import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from app.sandbox import Faults, TaskRouter, serving
from app.tracing.traces import tracing, wants_traces
from tests.builders import ACCOUNT
from tests.delivery.listening import closed_port
from tests.tracing.collecting import attributes, collecting
from tests.waiting import until
from tests.web.conftest import TOKEN
from tests.web.serving import PLAIN, headers_for, request, started, write_rules

RULES = """
    default: {reply: {instruction: accept}}
    rules:
      - {name: post, task_type: post, post: {instruction: accept}}
      - {name: unfilled, task_type: unfilled, reply: {instruction: dequeue, from: "{{ task.none }}"}}
"""
TRACE = "8f14e45fceea167a5a36dedd4bea2543"


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": " "}, False),
        ({"OTEL_TRACES_EXPORTER": "otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "console,otlp"}, True),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1"}, False),
        ({"OTEL_SDK_DISABLED": "true", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1"}, False),
    ],
)
def test_who_wants_traces(environment: dict[str, str], wanted: bool) -> None:
    """Whoever says where they go, and does not take it back."""
    assert wants_traces(environment) is wanted


def test_without_a_collector_nothing_is_made() -> None:
    """There is no tracer, and so no span."""
    with tracing({}) as tracer:
        assert tracer is None


@pytest.mark.parametrize(
    "variable", [{"OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT": "soon"}, {"OTEL_BSP_MAX_QUEUE_SIZE": "0"}]
)
def test_a_variable_that_cannot_be_read(variable: dict[str, str], tmp_path: Path) -> None:
    """Callbacks are answered without traces, and the log says so."""
    folder = write_rules(tmp_path / "rules", RULES)
    wrong = {"OTEL_TRACES_EXPORTER": "otlp", **variable}
    with started(folder, **wrong) as serve:
        headers = headers_for(f"{serve.url}/assignment")
        assert request(serve, "/assignment", urlencode(PLAIN).encode(), headers=headers)[0] == 200
    [told] = [each for each in serve.events() if each["event"].startswith("no traces")]
    assert (told["level"], told["event"]) == ("error", "no traces: a variable OTEL_… cannot be read")


def test_without_the_extra() -> None:
    """The log says what to install; nothing else is missing."""
    program = """
import logging, sys
sys.modules["opentelemetry"] = None  # as if it were not installed
from app.logs import log_to_stdout
from app.tracing.traces import tracing
log_to_stdout("INFO")
with tracing({"OTEL_TRACES_EXPORTER": "otlp"}) as tracer:
    print(tracer)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "no traces: the extra is not installed (pip install 'desk[otel]')" in done.stdout
    assert done.stdout.endswith("\nNone\n")


def inside(spans: list[Any], parent: Any) -> list[Any]:
    """The spans in another, in the order in which they began."""
    found = [each for each in spans if each.parent_span_id == parent.span_id]
    return sorted(found, key=lambda each: each.start_time_unix_nano)


def test_spans_of_callbacks_and_deliveries(tmp_path: Path) -> None:
    """A callback with its decision and its promise, then each attempt with its requests, under one id."""
    folder = write_rules(tmp_path / "rules", RULES)
    taskrouter = TaskRouter(account_sid=ACCOUNT, auth_tokens=(TOKEN,))
    taskrouter.faults = Faults(updates=("server_error",))
    with collecting() as collector, serving(taskrouter) as twilio:
        where = {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.address, "TWILIO_API_BASE": twilio.address}
        with started(folder, **where, LOG_LEVEL="WARNING") as serve:
            taskrouter.callback_url = f"{serve.url}/assignment"
            task = taskrouter.add_task({"type": "post", "name": "Quackenbush"})
            reservation = taskrouter.assign(task, taskrouter.add_worker("Ada"))
            assert taskrouter.wait_until_settled(reservation, 20)
            until(lambda: reservation.status == "accepted")
            headers = headers_for(f"{serve.url}/assignment/fallback") | {"X-Request-Id": TRACE}
            body = urlencode(PLAIN).encode()
            assert request(serve, "/assignment/fallback", body, headers=headers)[0] == 200
            headers = headers_for(f"{serve.url}/assignment", {"TaskSid": "WT1"})
            assert request(serve, "/assignment", b"TaskSid=WT1", headers=headers)[0] == 400
    posted, other, refused = sorted(collector.named("callback"), key=lambda each: each.start_time_unix_nano)
    decided, promised = inside(collector.spans, posted)
    assert (decided.name, promised.name) == ("decide", "promise")
    told = attributes(decided)
    assert (told["desk.rule"], told["desk.mode"], told["desk.problems"]) == ("post", "post", [])
    assert told["desk.reservation"] == attributes(promised)["desk.reservation"] == reservation.sid
    assert len(told["desk.rules_version"]) == 12
    assert attributes(promised)["desk.new"] is True

    first, second = sorted(collector.named("attempt"), key=lambda each: each.start_time_unix_nano)
    assert attributes(first)["desk.request"] == attributes(posted)["desk.request"]
    assert attributes(first)["desk.state"] == "again"
    assert attributes(first)["desk.attempt"] == 1
    [sent] = first.events
    assert (sent.name, attributes(sent)["http.response.status_code"]) == ("send", 500)
    assert attributes(second)["desk.state"] == "delivered"

    assert attributes(other) == {"desk.path": "/assignment/fallback", "desk.request": TRACE}
    assert attributes(refused)["error.type"] == "Unreadable"
    assert 'string_value: "assignment-desk"' in collector.text
    assert "Quackenbush" not in collector.text
    assert serve.remarks == []


def test_a_collector_that_is_gone(tmp_path: Path) -> None:
    """No answer waits for it, nor does the end; the log does not repeat an address that may hold a key."""
    folder = write_rules(tmp_path / "rules", RULES)
    gone = f"http://u:geheim@127.0.0.1:{closed_port()}/?key=geheim"
    with started(folder, OTEL_EXPORTER_OTLP_ENDPOINT=gone, OTEL_BSP_SCHEDULE_DELAY="50") as serve:
        headers = headers_for(f"{serve.url}/assignment")
        assert request(serve, "/assignment", urlencode(PLAIN).encode(), headers=headers)[0] == 200
        until(lambda: any(event["event"] == "traces are not sent" for event in serve.events()))
    assert serve.process.returncode == 0
    assert "geheim" not in "".join(serve.out + serve.err)
