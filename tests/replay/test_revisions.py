"""The rules folder as it was at a revision."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.errors import RulesUnreadable
from app.replay.revisions import folder_at
from tests.conftest import missing


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rules folder in a repository: one commit before it, one with it, and a change since."""
    made = tmp_path / "repository" / "some rules"
    made.mkdir(parents=True)
    git(made, "init", "--quiet")
    git(made, "commit", "--quiet", "--allow-empty", "--message", "nothing yet")
    (made / "ä.yaml").write_text("rules: []")
    (made / "b.yml").write_text("old")
    (made / ".c.yaml").write_text("an editor's")
    (made / "schema.json").write_text("{}")
    (made / "link.yaml").symlink_to("b.yml")
    (made / "below").mkdir()
    (made / "below" / "d.yaml").write_text("not read")
    git(made, "add", ".")
    git(made, "commit", "--quiet", "--message", "rules")
    (made / "b.yml").write_text("new")
    return made


def git(folder: Path, *arguments: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com")
    try:
        subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)
    except FileNotFoundError:
        missing("git")


@pytest.mark.parametrize("revision", ["HEAD", "HEAD^{commit}", "@"])
def test_the_files_of_then(folder: Path, revision: str) -> None:
    """Those of the folder itself that hold rules; they are gone afterwards."""
    with folder_at(folder, revision) as there:
        assert {path.name: path.read_text() for path in there.iterdir()} == {
            "ä.yaml": "rules: []",
            "b.yml": "old",
            "link.yaml": "old",
        }
    assert not there.exists()


@pytest.mark.parametrize(
    ("revision", "said"),
    [
        ("HEAD~1", "held no rules at the revision HEAD~1"),
        ("nope", "has no revision 'nope'"),
        ("", "has no revision ''"),
        ("--all", "has no revision '--all'"),
        ("HEAD:some rules", "has no revision"),
        ("a\0b", "has no revision"),
    ],
)
def test_no_such_rules(folder: Path, revision: str, said: str) -> None:
    """A sentence."""
    with pytest.raises(RulesUnreadable) as caught, folder_at(folder, revision):
        pass
    assert said in str(caught.value)


def test_no_repository(tmp_path: Path) -> None:
    """It says what else to do."""
    with (
        pytest.raises(RulesUnreadable, match="is in no git repository"),
        folder_at(tmp_path, "HEAD"),
    ):
        pass


def test_no_folder(tmp_path: Path) -> None:
    """Nor anything to look at."""
    with pytest.raises(RulesUnreadable, match="there is no folder"), folder_at(tmp_path / "x", "HEAD"):
        pass


def test_no_git(folder: Path) -> None:
    """Where the program is missing, so it is said: a process whose PATH leads nowhere."""
    script = (
        "from pathlib import Path\n"
        "from app.replay.revisions import folder_at\n"
        "with folder_at(Path('.'), 'HEAD'): pass\n"
    )
    environment = {**os.environ, "PATH": "/nowhere", "PYTHONPATH": str(Path(__file__).parents[2])}
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "git is not installed" in ended.stderr
