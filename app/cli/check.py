"""`desk check`."""

import json
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from importlib.metadata import version
from pathlib import Path

import click
import orjson

from app.cli.output import (
    count,
    gap_line,
    gap_object,
    github_annotation,
    graver,
    problem_document,
    problem_line,
    summary,
    undecided_gap_line,
    undecided_gap_object,
)
from app.cli.sarif import sarif
from app.cli.workspaces import workspace_option
from app.doctor.account import Account
from app.engine.catalogue import Check
from app.engine.checks import MANUALS, manual
from app.engine.reachability import Gaps, gaps
from app.engine.workspace import Workspace
from app.model import Level, Problem
from app.rulebook import Reading, read_folder
from app.settings import process_environment, read_rest_settings, rules_folder

COLOURS = {Level.ERROR: "red", Level.WARNING: "yellow", Level.NOTE: "cyan"}
SHOWN_GAPS = 10
FORMATS = ("text", "json", "github", "sarif")
BY_NAME: Mapping[str, Check] = {each.name: check for check, each in MANUALS.items()}


def _named(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> Check | None:
    """The check of an id or a name, in any case."""
    if value is None:
        return None
    known = {**{check.lower(): check for check in MANUALS}, **BY_NAME}
    if value.lower() in known:
        return known[value.lower()]
    near = get_close_matches(value.lower(), BY_NAME, n=1)
    hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(MANUALS))}"
    raise click.BadParameter(f"there is no check {value!r}; {hint}")


@click.command(short_help="Says what is wrong with the rules.")
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option("--strict", is_flag=True, help="Warnings fail too.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option(
    "--explain", metavar="ID", callback=_named, help="Print the manual of a check, by its id or its name."
)
@click.option("--live", is_flag=True, help="Compare what the rules name with what Twilio has.")
@workspace_option
@click.pass_context
def check(
    ctx: click.Context,
    folder: Path | None,
    strict: bool,
    form: str,
    explain: Check | None,
    live: bool,
    workspaces: tuple[str, ...],
) -> None:
    """Says everything that is wrong with the rules in DIR (default: RULES_DIR, else ./rules).

    Exits 0 when there is no error, 1 when there is one, 2 when the folder cannot be read.

    Each line ends in the id of a check, whose manual --explain prints. The comment # desk: ignore[R012] on a
    rule silences the warnings of that check. Behind the problems stands, for each task type that has one, a
    call that no rule matches and that gets the default; and each type of which that is not known, and why.

    With --live it also asks Twilio, or TWILIO_API_BASE, for the account's activities, numbers and workers:
    whether the rules name what is there. That needs the account, and the auth token or an API key.

    \b
    Examples:
      desk check
      desk check rules/ --strict
      desk check --explain R012
      desk check --format json | jq '.problems[].message'
      desk check --format github        in a GitHub workflow
      desk check --format sarif > desk.sarif
      desk check --live --workspace WS00000000000000000000000000000001
    """
    if explain:
        click.echo(manual(explain))
        return
    environment = process_environment()
    folder = folder or rules_folder(environment)
    if workspaces and not live:
        raise click.UsageError("--workspace is for --live: write both, or none")
    reading = read_folder(
        folder, environment, workspace=_workspace(environment, workspaces) if live else None
    )
    match form:
        case "json":
            # Not orjson, which refuses the large numbers that rules may compare with.
            click.echo(json.dumps(_document(reading), indent=2, ensure_ascii=False))
        case "github":
            for problem in reading.problems:
                click.echo(github_annotation(problem))
        case "sarif":
            click.echo(orjson.dumps(sarif(reading.problems, version("desk")), option=orjson.OPT_INDENT_2))
        case _:
            _text(reading, folder)
    failed = reading.errors or (strict and graver(reading.problems))
    ctx.exit(1 if failed else 0)


def _workspace(environment: Mapping[str, str], chosen: Sequence[str]) -> Workspace:
    account = Account(read_rest_settings(environment))
    workspace = account.read(chosen or account.workspaces())
    if workspace.numbers is None:
        click.echo("numbers were not compared: TWILIO_API_BASE names a host that has none", err=True)
    return workspace


def _document(reading: Reading) -> dict[str, object]:
    rules = reading.ruleset
    told = gaps(rules) if rules else Gaps((), ())
    return {
        **problem_document(reading.problems),
        "gaps": [gap_object(gap) for gap in told.found],
        "undecided_gaps": [undecided_gap_object(gap) for gap in told.undecided],
        "rules": len(rules.rules) if rules else 0,
        "version": rules.version if rules else None,
    }


def _text(reading: Reading, folder: Path) -> None:
    for problem in reading.problems:
        click.echo(_coloured(problem))
    if reading.ruleset and not reading.errors:
        files = sum(not file.holds_tests for file in reading.files)
        said = summary(reading.problems, len(reading.ruleset.rules), files)
        click.echo(f"{folder}: {said}; version {reading.ruleset.version}")
        told = gaps(reading.ruleset)
        _few([gap_line(gap) for gap in told.found], "and so can tasks of {} more")
        _few([undecided_gap_line(gap) for gap in told.undecided], "nor is it known of {} more")
    else:
        click.echo(f"{folder}: {count(reading.errors, 'error')}", err=True)


def _few(lines: Sequence[str], others: str) -> None:
    """One line for each of a few task types; of the rest `others` says how many they are."""
    for line in lines[:SHOWN_GAPS]:
        click.echo(line)
    if lines[SHOWN_GAPS:]:
        click.echo(f"{others.format(count(len(lines) - SHOWN_GAPS, 'type'))}: see --format json")


def _coloured(problem: Problem) -> str:
    """click drops the colour where the output is no terminal."""
    level = click.style(problem.level, fg=COLOURS[problem.level], bold=True)
    return problem_line(problem).replace(f": {problem.level}: ", f": {level}: ", 1)
