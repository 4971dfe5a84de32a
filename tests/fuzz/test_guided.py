"""The search by coverage, where atheris is installed: as long again as the other."""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fuzz.targets import NAMES

ROOT = Path(__file__).parents[2]

if find_spec("atheris"):

    @pytest.mark.parametrize("name", NAMES)
    def test_nothing_unforeseen_by_coverage(name: str, tmp_path: Path, fuzz_seconds: float) -> None:
        """No input that leads to new lines breaks a target, or takes ten seconds."""
        seconds = max(1, round(fuzz_seconds / len(NAMES)))
        options = [f"-max_total_time={seconds}", "-timeout=10", f"-artifact_prefix={tmp_path}/"]
        command = [sys.executable, "-m", "tests.fuzz.guided", name, *options]
        ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr[-5000:]
