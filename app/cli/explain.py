"""`desk explain`."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import Path

import click

from app.cli.current import current_rules, rules_option
from app.cli.explanation import Circumstances, explanation_lines, explanation_object
from app.cli.output import count
from app.cli.periods import TimeType
from app.engine.callback import read_callback
from app.engine.explain import explain as explained
from app.engine.timestamp import read_time
from app.errors import Unreadable
from app.model import Callback, Saved
from app.replay.changes import CannotChange, Change, changed, read_change
from app.replay.given import decided_at, decided_from, rejections_of
from app.replay.saved import BadLine, read_saved

WIDTH = 60  # characters of a value on a terminal


class ChangeType(click.ParamType[Change]):
    """An attribute or a parameter, and its new value."""

    name = "NAME=VALUE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Change:
        try:
            return read_change(str(value))
        except CannotChange as error:
            self.fail(str(error), param, ctx)


MANY = 1_000  # lines that are counted; more are not looked at


@click.command(short_help="Says why a saved callback is decided as it is.")
@click.argument("file", type=click.Path(allow_dash=True), metavar="FILE|-")
@rules_option
@click.option("--line", type=click.IntRange(1), help="Which line of FILE; in a HAR, which entry.")
@click.option("--at", type=TimeType(), help="Another time than the callback's, or now.")
@click.option("--rejections", type=click.IntRange(0), help="How often we rejected the task before.")
@click.option(
    "--set", "changes", type=ChangeType(), multiple=True, help="Tries another value; may be repeated."
)
@click.option("--all", "whole", is_flag=True, help="Shows the terms of rules for other task types too.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
def explain(
    file: str,
    rules: Path | None,
    line: int | None,
    at: datetime | None,
    rejections: int | None,
    changes: tuple[Change, ...],
    whole: bool,
    form: str,
) -> None:
    """Says why a saved callback is decided as it is.

    Shows each rule in order with the value of each term, the rule that nearly matched, the decision, and the
    instruction in both of Twilio's forms. Secrets are shown as ***.

    FILE holds one saved callback, or several of which --line names one: JSON Lines, JSON objects of
    parameters, raw request bodies, or a HAR file. The time is that of --at, else that of the saved decision,
    else the callback's received_at, else its Timestamp, else now.

    \b
    Examples:
      desk explain callback.json
      desk explain callbacks.jsonl --line 12 --format json | jq .nearest_miss
      desk explain - --rules rules/ --at 2026-11-23T19:00:00Z      a body on standard input
      desk explain callback.json --set task.priority=9 --set 'worker.skills=["vip"]'
    """
    name = "standard input" if file == "-" else file
    saved = _chosen(file, line, name)
    callback = _callback(saved, changes, name)
    ruleset = current_rules(rules)
    decided_then = saved.decision or {}
    circumstances = Circumstances(
        name,
        saved.line,
        *_time(saved, callback, at, name),
        rejections=rejections_of(saved) if rejections is None else rejections,
        changes=tuple(str(change) for change in changes),
        decided_then=decided_then,
    )
    explanation = explained(ruleset, callback, circumstances.at, circumstances.rejections)
    if form == "json":
        shown = explanation_object(explanation, circumstances)
        # Not orjson, which refuses large integers; and the environment can hold bytes that are no UTF-8.
        click.echo(json.dumps(shown, indent=2, ensure_ascii=False).encode(errors="replace"))
        return
    width = WIDTH if sys.stdout.isatty() else None
    for each in explanation_lines(explanation, circumstances, whole=whole, width=width):
        click.echo(each)


def _chosen(file: str, line: int | None, name: str) -> Saved:
    try:
        with click.open_file(file, "rb") as stream:
            items = read_saved(stream)
            item = _at_line(items, line, name) if line else _only(items, name)
    except OSError as error:
        raise _wrong(f"{name} cannot be read: {error.strerror}") from None
    if isinstance(item, BadLine):
        raise _wrong(f"{name}:{item.line}: {item.message}")
    return item


def _at_line(items: Iterator[Saved | BadLine], line: int, name: str) -> Saved | BadLine:
    for item in items:
        if item.line == line:
            return item
    raise _wrong(f"{name} holds no callback at line {line}")


def _only(items: Iterator[Saved | BadLine], name: str) -> Saved | BadLine:
    """The only callback; where none can be read, the first broken line."""
    first = next(items, None)
    if first is None:
        raise _wrong(f"{name} holds no callback: save a request's body, or JSON Lines")
    found = bad = 0
    for item in islice(chain([first], items), MANY):
        found += isinstance(item, Saved)
        bad += isinstance(item, BadLine)
    if found == 0 or found + bad == 1:
        return first
    broken = f" and {count(bad, 'broken line')}" if bad else ""
    held = f"{count(found, 'callback')}{broken}" if found + bad < MANY else "very many lines"
    raise _wrong(f"{name} holds {held}: choose one with --line")


def _wrong(message: str) -> click.BadParameter:
    return click.BadParameter(message, param_hint="FILE")


def _callback(saved: Saved, changes: tuple[Change, ...], name: str) -> Callback:
    try:
        callback = read_callback(decided_from(saved))
    except Unreadable as error:
        raise _wrong(f"{name}:{saved.line}: {error}") from None
    try:
        for change in changes:
            callback = changed(callback, change)
    except (CannotChange, Unreadable) as error:
        raise click.BadParameter(str(error), param_hint="--set") from None
    return callback


def _time(saved: Saved, callback: Callback, at: datetime | None, name: str) -> tuple[datetime, str]:
    """The time, and where it comes from."""
    if at:
        return at, "--at"
    try:
        known = decided_at(saved)
    except Unreadable as error:
        raise _wrong(f"{name}:{saved.line}: {error}") from None
    if known:
        return known, "received_at" if known == saved.received_at else "the decision"
    sent = read_time(callback.sid("Timestamp"))
    return (sent, "the callback's Timestamp") if sent else (datetime.now(UTC), "now")
