"""How long reading and checking rules takes, by what tells the rules apart.

    python -m tests.bench.checking             10,000 rules of each shape, some minutes
    python -m tests.bench.checking --quick     a look, a few seconds

Printed are medians of rounds that take turns, in seconds of one processor's time: `read` looks for errors
alone, as a reload does, `check` for all that `desk check` finds. Promised is a check in under 5 seconds.
"""

import argparse
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from statistics import median
from time import process_time
from typing import NamedTuple

from app.cli.output import graver
from app.engine.expressions.meaning import regex
from app.engine.fragments import read_fragment
from app.engine.loading import read_rules
from app.engine.source import SourceFile
from app.engine.templates import read_template
from tests.bench.deciding import table
from tests.builders import OFFLINE

PROMISED = 5.0  # seconds for RULES rules
RULES = 10_000

CONSTANT = f"{{instruction: reject, activity_sid: {OFFLINE}}}"
SHARED = (
    '{instruction: call, from: "+18005550101", to: "{{ task.phone }}", accept: true, '
    'url: "https://example.com/twiml?id={{ task.id | urlencode }}"}'
)
DISTINCT = SHARED.replace("task.phone", "task.phone_<n>")


# What a rule of a large installation may hold: two dozen values and a dozen comparisons.
RICH = """
      - customer == "c<n>" AND (worker.skills HAS "s<type>" OR worker.level >= <type>)
      - taskrouter.in("America/New_York").currentHour >= 1<type> AND lang IN ["en", "fr", "l<n>"]
      - task.notes NOT IN worker.excluded"""
CONFERENCE = """
      instruction: conference
      to: "{{ worker.contact_uri }}"
      from: "{{ vars.from }}"
      timeout: 2<type>
      end_conference_on_exit: true
      conference_record: record-from-start
      conference_status_callback: "{{ vars.url }}/c?x={{ task.id<n> | urlencode }}"
      conference_status_callback_event: [start, end, join]"""
MORE = """    description: What rule number <n> is for, in one sentence
    on_failure: {instruction: reject, activity_sid: "{{ vars.offline }}"}"""


class Shape(NamedTuple):
    """What each rule looks like, with its number for <n>; `types` is how many task types there are."""

    when: str = ""
    reply: str = CONSTANT
    types: int = 10
    variable: str = ""  # where each rule has one: what its value begins with
    more: str = ""  # keys of a rule that posts, and of two task types


SHAPES: Mapping[str, Shape] = {
    "equality": Shape('customer == "c<n>"'),
    "three terms": Shape('customer == "c<n>" AND worker.skills HAS "vip" AND priority > 3'),
    "IN": Shape('customer IN ["c<n>", "d<n>", "e<n>"]'),
    "ranges": Shape("score >= <n> AND score < <n>.5"),
    "CONTAINS": Shape('path CONTAINS "/<n>/"'),
    "MATCHES": Shape('path MATCHES "^/<n>/[a-z]+$"'),
    "attributes": Shape("attribute_<n> == true"),
    "task types": Shape(types=RULES),
    "vars": Shape("customer == vars.v<n>", variable="c"),
    "rich": Shape(RICH, CONFERENCE, more=MORE),
    "regular expressions": Shape(
        'name MATCHES "n<n>.*[a-z]+(x|y){3}" AND NOT (name MATCHES "z<n>")', types=1
    ),
    "same templates": Shape('customer == "c<n>"', SHARED),
    "other templates": Shape('customer == "c<n>"', DISTINCT),
}


def written(shape: Shape, count: int) -> SourceFile:
    """A file of `count` rules without any problem."""
    lines = ["default: {defer: nobody}", 'allowed_numbers: ["+1"]']
    if shape.variable:
        lines += ["vars:", *(f"  v{n}: {shape.variable}{n}" for n in range(count))]
    if shape.more:
        lines += [f'vars: {{from: "+18005550100", url: "https://example.com", offline: {OFFLINE}}}']
    types, mode = ("[type-<type>, more-<type>]", "post") if shape.more else ("type-<type>", "reply")
    rule = [f"  - name: rule-<n>\n    task_type: {types}\n    {mode}: {shape.reply}"]
    rule += [f"    when: {shape.when}"] if shape.when else []
    rule += [shape.more] if shape.more else []
    text = "\n".join(rule)
    rules = [text.replace("<n>", str(n)).replace("<type>", str(n % shape.types)) for n in range(count)]
    return SourceFile("bench.yaml", "\n".join([*lines, "rules:", *rules]))


def seconds(rounds: Mapping[str, Callable[[], object]], repeat: int) -> dict[str, float]:
    """The median time of each. They take turns, so that a noisy neighbour meets all."""
    times: dict[str, list[float]] = {name: [] for name in rounds}
    for _ in range(repeat):
        for name, play in rounds.items():
            began = process_time()
            play()
            times[name].append(process_time() - began)
    return {name: median(taken) for name, taken in times.items()}


def read(file: SourceFile, *, lint: bool) -> None:
    """Reads rules without any problem but notes, as a process that has read none before."""
    for remembering in (read_template, read_fragment, regex):
        remembering.cache_clear()
    if found := graver(read_rules([file], {}, lint=lint)[1]):
        raise SystemExit(f"{found[0].location} {found[0].message}")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer rules, once")
    parser.add_argument("--shape", action="append", choices=SHAPES, help="this shape alone; may be repeated")
    given = parser.parse_args(arguments)
    count, repeat = (100, 1) if given.quick else (RULES, 3)
    rows = [["shape", "KB", "read", "check", "promise"]]
    for name in given.shape or SHAPES:
        file = written(SHAPES[name], count)
        rounds = {"read": partial(read, file, lint=False), "check": partial(read, file, lint=True)}
        taken = seconds(rounds, repeat)
        kept = "kept" if taken["check"] < PROMISED else "missed"
        size = f"{len(file.text) // 1024:,}"
        rows.append([name, size, f"{taken['read']:.2f}", f"{taken['check']:.2f}", kept])
    table(f"{count:,} rules, s", rows)


if __name__ == "__main__":
    main()
