"""Everything that is looked at, one examination a file: its manual, and its function."""

from collections.abc import Iterator, Mapping
from inspect import cleandoc
from types import ModuleType

from app.doctor.deployment import Deployment
from app.doctor.examinations import (
    address,
    clock,
    credentials,
    database,
    environment,
    rules,
    workflows,
    workspace,
)
from app.doctor.findings import Finding

# In the order in which one builds on the other.
EXAMINATIONS: tuple[ModuleType, ...] = (
    environment,
    database,
    rules,
    credentials,
    clock,
    address,
    workflows,
    workspace,
)
MANUALS: Mapping[str, str] = {each.NAME: cleandoc(each.__doc__ or "") for each in EXAMINATIONS}


def examine(deployment: Deployment) -> Iterator[Finding]:
    """What each examination finds, as soon as it is found."""
    for examination in EXAMINATIONS:
        yield from examination.find(deployment)
