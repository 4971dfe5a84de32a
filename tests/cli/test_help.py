"""Every command explains itself, with an example that can be copied."""

import re
import shlex
from collections.abc import Iterator

import click
import pytest
from click.testing import CliRunner

from app.cli import COMMANDS, main

CONTEXT = click.Context(main)


def commands(
    group: click.Group, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below a group, by the words that name it."""
    for name in group.list_commands(CONTEXT):
        command = group.get_command(CONTEXT, name)
        assert command
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


HELPED = dict(commands(main))
EXAMPLES = [
    (path, line.strip())
    for path, command in HELPED.items()
    for line in (command.help or "").partition("Examples:")[2].splitlines()
    if line.strip()
]


def arguments(example: str) -> list[str]:
    """What stands behind `desk` in an example, without the variables before and the remark after it."""
    words = shlex.split(re.split(" {3}| [|>] ", example)[0])
    return words[words.index("desk") + 1 :]


def help_of(*path: str) -> str:
    ended = CliRunner().invoke(main, [*path, "--help"])
    assert ended.exit_code == 0
    return ended.output


def test_desk_alone_shows_where_to_begin() -> None:
    """Each line that it suggests names a command."""
    said = CliRunner().invoke(main, []).output
    begins = [line.split()[1] for line in said.splitlines() if line.startswith("    desk ")]
    assert begins
    assert set(begins) <= set(COMMANDS)
    assert CliRunner().invoke(main, ["-h"]).output == help_of()


@pytest.mark.parametrize("path", HELPED, ids=" ".join)
def test_each_command_has_help_with_an_example(path: tuple[str, ...]) -> None:
    """A sentence first, and each option with a text."""
    said = help_of(*path)
    assert f"desk {' '.join(path)}" in said.partition("Examples:")[2]
    command = HELPED[path]
    assert (command.help or "").splitlines()[0].endswith(".")
    options = [each for each in command.params if isinstance(each, click.Option)]
    undocumented = [
        each.name for each in options if not each.help and not isinstance(each.type, click.Choice)
    ]
    assert undocumented == []


@pytest.mark.parametrize(("path", "example"), EXAMPLES, ids=[example for _, example in EXAMPLES])
def test_each_example_can_be_typed(path: tuple[str, ...], example: str) -> None:
    """Its flags are those of the command, and its values are of their kind."""
    words = arguments(example)
    assert tuple(words[: len(path)]) == path
    command = HELPED[path]
    with command.make_context("desk", words[len(path) :], resilient_parsing=False) as context:
        assert context.params is not None


@pytest.mark.parametrize("path", HELPED, ids=" ".join)
def test_a_wrong_flag_is_wrong_usage(path: tuple[str, ...]) -> None:
    """Status 2, and how to get help."""
    ended = CliRunner().invoke(main, [*path, "--no-such-flag"])
    assert ended.exit_code == 2
    assert "No such option" in ended.stderr


def test_an_unknown_command_is_wrong_usage() -> None:
    """Status 2."""
    assert CliRunner().invoke(main, ["chek"]).exit_code == 2
