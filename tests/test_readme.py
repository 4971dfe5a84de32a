"""What the README shows is what happens."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.cli import COMMANDS
from app.engine.loading import read_rules
from app.engine.source import SourceFile
from app.sandbox.scenario import read_scenario

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PATIENCE = 60  # seconds for one command


def blocks(language: str) -> list[str]:
    """The fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@dataclass
class Step:
    """A command, and the lines that the README shows below it; `…` stands for anything."""

    command: str
    shown: list[str] = field(default_factory=list)


def steps(block: str) -> list[Step]:
    found: list[Step] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(Step(line[2:]))
        else:
            found[-1].shown.append(line)
    return found


class Terminal:
    """A folder with the sample rules, in which commands run one after the other with one environment."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder = folder
        self.port = str(port)
        self.environment = {
            **{name: value for name, value in os.environ.items() if name.startswith(("HOME", "COVERAGE_"))},
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        self.background: list[subprocess.Popen[str]] = []

    def run(self, step: Step) -> list[str]:
        """The lines that a command prints; of one in the background those up to as many as are shown."""
        command = step.command.replace("8080", self.port)
        if command.startswith("export "):
            pairs = (word.partition("=") for word in shlex.split(command)[1:])
            self.environment.update({name: value for name, _, value in pairs})
            return []
        if command.endswith("&"):
            process = self.start(command.rstrip(" &"))
            assert process.stderr
            return [process.stderr.readline().rstrip("\n") for _ in step.shown]
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.stdout.splitlines()

    def start(self, command: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            shlex.split(command),
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.background.append(process)
        return process

    def close(self) -> None:
        for process in self.background:
            process.terminate()
            process.communicate(timeout=PATIENCE)


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    opened = Terminal(tmp_path, port)
    yield opened
    opened.close()


def fits(shown: str, printed: str) -> bool:
    """Whether a printed line is the shown one, but for milliseconds at its end and the width of columns."""
    anything = re.sub(r"[0-9]+\.[0-9]$", "…", shown)
    expected, line = (re.sub(r" {2,}", "  ", text) for text in (anything, printed))
    return re.fullmatch(re.escape(expected).replace("…", ".*"), line) is not None


@pytest.mark.parametrize("block", blocks("console"), ids=lambda block: steps(block)[0].command)
def test_commands_print_what_the_readme_shows(block: str, terminal: Terminal) -> None:
    """Each command of a console block prints the lines below it."""
    for step in steps(block):
        printed = terminal.run(step)
        shown = [line.replace("8080", terminal.port) for line in step.shown]
        assert len(printed) == len(shown), f"{step.command}\n" + "\n".join(printed)
        for expected, line in zip(shown, printed, strict=True):
            assert fits(expected, line), f"{step.command}\nshown:   {expected}\nprinted: {line}"


def test_the_readme_shows_commands_with_their_output() -> None:
    """There are console blocks, and the demo's whole table is among them."""
    assert len(blocks("console")) >= 6
    assert len(steps(blocks("console")[0])[0].shown) == 17


def test_the_rules_file_of_the_readme_is_clean() -> None:
    """The rule set shown loads without an error or a warning."""
    text = blocks("yaml")[0]
    rules, problems = read_rules([SourceFile("readme.yaml", text)], {})
    assert problems == ()
    assert rules is not None
    assert [rule.name for rule in rules.rules] == [
        "gold-support",
        "after-hours",
        "chat-is-taken-by-the-agent",
    ]


def test_the_scenario_of_the_readme_can_be_played() -> None:
    """It is read without a mistake."""
    scenario = read_scenario(blocks("yaml")[2], str)
    assert (scenario.name, len(scenario.kinds), len(scenario.outages)) == ("A shop on Monday", 2, 1)


def test_the_test_of_the_readme_passes(terminal: Terminal) -> None:
    """Beside the sample rules, which it is about."""
    (terminal.folder / "rules" / "readme_test.yaml").write_text(blocks("yaml")[1])
    [printed] = terminal.run(Step("desk test -k 'a gold customer meets'"))
    assert printed.startswith("rules: 1 test passed")


def test_every_command_stands_in_the_readme() -> None:
    """Each command of `desk` is shown."""
    assert [name for name in COMMANDS if f"desk {name}" not in README] == []


def test_the_first_two_commands_are_complete() -> None:
    """The demo's and the tests' command each make the environment, install and run."""
    demo, tests = (block.strip() for block in blocks("sh")[:2])
    assert demo == "python3 -m venv .venv && .venv/bin/pip install -q -e . && .venv/bin/desk demo"
    assert tests == "python3 -m venv .venv && .venv/bin/pip install -q -e '.[test]' && .venv/bin/pytest --cov"
