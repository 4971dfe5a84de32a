"""The benchmark still runs. How long anything takes is no matter of tests."""

import pytest

from tests.bench.rehearsing import main


def test_the_benchmark_prints_its_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """Both kinds of rules, and a day."""
    main(["--quick"])
    heading, rates, day = capsys.readouterr().out.strip().splitlines()
    assert heading.startswith("assignments a second, 100 workers")
    assert rates.startswith("inline ")
    assert " post " in rates
    assert day.startswith("a day of ")
