"""Problems as SARIF 2.1.0."""

from typing import Any

import orjson
import pytest

from app.cli.sarif import sarif
from app.engine.catalogue import Check
from app.engine.checks import MANUALS
from app.model import Level, Location, Problem

PLACE = Location("rules/20.yaml", 12, 5)
FULL = Problem(
    Check.MISSING_PARAMETER,
    "call needs `url`",
    PLACE,
    rule="billing",
    hint="add url: https://example.com/twiml",
    twilio_code=40112,
)


def run(*problems: Problem) -> Any:
    """The one run of the log, as whoever reads the JSON has it."""
    (only,) = orjson.loads(orjson.dumps(sarif(problems, "1.2.3")))["runs"]
    return only


def test_the_log_says_what_it_is() -> None:
    """The version of the format, the schema, and whose run it was."""
    log = sarif([], "1.2.3")
    assert log.keys() == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    assert run()["results"] == []
    assert run()["columnKind"] == "unicodeCodePoints"
    driver = run()["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("desk", "1.2.3")


def test_every_check_is_described() -> None:
    """By its manual, at the level that it has."""
    rules = run()["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == [str(check) for check in MANUALS]
    rule = next(rule for rule in rules if rule["id"] == "R012")
    text = MANUALS[Check.NEVER_HOLDS].text
    assert rule["name"] == "never-holds"
    assert rule["help"] == {"text": text}
    assert rule["shortDescription"]["text"] in text.splitlines()[0]
    assert rule["fullDescription"]["text"] == text.partition("\n\n")[2].partition("\n\nWrong:")[0]
    assert rule["defaultConfiguration"] == {"level": "warning"}


def test_a_result_says_where_what_and_the_way_out() -> None:
    """With the rule and Twilio's code as properties."""
    (result,) = run(FULL)["results"]
    rules = run()["tool"]["driver"]["rules"]
    assert rules[result.pop("ruleIndex")]["id"] == "R032"
    region = {"startLine": 12, "startColumn": 5}
    assert result == {
        "ruleId": "R032",
        "level": "error",
        "message": {"text": "billing: call needs `url` (would be 40112); add url: https://example.com/twiml"},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": "rules/20.yaml"}, "region": region}}],
        "properties": {"rule": "billing", "twilio_code": 40112},
    }


@pytest.mark.parametrize("level", Level)
def test_levels_have_their_own_names(level: Level) -> None:
    """SARIF's are ours: error, warning and note."""
    (result,) = run(Problem(Check.UNDECIDED, "x", PLACE, level))["results"]
    assert result["level"] == level.value


def test_what_a_problem_does_not_have_leaves_no_trace() -> None:
    """Neither a place, nor a rule, nor a code."""
    (result,) = run(Problem(Check.NO_CALL, "no call"))["results"]
    assert result["locations"] == []
    assert "properties" not in result


@pytest.mark.parametrize(
    ("file", "uri"),
    [
        ("rules/day & night/ü 100%.yaml", "rules/day%20%26%20night/%C3%BC%20100%25.yaml"),
        ("../rules/a#b.yaml", "../rules/a%23b.yaml"),
        ("/srv/our rules/a.yaml", "file:///srv/our%20rules/a.yaml"),
    ],
)
def test_a_file_is_an_address(file: str, uri: str) -> None:
    """Relative as it was given, with forward slashes; what means something else in a URI is escaped."""
    (result,) = run(Problem(Check.YAML, "x", Location(file)))["results"]
    (place,) = result["locations"]
    assert place["physicalLocation"]["artifactLocation"] == {"uri": uri}
