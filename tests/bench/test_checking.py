"""The benchmark still runs. How long anything takes is no matter of tests."""

import pytest

from app.cli.output import graver
from app.engine.loading import read_rules
from tests.bench.checking import SHAPES, main, written


def test_the_benchmark_prints_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    """Each shape has its line."""
    main(["--quick"])

    lines = {line.split("  ")[1] for line in capsys.readouterr().out.splitlines() if line.startswith("  ")}
    assert {*SHAPES, "shape"} == lines


@pytest.mark.parametrize("name", SHAPES)
def test_every_rule_of_a_shape_is_another(name: str) -> None:
    """As many rules as asked for; of none is it known that it cannot be reached."""
    ruleset, problems = read_rules([written(SHAPES[name], 30)], {})
    assert graver(problems) == []
    assert ruleset
    assert len(ruleset.rules) == 30
