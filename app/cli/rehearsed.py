"""What came of a rehearsal, for people and for programs."""

from collections.abc import Iterable

import click
import orjson

from app.cli.rehearsal import Rehearsed
from app.cli.tables import make_table, show
from app.sandbox.tally import PROMPT, Count, Report, Times

STATUSES = {"timeout": "timed out", "open": "still open"}


def show_rehearsed(rehearsed: Rehearsed) -> None:
    """A short report."""
    report = rehearsed.report
    click.echo(_title(rehearsed))
    for remark in rehearsed.remarks:
        click.echo(remark)
    _show_tasks(report)
    _show_waiting(report)
    made = _sentence(report.reservation_endings, report.reservations)
    click.echo(f"\nreservations  {report.reservations:,}{made}")
    click.echo(f"callbacks     {_callbacks(report)}")
    if report.updates:
        click.echo(f"updates       {_listed(report.updates)}")
    if rehearsed.rules:
        _show_counts("rule", [Count(name, count) for name, count in rehearsed.rules.most_common()])
    if report.alerts:
        _show_counts("alert", report.alerts)
    else:
        click.echo("\nno alerts")


def as_json(rehearsed: Rehearsed) -> bytes:
    """The whole of it as one JSON object."""
    return orjson.dumps(
        {
            "scenario": rehearsed.scenario.name,
            "seed": rehearsed.seed,
            "is_whole": rehearsed.is_whole,
            "real_seconds": round(rehearsed.real_seconds, 3),
            "remarks": rehearsed.remarks,
            "rules": rehearsed.rules,
            **{name: getattr(rehearsed.report, name) for name in rehearsed.report.__dataclass_fields__},
        },
        option=orjson.OPT_INDENT_2,
    )


def _title(rehearsed: Rehearsed) -> str:
    report = rehearsed.report
    played = (report.ends - report.begins).total_seconds()
    times = played / max(rehearsed.real_seconds, 0.001)
    begins, ends = (each.astimezone(rehearsed.scenario.zone) for each in (report.begins, report.ends))
    until = f"{ends:%H:%M}" if ends.date() == begins.date() else "24:00"
    early = "" if rehearsed.is_whole else ", ended early"
    return (
        f"{rehearsed.scenario.name}: {begins:%a %d %b %Y %H:%M} to {until} {begins:%Z}{early}, "
        f"in {rehearsed.real_seconds:.0f} s ({times:,.0f} times as fast), seed {rehearsed.seed}"
    )


def _show_tasks(report: Report) -> None:
    click.echo("")
    table = make_table("tasks", "", "", "")
    for column in table.columns[1:3]:
        column.justify = "right"
    table.add_row("all", f"{report.tasks:,}", "", "")
    for each in report.endings:
        share = f"{100 * each.count / max(report.tasks, 1):.1f} %"
        table.add_row(STATUSES.get(each.name, each.name), f"{each.count:,}", share, each.reason)
    show(table)


def _show_waiting(report: Report) -> None:
    click.echo("")
    table = make_table(
        "waiting", "accepted", "canceled", "median", "90 %", "99 %", "longest", f"within {PROMPT} s"
    )
    for column in table.columns[1:]:
        column.justify = "right"
    canceled = sum(each.canceled for each in report.queues)
    for name, waiting, count in [
        *((each.name, each.waiting, each.canceled) for each in report.queues),
        ("all queues", report.waiting, canceled),
    ]:
        table.add_row(name, *_times(waiting, count))
    show(table)


def _times(waiting: Times | None, canceled: int) -> Iterable[str]:
    if waiting is None:
        return ("0", f"{canceled:,}", "", "", "", "", "")
    times = (_clock(each) for each in (waiting.median, waiting.p90, waiting.p99, waiting.longest))
    return (f"{waiting.count:,}", f"{canceled:,}", *times, f"{100 * (waiting.prompt or 0):.1f} %")


def _callbacks(report: Report) -> str:
    times = report.callbacks
    answered = (
        f"{times.count:,} answered in {times.median:.1f} ms (median), {times.p99:.1f} ms (99 %), "
        f"{times.longest:,.0f} ms (longest)"
        if times
        else "none answered"
    )
    return answered + (f"; not: {_listed(report.unanswered)}" if report.unanswered else "")


def _show_counts(title: str, counts: Iterable[Count]) -> None:
    click.echo("")
    table = make_table(title, "", "")
    table.columns[1].justify = "right"
    for each in counts:
        table.add_row(each.name, f"{each.count:,}", each.reason)
    show(table)


def _sentence(counts: Iterable[Count], total: int) -> str:
    listed = _listed(counts)
    return f": {listed}" if total and listed else ""


def _listed(counts: Iterable[Count]) -> str:
    return ", ".join(f"{STATUSES.get(each.name, each.name)} {each.count:,}" for each in counts)


def _clock(seconds: float) -> str:
    """Seconds as people say them: 7 s, 3:20, 1:05:00."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
