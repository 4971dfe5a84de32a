"""What one examination finds, for tests."""

from collections.abc import Mapping
from types import ModuleType

from app.doctor.deployment import read_deployment
from app.doctor.findings import Finding
from tests.doctor.accounts import KEY_SECRET, TOKEN

SECRETS = (TOKEN, KEY_SECRET, "hunter2")


def examined(
    examination: ModuleType, environment: Mapping[str, str], *workspaces: str
) -> list[tuple[str, str, str]]:
    """Verdict, sentence and remedy of each finding, which all bear the examination's name, and no secret."""
    found: list[Finding] = [*examination.find(read_deployment(environment, workspaces))]
    assert {finding.examination for finding in found} == {examination.NAME}
    assert not [secret for secret in SECRETS for finding in found if secret in repr(finding)]
    return [(str(finding.verdict), finding.what, finding.remedy) for finding in found]
