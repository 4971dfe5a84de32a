"""`desk replay --to`: saved callbacks are sent to a service that runs."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import click

from app.cli.output import count, json_text, one_line
from app.cli.sources import Item
from app.engine.ruleset import RuleSet
from app.engine.wire import Form
from app.model import Saved
from app.replay.saved import BadLine
from app.replay.sending import (
    FAULTS,
    Answers,
    Sender,
    Sent,
    Verdict,
    in_rhythm,
    reached_from_outside,
    sent_all,
    steady,
)
from app.settings import read_api_base, read_signing_settings, service_url

RATE = 10.0  # a second
SAID = {
    Verdict.SAME: "answered as recorded",
    Verdict.CLOCK: "answered otherwise, since it is another time of day",
    Verdict.DIFFERENT: "answered otherwise",
    Verdict.UNKNOWN: "answered, with nothing recorded to compare with",
    Verdict.REFUSED: "refused",
    Verdict.FAILED: "not answered",
}
PERCENTILES = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}


class Sending(NamedTuple):
    """How to send: `rate` a second, or `speed` times as fast as they came."""

    url: str
    rate: float | None
    speed: float | None
    shown: int
    allowed: float | None  # percent that may change
    yes: bool = False


def send_to(
    sending: Sending, items: Iterator[Item], ruleset: RuleSet, environment: Mapping[str, str], form: str
) -> None:
    """Sends them all, and says how they were answered."""
    if form not in {"text", "json"}:
        raise click.UsageError("with --to the format is text or json")
    url = _address(sending.url)
    reached = reached_from_outside(url, read_api_base(environment))
    if reached and not sending.yes:
        raise click.UsageError(f"{reached}: real calls could be made; add --yes if that is what you want")
    settings = read_signing_settings(environment)
    sender = Sender(url, settings.account_sid, settings.token, ruleset)
    bad: list[tuple[str, BadLine]] = []
    pace = in_rhythm(sending.speed) if sending.speed else steady(sending.rate or RATE)
    answers = Answers(sending.shown)
    for sent in sent_all(_good(items, bad), sender.send, pace):
        answers.add(sent)
    for source, line in bad:
        click.echo(one_line(f"{source}:{line.line}: {line.message}"), err=True)
    if form == "json":
        click.echo(json_text(_object(answers, len(bad))))
    else:
        _show(answers)
    click.get_current_context().exit(_status(answers, len(bad), sending.allowed))


def _address(url: str) -> str:
    try:
        return service_url(url)
    except ValueError as error:
        raise click.UsageError(f"--to {error}") from None


def _good(items: Iterator[Item], bad: list[tuple[str, BadLine]]) -> Iterator[Saved]:
    for source, item in items:
        if isinstance(item, BadLine):
            bad.append((source, item))
        else:
            yield item


def _object(answers: Answers, bad_lines: int) -> Form:
    return {
        "sent": answers.verdicts.total(),
        "bad_lines": bad_lines,
        "answers": {str(verdict): answers.verdicts[verdict] for verdict in Verdict},
        "milliseconds": {name: round(answers.percentile(at), 1) for name, at in PERCENTILES.items()},
        "examples": [_example(each) for each in answers.examples],
    }


def _example(sent: Sent) -> Form:
    return {
        "line": sent.line,
        "reservation": sent.reservation_sid,
        "verdict": str(sent.verdict),
        "why": sent.why,
    }


def _show(answers: Answers) -> None:
    click.echo(f"{count(answers.verdicts.total(), 'callback')} sent")
    for verdict, number in answers.verdicts.most_common():
        click.echo(f"  {number} {SAID[verdict]}")
    if answers.milliseconds:
        times = (f"{name} {answers.percentile(at):.1f}" for name, at in PERCENTILES.items())
        click.echo(f"  milliseconds: {', '.join(times)}")
    for each in answers.examples:
        click.echo(
            one_line(f"line {each.line}: reservation {each.reservation_sid}: {each.verdict}: {each.why}")
        )


def _status(answers: Answers, bad_lines: int, allowed: float | None) -> int:
    changed, all_of_them = answers.verdicts[Verdict.DIFFERENT], answers.verdicts.total()
    too_many = allowed is not None and 100 * changed > allowed * all_of_them
    return int(bool(bad_lines or too_many or any(answers.verdicts[each] for each in FAULTS)))
