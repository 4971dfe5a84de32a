"""The benchmark still runs. How long anything takes is no matter of tests."""

import pytest

from tests.bench.replaying import PROMISED, main


def test_the_benchmark_prints_its_tables(capsys: pytest.CaptureFixture[str]) -> None:
    """Each way of comparing has its line beside the rival, and the memory its table."""
    main(["--quick"])

    printed = capsys.readouterr().out
    lines = {line.split("  ")[1] for line in printed.splitlines() if line.startswith("  ")}
    assert {*PROMISED, "orjson alone", "recorded decisions", "1,000"} <= lines
