"""The benchmark still runs. How long anything takes is no matter of tests."""

import logging

import pytest

from tests.bench.journaling import main


def test_the_benchmark_prints_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    """One line of figures below their names."""
    try:
        main(["--quick"])
    finally:
        logging.disable(logging.NOTSET)

    heading, names, figures = capsys.readouterr().out.strip().splitlines()
    assert heading.endswith("callbacks, µs each")
    assert "the journal costs" in names
    assert len(figures.split()) == 5
