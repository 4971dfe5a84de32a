"""The alerts and the dashboard in app/ops: of metrics that there are, and as Prometheus reads them."""

import http.client
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from app.metrics.catalogue import COUNTED, REFUSED
from tests.conftest import missing
from tests.web.conftest import samples
from tests.web.serving import PATIENCE, PLAIN, headers_for, request, started, write_rules

OPS = Path(__file__).parents[2] / "app" / "ops"
ALERTS = OPS / "alerts.yaml"
DASHBOARD = json.loads((OPS / "grafana-dashboard.json").read_text("utf-8"))
SCENES = (Path(__file__).parent / "alerts_test.yaml").read_text("utf-8")
NAME = re.compile(r"\bdesk_[a-z0-9_]+")
SELECTED = re.compile(r"(desk_[a-z0-9_]+)\{([^}]*)\}")
MATCHER = re.compile(r'([a-z_]+)(=~|!=|!~|=)"([^"]*)"')
Series = tuple[str, frozenset[tuple[str, str]]]


def expressions(document: Any) -> Iterator[str]:
    """Every `expr` in a document."""
    if isinstance(document, dict):
        yield from (value for name, value in document.items() if name == "expr")
    if isinstance(document, dict | list):
        for each in document.values() if isinstance(document, dict) else document:
            yield from expressions(each)


OF_ALERTS = list(expressions(yaml.safe_load(ALERTS.read_text("utf-8"))))
OF_DASHBOARD = list(expressions(DASHBOARD))


@pytest.fixture
def promtool() -> str:
    return shutil.which("promtool") or missing("promtool")


@pytest.fixture(scope="module")
def scraped(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a server tells that has answered one callback."""
    folder = write_rules(
        tmp_path_factory.mktemp("ops") / "rules", "default: {reply: {instruction: accept}}\n"
    )
    with started(folder) as serve:
        headers = headers_for(serve.url + "/assignment")
        assert request(serve, "/assignment", urlencode(PLAIN).encode(), headers=headers)[0] == 200
        connection = http.client.HTTPConnection(*serve.address, timeout=PATIENCE)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
    return text


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> set[Series]:
    """The series of a server that has not been asked for anything else yet."""
    folder = write_rules(
        tmp_path_factory.mktemp("fresh") / "rules", "default: {reply: {instruction: accept}}\n"
    )
    with started(folder) as serve:
        connection = http.client.HTTPConnection(*serve.address, timeout=PATIENCE)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
    families = text_string_to_metric_families(text)
    return {(each.name, frozenset(each.labels.items())) for family in families for each in family.samples}


def selections(expression: str) -> Iterator[Series]:
    """Each combination of values that an expression selects by: one for each of `a|b`."""
    for name, matchers in SELECTED.findall(expression):
        values = [
            [(label, value) for value in (wanted.split("|") if operator == "=~" else [wanted])]
            for label, operator, wanted in MATCHER.findall(matchers)
            if operator in {"=", "=~"} and not wanted.startswith("$")
        ]
        if values:
            yield from ((name, frozenset(chosen)) for chosen in product(*values))


def test_every_metric_is_there(scraped: str) -> None:
    """Each that an alert or a panel asks for is told by a server that runs, nothing having gone wrong yet."""
    asked = {name for each in (*OF_ALERTS, *OF_DASHBOARD) for name in NAME.findall(each)}
    told = {name.partition("{")[0] for name in samples(scraped)}
    assert len(asked) > 15
    assert asked - told == set()


def test_every_metric_is_shown() -> None:
    """What is counted is on the dashboard."""
    shown = {re.sub(r"_bucket$", "", name) for each in OF_DASHBOARD for name in NAME.findall(each)}
    assert {metric.name for metric in COUNTED} - shown == set()


def test_the_readme_names_what_is_counted() -> None:
    """Each metric of the catalogue."""
    readme = (OPS.parents[1] / "README.md").read_text("utf-8")
    assert [metric.name for metric in COUNTED if f"`{metric.name}`" not in readme] == []


def test_labels_are_those_of_the_metrics(scraped: str) -> None:
    """What an expression selects or groups by is a label that the metric has."""
    labels = {label for name in samples(scraped) for label in re.findall(r"\{([a-z_]+)=", name)}
    for each in (*OF_ALERTS, *OF_DASHBOARD):
        grouped = {name.strip() for group in re.findall(r"by \(([^)]*)\)", each) for name in group.split(",")}
        selected = set(re.findall(r"[{,]\s*([a-z_]+)\s*(?:=~|!=|=)", each))
        assert (grouped | selected) - labels - {"instance", "job"} == set(), each


def test_what_is_selected_is_there_before_the_first(fresh: set[Series]) -> None:
    """Each value that an alert or a panel names: the increase of a series that was not there is 0."""
    asked = {each for expression in (*OF_ALERTS, *OF_DASHBOARD) for each in selections(expression)}
    assert ("desk_deliveries_total", frozenset({("state", "ambiguous")})) in asked
    missed = {
        (name, labels)
        for name, labels in asked
        if not any(name == told and labels <= those for told, those in fresh)
    }
    assert missed == set()


def test_scenes_are_of_series_that_are_there(fresh: set[Series]) -> None:
    """What promtool is fed is what a server tells from the beginning, but for the rules' version."""
    fed = {
        (
            name,
            frozenset((label, value) for label, _, value in MATCHER.findall(matchers) if label != "instance"),
        )
        for name, matchers in re.findall(r"series: '([a-z_]+)\{(.*)\}'", SCENES)
    }
    assert {each for each in fed - fresh if each[0] != "desk_rules_info"} == set()


def test_an_alert_looks_at_every_refusal() -> None:
    """Whatever a callback is refused for."""
    looked = {labels for each in OF_ALERTS for _, labels in selections(each)}
    assert {frozenset({("outcome", reason)}) for reason in REFUSED} - looked == set()


def test_every_panel_has_its_place() -> None:
    """No two panels lie upon one another, and each has a title of its own."""
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells
    titles = [panel["title"] for panel in DASHBOARD["panels"]]
    assert len(titles) == len(set(titles))


def test_every_alert_says_what_to_do() -> None:
    """A summary, a description and how urgent it is."""
    [group] = yaml.safe_load(ALERTS.read_text("utf-8"))["groups"]
    for rule in group["rules"]:
        assert rule["annotations"].keys() == {"summary", "description"}, rule["alert"]
        assert rule["labels"]["severity"] in {"page", "ticket"}


def run(*command: str, text: str = "") -> str:
    done = subprocess.run(command, input=text, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_prometheus_reads_the_alerts(promtool: str) -> None:
    """As promtool says."""
    assert f"{len(OF_ALERTS)} rules found" in run(promtool, "check", "rules", str(ALERTS))


def test_alerts_come_when_they_should(promtool: str, tmp_path: Path) -> None:
    """None of a healthy desk; each of one that has every trouble, and of the first trouble in time."""
    (tmp_path / "scenes.yaml").write_text(SCENES.replace("[RULES]", json.dumps([str(ALERTS)])))
    assert "SUCCESS" in run(promtool, "test", "rules", str(tmp_path / "scenes.yaml"))


def test_prometheus_reads_the_dashboard(promtool: str, tmp_path: Path) -> None:
    """Each of its expressions, with Grafana's variables filled in."""
    filled = [each.replace("$__rate_interval", "5m").replace("$instance", ".*") for each in OF_DASHBOARD]
    rules = [{"record": f"panel:{number}", "expr": each} for number, each in enumerate(filled)]
    (tmp_path / "rules.yaml").write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
    assert f"{len(rules)} rules found" in run(promtool, "check", "rules", str(tmp_path / "rules.yaml"))


def test_names_and_help_are_as_prometheus_wants_them(promtool: str, scraped: str) -> None:
    """Base units, `_total` for counters, and a sentence each."""
    assert run(promtool, "check", "metrics", text=scraped) == ""
