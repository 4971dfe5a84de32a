"""The benchmark still runs. How long anything takes is no matter of tests."""

import pytest

from tests.bench.deciding import WHENS, main


def test_the_benchmark_prints_its_tables(capsys: pytest.CaptureFixture[str]) -> None:
    """Each kind of `when` has its line, and the decision stands beside the match."""
    main(["--quick"])

    printed = capsys.readouterr().out
    lines = {line.split("  ")[1] for line in printed.splitlines() if line.startswith("  ")}
    assert {*WHENS, "constant", "three templates"} <= lines
    assert "zen-engine" in printed
