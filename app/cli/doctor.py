"""`desk doctor`."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import BinaryIO, NamedTuple

import click

from app.cli.output import count, json_text, one_line
from app.cli.sources import STDIN, end_unreadable, opened
from app.cli.workspaces import workspace_option
from app.doctor.account import Account
from app.doctor.deployment import read_deployment
from app.doctor.diagnosis import HEADER, diagnose
from app.doctor.examinations import MANUALS, examine
from app.doctor.findings import Finding, Verdict
from app.errors import AccountError
from app.settings import Settings, process_environment, read_settings
from app.web.captured import Captured, read_captured

COLOURS = {Verdict.OK: "green", Verdict.WARNING: "yellow", Verdict.ERROR: "red", Verdict.SKIPPED: "cyan"}
MOST = 2 * 1024 * 1024  # bytes of a line; a request holds 64 KiB


class _Chosen(NamedTuple):
    """The request that is looked at, and how many lines after it are passed over."""

    captured: Captured
    source: str
    line: int
    passed_over: int

    def __str__(self) -> str:
        came = f", which came at {self._came}" if self._came else ""
        unsigned = f"{count(self.passed_over, 'line')} after it without {HEADER}"
        passed = f"; passed over: {unsigned}" if self.passed_over else ""
        return f"{self.source}, line {self.line}{came}{passed}"

    @property
    def _came(self) -> str:
        came = self.captured.received_at
        return came.isoformat(timespec="seconds").replace("+00:00", "Z") if came else ""

    def as_object(self) -> dict[str, object]:
        """It for programs."""
        where = {"source": self.source, "line": self.line}
        return {**where, "received_at": self._came or None, "passed_over": self.passed_over}


@click.command(short_help="Says what is wrong with this deployment.")
@click.option(
    "--request",
    "file",
    type=click.Path(allow_dash=True),
    metavar="FILE|-",
    help="Say why a request was refused, which desk serve --capture-rejected kept: the last signed one.",
)
@click.option("--line", type=click.IntRange(1), metavar="N", help="With --request: the one in this line.")
@click.option(
    "--url",
    "urls",
    multiple=True,
    metavar="URL",
    help="With --request: a URL that the Workflow may call; may be repeated.",
)
@workspace_option
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--explain", type=click.Choice(list(MANUALS)), help="Print what an examination looks at.")
@click.pass_context
def doctor(
    ctx: click.Context,
    file: str | None,
    line: int | None,
    urls: tuple[str, ...],
    workspaces: tuple[str, ...],
    form: str,
    explain: str | None,
) -> None:
    """Says what is wrong with this deployment, and the setting that mends it.

    It looks at the environment that it runs in, the database, the rules, the credentials, the clock, the
    public address, the Workflows, and at what the rules name in the workspace. Nothing is changed: of Twilio
    it only reads. With --request it says instead which URL and which secret would have fitted a request that
    was refused for its signature. Of a file it takes the last request with an X-Twilio-Signature, and says
    which line that is. No secret is shown.

    Exits 0 when nothing is wrong, warnings aside, 1 when something is, 2 when a file or an option cannot be
    read.

    \b
    Examples:
      desk doctor
      desk doctor --format json | jq '.findings[] | select(.verdict == "error")'
      desk doctor --request rejected.jsonl
      desk doctor --request rejected.jsonl --line 3 --url https://desk.example.com/assignment
      desk doctor --explain clock
    """
    if explain:
        click.echo(MANUALS[explain])
        return
    if file is None and (urls or line):
        raise click.UsageError("--url and --line are for --request: name the file as well")
    chosen = _chosen(file, line) if file else None
    if chosen:
        findings = _of_request(chosen.captured, urls, workspaces)
    else:
        findings = examine(read_deployment(process_environment(), workspaces))
    if chosen and form == "text":
        click.echo(one_line(str(chosen)))
    found = [*_told(findings)] if form == "text" else [*findings]
    if form == "json":
        request = {"request": chosen.as_object()} if chosen else {}
        click.echo(json_text({**request, **_document(found)}))
    else:
        click.echo(_summary(found))
    ctx.exit(1 if _number(found, Verdict.ERROR) else 0)


def _told(findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings, each printed as soon as it is found."""
    for finding in findings:
        verdict = click.style(f"{finding.verdict:<8}", fg=COLOURS[finding.verdict], bold=True)
        remedy = f"; {finding.remedy}" if finding.remedy else ""
        click.echo(f"{verdict} {one_line(f'{finding.examination}: {finding.what}{remedy}')}")
        yield finding


def _summary(found: Sequence[Finding]) -> str:
    errors, warnings = _number(found, Verdict.ERROR), _number(found, Verdict.WARNING)
    if not errors and not warnings:
        return "nothing is wrong"
    return f"{count(errors, 'error')}, {count(warnings, 'warning')}"


def _document(found: Sequence[Finding]) -> dict[str, object]:
    return {
        "findings": [finding.as_object() for finding in found],
        "errors": _number(found, Verdict.ERROR),
        "warnings": _number(found, Verdict.WARNING),
    }


def _number(found: Sequence[Finding], verdict: Verdict) -> int:
    return sum(finding.verdict is verdict for finding in found)


def _of_request(captured: Captured, urls: Sequence[str], workspaces: Sequence[str]) -> Iterator[Finding]:
    environment = process_environment()
    settings = read_settings(environment)

    def looked_up() -> list[str]:
        return _workflow_urls(settings, workspaces)

    return diagnose(captured, settings, environment, urls, looked_up=looked_up)


def _workflow_urls(settings: Settings, workspaces: Sequence[str]) -> list[str]:
    """The URLs that the account's Workflows call; none where it cannot be asked."""
    found: list[str] = []
    with suppress(AccountError):
        account = Account(settings)
        for workspace in workspaces or account.workspaces():
            for workflow in account.workflows(workspace):
                found += filter(None, (workflow.callback_url, workflow.fallback_url))
    return found


def _chosen(file: str, line: int | None) -> _Chosen:
    """The request in a line, by default in the last that is signed. Ends the command without one."""
    name = STDIN if file == "-" else file
    try:
        if file == "-":
            number, text, passed_over = _line(sys.stdin.buffer, line)
        else:
            with opened(file) as stream:
                number, text, passed_over = _line(stream, line)
    except _TooLongError as error:
        end_unreadable(f"{name}, line {error.args[0]}: it has more than 2 MiB, and a request 64 KiB")
    except OSError as error:
        end_unreadable(f"{name} cannot be read: {error.strerror}")
    if not text:
        end_unreadable(f"{name} holds no line {line}" if line else f"{name} holds no request")
    try:
        return _Chosen(read_captured(text), name, number, passed_over)
    except ValueError as error:
        end_unreadable(f"{name}, line {number}: {error}")


class _TooLongError(Exception):
    """A line that holds no request; its number."""


def _line(stream: BinaryIO, wanted: int | None) -> tuple[int, bytes, int]:
    """The number and the text of a line, empty where there is none, and how many later ones are unsigned."""
    signed, last, passed_over = (0, b""), (0, b""), 0
    for number, line in enumerate(iter(lambda: stream.readline(MOST), b""), start=1):
        if len(line) == MOST:
            raise _TooLongError(number)
        text = line.strip()
        if number == wanted:
            return number, text, 0
        if not text or wanted:
            continue
        last = number, text
        if _is_unsigned(text):
            passed_over += 1
        else:
            signed, passed_over = last, 0
    return (*signed, passed_over) if signed[0] else (*last, 0)


def _is_unsigned(text: bytes) -> bool:
    """Whether it holds a request without a signature. What cannot be read is not passed over."""
    try:
        return not read_captured(text).signature
    except ValueError:
        return False
