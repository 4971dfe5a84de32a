"""How fast saved callbacks are decided again, beside `orjson.loads` of the same lines and nothing more.

    python -m tests.bench.replaying                     a million lines for the memory, about two minutes
    python -m tests.bench.replaying --lines 10000000    ten million, some 10 GB of disk
    python -m tests.bench.replaying --quick             a look, a few seconds

A thousand rules of ten task types, that reply, post and defer, two of seven with templates, or none. Of
twenty rules of a type eighteen ask, beside other things, that an attribute equal something; one has a range,
one CONTAINS. Each callback is taken by one of the rules. Printed are medians of rounds that take turns, of a
process's CPU time. Promised are 100,000 lines a second without a comparison and 60,000 with one against
another folder, and less than 300 MB however many lines there are.
"""

import argparse
import gc
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from io import BytesIO
from itertools import islice
from pathlib import Path
from random import Random
from statistics import median
from subprocess import DEVNULL, Popen, TimeoutExpired
from time import perf_counter, process_time

import orjson

from app.engine.decide import decide
from app.engine.loading import read_rules
from app.engine.masking import secrets_of
from app.engine.record import record_of
from app.engine.ruleset import RuleSet
from app.engine.source import SourceFile
from app.replay.again import Clock
from app.replay.comparing import Against, OtherRules, Recorded
from app.replay.running import Run
from app.replay.saved import read_lines
from tests.bench.deciding import CONSTANT, TEMPLATED, TYPES, WHENS, call, table
from tests.builders import MONDAY_NOON

RULES = 1_000
LINES = 20_000  # of a round
MEMORY_LINES = 1_000_000
EVERY = 0.1  # seconds between two looks at the memory
PROMISED: Mapping[str, int] = {"no comparison": 100_000, "another folder": 60_000}

# What tells the rules of a type apart, one after the other.
ASKED = (
    *("equality", "three terms", "IN", "equality", "three terms") * 3,
    *("ranges", "equality", "IN", "equality", "CONTAINS"),
)
# What rules do, one after the other: two of seven fill in templates, or all is constant.
ACTIONS: tuple[str, ...] = (
    f"reply: {CONSTANT}",
    'reply: {instruction: dequeue, from: "+18005550101", timeout: 20}',
    f"reply: {TEMPLATED}",
    "defer: the workflow has other workers",
    'post: {instruction: redirect, call_sid: "{{ task.call_sid }}", url: "https://example.com/closed"}',
    'reply: {instruction: conference, from: "+18005550101", record: false, end_conference_on_exit: true}',
    f"post: {CONSTANT}",
)

CONSTANTS = tuple(action for action in ACTIONS if "{{" not in action)

Round = Callable[[], object]


def rules_text(actions: Sequence[str] = ACTIONS, *, changed: bool = False) -> str:
    """A file of rules; in a changed one every hundredth does something else."""
    lines = ["default: {defer: nothing matched}", "rules:"]
    for n in range(RULES):
        when = WHENS[ASKED[n // TYPES % len(ASKED)]]
        action = "defer: not now" if changed and n % 100 == 0 else actions[n // TYPES % len(actions)]
        lines += [
            f"  - name: rule-{n}",
            f"    task_type: type-{n % TYPES}",
            f"    when: {when.format(n=n)}",
            f"    {action}",
        ]
    return "\n".join(lines)


def read(text: str) -> RuleSet:
    ruleset, problems = read_rules([SourceFile("bench.yaml", text)], {}, lint=False)
    if ruleset is None:
        raise SystemExit(str(problems[0]))
    return ruleset


def saved(rules: RuleSet, *, decided: bool) -> Iterator[bytes]:
    """Lines without end, a second apart."""
    random, secrets = Random(20261123), secrets_of(rules)
    calls = [call(n) for n in range(RULES)]
    at: datetime = MONDAY_NOON
    while True:
        at += timedelta(seconds=1)
        chosen = random.choice(calls)
        line: dict[str, object] = {
            "received_at": at.isoformat().replace("+00:00", "Z"),
            "path": "/assignment",
            "params": dict(chosen.params),
        }
        if decided:
            line["decision"] = record_of(decide(rules, chosen, at), "type", 0, secrets)
        yield orjson.dumps(line) + b"\n"


def parsing(content: bytes) -> Round:
    """The rival: nothing but JSON."""

    def play() -> None:
        for line in BytesIO(content):
            orjson.loads(line)

    return play


def replaying(content: bytes, rules: RuleSet, against: Against | None) -> Round:
    """All of a replay but the reading from a disk."""
    run = Run(rules, against, Clock(MONDAY_NOON), keep=20)

    def play() -> None:
        tally = run.part("bench", read_lines(BytesIO(content), 0)).tally
        if tally.bad_lines:
            raise SystemExit(tally.bad[0].line.message)

    return play


def speed(title: str, actions: Sequence[str], lines: int, repeat: int) -> None:
    """Lines a second of one core."""
    rules, others = read(rules_text(actions)), read(rules_text(actions, changed=True))
    bare = b"".join(islice(saved(rules, decided=False), lines))
    decided = b"".join(islice(saved(rules, decided=True), lines))
    rounds: dict[str, Round] = {
        "orjson alone": parsing(bare),
        "orjson alone, with decisions": parsing(decided),
        "no comparison": replaying(bare, rules, None),
        "another folder": replaying(bare, rules, OtherRules(others, rules)),
        "recorded decisions": replaying(decided, rules, Recorded(rules)),
    }
    gc.freeze()  # as a replay's processes do
    taken = seconds(rounds, repeat)
    rival = dict.fromkeys(rounds, taken["orjson alone"])
    rival["recorded decisions"] = taken["orjson alone, with decisions"]
    rows = [["lines a second", "median", "µs", "orjson takes", "promise"]]
    for name, spent in taken.items():
        rate = lines / spent
        promise = "" if name not in PROMISED else "kept" if rate >= PROMISED[name] else "missed"
        cells = [f"{rate:,.0f}", f"{spent / lines * 1e6:.2f}", f"1/{spent / rival[name]:.1f}", promise]
        rows.append([name, *cells])
    table(f"{RULES:,} rules, {title}, {len(bare) // lines:,} bytes a line", rows)


def seconds(rounds: Mapping[str, Round], repeat: int) -> dict[str, float]:
    """The median CPU time of each. They take turns, so that a noisy neighbour meets all."""
    times: dict[str, list[float]] = {name: [] for name in rounds}
    for _ in range(repeat):
        for name, play in rounds.items():
            began = process_time()
            play()
            times[name].append(process_time() - began)
    return {name: median(taken) for name, taken in times.items()}


def memory(lines: int, jobs: Sequence[int]) -> None:
    """The most that all processes of one replay hold together, by the number of lines."""
    rows = [["lines", "processes", "peak MB", "s"]]
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        (folder / "rules.yaml").write_text(rules_text())
        for size in (lines // 10, lines):
            file = folder / "saved.jsonl"
            with file.open("wb") as out:
                out.writelines(islice(saved(read(rules_text()), decided=True), size))
            for number in jobs:
                peak, took = replay_of(file, folder, number)
                rows.append([f"{size:,}", str(number), f"{peak / 2**20:.0f}", f"{took:.1f}"])
    table("memory, against the recorded decisions", rows)


def replay_of(file: Path, rules: Path, jobs: int) -> tuple[int, float]:
    """Bytes and seconds of one replay."""
    command = [sys.executable, "-m", "app.cli", "replay", str(file), "--rules", str(rules), f"--jobs={jobs}"]
    began, peak = perf_counter(), 0
    process = Popen(command, stdout=DEVNULL)
    while True:
        peak = max(peak, sum(map(held, family(process.pid))))
        try:
            if process.wait(EVERY):
                raise SystemExit("the replay failed")
            return peak, perf_counter() - began
        except TimeoutExpired:
            continue


def family(pid: int) -> list[int]:
    """A process and its children, which have none."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        children = []
    return [pid, *map(int, children)]


def held(pid: int) -> int:
    """The bytes that a process holds, of what several share a part; 0 where it ended, or Linux is none."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="fewer lines")
    parser.add_argument("--lines", type=int, default=MEMORY_LINES, help="for the memory")
    given = parser.parse_args(arguments)
    if given.quick:
        speed("constants", CONSTANTS, 500, 1)
        memory(1_000, (1,))
    else:
        speed("constants", CONSTANTS, LINES, 9)
        speed("two of seven with templates", ACTIONS, LINES, 9)
        memory(given.lines, (1, 2))


if __name__ == "__main__":
    main()
