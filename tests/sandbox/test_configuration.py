"""Workflow configurations: those that Twilio exports are read, and mistakes in them are named."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.sandbox.configuration import ConfigurationError, Routing, read_configuration
from app.sandbox.expressions import ALWAYS, Scope

QUEUE, OTHER = "WQ" + "1" * 32, "WQ" + "2" * 32

EXPORTED = """
{
  "task_routing": {
    "filters": [
      {
        "filter_friendly_name": "Support",
        "expression": "type == 'support'",
        "targets": [
          {
            "queue": "WQ11111111111111111111111111111111",
            "expression": "worker.level > task.level",
            "priority": "10",
            "timeout": 20,
            "order_by": "worker.level DESC, worker.name",
            "skip_if": "workers.available == 0"
          },
          {"queue": "WQ22222222222222222222222222222222", "known_worker_sid": "task.agent", "priority": ""},
          {"queue": "WQ22222222222222222222222222222222", "known_worker_friendly_name": "task.name"}
        ]
      }
    ],
    "default_filter": {"queue": "WQ22222222222222222222222222222222"}
  }
}
"""


def read(**routing: Any) -> Routing:
    return read_configuration(json.dumps({"task_routing": routing}))


def with_target(**target: Any) -> Routing:
    return read(filters=[{"expression": "1==1", "targets": [{"queue": QUEUE, **target}]}])


def test_an_export_is_read_as_it_is() -> None:
    """Filters in order, targets in order, and the default."""
    routing = read_configuration(EXPORTED)
    (support,) = routing.filters
    assert (support.name, support.expression.text) == ("Support", "type == 'support'")
    first, known, named = support.targets
    assert (first.queue_sid, first.priority, first.timeout) == (QUEUE, 10, 20)
    assert first.expression.text == "worker.level > task.level"
    assert first.skip_if
    assert first.skip_if.holds(Scope({}, {"workers": {"available": 0}}))
    worker = {"level": 3, "name": "Alice"}
    scope = Scope({}, {"worker": worker, "task": {"agent": "WK1", "name": "Bob"}})
    assert [(each.value(scope), each.descending) for each in first.order_by] == [(3, True), ("Alice", False)]
    assert known.known_worker
    assert named.known_worker
    assert (known.known_worker(scope), known.by_name, known.priority) == ("WK1", False, None)
    assert (named.known_worker(scope), named.by_name) == ("Bob", True)
    assert routing.default
    assert (routing.default.queue_sid, routing.default.expression, routing.default.timeout) == (
        OTHER,
        ALWAYS,
        None,
    )
    assert [each.queue_sid for each in routing.targets] == [QUEUE, OTHER, OTHER, OTHER]


def test_a_filter_or_a_default_is_enough() -> None:
    """Each alone is a whole configuration."""
    assert read(default_filter={"queue": QUEUE}).filters == ()
    assert with_target().default is None
    older = read(filters=[{"friendly_name": "Old", "expression": "1==1", "targets": [{"queue": QUEUE}]}])
    assert older.filters[0].name == "Old"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "Configuration is not JSON"),
        ("[]", "Configuration must be a JSON object"),
        ("{}", "task_routing must be a JSON object"),
        ('{"task_routing": {}}', "neither filters nor a default_filter"),
        ('{"task_routing": {"filters": {"a": 1}}}', "filters must be a list"),
        ('{"task_routing": {"filters": [1]}}', r"filters\[0\] must be a JSON object"),
        ('{"task_routing": {"filters": [{"expression": "1==1"}]}}', r"filters\[0\].targets is missing"),
        ('{"task_routing": {"default_filter": {"queue": "everyone"}}}', "default_filter.queue must be WQ"),
    ],
)
def test_what_is_no_configuration(text: str, sentence: str) -> None:
    """The sentence names the place."""
    with pytest.raises(ConfigurationError, match=sentence):
        read_configuration(text)


def test_a_filter_has_an_expression() -> None:
    """Without one it would take every task by mistake."""
    with pytest.raises(ConfigurationError, match=r"filters\[0\].expression is missing"):
        read(filters=[{"targets": [{"queue": QUEUE}]}])


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ({"expression": "worker.level >"}, r"targets\[0\].expression cannot be read: a name or a constant"),
        ({"expression": 1}, r"targets\[0\].expression must be text"),
        ({"timeout": 0}, r"targets\[0\].timeout must be a whole number from 1 to 1209600"),
        ({"timeout": "soon"}, "timeout must be a whole number"),
        ({"priority": -1}, "priority must be a whole number from 0"),
        ({"order_by": "worker.level UP"}, "order_by cannot be read: a worker's attribute and ASC or DESC"),
        ({"order_by": "worker.level DESC ASC"}, "order_by cannot be read"),
        ({"order_by": ","}, "order_by cannot be read"),
        ({"skip_if": "workers.available"}, "skip_if cannot be read"),
        ({"known_worker_sid": "'WK1'"}, "known_worker_sid cannot be read"),
    ],
)
def test_what_is_no_target(target: dict[str, Any], sentence: str) -> None:
    """The sentence names the key."""
    with pytest.raises(ConfigurationError, match=sentence):
        with_target(**target)
