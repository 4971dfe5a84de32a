"""`desk replay`."""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import click

from app.cli.current import rules_option, usable_rules
from app.cli.output import count
from app.cli.periods import SinceType, TimeType
from app.cli.progress import progress_of
from app.cli.replayed import RENDERERS
from app.cli.saving import save_as_test
from app.cli.sending import Sending, send_to
from app.cli.sources import (
    JOURNAL,
    STDIN,
    Item,
    end_unreadable,
    items_of_files,
    items_of_journal,
    opened,
)
from app.cli.writing import output_option, printed_to
from app.engine.ruleset import RuleSet
from app.replay.again import Clock, again
from app.replay.blocks import Block, blocks_of, is_file
from app.replay.comparing import Against, OtherRules, Recorded
from app.replay.processes import Done, parts_of
from app.replay.reasons import reasons
from app.replay.replayed import Replayed
from app.replay.report import charting
from app.replay.revisions import folder_at
from app.replay.rows import heading
from app.replay.running import Part, Run
from app.replay.tally import EXAMPLES, Changed, Tally
from app.settings import process_environment, rules_folder
from app.storage import Sought

RECORDED = "recorded"
REVISION = "git:"
TOGETHER = 5_000  # rows of the journal that are counted at once


class Percent(click.ParamType[float]):
    """A part of a hundred."""

    name = "N%"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> float:
        text = str(value).strip()
        if not re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,6})?%?", text) or float(text.rstrip("%")) > 100:
            self.fail(f"{text!r} is no share: write one such as 0%, 0.5% or 10%", param, ctx)
        return float(text.rstrip("%"))


@click.command(short_help="Decides saved callbacks again, and says what would change.")
@click.argument("files", nargs=-1, type=click.Path(allow_dash=True), metavar="FILE…")
@click.option("--journal", is_flag=True, help="The callbacks that `desk serve` saved, of DATABASE_URL.")
@click.option("--since", type=SinceType(), help="Of the journal those that came since then: 7d or a time.")
@click.option("--until", type=SinceType(), help="Of the journal those that came before: 1h or a time.")
@rules_option
@click.option(
    "--against",
    metavar="recorded|DIR|git:REV",
    help="What to compare with: the decisions in FILE (the default where there are any), the rules of "
    "another folder, or those of a revision.",
)
@click.option("--at", type=TimeType(), help="Another time than each callback's own, or now.")
@click.option(
    "--show",
    "shown",
    type=click.IntRange(0, EXAMPLES),
    default=20,
    show_default=True,
    metavar="N",
    help="So many of the callbacks that changed, with the terms that differ.",
)
@click.option("--fail-if-changed", type=Percent(), help="Exit with 1 where more than that changed.")
@click.option("--jobs", type=click.IntRange(1, 512), help="How many processes. Default: one for each core.")
@click.option(
    "--to", "url", metavar="URL", help="Sends them to a service that runs, and compares its answers."
)
@click.option(
    "--rate", type=click.FloatRange(0, min_open=True), metavar="N", help="With --to so many a second; 10."
)
@click.option(
    "--speed",
    type=click.FloatRange(0, min_open=True),
    metavar="N",
    help="With --to in the rhythm in which they came, N times as fast.",
)
@click.option("--yes", is_flag=True, help="With --to even where it would reach other machines, or Twilio.")
@click.option(
    "--save-test",
    "test_file",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Adds one as a test to a file of the rules folder, without personal data.",
)
@click.option("--line", type=click.IntRange(1), help="With --save-test which line; in a HAR, which entry.")
@click.option("--format", "form", type=click.Choice([*RENDERERS]), default="text", show_default=True)
@output_option
@click.pass_context
def replay(
    ctx: click.Context,
    files: tuple[str, ...],
    journal: bool,
    since: datetime | None,
    until: datetime | None,
    rules: Path | None,
    against: str | None,
    at: datetime | None,
    shown: int,
    fail_if_changed: float | None,
    jobs: int | None,
    url: str | None,
    rate: float | None,
    speed: float | None,
    yes: bool,
    test_file: Path | None,
    line: int | None,
    form: str,
    output: str,
) -> None:
    """Decides saved callbacks again with the rules as they are now, each at its own time.

    FILE holds JSON Lines as `desk callbacks export` writes them, JSON objects of parameters, raw request
    bodies, or a HAR file; - is standard input. A callback's time is when it was decided or came, else its
    Timestamp, else now. Nothing is sent.

    Prints how many callbacks each rule decides, and what changed: from which rule to which, and the terms
    that came out otherwise. Bad lines are named and skipped. With --format html it is one page for the
    browser, with charts and no need of a network; it takes `pip install 'desk[report]'`.

    With --to they are sent to a service that runs, signed anew and with a Timestamp of now, and its answers
    are compared with the recorded ones; that needs TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN, those of the
    service. It refuses a service, or a REST API behind it (TWILIO_API_BASE), on another machine unless --yes.

    Exits 0 whether anything changed or not, 1 when there was a bad line, the rules hold errors, a request was
    refused or not answered, or more changed than --fail-if-changed allows, 2 when an option is wrong or
    something cannot be read.

    \b
    Examples:
      desk replay callbacks.jsonl
      desk replay callbacks.jsonl --against git:HEAD --fail-if-changed 5%
      desk replay monday.jsonl tuesday.jsonl --against ../live/rules --format json | jq .changes
      desk replay --journal --since 7d --against git:HEAD~1
      desk replay - --format csv > decisions.csv
      desk replay callbacks.jsonl --against git:HEAD --show 200 --format html -o report.html
      desk replay callbacks.jsonl --to http://127.0.0.1:8080 --speed 10
      desk replay callbacks.jsonl --line 12 --save-test rules/saved_test.yaml
    """
    _check_usage(files, journal=journal, bounded=bool(since or until))
    _check_modes(url, rate, speed, test_file, line, yes=yes)
    _check_output(output, files)
    if form == "html":
        charting()  # says at once where it is missing
    environment = process_environment()
    folder = rules or rules_folder(environment)
    sought = Sought(since=since, until=until)
    if test_file:
        save_as_test(_items(files, sought, environment), line, test_file, folder, environment)
        return
    ruleset = usable_rules(folder, environment)
    if url:
        sending = Sending(url, rate, speed, shown, fail_if_changed, yes=yes)
        with printed_to(output):
            send_to(sending, _items(files, sought, environment), ruleset, environment, form)
        return
    compared = _compared(against, folder, ruleset, environment)
    run = Run(ruleset, compared.against, Clock(datetime.now(UTC), at), shown, with_rows=form == "csv")
    coming = _of_journal(run, sought, environment) if journal else _of_files(run, files, jobs or _cores())
    with printed_to(output):
        with coming as parts:
            tally = _total(parts, run)
        if against == RECORDED and not tally.compared:
            end_unreadable("there is no decision to compare with: leave --against out, or name a folder")
        tally.examples = [_explained(each, run) for each in tally.examples]
        sources = tuple(map(_source, files)) or (JOURNAL,)
        about = (ruleset.version, compared.name, str(folder), sources, run.clock.today, at)
        replayed = Replayed(tally, *about)
        RENDERERS[form](replayed)
    ctx.exit(_status(replayed, fail_if_changed))


def _check_usage(files: Sequence[str], *, journal: bool, bounded: bool) -> None:
    if journal and files:
        raise click.UsageError("name files, or --journal, and not both")
    if not journal and not files:
        raise click.UsageError("name a FILE of saved callbacks, or - for standard input, or --journal")
    if bounded and not journal:
        raise click.UsageError("--since and --until belong to --journal")
    if files.count("-") > 1:
        raise click.UsageError("standard input can be read once: name - once")


def _check_modes(
    url: str | None,
    rate: float | None,
    speed: float | None,
    test_file: Path | None,
    line: int | None,
    *,
    yes: bool,
) -> None:
    if url and test_file:
        raise click.UsageError("--to and --save-test are two different things: use one")
    if (rate or speed or yes) and not url:
        raise click.UsageError("--rate, --speed and --yes belong to --to")
    if rate and speed:
        raise click.UsageError("--rate and --speed are two ways to say when: use one")
    if line and not test_file:
        raise click.UsageError("--line belongs to --save-test")


def _items(files: Sequence[str], sought: Sought, environment: Mapping[str, str]) -> Iterator[Item]:
    return items_of_files(files) if files else items_of_journal(sought, environment)


def _check_output(output: str, files: Sequence[str]) -> None:
    """What is read must not be written over."""
    written, read = Path(output), [Path(file) for file in files if file != "-"]
    if written.exists() and any(written.samefile(path) for path in read if path.exists()):
        raise click.BadParameter(f"{output} is among the files to read: name another", param_hint="-o")


def _source(file: str) -> str:
    return STDIN if file == "-" else file


class _Compared(NamedTuple):
    against: Against
    name: str


def _compared(
    against: str | None, folder: Path, ruleset: RuleSet, environment: Mapping[str, str]
) -> _Compared:
    if against is None or against == RECORDED:
        return _Compared(Recorded(ruleset), "the recorded decisions")
    if not against.startswith(REVISION):
        return _Compared(OtherRules(usable_rules(Path(against), environment), ruleset), against)
    with folder_at(folder, against.removeprefix(REVISION)) as there:
        return _Compared(OtherRules(usable_rules(there, environment, against), ruleset), against)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _of_files(run: Run, files: Sequence[str], jobs: int) -> Iterator[Iterator[Part]]:
    with progress_of("replay", _bytes_of(files)) as advance:
        yield _advancing(parts_of(run, _blocks(files), jobs), advance)


def _bytes_of(files: Sequence[str]) -> int | None:
    """Those of all files together, None where that is not known. Ends where one cannot be read."""
    total: int | None = 0
    for file in files:
        if file == "-":
            total = None
            continue
        with opened(file) as stream:
            total = (
                total + os.fstat(stream.fileno()).st_size if total is not None and is_file(stream) else None
            )
    return total


def _blocks(files: Sequence[str]) -> Iterator[Block]:
    for file in files:
        if file == "-":
            yield from blocks_of(STDIN, sys.stdin.buffer, None)
        else:
            with opened(file) as stream:
                yield from blocks_of(file, stream, file)


def _advancing(done: Iterator[Done], advance: Callable[[int], None]) -> Iterator[Part]:
    try:
        for each in done:
            advance(each.size)
            yield each.part
    except OSError as error:
        end_unreadable(f"{error.filename or 'a file'} cannot be read: {error.strerror}")


@contextmanager
def _of_journal(run: Run, sought: Sought, environment: Mapping[str, str]) -> Iterator[Iterator[Part]]:
    with progress_of("replay", None) as advance:
        yield _of_rows(run, items_of_journal(sought, environment), advance)


def _of_rows(run: Run, rows: Iterator[Item], advance: Callable[[int], None]) -> Iterator[Part]:
    while some := [item.saved for item in islice(rows, TOGETHER)]:
        advance(len(some))
        yield run.part(JOURNAL, some)


def _total(parts: Iterator[Part], run: Run) -> Tally:
    """The sums of all parts; rows are printed as they come."""
    tally = Tally(keep=run.keep)
    if run.with_rows:
        click.echo(heading(), nl=False)
    try:
        for part in parts:
            tally.add(part.tally)
            if run.with_rows:
                click.echo(part.rows.encode(errors="replace"), nl=False)
    except BrokenProcessPool:
        raise click.ClickException("a process was ended from outside: try fewer, --jobs 1") from None
    return tally


def _explained(changed: Changed, run: Run) -> Changed:
    if changed.saved is None or run.against is None:
        return changed
    asked = again(changed.saved, run.clock, run.rules.variables)
    return replace(changed, why=reasons(changed.saved, asked, run.rules, run.against))


def _status(replayed: Replayed, allowed: float | None) -> int:
    too_many = allowed is not None and replayed.changed_percent > allowed
    if too_many:
        said = f"{count(replayed.tally.changed, 'callback')} changed ({replayed.changed_percent:.4g} %)"
        click.echo(f"desk: {said}, allowed are {allowed:g} %", err=True)
    return 1 if too_many or replayed.tally.bad_lines else 0
