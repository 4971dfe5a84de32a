"""The rules folder as it was at a revision of its git repository."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shutil import which
from tempfile import TemporaryDirectory

from app.errors import RulesUnreadable
from app.rulebook.folder import ENDINGS

PATIENCE = 60  # seconds for one look into a repository
LINK = "120000"  # the mode of a symbolic link


@contextmanager
def folder_at(folder: Path, revision: str) -> Iterator[Path]:
    """A folder with the rules files of `folder` at the revision. Raises RulesUnreadable."""
    git = _Git(folder)
    commit = git.commit(revision)
    with TemporaryDirectory(prefix="desk-") as made:
        there = Path(made)
        if not sum(git.write(entry, there) for entry in git.entries(commit)):
            raise RulesUnreadable(
                f"{folder} held no rules at the revision {revision}: name one at which it did"
            )
        yield there


class _Git:
    """git in the folder that holds the rules."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.program = which("git")
        if self.program is None:
            raise RulesUnreadable("git is not installed: install it, or name a folder, --against DIR")
        if not folder.is_dir():
            raise RulesUnreadable(f"there is no folder {folder}: name one that holds *.yaml files")
        if self.ended("rev-parse", "--git-dir") is None:
            raise RulesUnreadable(f"{folder} is in no git repository: name a folder, --against DIR")

    def commit(self, revision: str) -> str:
        found = None
        if revision and not revision.startswith("-"):
            found = self.ended("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}")
        if found is None:
            raise RulesUnreadable(
                f"the repository of {self.folder} has no revision {revision!r}: git log names them"
            )
        return found.decode().strip()

    def entries(self, commit: str) -> list[tuple[str, str, str]]:
        """Mode, object and name of each rules file."""
        listed = self.ended("ls-tree", "-z", commit, "./") or b""
        found = []
        for entry in filter(None, listed.split(b"\0")):
            described, _, path = entry.partition(b"\t")
            mode, kind, thing = described.decode().split()
            name = Path(path.decode(errors="surrogateescape")).name
            if kind == "blob" and name.endswith(ENDINGS) and not name.startswith("."):
                found.append((mode, thing, name))
        return found

    def write(self, entry: tuple[str, str, str], there: Path) -> bool:
        mode, thing, name = entry
        content = self.ended("cat-file", "blob", thing)
        if content is None:
            return False
        if mode == LINK:
            (there / name).symlink_to(content.decode(errors="surrogateescape"))
        else:
            (there / name).write_bytes(content)
        return True

    def ended(self, *arguments: str) -> bytes | None:
        """What git printed; None where it failed."""
        command = [str(self.program), "-C", str(self.folder), *arguments]
        try:
            done = subprocess.run(  # noqa: S603  no shell, and a revision is no option
                command, capture_output=True, check=False, timeout=PATIENCE, stdin=subprocess.DEVNULL
            )
        except (OSError, subprocess.TimeoutExpired, ValueError):
            return None
        return done.stdout if done.returncode == 0 else None
