"""`desk check`."""

from pathlib import Path

import click
import orjson

from app.cli.output import github_annotation, problem_line, problem_object
from app.model import Level, Problem
from app.rulebook import Reading, read_folder
from app.settings import process_environment, rules_folder

COLOURS = {Level.ERROR: "red", Level.WARNING: "yellow"}


@click.command(short_help="Says what is wrong with the rules.")
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "github"]), default="text", show_default=True
)
@click.pass_context
def check(ctx: click.Context, folder: Path | None, strict: bool, form: str) -> None:
    """Says everything that is wrong with the rules in DIR (default: RULES_DIR, else ./rules).

    Exits 0 when there is no error, 1 when there is one, 2 when the folder cannot be read.

    \b
    Examples:
      desk check
      desk check rules/ --strict
      desk check --format json | jq '.problems[].message'
      desk check --format github        in a GitHub workflow
    """
    environment = process_environment()
    folder = folder or rules_folder(environment)
    reading = read_folder(folder, environment)
    match form:
        case "json":
            click.echo(orjson.dumps(_document(reading), option=orjson.OPT_INDENT_2))
        case "github":
            for problem in reading.problems:
                click.echo(github_annotation(problem))
        case _:
            _text(reading, folder)
    failed = reading.errors or (strict and reading.problems)
    ctx.exit(1 if failed else 0)


def _document(reading: Reading) -> dict[str, object]:
    return {
        "problems": [problem_object(problem) for problem in reading.problems],
        "rules": len(reading.ruleset.rules) if reading.ruleset else 0,
        "version": reading.ruleset.version if reading.ruleset else None,
    }


def _text(reading: Reading, folder: Path) -> None:
    for problem in reading.problems:
        click.echo(_coloured(problem))
    if reading.ruleset:
        found = _count(len(reading.problems), "warning") if reading.problems else "no problem"
        rules = f"{_count(len(reading.ruleset.rules), 'rule')} in {_count(len(reading.files), 'file')}"
        click.echo(f"{folder}: {rules}, {found}; version {reading.ruleset.version}")
    else:
        click.echo(f"{folder}: {_count(reading.errors, 'error')}", err=True)


def _coloured(problem: Problem) -> str:
    """click drops the colour where the output is no terminal."""
    level = click.style(problem.level, fg=COLOURS[problem.level], bold=True)
    return problem_line(problem).replace(f": {problem.level}: ", f": {level}: ", 1)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")
