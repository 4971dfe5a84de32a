"""What is said of an export without personal values."""

from collections.abc import Iterable, Iterator

import click

from app.cli.output import count, one_line
from app.model import Saved
from app.replay.proving import LeftOut, Redactor, Sums
from app.replay.reads import Keys, written


def redacted(found: Iterable[Saved], redactor: Redactor, sums: Sums) -> Iterator[Saved]:
    """Each callback that can be redacted and proved; of the others it says why not, on standard error."""
    for each in found:
        item = redactor.redact(each)
        sums.add(item)
        if isinstance(item, LeftOut):
            click.echo(one_line(f"{item.reservation} is left out: {item.reason}"), err=True)
        else:
            yield item.saved


def redaction_sentence(sums: Sums, conditions: frozenset[Keys]) -> str:
    """What came of it, and what was not replaced, in one line."""
    parts = [f"{count(sums.proved, 'callback')} redacted and proved, {sums.left_out} left out"]
    if sums.rewritten:
        said = "the rules decide otherwise now than was recorded, and the record is today's"
        parts.append(f"of {sums.rewritten} {said}")
    kept = ", ".join(sorted(map(written, conditions))) or "nothing"
    parts.append(f"kept since conditions read it: {kept}")
    if sums.kept:
        more = sorted(f"{written(keys)} ({count(number, 'callback')})" for keys, number in sums.kept.items())
        parts.append(f"kept since templates transform it: {', '.join(more)}")
    return one_line("; ".join(parts))
