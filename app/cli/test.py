"""`desk test`."""

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import click
import orjson

from app.cli.junit import junit
from app.cli.output import count, one_line, problem_line, problem_object
from app.engine.case_coverage import Coverage
from app.engine.case_reading import read_cases
from app.engine.cases import Result, Run, Trial, in_order
from app.model import Level
from app.rulebook import Reading, read_folder
from app.settings import process_environment, rules_folder

MANY = 200  # tests: of more than that a bar shows how far they are


@click.command("test", short_help="Runs the rules' own tests.")
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@click.option("-k", "only", default="", metavar="TEXT", help="Only tests whose name holds TEXT.")
@click.option("-v", "--verbose", is_flag=True, help="List the tests that passed, too.")
@click.option("--coverage", is_flag=True, help="List what no test has seen of the rules.")
@click.option(
    "--min-coverage", type=click.IntRange(0, 100), metavar="N", help="Fail when coverage is below N percent."
)
@click.option("--allow-empty", is_flag=True, help="Having no test at all is no failure.")
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "junit"]), default="text", show_default=True
)
@click.option(
    "--junit",
    "report",
    type=click.Path(dir_okay=False, writable=True, allow_dash=True),
    metavar="FILE",
    help="Write JUnit XML as well; with - to standard output, and all else to standard error.",
)
@click.pass_context
def rules_test(
    ctx: click.Context,
    folder: Path | None,
    only: str,
    verbose: bool,
    coverage: bool,
    min_coverage: int | None,
    allow_empty: bool,
    form: str,
    report: str | None,
) -> None:
    """Runs the tests of the rules in DIR (default: RULES_DIR, else ./rules).

    Tests stand below `tests:` in any rules file, and in files whose names end in _test.yaml. A failure says
    what was wanted and what came instead, and which terms of a `when` decided that. A test without `at` sees
    Monday, 5 January 2026, 12:00 UTC.

    Coverage counts that the default decides, that each rule matches, and that each comparison of a `when`
    comes out true once and false once, by tasks that no rule before it took. What compares constants and vars
    alone comes out one way, and only that is counted.

    Exits 0 when all is as expected, 1 when a test fails, there is none, coverage is below N or the rules hold
    errors, 2 when the folder cannot be read.

    \b
    Examples:
      desk test
      desk test rules/ --coverage
      desk test -k gold -v
      desk test --min-coverage 100 --junit tests.xml
      desk test --format json | jq '.tests[] | select(.passed | not)'
    """
    environment = process_environment()
    folder = folder or rules_folder(environment)
    reading = read_folder(folder, environment, lint=False)
    run = _run(reading, environment, folder, only)
    xml = junit(run.results if run else (), reading.problems)
    aside = report == "-"  # standard output is the report's alone
    match form:
        case "json":
            click.echo(orjson.dumps(_document(run, reading), option=orjson.OPT_INDENT_2), err=aside)
        case "junit":
            click.echo(xml, nl=False, err=aside)
        case _:
            for line in _lines(run, reading, folder, verbose, coverage):
                click.echo(line, err=aside)
    if report:
        _write(report, xml)
    failures = [] if run else [f"{folder}: {count(reading.errors, 'error')}"]
    if run and not run.results and not allow_empty:
        failures.append(_no_test(folder, only))
    if run and run.coverage.percent < (min_coverage or 0):
        percent = f"{run.coverage.percent} %, wanted are {min_coverage} %"
        failures.append(f"desk: coverage is {percent}: --coverage lists what no test has seen")
    for sentence in failures:
        click.echo(sentence, err=True)
    ctx.exit(1 if failures or (run and run.failed) else 0)


test = rules_test  # the command's name; pytest would take a function of it for one of its own


def _run(reading: Reading, environment: Mapping[str, str], folder: Path, only: str) -> Run | None:
    """None where the rules hold errors."""
    if reading.ruleset is None:
        return None
    cases = in_order([case for case in read_cases(reading.files) if only in case.name])
    trial = Trial(reading.files, environment, str(folder), reading.ruleset)
    hidden = len(cases) <= MANY or not sys.stderr.isatty()
    with click.progressbar(cases, label="tests", file=sys.stderr, hidden=hidden) as bar:
        return trial.run([trial.result(case) for case in bar])


def _no_test(folder: Path, only: str) -> str:
    if only:
        return f"desk: no test in {folder} has {only!r} in its name: choose another -k, or add --allow-empty"
    return f"desk: {folder} holds no test: write some below `tests:`, or add --allow-empty"


def _write(report: str, xml: bytes) -> None:
    try:
        with click.open_file(report, "wb") as file:
            file.write(xml)
    except OSError as error:
        raise click.BadParameter(
            f"{report} cannot be written: {error.strerror}", param_hint="--junit"
        ) from None


def _document(run: Run | None, reading: Reading) -> dict[str, object]:
    return {
        "tests": [_test_object(result) for result in run.results] if run else [],
        "coverage": _coverage_object(run.coverage) if run else None,
        "problems": [problem_object(problem) for problem in reading.problems],
    }


def _test_object(result: Result) -> dict[str, object]:
    return {
        "name": result.case.name,
        "file": result.case.location.file,
        "line": result.case.location.line,
        "passed": result.passed,
        "message": "\n".join(map(one_line, result.lines)),
    }


def _coverage_object(coverage: Coverage) -> dict[str, object]:
    return {
        "percent": coverage.percent,
        "total": coverage.total,
        "missing": [
            {
                "rule": unseen.rule,
                "file": unseen.location.file if unseen.location else None,
                "line": unseen.location.line if unseen.location else None,
                "message": unseen.message,
            }
            for unseen in coverage.unseen
        ],
    }


def _lines(run: Run | None, reading: Reading, folder: Path, verbose: bool, coverage: bool) -> Iterator[str]:
    if run is None:
        yield from (problem_line(problem) for problem in reading.problems if problem.level is Level.ERROR)
        return
    for result in run.results:
        if verbose or not result.passed:
            yield from _result_lines(result)
    if coverage:
        for unseen in run.coverage.unseen:
            place = unseen.location or folder
            yield one_line(f"{place}: not covered: {unseen.rule}: {unseen.message}")
    yield _summary(run, folder)


def _result_lines(result: Result) -> Iterator[str]:
    """click drops the colour where the output is no terminal."""
    outcome, colour = ("passed", "green") if result.passed else ("failed", "red")
    place, name = one_line(str(result.case.location)), one_line(result.case.name)
    yield f"{place}: {click.style(outcome, fg=colour, bold=True)}: {name}"
    for line in result.lines:
        yield "  " + one_line(line)


def _summary(run: Run, folder: Path) -> str:
    tests = count(len(run.results), "test")
    outcome = f"{run.failed} of {tests} failed" if run.failed else f"{tests} passed"
    return f"{folder}: {outcome}, {run.coverage.percent} % coverage"
