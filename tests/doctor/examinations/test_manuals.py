"""The folder is the list of examinations, and each has a manual."""

from pathlib import Path
from types import ModuleType

import pytest

from app.doctor import examinations
from app.doctor.examinations import EXAMINATIONS, MANUALS


def test_the_folder_is_the_list() -> None:
    """One module each, registered once, whose tests stand beside this."""
    main, here = Path(str(examinations.__file__)), Path(__file__)
    names = sorted(each.NAME for each in EXAMINATIONS)
    assert names == sorted(path.stem for path in main.parent.glob("*.py") if path != main)
    assert names == sorted(path.stem[5:] for path in here.parent.glob("test_*.py") if path != here)


@pytest.mark.parametrize("module", EXAMINATIONS, ids=lambda module: module.NAME)
def test_each_has_a_manual(module: ModuleType) -> None:
    """Its name, what is in order, and why it matters."""
    heading, blank, why = MANUALS[module.NAME].split("\n", 2)
    assert heading.startswith(f"{module.NAME}: ")
    assert heading.endswith(".")
    assert not blank
    assert why
