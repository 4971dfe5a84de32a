"""What a replay came to, as lines for people, as an object for programs and as a page."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping

import click
from rich.table import Table

from app.cli.output import count, iso, json_text, one_line
from app.cli.tables import make_table, show
from app.engine.wire import Form
from app.replay.matrix import Naming, instruction_of, moves_of, rule_of
from app.replay.replayed import Replayed
from app.replay.report import report
from app.replay.tally import Changed, Choice, Pair, Tally

ACROSS = 8  # rules beside each other in a matrix; more stand in a list


def replayed_object(replayed: Replayed) -> Form:
    """The report for programs."""
    tally = replayed.tally
    return {
        "callbacks": tally.callbacks,
        "bad_lines": tally.bad_lines,
        "untimed": tally.untimed,
        "by_rule": _sums((choice.rule, number) for choice, number in tally.decided.items()),
        "by_instruction": _sums((instruction_of(choice), number) for choice, number in tally.decided.items()),
        "against": replayed.against,
        "compared": tally.compared,
        "changed": tally.changed,
        "changes": _changes(tally, rule_of),
        "instruction_changes": _changes(tally, instruction_of),
        "examples": [_example(each) for each in tally.examples],
        "bad": [
            {"source": bad.source, "line": bad.line.line, "message": bad.line.message} for bad in tally.bad
        ],
        "rules_version": replayed.rules_version,
    }


def _sums(numbers: Iterable[tuple[str, int]]) -> dict[str, int]:
    """The sum of each name, the largest first."""
    sums: Counter[str] = Counter()
    for name, number in numbers:
        sums[name] += number
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


def _moves(tally: Tally, naming: Naming) -> dict[tuple[str, str], int]:
    """Those of the changed callbacks, the largest first."""
    return dict(sorted(moves_of(tally.changes, naming).items(), key=lambda item: (-item[1], item[0])))


def _changes(tally: Tally, naming: Naming) -> list[Form]:
    return [
        {"from": before, "to": after, "count": number}
        for (before, after), number in _moves(tally, naming).items()
    ]


def _example(changed: Changed) -> Form:
    before, after = changed.pair
    return {
        "source": changed.source,
        "line": changed.line,
        "at": iso(changed.at),
        "task": changed.task_sid,
        "reservation": changed.reservation_sid,
        "from": before._asdict(),
        "to": after._asdict(),
        "why": list(changed.why),
    }


def _show_json(replayed: Replayed) -> None:
    click.echo(json_text(replayed_object(replayed)))


def _show_text(replayed: Replayed) -> None:
    tally = replayed.tally
    for bad in tally.bad:
        click.echo(one_line(f"{bad.source}:{bad.line.line}: {bad.line.message}"), err=True)
    if tally.bad_lines > len(tally.bad):
        click.echo(f"and {count(tally.bad_lines - len(tally.bad), 'bad line')} more", err=True)
    click.echo(f"{_heading(tally)}; rules {replayed.rules_version}")
    if tally.callbacks:
        click.echo()
        show(_by_rule(tally))
    if tally.compared:
        click.echo(f"\n{_verdict(replayed)}")
    if tally.changed:
        for title, naming in (("rule", rule_of), ("instruction", instruction_of)):
            click.echo(f"\nfrom {title} (down) to {title} (across)")
            show(_matrix(_moves(tally, naming)))
    for example in tally.examples:
        click.echo()
        for line in _example_lines(example):
            click.echo(line)
    if tally.examples and tally.changed > len(tally.examples):
        click.echo(f"\nand {tally.changed - len(tally.examples):,} more: see --show, or --format csv")


def _heading(tally: Tally) -> str:
    parts = [f"{tally.callbacks:,} callback{'' if tally.callbacks == 1 else 's'}"]
    if tally.untimed:
        parts.append(f"{tally.untimed:,} without a time, decided at today's")
    if tally.bad_lines:
        parts.append(f"{count(tally.bad_lines, 'bad line')} skipped")
    return ", ".join(parts)


def _verdict(replayed: Replayed) -> str:
    tally = replayed.tally
    changed = f"{tally.changed:,} of {tally.compared:,} ({replayed.changed_percent:.4g} %)"
    if not tally.changed:
        return f"all {tally.compared:,} are decided as by {replayed.against}"
    return click.style(f"{changed} are decided otherwise than by {replayed.against}", bold=True)


def _by_rule(tally: Tally) -> Table:
    table = make_table("rule", "callbacks", "share")
    table.columns[1].justify = table.columns[2].justify = "right"
    for rule, number in _sums((choice.rule, number) for choice, number in tally.decided.items()).items():
        table.add_row(one_line(rule), f"{number:,}", f"{100 * number / tally.callbacks:.1f} %")
    return table


def _matrix(moves: Mapping[tuple[str, str], int]) -> Table:
    """Old down and new across; on the diagonal stands what has other values alone."""
    down = list(dict.fromkeys(before for before, _ in moves))
    across = list(dict.fromkeys(after for _, after in moves))
    if len(across) > ACROSS:
        return _list(moves)
    table = make_table("", *map(one_line, across))
    for column in table.columns[1:]:
        column.justify = "right"
    for before in down:
        numbers = (moves.get((before, after), 0) for after in across)
        table.add_row(one_line(before), *(f"{number:,}" if number else "·" for number in numbers))
    return table


def _list(moves: Mapping[tuple[str, str], int]) -> Table:
    table = make_table("from", "to", "callbacks")
    table.columns[2].justify = "right"
    for (before, after), number in moves.items():
        table.add_row(one_line(before), one_line(after), f"{number:,}")
    return table


def _example_lines(changed: Changed) -> Iterator[str]:
    place = f"{changed.source}:{changed.line}: reservation {changed.reservation_sid} at {iso(changed.at)}"
    yield one_line(place)
    yield one_line(f"  {_pair(changed.pair)}")
    for why in changed.why:
        yield one_line(f"    {why}")


def _pair(pair: Pair) -> str:
    if pair.before == pair.after:
        return f"{_choice(pair.after)}, with other values"
    return f"{_choice(pair.before)} -> {_choice(pair.after)}"


def _choice(choice: Choice) -> str:
    return " ".join(filter(None, (f"{choice.rule}:", choice.mode, choice.instruction)))


def _show_nothing(replayed: Replayed) -> None:
    """The rows were printed as they came."""
    for bad in replayed.tally.bad:
        click.echo(one_line(f"{bad.source}:{bad.line.line}: {bad.line.message}"), err=True)


def _show_html(replayed: Replayed) -> None:
    click.echo(report(replayed).encode())


# Each format and what prints the report in it.
RENDERERS: Mapping[str, Callable[[Replayed], None]] = {
    "text": _show_text,
    "json": _show_json,
    "csv": _show_nothing,
    "html": _show_html,
}
